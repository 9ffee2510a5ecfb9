/* The options of `run` and `replay`. See run_options.h. */
#include "run_options.h"

#include "runner.h"
#include "vary.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_NS (5 * FP_NS_S)

/* As they stand on the command line. */
struct raw {
	const char *child, *parent, *pool;
	struct fp_cli_list can, clauses, ids, reports;
	bool is_sync;
	unsigned profile, serialiser, level;
};

static const char *const profiles[] = {"network", "native", NULL};
static const char *const serialisers[] = {"string", "json", NULL};
static const char *const levels[] = {"all", "must", "should", "may", "unspecified", NULL};

static uint32_t cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) < 0 ? 1 : CPU_COUNT(&set);
	return (uint32_t)n < FP_JOBS_MAX ? (uint32_t)n : FP_JOBS_MAX;
}

/* ---- what needs more than a table ---- */

static void side_set(struct fp_run_options *o, const struct raw *raw)
{
	const char *commands[] = {[FP_SIDE_CHILD] = raw->child, [FP_SIDE_PARENT] = raw->parent, [FP_SIDE_POOL] = raw->pool};
	unsigned n = 0;
	for (unsigned side = FP_SIDE_CHILD; side <= FP_SIDE_POOL; side++) {
		if (!commands[side])
			continue;
		o->testee.side = o->choice.side = side;
		o->testee.command = commands[side];
		n++;
	}
	if (n != 1)
		fp_cli_wrong(o->cli, "one of --child CMD, --parent CMD and --pool CMD is expected");
}

static void can_set(struct fp_run_options *o, const struct raw *raw)
{
	fp_split_make(&o->can, &raw->can);
	o->testee.can = o->can.words;
	o->testee.n_can = o->can.n;
	for (size_t i = 0; i < o->can.n; i++) {
		bool is_all = !strcmp(o->can.words[i], "all");
		o->testee.is_capable_of_all |= is_all;
		if (!is_all && !fp_testee_is_capability(o->can.words[i]))
			fp_cli_wrong(o->cli, "--can '%s': no such capability; those of TESTEE.md are known, and all", o->can.words[i]);
	}
}

static void choice_set(struct fp_run_options *o, const struct raw *raw)
{
	fp_split_make(&o->choice.clauses, &raw->clauses);
	fp_split_make(&o->choice.ids, &raw->ids);
	o->choice.level = (enum fp_level)raw->level; /* the words stand in the order of the levels */
}

static void report_add(struct fp_run_options *o, const char *text)
{
	size_t len = strcspn(text, "=");
	const struct fp_report_format *f = fp_report_formats;
	while (f->name && (strlen(f->name) != len || strncmp(f->name, text, len) != 0))
		f++;
	if (!f->name || (text[len] && !text[len + 1])) {
		char names[128] = "";
		for (f = fp_report_formats; f->name; f++)
			snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", f->name);
		fp_cli_wrong(o->cli, "--report '%s': expected FORMAT or FORMAT=FILE, where FORMAT is one of %s", text, names);
	}
	o->reports = fp_grow(o->reports, o->n_reports + 1, sizeof *o->reports);
	o->reports[o->n_reports++] = (struct fp_report_wanted){.format = f, .file = text[len] ? text + len + 1 : NULL};
}

static void check(struct fp_run_options *o, const struct raw *raw)
{
	if (raw->is_sync && o->testee.is_async)
		fp_cli_wrong(o->cli, "--sync and --async exclude each other");
	if (o->testee.is_stdio && o->testee.side == FP_SIDE_POOL)
		fp_cli_wrong(o->cli, "--stdio is for --child and --parent");
	if (o->variant && !fp_variant_is_name(o->variant))
		fp_cli_wrong(o->cli, "--variant '%s': expected " FP_VARIANT_NAMES, o->variant);
	if (!o->testee.timeout_ns)
		fp_cli_wrong(o->cli, "--timeout: expected more than 0");
	if (o->testee.is_debugged) {
		o->testee.timeout_ns = FP_NEVER_NS;
		o->jobs = 1;
	}
}

int fp_run_options_parse(struct fp_run_options *o, const struct fp_cli *cli, int argc, char **argv)
{
	struct raw raw = {0};
	*o = (struct fp_run_options){.cli = cli, .jobs = cpus(), .testee.timeout_ns = TIMEOUT_NS};
	const struct fp_cli_option options[] = {
		{.name = "child", .kind = FP_CLI_TEXT, .to = &raw.child},
		{.name = "parent", .kind = FP_CLI_TEXT, .to = &raw.parent},
		{.name = "pool", .kind = FP_CLI_TEXT, .to = &raw.pool},
		{.name = "stdio", .kind = FP_CLI_FLAG, .to = &o->testee.is_stdio},
		{.name = "sync", .kind = FP_CLI_FLAG, .to = &raw.is_sync},
		{.name = "async", .kind = FP_CLI_FLAG, .to = &o->testee.is_async},
		{.name = "profile", .kind = FP_CLI_WORD, .to = &raw.profile, .words = profiles},
		{.name = "serialiser", .kind = FP_CLI_WORD, .to = &raw.serialiser, .words = serialisers},
		{.name = "can", .kind = FP_CLI_LIST, .to = &raw.can},
		{.name = "clause", .kind = FP_CLI_LIST, .to = &raw.clauses},
		{.name = "case", .kind = FP_CLI_LIST, .to = &raw.ids},
		{.name = "level", .kind = FP_CLI_WORD, .to = &raw.level, .words = levels},
		{.name = "variant", .kind = FP_CLI_TEXT, .to = &o->variant},
		{.name = "cases", .kind = FP_CLI_TEXT, .to = &o->cases},
		{.name = "known", .kind = FP_CLI_TEXT, .to = &o->known},
		{.name = "jobs", .kind = FP_CLI_COUNT32, .to = &o->jobs, .least = 1, .most = FP_JOBS_MAX},
		{.name = "timeout", .kind = FP_CLI_DURATION, .to = &o->testee.timeout_ns},
		{.name = "seed", .kind = FP_CLI_COUNT64, .to = &o->seed},
		{.name = "wait-for-debugger", .kind = FP_CLI_FLAG, .to = &o->testee.is_debugged},
		{.name = "report", .kind = FP_CLI_LIST, .to = &raw.reports}};
	int at = fp_cli_parse(cli, options, sizeof options / sizeof *options, argc, argv);
	side_set(o, &raw);
	check(o, &raw);
	o->testee.is_native = raw.profile == 1;
	o->testee.is_json = raw.serialiser == 1;
	can_set(o, &raw);
	choice_set(o, &raw);
	for (size_t i = 0; i < raw.reports.n; i++)
		report_add(o, raw.reports.items[i]);
	if (!raw.reports.n)
		report_add(o, "text");
	fp_cli_list_fini(&raw.can);
	fp_cli_list_fini(&raw.clauses);
	fp_cli_list_fini(&raw.ids);
	fp_cli_list_fini(&raw.reports);
	return at;
}

void fp_run_options_fini(struct fp_run_options *o)
{
	fp_split_fini(&o->can);
	fp_choice_fini(&o->choice);
	free(o->reports);
}

/* ---- the command again ---- */

static void quote(FILE *to, const char *text)
{
	if (*text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,")]) {
		fputs(text, to);
		return;
	}
	fputc('\'', to);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", to);
		else
			fputc(*text, to);
	fputc('\'', to);
}

static void option(FILE *to, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(to, " --%s ", name);
	quote(to, value);
}

char *fp_run_options_repeat(const struct fp_run_options *o, const char *id, const char *variant)
{
	static const char *const sides[] = {"child", "parent", "pool"};
	const struct fp_testee *t = &o->testee;
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	if (!to)
		abort();
	fputs("forkpool-conform run", to);
	option(to, sides[t->side], t->command);
	fputs(t->is_stdio ? " --stdio" : "", to);
	fputs(t->is_async ? " --async" : "", to);
	option(to, "profile", t->is_native ? "native" : NULL);
	option(to, "serialiser", t->is_json ? "json" : NULL);
	option(to, "can", t->is_capable_of_all ? "all" : NULL);
	for (size_t i = 0; i < t->n_can && !t->is_capable_of_all; i++)
		option(to, "can", t->can[i]);
	option(to, "cases", o->cases);
	option(to, "case", id);
	option(to, "variant", variant);
	if (t->timeout_ns != TIMEOUT_NS && t->timeout_ns != FP_NEVER_NS)
		fprintf(to, " --timeout %" PRIu64 "ms", t->timeout_ns / 1000000);
	fclose(to);
	return text;
}
