/* Makes a failing run small. See shrink.h. */
#include "shrink.h"

#define ONE_BY_ONE_MAX 64u /* values above this are lowered in larger steps only */

struct shrinking {
	struct sim_plan *plan;
	sim_is_failing *is_failing;
	void *ctx;
	uint64_t tries;
};

static bool still_fails(struct shrinking *s)
{
	s->tries++;
	return s->is_failing(s->ctx, s->plan);
}

/* ---- choices ---- */

/* Takes n choices out; puts them back if they are needed. */
static bool is_without(struct shrinking *s, size_t at, size_t n)
{
	struct sim_changes *c = &s->plan->changes, was;
	sim_changes_init(&was, c->memory);
	sim_changes_copy(&was, c);
	memmove(c->list + at, c->list + at + n, (c->n - at - n) * sizeof *c->list);
	c->n -= n;
	bool is_smaller = still_fails(s);
	if (!is_smaller)
		sim_changes_copy(c, &was);
	sim_changes_fini(&was);
	return is_smaller;
}

/* Halves, quarters, and so on down to single ones; from the end, so that what comes early keeps its place. */
static bool drop_choices(struct shrinking *s)
{
	size_t before = s->plan->changes.n;
	for (size_t n = before; n; n /= 2)
		for (size_t end = s->plan->changes.n; end;) {
			size_t len = n < end ? n : end;
			is_without(s, end - len, len);
			end -= len;
		}
	return s->plan->changes.n < before;
}

static bool is_with_value(struct shrinking *s, uint32_t *value, uint32_t smaller)
{
	uint32_t was = *value;
	if (smaller >= was || !smaller)
		return false;
	*value = smaller;
	if (still_fails(s))
		return true;
	*value = was;
	return false;
}

/* By halves, then by eighths; the last steps one by one. */
static bool lower_choice(struct shrinking *s, uint32_t *v)
{
	return is_with_value(s, v, 1) || is_with_value(s, v, *v / 2) || is_with_value(s, v, *v - *v / 8) ||
	       (*v <= ONE_BY_ONE_MAX && is_with_value(s, v, *v - 1));
}

static bool lower_choices(struct shrinking *s)
{
	bool has_changed = false;
	for (size_t i = 0; i < s->plan->changes.n; i++)
		while (lower_choice(s, &s->plan->changes.list[i].value))
			has_changed = true;
	return has_changed;
}

/* ---- when they are made: the earlier, the less has to come before ---- */

static bool is_taken(const struct sim_changes *c, enum sim_kind kind, uint32_t at)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].kind == kind && c->list[i].at == at)
			return true;
	return false;
}

/* Those in [from, from + n) are made `by` positions sooner, where that can be. */
static bool is_sooner(struct shrinking *s, size_t from, size_t n, uint32_t by)
{
	struct sim_changes *c = &s->plan->changes, was;
	bool is_free = true, has_moved = false;
	sim_changes_init(&was, c->memory);
	sim_changes_copy(&was, c);
	c->n = 0;
	for (size_t i = 0; i < was.n; i++) {
		struct sim_change change = was.list[i];
		bool is_moved = i >= from && i < from + n && change.at >= by;
		change.at -= is_moved ? by : 0;
		has_moved |= is_moved && by;
		is_free &= !is_taken(c, change.kind, change.at);
		sim_changes_put(c, change);
	}
	bool is_smaller = is_free && has_moved && still_fails(s);
	if (!is_smaller)
		sim_changes_copy(c, &was);
	sim_changes_fini(&was);
	return is_smaller;
}

/* All of them; then each by itself: to the beginning, by halves, by one. */
static bool move_choices(struct shrinking *s)
{
	const struct sim_changes *c = &s->plan->changes;
	bool has_changed = false;
	for (uint32_t by = 1u << 10; by; by /= 2)
		while (is_sooner(s, 0, c->n, by))
			has_changed = true;
	for (size_t i = 0; i < c->n; i++) {
		uint32_t at;
		while ((at = c->list[i].at) != 0 &&
		       (is_sooner(s, i, 1, at) || is_sooner(s, i, 1, at / 2) || (at <= ONE_BY_ONE_MAX && is_sooner(s, i, 1, 1))))
			has_changed = true;
	}
	return has_changed;
}

/* ---- numbers of the scenario ---- */

static bool is_with_number(struct shrinking *s, const struct sim_field *f, uint64_t v)
{
	char why[200];
	uint64_t was = sim_field_get(&s->plan->scenario, f);
	if (v == was || v < f->min || v > f->max)
		return false;
	sim_field_set(&s->plan->scenario, f, v);
	if (sim_scenario_is_valid(&s->plan->scenario, why) && still_fails(s))
		return true;
	sim_field_set(&s->plan->scenario, f, was);
	return false;
}

/* What says least: a number as usual, else small; few jobs and workers. A rate has no meaning without a seed. */
static bool lower_number(struct shrinking *s, const struct sim_field *f)
{
	uint64_t v = sim_field_get(&s->plan->scenario, f);
	bool is_amount = strcmp(f->name, "jobs") == 0 || strcmp(f->name, "max") == 0;
	if (!is_amount && (v == f->usual || is_with_number(s, f, f->usual)))
		return v != f->usual;
	if (!is_amount && (f->unit != SIM_COUNT || v < f->usual))
		return false;
	return is_with_number(s, f, f->min) || is_with_number(s, f, v / 2) || (v <= ONE_BY_ONE_MAX && is_with_number(s, f, v - 1));
}

static bool lower_numbers(struct shrinking *s)
{
	bool has_changed = false;
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field f = sim_field(i);
		while (lower_number(s, &f))
			has_changed = true;
	}
	return has_changed;
}

/* ---- together ---- */

/* So many calls less, and with them the choices in [from, from + n) sooner; none of these: the calls alone. */
static bool is_with_fewer_calls(struct shrinking *s, size_t from, size_t n, uint32_t by)
{
	uint64_t *jobs = &s->plan->scenario.arrivals.jobs;
	if (*jobs <= by)
		return false;
	*jobs -= by;
	if (n ? is_sooner(s, from, n, by) : still_fails(s))
		return true;
	*jobs += by;
	return false;
}

/* What none of the other steps could do by itself: a call less and all choices one sooner, or one of them, or load 1. */
static bool drop_calls(struct shrinking *s)
{
	struct sim_scenario *scenario = &s->plan->scenario;
	uint64_t load = scenario->pool.load;
	for (uint32_t by = 1; by <= 4; by *= 2) {
		if (is_with_fewer_calls(s, 0, s->plan->changes.n, by))
			return true;
		for (size_t i = 0; i < s->plan->changes.n; i++)
			if (is_with_fewer_calls(s, i, 1, by))
				return true;
		scenario->pool.load = 1;
		if (load > 1 && (is_with_fewer_calls(s, 0, 0, by) || is_with_fewer_calls(s, 0, s->plan->changes.n, by)))
			return true;
		scenario->pool.load = load;
	}
	return false;
}

struct sim_shrunk sim_shrink(struct sim_plan *p, sim_is_failing *is_failing, void *ctx)
{
	struct shrinking s = {.plan = p, .is_failing = is_failing, .ctx = ctx};
	struct sim_shrunk done = {.choices_before = p->changes.n};
	for (bool has_changed = true; has_changed;) {
		has_changed = drop_choices(&s);
		has_changed |= lower_numbers(&s);
		has_changed |= lower_choices(&s);
		has_changed |= move_choices(&s);
		has_changed = has_changed || drop_calls(&s);
	}
	done.tries = s.tries;
	return done;
}
