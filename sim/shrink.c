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

/* What says least: a number as usual, else the least; few jobs and workers. A rate has no meaning without a seed. */
static bool lower_number(struct shrinking *s, const struct sim_field *f)
{
	uint64_t v = sim_field_get(&s->plan->scenario, f);
	bool is_amount = strcmp(f->name, "jobs") == 0 || strcmp(f->name, "max") == 0;
	if (!is_amount)
		return v != f->usual && (is_with_number(s, f, f->usual) ||
		                         (f->unit == SIM_COUNT && v > f->usual && is_with_number(s, f, f->min)));
	return is_with_number(s, f, f->min) || is_with_number(s, f, v / 2) || is_with_number(s, f, v - 1);
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

struct sim_shrunk sim_shrink(struct sim_plan *p, sim_is_failing *is_failing, void *ctx)
{
	struct shrinking s = {.plan = p, .is_failing = is_failing, .ctx = ctx};
	struct sim_shrunk done = {.choices_before = p->changes.n};
	for (bool has_changed = true; has_changed;) {
		has_changed = drop_choices(&s);
		has_changed |= lower_numbers(&s);
		has_changed |= lower_choices(&s);
	}
	done.tries = s.tries;
	return done;
}
