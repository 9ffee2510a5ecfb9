/* The command explore: a quiet run, and then every run that differs from it in one fault. See command.h. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHOWN_EACH 64u /* runs */

struct exploring {
	struct sim_plan plan;
	struct sim_attempt *attempt;
	uint64_t runs, of; /* made, and to be made */
	uint64_t kinds[SIM_KINDS]; /* runs of each */
};

static bool has_rates(const struct sim_scenario *s)
{
	for (unsigned k = 0; k < SIM_KINDS; k++)
		if (s->rates_ppm[k])
			return true;
	return false;
}

/* Kinds with a rate; where none has one, all. */
static bool is_wanted(const struct sim_scenario *s, enum sim_kind kind)
{
	return kind >= SIM_DRAWS && (s->rates_ppm[kind] || !has_rates(s));
}

static void show_progress(const struct exploring *e)
{
	if (e->runs % SHOWN_EACH == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu of %llu runs ", (unsigned long long)e->runs, (unsigned long long)e->of);
}

static bool is_kept(struct exploring *e, const struct sim_met *m, uint64_t value)
{
	e->plan.changes.n = 0;
	sim_changes_put(&e->plan.changes, (struct sim_change){m->kind, m->at, (uint32_t)value});
	e->runs++;
	e->kinds[m->kind]++;
	show_progress(e);
	return sim_attempt_run(e->attempt, &e->plan)->broken == SIM_KEPT;
}

/* Answers whether all runs keep what is promised; else the plan is the one that does not. */
static bool is_clean(struct exploring *e, const struct sim_met *met, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (uint64_t value = 1; is_wanted(&e->plan.scenario, met[i].kind) && value < met[i].n; value++)
			if (!is_kept(e, &met[i], value))
				return false;
	return true;
}

static void print_counts(const struct exploring *e)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	printf("%llu runs%s\n", (unsigned long long)e->runs,
	       has_rates(&e->plan.scenario) ? ", only of the faults that the scenario has rates for" : "");
	for (unsigned k = 0; k < SIM_KINDS; k++)
		if (e->kinds[k])
			printf("  %-12s %llu\n", sim_kind_name((enum sim_kind)k), (unsigned long long)e->kinds[k]);
}

static int explore(struct exploring *e)
{
	size_t n;
	e->plan.seed = 0;
	struct sim_met *met = sim_attempt_met(e->attempt, &e->plan, &n);
	for (size_t i = 0; i < n; i++)
		e->of += is_wanted(&e->plan.scenario, met[i].kind) ? met[i].n - 1 : 0;
	bool is_quiet_clean = sim_attempt_run(e->attempt, &e->plan)->broken == SIM_KEPT;
	bool is_broken = !is_quiet_clean || !is_clean(e, met, n);
	free(met);
	print_counts(e);
	fflush(stdout);
	if (is_broken)
		sim_shrink_and_report(e->attempt, &e->plan);
	return is_broken ? SIM_EXIT_BROKEN : SIM_EXIT_CLEAN;
}

int sim_command_explore(int n, char **words)
{
	struct exploring e = {.attempt = sim_attempt_new(SIM_ATTEMPT_MS_MAX)};
	if (!e.attempt)
		sim_system_give_up("mmap");
	sim_plan_init(&e.plan, &sim_system_memory);
	int status = n ? 0 : sim_usage("explore needs a scenario");
	for (int i = 0; i < n && !status; i++)
		status = sim_plan_word(&e.plan, words[i]);
	const char *wrong = status ? NULL : sim_plan_check(&e.plan);
	if (wrong)
		status = sim_usage("%s", wrong);
	if (!status)
		status = explore(&e);
	sim_plan_fini(&e.plan);
	sim_attempt_free(e.attempt);
	return status;
}
