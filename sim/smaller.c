/* Looks for a smaller run. See smaller.h. */
#include "smaller.h"

#include "command.h"

#define RUNS 6000u         /* in all */
#define SHRUNK_MAX 16u     /* of those that fail in the same way */
#define CALLS_MAX 5u       /* of a run that is tried: shrinking takes some away */
#define OTHER_ONE_IN 4u    /* numbers of one that is like it are not its own */
#define HAPPENS_PPM 300000u /* what happened in it, at other moments */

struct looking {
	struct sim_attempt *attempt;
	struct sim_plan *best;
	enum sim_promise broken;
	int n;
	char **words;
};

static uint64_t above(uint64_t v, uint64_t most)
{
	return v > most ? v - most : 0;
}

static uint64_t faults_of(const struct sim_changes *c)
{
	uint64_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += c->list[i].kind >= SIM_DRAWS;
	return n;
}

/* How much too large it is. */
static uint64_t excess(const struct sim_plan *p)
{
	return above(p->scenario.arrivals.jobs, SIM_SMALL_CALLS) + above(p->scenario.pool.max, SIM_SMALL_WORKERS) +
	       above(faults_of(&p->changes), SIM_SMALL_FAULTS);
}

bool sim_plan_is_small(const struct sim_plan *p)
{
	return !excess(p);
}

static bool has_kind(const struct sim_changes *c, enum sim_kind k)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].kind == k)
			return true;
	return false;
}

/* The random run becomes like that which is to be smaller, but for a few numbers of its own. */
static void draw_near(struct sim_plan *p, const struct sim_plan *like)
{
	struct sim_choice c;
	sim_choice_init(&c, p->seed, p->scenario.rates_ppm, NULL);
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field f = sim_field(i);
		if (strcmp(f.section, "faults") != 0 && sim_choose(&c, SIM_SETTING, OTHER_ONE_IN))
			sim_field_set(&p->scenario, &f, sim_field_get(&like->scenario, &f));
	}
	for (unsigned k = SIM_DRAWS; k < SIM_KINDS; k++)
		p->scenario.rates_ppm[k] = has_kind(&like->changes, (enum sim_kind)k) ? HAPPENS_PPM : 0;
}

/* Makes a run for a seed; answers whether it fails in the same way. To be ended by fini in any case. */
static bool is_failing(const struct looking *l, uint64_t seed, struct sim_plan *p)
{
	const char *wrong = sim_plan_random(p, seed, l->n, l->words);
	if (seed <= RUNS / 2)
		draw_near(p, l->best);
	p->scenario.arrivals.jobs = 1 + seed % CALLS_MAX;
	p->scenario.pool.max = 1 + seed / CALLS_MAX % SIM_SMALL_WORKERS;
	for (int i = 0; i < l->n && !wrong; i++) /* what is given stays as it is given */
		wrong = sim_plan_take(p, l->words[i]);
	return !wrong && !sim_plan_check(p) && sim_attempt_run(l->attempt, p)->broken == l->broken;
}

static void swap(struct sim_plan *a, struct sim_plan *b)
{
	struct sim_plan was = *a;
	*a = *b;
	*b = was;
}

bool sim_smaller_is_found(struct sim_attempt *a, struct sim_plan *p, int n, char **words)
{
	struct looking l = {.attempt = a, .best = p, .broken = sim_attempt_run(a, p)->broken, .n = n, .words = words};
	bool is_found = false;
	for (uint64_t seed = 1, shrunk = 0; seed <= RUNS && shrunk < SHRUNK_MAX && excess(p); seed++) {
		struct sim_plan other;
		if (is_failing(&l, seed, &other)) {
			sim_make_small(a, &other);
			shrunk++;
			if (excess(&other) < excess(p)) {
				swap(&other, p);
				is_found = true;
			}
		}
		sim_plan_fini(&other);
	}
	return is_found;
}
