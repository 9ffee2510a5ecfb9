/* What is expected against what was seen. See match.h. */
#include "match.h"

#include <stdlib.h>
#include <string.h>

struct fp_held {
	struct fp_sight sight;
	uint8_t *data; /* a copy of the sight's */
	size_t nth;
};

void fp_match_init(struct fp_match *m, const struct fp_script *script)
{
	*m = (struct fp_match){.script = script, .is_settled = fp_get(script->n, sizeof(bool))};
	for (size_t i = 0; i < script->n; i++)
		m->is_settled[i] = script->steps[i].is_act;
}

void fp_match_fini(struct fp_match *m)
{
	for (size_t i = 0; i < m->n_held; i++)
		free(m->held[i].data);
	free(m->held);
	free(m->is_settled);
	*m = (struct fp_match){0};
}

/* ---- one step and one sight ---- */

static bool is_same_word(const char *expected, const char *seen)
{
	return !expected || (seen && !strcmp(expected, seen));
}

static bool is_exit(const struct fp_line *line, int status)
{
	switch (line->exit) {
	case FP_EXIT_STATUS:
		return status == line->status;
	case FP_EXIT_ZERO:
		return status == 0;
	case FP_EXIT_NONZERO:
		return status != 0;
	case FP_EXIT_ANY:
		break;
	}
	return true;
}

/* The end of any worker is seen on the channel of the one that it is. */
static bool is_of_channel(const struct fp_step *step, const struct fp_sight *s)
{
	bool is_any_worker = step->channel == FP_CHANNEL_WORKERS && s->channel > FP_CHANNEL_WORKERS;
	return step->channel == s->channel || (is_any_worker && s->verb == step->line->verb);
}

/* How far they agree in octets; everything else agrees. */
static size_t agreement(const struct fp_step *step, const struct fp_sight *s)
{
	return fp_layout_differs_at(&step->octets, s->data, s->len);
}

/* expected: a word, or several with | between them. */
static bool is_one_of(const char *expected, const char *seen)
{
	if (!expected || !seen)
		return !expected;
	for (const char *at = expected;; at++) {
		size_t len = strcspn(at, "|");
		if (len == strlen(seen) && !memcmp(at, seen, len))
			return true;
		at += len;
		if (!*at)
			return false;
	}
}

static bool is_of_kind(const struct fp_step *step, const struct fp_sight *s)
{
	const struct fp_line *line = step->line;
	return line->verb == s->verb && is_same_word(line->word, s->word) && is_one_of(line->class, s->class) &&
	       (line->verb != FP_EXITS || is_exit(line, s->status));
}

/* How much sooner it came than it may; 0: it did not. */
static uint64_t early_ns(const struct fp_match *m, const struct fp_step *step, const struct fp_sight *s)
{
	uint64_t least_ns = m->acted_ns + step->line->after_ns;
	return step->line->after_ns && s->at_ns < least_ns ? least_ns - s->at_ns : 0;
}

static bool fits(const struct fp_match *m, const struct fp_step *step, const struct fp_sight *s)
{
	if (!is_of_kind(step, s) || early_ns(m, step, s))
		return false;
	size_t same = agreement(step, s);
	return s->is_partial ? same == s->len && s->len <= step->octets.len : same == step->octets.len && s->len == same;
}

/* An end comes before the close that is expected. */
static bool is_prelude(const struct fp_step *step, const struct fp_sight *s)
{
	return step->line->verb == FP_CLOSES && s->verb == FP_ENDS;
}

/* ---- all open steps of a channel ---- */

/* Those which the next thing on a channel may be: up to the first that has to come, and with it all of its group. */
struct candidates {
	struct fp_match *m;
	const struct fp_sight *sight;
	size_t next;                    /* the step to look at */
	const struct fp_step *required; /* the first that has to come */
};

static const struct fp_step *candidate_next(struct candidates *c)
{
	while (c->next < c->m->open) {
		size_t i = c->next++;
		const struct fp_step *step = &c->m->script->steps[i];
		if (c->m->is_settled[i] || !is_of_channel(step, c->sight))
			continue;
		if (c->required && (!c->required->group || c->required->group != step->group))
			return NULL;
		if (!step->is_optional && !c->required)
			c->required = step;
		return step;
	}
	return NULL;
}

/* What is optional and stands before it did not come. */
static void settle(struct fp_match *m, const struct fp_step *met)
{
	size_t at = (size_t)(met - m->script->steps);
	for (size_t i = 0; i < at; i++) {
		const struct fp_step *step = &m->script->steps[i];
		if (step->channel == met->channel && step->is_optional && (!met->group || step->group != met->group))
			m->is_settled[i] = true;
	}
	m->is_settled[at] = true;
	m->n_met++;
}

static void nearer(struct fp_match *m, const struct fp_step *step, const struct fp_sight *s)
{
	bool is_octets = step->line->verb == FP_SENDS && s->verb == FP_SENDS;
	size_t at = is_octets ? agreement(step, s) : SIZE_MAX;
	if (m->wrong && (m->wrong_at == SIZE_MAX ? !is_octets : !is_octets || at <= m->wrong_at))
		return;
	m->wrong = step;
	m->wrong_at = at;
	m->wrong_early_ns = is_of_kind(step, s) ? early_ns(m, step, s) : 0;
}

/* No line that is still to come is for it. The first one on its channel is then the nearest. */
static bool is_uncalled_for(struct fp_match *m, const struct fp_sight *s)
{
	for (size_t i = 0; i < m->script->n; i++) {
		const struct fp_step *step = &m->script->steps[i];
		if (m->is_settled[i] || !is_of_channel(step, s))
			continue;
		if (fits(m, step, s))
			return false;
		nearer(m, step, s);
	}
	return true;
}

static void hold(struct fp_match *m, const struct fp_sight *s, size_t nth)
{
	m->held = fp_grow(m->held, m->n_held + 1, sizeof *m->held);
	struct fp_held *h = &m->held[m->n_held++];
	*h = (struct fp_held){.sight = *s, .data = fp_get(s->len, 1), .nth = nth};
	if (s->len)
		memcpy(h->data, s->data, s->len);
	h->sight.data = h->data;
	m->held_bytes += s->len;
}

bool fp_match_give(struct fp_match *m, const struct fp_sight *s, size_t nth)
{
	struct candidates c = {.m = m, .sight = s};
	m->wrong = NULL;
	m->wrong_at = SIZE_MAX;
	m->wrong_early_ns = 0;
	for (const struct fp_step *step; (step = candidate_next(&c)); ) {
		if (fits(m, step, s)) {
			if (!s->is_partial)
				settle(m, step);
			return true;
		}
		nearer(m, step, s);
		if (is_prelude(step, s))
			return true;
	}
	m->wrong_seen = nth;
	if (!c.required && s->has_to_fit && is_uncalled_for(m, s))
		return false;
	if (!c.required) {
		if (!s->is_partial)
			hold(m, s, nth);
		return true;
	}
	return s->is_ignorable;
}

bool fp_match_open(struct fp_match *m, size_t upto)
{
	struct fp_held *held = m->held;
	size_t n = m->n_held, i = 0;
	bool is_right = true;
	m->open = upto;
	m->held = NULL;
	m->n_held = m->held_bytes = 0;
	for (; i < n; i++) {
		is_right = is_right && fp_match_give(m, &held[i].sight, held[i].nth);
		free(held[i].data);
	}
	free(held);
	return is_right;
}

void fp_match_pass(struct fp_match *m)
{
	for (size_t i = 0; i < m->open; i++)
		m->is_settled[i] = m->is_settled[i] || m->script->steps[i].is_optional;
}

bool fp_match_is_full(const struct fp_match *m)
{
	return m->n_held >= FP_HELD_MAX || m->held_bytes >= FP_HELD_BYTES_MAX;
}

const struct fp_step *fp_match_awaited(const struct fp_match *m)
{
	for (size_t i = 0; i < m->open; i++)
		if (!m->is_settled[i] && !m->script->steps[i].is_optional)
			return &m->script->steps[i];
	return NULL;
}

static bool is_end(const struct fp_sight *s)
{
	return s->verb == FP_ENDS || s->verb == FP_CLOSES || s->verb == FP_EXITS;
}

size_t fp_match_surplus(const struct fp_match *m)
{
	for (size_t i = 0; i < m->n_held; i++)
		if (!m->held[i].sight.is_ignorable && !is_end(&m->held[i].sight))
			return m->held[i].nth;
	return SIZE_MAX;
}
