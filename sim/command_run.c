/* The commands run, replay and shrink: one run, as words or from a file. See command.h. */
#include "command.h"
#include "recording.h"

#include <errno.h>
#include <stdio.h>

#define COLUMNS_MAX 100

/* What is wanted of a run. */
struct wanted {
	bool log;
	const char *svg, *perfetto;
	uint64_t worker; /* whose transcript; 0: none, and the rest of the output */
	struct sim_story story;
	struct sim_recording recording;
};

static void see(void *ctx, const struct sim_record *r)
{
	struct wanted *w = ctx;
	char line[200];
	if (w->log) {
		sim_trace_print(r, line);
		puts(line);
		fflush(stdout); /* what came before an assertion is what one wants to see */
	}
	sim_story_see(&w->story, r);
	sim_recording_see(&w->recording, r);
}

static void see_octets(void *ctx, const struct sim_octets *o)
{
	struct wanted *w = ctx;
	sim_recording_octets(&w->recording, o);
}

static int save(const char *path, const struct sim_story *s, void (*write)(const struct sim_story *, FILE *))
{
	if (!path)
		return 0;
	FILE *f = fopen(path, "w");
	bool is_written = false;
	if (f) {
		write(s, f);
		is_written = !ferror(f);
		is_written &= fclose(f) == 0;
	}
	if (is_written)
		return 0;
	fprintf(stderr, "forkpool-sim: %s: %s\n", path, strerror(errno));
	return SIM_EXIT_USAGE;
}

/* A text in lines of at most COLUMNS_MAX columns. */
static void print_paragraph(const char *text)
{
	int column = 0;
	while (*(text += strspn(text, " "))) {
		int len = (int)strcspn(text, " ");
		bool is_new = column && column + 1 + len > COLUMNS_MAX;
		printf("%s%.*s", is_new ? "\n" : column ? " " : "", len, text);
		column = is_new || !column ? len : column + 1 + len;
		text += len;
	}
	puts("\n");
}

static void print_lesson(const struct sim_scenario *s)
{
	if (s->title[0])
		print_paragraph(s->title);
	if (s->lesson[0])
		print_paragraph(s->lesson);
}

static void print_summary(const struct wanted *w, const struct sim_verdict *v)
{
	sim_story_print(&w->story, stdout);
	printf("%-12s %016llx over %llu records, %llu events\n", "hash", (unsigned long long)v->hash,
	       (unsigned long long)v->records, (unsigned long long)v->events);
}

static int print_transcript(const struct wanted *w)
{
	if (!w->recording.transcript.n_lines) {
		fprintf(stderr, "forkpool-sim: no worker %llu was started: --transcript is the number of one, from 1\n",
		        (unsigned long long)w->worker);
		return SIM_EXIT_USAGE;
	}
	fp_transcript_print(&w->recording.transcript, stdout);
	return 0;
}

static int show(struct sim_plan *p, struct wanted *w)
{
	struct sim_verdict v;
	int failed = 0;
	struct sim_run run = {.scenario = &p->scenario,
	                      .seed = p->seed,
	                      .changes = &p->changes,
	                      .see = see,
	                      .see_octets = see_octets,
	                      .ctx = w};
	if (!w->worker)
		print_lesson(&p->scenario);
	sim_story_init(&w->story, &sim_system_memory);
	sim_recording_init(&w->recording, w->worker, &p->scenario);
	sim_world_run(&run, &sim_system_memory, &v);
	if (w->worker)
		failed = print_transcript(w);
	else
		print_summary(w, &v);
	if (v.broken)
		sim_report(p, &v);
	failed |= save(w->svg, &w->story, sim_story_draw) | save(w->perfetto, &w->story, sim_story_perfetto);
	sim_story_fini(&w->story);
	sim_recording_fini(&w->recording);
	return failed ? failed : v.broken ? SIM_EXIT_BROKEN : SIM_EXIT_CLEAN;
}

/* One word of the command line. */
static int take(struct sim_plan *p, struct wanted *w, uint64_t *seed, int n, char **words, int *i)
{
	const char *value;
	if (strcmp(words[*i], "--log") == 0)
		return w->log = true, 0;
	if (sim_option_is("--svg", n, words, i, &value))
		return (w->svg = value) ? 0 : sim_usage("--svg needs a file");
	if (sim_option_is("--perfetto", n, words, i, &value))
		return (w->perfetto = value) ? 0 : sim_usage("--perfetto needs a file");
	if (sim_option_is("--transcript", n, words, i, &value))
		return sim_number_is_parsed(value, 1, FP_NEVER - 1, &w->worker)
		               ? 0
		               : sim_usage("--transcript is the number of a worker, from 1");
	if (sim_option_is("--seed", n, words, i, &value))
		return sim_number_is_parsed(value, 0, FP_NEVER - 1, seed) ? 0 : sim_usage("--seed is a whole number");
	return sim_plan_word(p, words[*i]);
}

static int read_words(struct sim_plan *p, struct wanted *w, int n, char **words)
{
	uint64_t seed = FP_NEVER;
	int failed = n ? 0 : sim_usage("a scenario or a run is missing");
	for (int i = 0; i < n && !failed; i++)
		failed = take(p, w, &seed, n, words, &i);
	if (seed != FP_NEVER)
		p->seed = seed;
	const char *wrong = failed ? NULL : sim_plan_check(p);
	if (wrong)
		failed = sim_usage("%s", wrong);
	return failed;
}

static int with_plan(int n, char **words, int (*act)(struct sim_plan *, struct wanted *))
{
	struct sim_plan p;
	struct wanted w = {.log = false};
	sim_plan_init(&p, &sim_system_memory);
	int status = read_words(&p, &w, n, words);
	if (!status)
		status = act(&p, &w);
	sim_plan_fini(&p);
	return status;
}

int sim_command_run(int n, char **words)
{
	return with_plan(n, words, show);
}

int sim_command_replay(int n, char **words)
{
	return with_plan(n, words, show);
}

static int shrink(struct sim_plan *p, struct wanted *w)
{
	(void)w;
	struct sim_attempt *a = sim_attempt_new(SIM_ATTEMPT_MS_MAX);
	if (!a)
		sim_system_give_up("mmap");
	bool is_broken = sim_attempt_run(a, p)->broken;
	if (is_broken)
		sim_shrink_and_report(a, p);
	else
		puts("nothing is broken");
	sim_attempt_free(a);
	return is_broken ? SIM_EXIT_BROKEN : SIM_EXIT_CLEAN;
}

int sim_command_shrink(int n, char **words)
{
	return with_plan(n, words, shrink);
}
