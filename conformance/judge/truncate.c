/* A script cut short. See truncate.h. */
#include "truncate.h"

#include "layout.h"
#include "requests.h"

#include <stdlib.h>

static const struct fp_line nothing_more = {.verb = FP_NOTHING_MORE};
static const struct fp_line parent_ends = {.actor = FP_ACTOR_PARENT, .verb = FP_ENDS};
static const struct fp_line child_ends = {.actor = FP_ACTOR_CHILD, .verb = FP_ENDS};
static const struct fp_line child_exits = {.actor = FP_ACTOR_CHILD, .verb = FP_EXITS, .exit = FP_EXIT_ANY};

static bool is_send(const struct fp_step *step, bool is_act)
{
	return step->is_act == is_act && step->line->verb == FP_SENDS;
}

/* ---- what is sent ---- */

/* The step of the write in which octet *at of all that is sent stands; *at becomes its place there. */
static size_t step_of_octet(const struct fp_script *s, size_t *at)
{
	size_t i = 0;
	for (;; i++) {
		if (!is_send(&s->steps[i], true))
			continue;
		if (*at < s->steps[i].octets.len)
			return i;
		*at -= s->steps[i].octets.len;
	}
}

/* Leaves out all that the suite does after octet `len`. Answers the step in which it stands. */
static size_t cut_off(struct fp_script *s, size_t len)
{
	size_t at = len, i = step_of_octet(s, &at);
	struct fp_layout front = fp_layout_take(&s->steps[i].octets, at);
	fp_layout_fini(&s->steps[i].octets);
	s->steps[i].octets = front;
	for (size_t j = s->n; j-- > i + 1;)
		if (s->steps[j].is_act)
			fp_script_drop(s, j);
	return i;
}

/* ---- what has to come ---- */

static bool is_event(const struct fp_step *step)
{
	return !fp_u32_get(step->octets.data, true) && !fp_layout_is_open(&step->octets, 0, 4);
}

/* Of what is expected from step `from` on, keeps replies to these requests, and events that stand before one of them. */
static void keep_answers(struct fp_script *s, size_t from, const struct fp_requests *r)
{
	size_t replies = 0, kept = from;
	bool *is_kept = fp_get(s->n, sizeof *is_kept);
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_step *step = &s->steps[i];
		if (!is_send(step, false))
			continue;
		bool is_reply = !is_event(step);
		is_kept[i] = !is_reply || fp_requests_have(r, fp_u32_get(step->octets.data, r->framing.is_big_endian), replies++);
		if (is_reply && is_kept[i])
			kept = i + 1;
	}
	for (size_t i = s->n; i-- > from;)
		if (i >= kept || !is_kept[i])
			fp_script_drop(s, i);
	free(is_kept);
}

static void truncate_for_child(struct fp_script *s, const struct fp_testee *t, size_t len)
{
	size_t i = cut_off(s, len);
	struct fp_requests r = fp_requests_of(s, t, s->n);
	keep_answers(s, i + 1, &r);
	fp_requests_fini(&r);
	fp_script_insert(s, i + 1, &parent_ends, true);
	fp_script_insert(s, s->n, &child_ends, false);
	fp_script_insert(s, s->n, &child_exits, false);
}

/* ---- a parent, whose child is cut off ---- */

static bool is_told(const struct fp_step *step)
{
	return !step->is_act && (step->line->verb == FP_GETS_RESULT || step->line->verb == FP_GETS_EVENT);
}

/* Frames that are sent in full: each leads to one thing that the application gets. */
static size_t frames_of(const struct fp_script *s, const struct fp_testee *t)
{
	struct fp_framing f = fp_testee_framing(t, false);
	struct fp_layout stream = {0};
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (is_send(&s->steps[i], true))
			fp_layout_append(&stream, &s->steps[i].octets);
	for (size_t at = 0; at < stream.len; n++) {
		uint64_t len = fp_frame_len(f, stream.data + at, stream.len - at);
		if (!len || len > stream.len - at)
			break;
		at += (size_t)len;
	}
	fp_layout_fini(&stream);
	return n;
}

/* What follows the cut is expected no more, but for what complete frames lead to. */
static void keep_told(struct fp_script *s, size_t from, size_t told)
{
	for (size_t i = 0; i < s->n; i++) {
		bool is_kept = is_told(&s->steps[i]) ? told > 0 : i < from;
		told -= is_told(&s->steps[i]) && is_kept;
		if (!is_kept && !s->steps[i].is_act)
			fp_script_drop(s, i--);
	}
}

/* The end, and then in any order an error, a failure of each call, the end told; and no more. */
static void expect_loss(struct fp_script *s)
{
	static const struct fp_line losses[] = {{.actor = FP_ACTOR_APP, .verb = FP_GETS_ERROR, .is_optional = true},
	                                        {.actor = FP_ACTOR_APP, .verb = FP_GETS_END, .is_optional = true}};
	static const struct fp_line failure = {.actor = FP_ACTOR_APP, .verb = FP_GETS_FAILURE, .is_optional = true};
	size_t calls = 0;
	for (size_t i = 0; i < s->n; i++)
		calls += s->steps[i].line->verb == FP_CALLS;
	fp_script_insert(s, s->n, &child_ends, true);
	unsigned group = (unsigned)s->n;
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
		fp_script_insert(s, s->n, &losses[i], false)->group = group;
	for (size_t i = 0; i < calls; i++) /* of whichever */
		fp_script_insert(s, s->n, &failure, false)->group = group;
	fp_script_insert(s, s->n, &nothing_more, true);
}

static void truncate_for_parent(struct fp_script *s, const struct fp_testee *t, size_t len)
{
	size_t i = cut_off(s, len);
	keep_told(s, i, frames_of(s, t));
	expect_loss(s);
}

void fp_script_truncate(struct fp_script *s, const struct fp_testee *t, size_t len)
{
	if (t->side == FP_SIDE_CHILD)
		truncate_for_child(s, t, len);
	else
		truncate_for_parent(s, t, len);
}
