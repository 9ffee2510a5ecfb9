/* `run`: from the options to the verdicts, the reports and the exit status. Must not know how a case is played. */
#include "run.h"

#include "command.h"
#include "judge.h"
#include "known.h"
#include "plain.h"
#include "run_options.h"
#include "progress.h"
#include "runner.h"
#include "start.h"
#include "suite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHY_CHARS_MAX ((size_t)1024) /* of why a testee did not start */

struct run {
	struct fp_run_options *o;
	const struct fp_case **cases; /* that are chosen, in the order of the catalogue */
	struct fp_verdict *verdicts;
	size_t n, n_to_play;
	struct fp_progress progress;
};

/* ---- what is played ---- */

static void choose(struct run *run, const struct fp_catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->n; i++) {
		const struct fp_case *c = &catalogue->cases[i];
		if (!fp_case_is_chosen(c, &run->o->choice))
			continue;
		run->cases = fp_grow(run->cases, run->n + 1, sizeof *run->cases);
		run->cases[run->n++] = c;
	}
	run->verdicts = fp_get(run->n, sizeof *run->verdicts);
	for (size_t i = 0; i < run->n; i++) {
		struct fp_verdict *v = &run->verdicts[i];
		const struct fp_case *c = run->cases[i];
		*v = (struct fp_verdict){.of = c->of, .id = fp_text("%s", c->id), .clause = c->clause ? c->clause->id : NULL};
		v->why = fp_testee_unfit(&run->o->testee, c->of);
		v->judgement = v->why ? FP_SKIP : FP_PASS;
		run->n_to_play += !v->why;
	}
}

static int complain_of_nothing(const struct run *run)
{
	if (!run->n)
		fp_cli_say(run->o->cli, "no case is selected: look at 'forkpool-conform list' for what --case, --clause and --level name");
	else
		fp_cli_say(run->o->cli, "none of the %zu cases selected can be played: the first is %s", run->n, run->verdicts[0].why);
	return FP_STATUS_USAGE;
}

/* ---- playing ---- */

static void judge(struct fp_verdict *v, size_t i, void *ctx)
{
	const struct run *run = ctx;
	fp_judge_case(v, run->cases[i], &run->o->testee, run->o->variant);
}

static bool is_to_be_played(size_t i, void *ctx)
{
	const struct run *run = ctx;
	return run->verdicts[i].judgement != FP_SKIP;
}

static void played(size_t i, void *ctx)
{
	struct run *run = ctx;
	const struct fp_verdict *v = &run->verdicts[i];
	fp_progress_step(&run->progress, v->id, v->judgement == FP_FAIL || v->judgement == FP_HARNESS);
}

static void play_all(struct run *run)
{
	struct fp_runner runner = {.jobs = run->o->jobs, .seed = run->o->seed, .judge = judge, .is_to_be_played = is_to_be_played,
	                           .progress = played, .ctx = run};
	fp_progress_begin(&run->progress, run->n_to_play);
	fp_runner_run(&runner, run->verdicts, run->n);
	fp_progress_end(&run->progress);
	for (size_t i = 0; i < run->n; i++) {
		struct fp_verdict *v = &run->verdicts[i];
		if (v->judgement != FP_PASS && v->judgement != FP_SKIP)
			v->repeat = fp_run_options_repeat(run->o, v->id, v->variant);
	}
}

static void complain_of_start(const struct fp_run_options *o, const struct fp_verdict *v)
{
	const struct fp_testee *t = &o->testee;
	char *why = fp_plain_all(fp_plain_line(v->why, WHY_CHARS_MAX));
	bool may_mean_stdio = !t->is_stdio && t->side != FP_SIDE_POOL && !strstr(t->command, "{fd}");
	fp_cli_say(o->cli, "the testee did not start: %s%s", why,
	           may_mean_stdio ? "; if its connection is to be standard input and output, add --stdio" : "");
	free(why);
	if (!v->stderr_text)
		return;
	fp_plain_print(fp_plain_text(v->stderr_text), stderr);
	if (v->stderr_text[strlen(v->stderr_text) - 1] != '\n')
		fputc('\n', stderr);
}

/* Whether the testee starts; if not, says why. */
static int start(struct fp_run_options *o)
{
	struct fp_verdict v = {0};
	fp_start_try(&v, &o->testee, &o->testee.idle_bytes);
	enum fp_judgement j = v.judgement;
	if (j != FP_PASS)
		complain_of_start(o, &v);
	fp_verdict_fini(&v);
	return j == FP_PASS ? FP_STATUS_CONFORMS : j == FP_FAIL ? FP_STATUS_NOT_STARTED : FP_STATUS_SUITE;
}

/* ---- known failures ---- */

/* The lines that name no case at all; each is told. */
static size_t known_apply(struct fp_known *known, struct run *run, const struct fp_catalogue *catalogue)
{
	size_t stale = 0;
	for (size_t i = 0; i < catalogue->n; i++)
		fp_known_meet(known, catalogue->cases[i].id);
	for (size_t i = 0; i < run->n; i++)
		fp_known_apply(known, &run->verdicts[i]);
	for (size_t i = 0; i < known->n; i++) {
		if (known->lines[i].is_of_a_case)
			continue;
		fp_cli_say(run->o->cli, "%s:%u:1: no case matches %s: remove the line", run->o->known, known->lines[i].number, known->lines[i].glob);
		stale++;
	}
	return stale;
}

/* ---- the summary ---- */

static struct fp_run_summary summarise(const struct run *run, const struct fp_suite *suite, size_t stale, uint64_t time_ns)
{
	const struct fp_testee *t = &run->o->testee;
	struct fp_run_summary s = {.testee = t->command, .side = t->side, .is_async = t->is_async, .is_native = t->is_native,
	                           .is_json = t->is_json, .is_stdio = t->is_stdio, .seed = run->o->seed,
	                           .verdicts = run->verdicts, .n = run->n, .time_ns = time_ns, .spec = &suite->spec};
	unsigned failures = 0;
	for (size_t i = 0; i < run->n; i++) {
		const struct fp_verdict *v = &run->verdicts[i];
		s.counts[v->judgement]++;
		s.known_failures += v->known != NULL;
		s.unexpected_passes += v->is_unexpected_pass;
		failures += v->judgement == FP_FAIL && !v->known;
	}
	s.is_conforming = !failures && !s.unexpected_passes && !s.counts[FP_HARNESS] && !stale;
	return s;
}

/* Before the cases are played, which may take long; after the start, as it empties reports of before. */
static bool reports_open(struct fp_run_options *o)
{
	for (size_t i = 0; i < o->n_reports; i++) {
		struct fp_report_wanted *r = &o->reports[i];
		if (r->file && !(r->to = fopen(r->file, "we"))) {
			fp_cli_say(o->cli, "--report: %s: cannot be written: %s", r->file, strerror(errno));
			return false;
		}
	}
	return true;
}

static bool report_write(const struct fp_run_options *o, const struct fp_report_wanted *r, const struct fp_run_summary *s)
{
	FILE *to = r->to ? r->to : stdout;
	r->format->write(s, to);
	bool is_written = !ferror(to) && (r->to ? fclose(to) : fflush(to)) == 0;
	if (!is_written)
		fp_cli_say(o->cli, "%s: cannot be written: %s", r->file ? r->file : "standard output", strerror(errno));
	return is_written;
}

static int report(const struct fp_run_options *o, const struct fp_run_summary *s)
{
	bool is_written = true;
	for (size_t i = 0; i < o->n_reports; i++)
		is_written = report_write(o, &o->reports[i], s) && is_written;
	if (!is_written || s->counts[FP_HARNESS])
		return FP_STATUS_SUITE;
	return s->is_conforming ? FP_STATUS_CONFORMS : FP_STATUS_DOES_NOT;
}

/* ---- all of it ---- */

static int run_chosen(struct run *run, const struct fp_suite *suite, struct fp_known *known)
{
	uint64_t start_ns = fp_now_ns();
	if (!run->n_to_play)
		return complain_of_nothing(run);
	fp_runner_guard();
	int status = start(run->o);
	if (status)
		return status;
	if (!reports_open(run->o))
		return FP_STATUS_USAGE;
	play_all(run);
	size_t stale = known_apply(known, run, &suite->catalogue);
	struct fp_run_summary s = summarise(run, suite, stale, fp_now_ns() - start_ns);
	return report(run->o, &s);
}

int fp_run(struct fp_run_options *o, const struct fp_suite *suite)
{
	struct run run = {.o = o};
	struct fp_known known = {0};
	struct fp_fault fault;
	if (!fp_choice_is_met(&o->choice, &suite->catalogue, &fault) || (o->known && !fp_known_read(&known, o->known, &fault))) {
		fp_cli_say(o->cli, "%s", fault.text);
		return FP_STATUS_USAGE;
	}
	choose(&run, &suite->catalogue);
	int status = run_chosen(&run, suite, &known);
	for (size_t i = 0; i < run.n; i++)
		fp_verdict_fini(&run.verdicts[i]);
	free(run.verdicts);
	free(run.cases);
	fp_known_fini(&known);
	return status;
}

static const struct fp_cli cli = {"forkpool-conform run",
                                  "Usage: forkpool-conform run (--child|--parent|--pool) CMD [OPTION ...]\n"
                                  "Judges the implementation that CMD starts by all cases for its side.\n"
                                  "\n"
                                  "  --child CMD, --parent CMD, --pool CMD\n"
                                  "                          what is judged; CMD is for /bin/sh, and best begins\n"
                                  "                          with exec; {fd} in it is the connection's descriptor\n"
                                  "  --stdio                 the connection is standard input and output instead\n"
                                  "  --sync, --async         mode [sync]\n"
                                  "  --profile WORD          byte order of frames: network (default) or native\n"
                                  "  --serialiser WORD       string (default) or json\n"
                                  "  --can WORD,...          capabilities beyond echo, as in TESTEE.md, or all\n"
                                  "  --clause GLOB, --case GLOB, --level WORD\n"
                                  "                          only these cases; --clause and --case may be given\n"
                                  "                          several times, and hold several: FRM-1,'EVT-*'\n"
                                  "  --variant WORD          only this way of cutting what is sent\n"
                                  "  --cases PATH            a folder or file of cases instead of the suite's own\n"
                                  "  --known FILE            known failures: lines of CASE-GLOB and a reason\n"
                                  "  --jobs N                plays at a time [one a processor]\n"
                                  "  --timeout TIME          for each step, 1 s more for each megabyte in it [5s]\n"
                                  "  --seed N                another order of play\n"
                                  "  --wait-for-debugger     wait for Enter before the first octet; no time limits\n"
                                  "  --report FORMAT[=FILE]  text (default), tap (version 14), tap13 (the same for\n"
                                  "                          perl's prove), junit, json or html; may be given\n"
                                  "                          several times\n"
                                  "  --help, --version\n"
                                  "\n"
                                  "Exit status: 0 conforms, 1 does not, 2 wrong usage or nothing selected, 3 CMD\n"
                                  "did not start, 4 the suite's own fault.\n"
                                  "\n"
                                  "Examples:\n"
                                  "  forkpool-conform run --child 'exec ./worker --fd {fd}'\n"
                                  "  forkpool-conform run --child 'exec ./worker' --stdio --clause FRM-1,'EVT-*'\n"
                                  "  forkpool-conform run --child ... --report tap13=t.tap; prove t.tap\n"};

int fp_command_run(int argc, char **argv)
{
	struct fp_run_options o;
	struct fp_suite suite;
	int at = fp_run_options_parse(&o, &cli, argc, argv);
	if (at < argc)
		fp_cli_wrong(&cli, "%s: not expected; the testee's command is one argument, in quotes", argv[at]);
	fp_suite_read(&suite, &cli, o.cases);
	int status = fp_run(&o, &suite);
	fp_suite_fini(&suite);
	fp_run_options_fini(&o);
	return status;
}
