/* The command sweep: a scenario over all combinations of some numbers, as CSV. See command.h. */
#include "command.h"
#include "memory.h"
#include "plot.h"

#include <stdio.h>

#define VARIES_MAX 8
#define VALUES_MAX ((uint64_t)100000) /* of one number */

/* A number that takes each value from first to last. */
struct vary {
	const char *name;
	size_t len;
	uint64_t first, last, now;
};

struct sweep {
	struct sim_plan plan;
	struct vary varies[VARIES_MAX];
	int n;
	const char *plot; /* a file; NULL: none */
	struct point {
		uint64_t line, x; /* what the number before the last was, and the last one */
		double mean_ms, p99_ms;
	} * points;
	size_t points_n, points_max;
};

/* "load=1..8" */
static int take_vary(struct sweep *s, const char *text)
{
	const char *equals = text ? strchr(text, '=') : NULL, *dots = equals ? strstr(equals, "..") : NULL;
	char first[24];
	if (!dots || s->n == VARIES_MAX)
		return sim_usage("--vary is NAME=A..B with whole numbers, at most %d times", VARIES_MAX);
	struct vary *v = &s->varies[s->n++];
	snprintf(first, sizeof first, "%.*s", (int)(dots - equals - 1), equals + 1);
	v->name = text;
	v->len = (size_t)(equals - text);
	if (!sim_number_is_parsed(first, 0, UINT32_MAX, &v->first) ||
	    !sim_number_is_parsed(dots + 2, v->first, v->first + VALUES_MAX - 1, &v->last))
		return sim_usage("--vary %s: expected NAME=A..B with whole numbers, A not above B, at most %d values", text,
		                 (int)VALUES_MAX);
	v->now = v->first;
	return 0;
}

static int set_all(struct sweep *s)
{
	char word[200];
	for (int i = 0; i < s->n; i++) {
		const struct vary *v = &s->varies[i];
		snprintf(word, sizeof word, "%.*s=%llu", (int)v->len, v->name, (unsigned long long)v->now);
		int failed = sim_plan_word(&s->plan, word);
		if (failed)
			return failed;
	}
	const char *wrong = sim_plan_check(&s->plan);
	return wrong ? sim_usage("%s", wrong) : 0;
}

/* The last one turns fastest. Answers whether there is a next combination. */
static bool has_next(struct sweep *s)
{
	for (int i = s->n - 1; i >= 0; i--) {
		if (++s->varies[i].now <= s->varies[i].last)
			return true;
		s->varies[i].now = s->varies[i].first;
	}
	return false;
}

static void print_head(const struct sweep *s)
{
	for (int i = 0; i < s->n; i++)
		printf("%.*s,", (int)s->varies[i].len, s->varies[i].name);
	puts("calls,ok,refused,latency_mean_ms,latency_p50_ms,latency_p90_ms,latency_p99_ms,latency_max_ms,wait_mean_ms,"
	     "utilisation,starts,"
	     "end_s,broken");
}

static void add_point(struct sweep *s, const struct sim_summary *sum)
{
	s->points = sim_grow(&sim_system_memory, s->points, &s->points_max, s->points_n, sizeof *s->points);
	s->points[s->points_n++] = (struct point){.line = s->n > 1 ? s->varies[s->n - 2].now : 0,
	                                          .x = s->varies[s->n - 1].now,
	                                          .mean_ms = sum->latency_mean_ns / 1e6,
	                                          .p99_ms = (double)sum->latency_ns[2] / 1e6};
}

static enum sim_promise print_line(struct sweep *s)
{
	struct sim_story story;
	struct sim_verdict v;
	sim_story_init(&story, &sim_system_memory);
	struct sim_run run = {.scenario = &s->plan.scenario,
	                      .seed = s->plan.seed,
	                      .changes = &s->plan.changes,
	                      .see = sim_story_see,
	                      .ctx = &story};
	sim_world_run(&run, &sim_system_memory, &v);
	struct sim_summary sum = sim_story_sum(&story);
	for (int i = 0; i < s->n; i++)
		printf("%llu,", (unsigned long long)s->varies[i].now);
	printf("%llu,%llu,%llu,%.6f,", (unsigned long long)story.calls, (unsigned long long)story.outcomes[FP_OK],
	       (unsigned long long)story.refused, sum.latency_mean_ns / 1e6);
	for (int i = 0; i < 4; i++)
		printf("%.6f,", (double)sum.latency_ns[i] / 1e6);
	printf("%.6f,%.6f,%llu,%.9f,%s\n", sum.wait_mean_ns / 1e6, sum.utilisation, (unsigned long long)story.starts,
	       (double)sum.end_ns / 1e9, sim_promise_name(v.broken));
	add_point(s, &sum);
	sim_story_fini(&story);
	return v.broken;
}

/* ---- the plot ---- */

static void draw_column(const struct sweep *s, FILE *f, bool is_p99)
{
	for (size_t i = 0; i < s->points_n; i++) {
		const struct point *p = &s->points[i];
		if (i && p->line != p[-1].line)
			fputs("e\n", f);
		fprintf(f, "%llu %.6f\n", (unsigned long long)p->x, is_p99 ? p->p99_ms : p->mean_ms);
	}
	fputs("e\n", f);
}

/* A line of the latency's mean over the last number, and one of its p99, for each value of the number before it. */
static int draw(const struct sweep *s)
{
	const struct vary *x = &s->varies[s->n - 1], *line = s->n > 1 ? x - 1 : NULL;
	uint64_t lines = line ? line->last - line->first + 1 : 1;
	FILE *f = sim_plot_open(s->plot);
	if (!f)
		return SIM_EXIT_USAGE;
	fprintf(f, "set xlabel '%.*s' noenhanced\nset ylabel 'latency, ms'\nset logscale y\nplot ", (int)x->len, x->name);
	for (uint64_t i = 0; i < 2 * lines; i++) {
		unsigned long long value = i % lines;
		fprintf(f, "%s'-' with linespoints pt 7 ps 0.5 lc %llu dt %d title '%s", i ? ", " : "", value + 1,
		        i < lines ? 1 : 2, i < lines ? "mean" : "p99");
		if (line)
			fprintf(f, ", %.*s %llu", (int)line->len, line->name, line->first + value);
		fputs("' noenhanced", f);
	}
	fputc('\n', f);
	draw_column(s, f, false);
	draw_column(s, f, true);
	return sim_plot_close(f, s->plot) ? SIM_EXIT_USAGE : 0;
}

static int sweep(struct sweep *s)
{
	bool is_broken = false;
	int failed = set_all(s);
	if (failed)
		return failed;
	print_head(s);
	do {
		failed = set_all(s);
		is_broken |= !failed && print_line(s) != SIM_KEPT;
	} while (!failed && has_next(s));
	fflush(stdout);
	if (!failed && s->plot)
		failed = draw(s);
	return failed ? failed : is_broken ? SIM_EXIT_BROKEN : SIM_EXIT_CLEAN;
}

static int take(struct sweep *s, int n, char **words, int *i)
{
	const char *value;
	if (sim_option_is("--vary", n, words, i, &value))
		return take_vary(s, value);
	if (sim_option_is("--plot", n, words, i, &value))
		return (s->plot = value) ? 0 : sim_usage("--plot needs a file");
	return sim_plan_word(&s->plan, words[*i]);
}

int sim_command_sweep(int n, char **words)
{
	struct sweep s = {.n = 0};
	int status = n ? 0 : sim_usage("sweep needs a scenario and --vary NAME=A..B");
	sim_plan_init(&s.plan, &sim_system_memory);
	for (int i = 0; i < n && !status; i++)
		status = take(&s, n, words, &i);
	if (!status && (!s.n || (s.plot && s.n > 2)))
		status = sim_usage(s.n ? "--plot draws one or two --vary, not more" : "sweep needs --vary NAME=A..B");
	if (!status && s.plot && !sim_plot_is_possible())
		status = SIM_EXIT_USAGE;
	if (!status)
		status = sweep(&s);
	fp_alloc_put(&sim_system_memory, s.points, s.points_max * sizeof *s.points);
	sim_plan_fini(&s.plan);
	return status;
}
