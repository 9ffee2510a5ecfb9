/* A parent under test: the judge is the child on its connection, and on its control channel the application. See session.h.
 * Must not know what is expected of it. */
#include "connect.h"
#include "control.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS_ASLEEP 3u /* so often in a row it was found asleep: then it reads no more */

struct parent_session {
	struct fp_stage *stage;
	struct fp_link wire;
	struct fp_control control;
	enum fp_actor last;  /* who did something last; NONE: and all of it has had its effect */
	size_t taken;        /* octets of the last sight on the wire */
	bool is_dropped, is_end_told, is_close_told;
	unsigned looks_asleep;
};

/* ---- open, close ---- */

static const char *last_id_of(const struct fp_transcript *t)
{
	for (size_t i = 0; i < t->n_options; i++)
		if (!strcmp(t->options[i].name, "lastid"))
			return t->options[i].value;
	return NULL;
}

static void *session_open(struct fp_stage *stage)
{
	struct parent_session *p = fp_get(1, sizeof *p);
	const char *last_id = last_id_of(stage->script->of);
	p->stage = stage;
	fp_control_init(&p->control, FP_ACTOR_PARENT, stage->testee->is_json);
	int r = fp_connect(&p->wire, &p->control.link, &stage->process, stage->testee, stage->script->of);
	if (!r && last_id)
		fp_control_tell(&p->control, "lastid", last_id, NULL, 0);
	if (!r)
		return p;
	snprintf(stage->why, sizeof stage->why, "the testee's process cannot be made: %s", strerror(-r));
	free(p);
	return NULL;
}

static void session_close(void *session)
{
	struct parent_session *p = session;
	fp_link_fini(&p->wire);
	fp_control_fini(&p->control);
	free(p);
}

/* ---- acts ---- */

static void note(struct parent_session *p, const struct fp_step *step)
{
	fp_seen_done(&p->stage->seen, step->line->actor, FP_ACTOR_PARENT, fp_step_text(step, p->stage->testee), NULL, 0);
}

static void send_pieces(struct parent_session *p, const struct fp_layout *l)
{
	size_t from = 0;
	for (size_t i = 0; i <= l->n_cuts; i++) {
		size_t to = i < l->n_cuts ? l->cuts[i] : l->len;
		fp_link_put(&p->wire, FP_LINK_WRITE, l->data + from, to - from);
		fp_seen_done(&p->stage->seen, FP_ACTOR_CHILD, FP_ACTOR_PARENT, NULL, l->data + from, to - from);
		from = to;
	}
}

static void act_as_app(struct parent_session *p, const struct fp_line *line)
{
	if (line->verb == FP_CALLS)
		fp_control_tell(&p->control, "call", line->word, line->items, line->n_items);
	else if (line->verb == FP_SETS_LASTID)
		fp_control_tell(&p->control, "lastid", line->word, NULL, 0);
	else
		fp_control_tell(&p->control, "drop", NULL, NULL, 0);
	p->is_dropped |= line->verb == FP_DROPS;
}

static void act_as_child(struct parent_session *p, const struct fp_step *step)
{
	enum fp_verb verb = step->line->verb;
	if (verb == FP_SENDS)
		send_pieces(p, &step->octets);
	else if (verb == FP_STOPS_READING || verb == FP_READS)
		p->wire.is_paused = verb == FP_STOPS_READING;
	else
		fp_link_put(&p->wire, verb == FP_ENDS ? FP_LINK_END : FP_LINK_CLOSE, NULL, 0);
}

/* One that has met an error may leave the rest unread. */
static bool is_wire_at_rest(struct parent_session *p)
{
	p->looks_asleep = fp_process_is_asleep(&p->stage->process) ? p->looks_asleep + 1 : 0;
	return fp_link_is_drained(&p->wire) || p->looks_asleep >= LOOKS_ASLEEP;
}

/* Whether what was done, on whichever of the two ways, has had its effect. */
static bool is_settled(struct parent_session *p)
{
	if (!p->control.is_asked && !is_wire_at_rest(p))
		return false;
	if (!fp_control_settle(&p->control))
		return false;
	p->last = FP_ACTOR_NONE;
	p->looks_asleep = 0;
	return true;
}

/* What it wrote before it answered is here: the wire is read after the channel. Of a request that has only begun nothing else
 * tells. */
static enum fp_acted fence(struct parent_session *p, const struct fp_step *step)
{
	if (!is_settled(p))
		return FP_ACTED_NOT_YET;
	if (!p->wire.got.len)
		return FP_ACTED;
	snprintf(p->stage->why, sizeof p->stage->why, "expected nothing more (line %u), but %zu octets of a request came",
	         step->line->number, p->wire.got.len);
	return FP_ACTED_WRONG;
}

static enum fp_acted session_act(void *session, const struct fp_step *step)
{
	struct parent_session *p = session;
	enum fp_actor actor = step->line->actor;
	if (step->line->verb == FP_NOTHING_MORE)
		return fence(p, step);
	if (p->last != FP_ACTOR_NONE && p->last != actor && !is_settled(p))
		return FP_ACTED_NOT_YET;
	p->last = actor;
	if (step->line->verb != FP_SENDS)
		note(p, step);
	if (actor == FP_ACTOR_APP)
		act_as_app(p, step->line);
	else
		act_as_child(p, step);
	return FP_ACTED;
}

/* ---- sights ---- */

static void session_pump(void *session)
{
	struct parent_session *p = session;
	fp_control_pump(&p->control);
	fp_link_pump(&p->wire);
	if (p->wire.in < 0) /* closed by the judge: nothing is seen any more */
		p->is_end_told = p->is_close_told = true;
}

/* A whole request; the beginning of one; or, once no more comes, what is left. */
static bool see_frame(struct parent_session *p, struct fp_sight *s)
{
	const struct fp_bytes *got = &p->wire.got;
	if (!got->len)
		return false;
	const uint8_t *data = fp_bytes_front(got);
	uint64_t len = fp_frame_len(fp_testee_framing(p->stage->testee, true), data, got->len);
	bool is_whole = len && len <= got->len;
	*s = (struct fp_sight){.channel = FP_CHANNEL_WIRE, .from = FP_ACTOR_PARENT, .to = FP_ACTOR_CHILD, .verb = FP_SENDS,
	                       .data = data, .len = is_whole ? (size_t)len : got->len,
	                       .is_partial = !is_whole && !p->wire.is_ended};
	p->taken = s->is_partial ? 0 : s->len;
	return true;
}

/* One that was not dropped ends where it has met an error, and need not tell of that first. */
static bool see_end(struct parent_session *p, struct fp_sight *s)
{
	*s = (struct fp_sight){.channel = FP_CHANNEL_WIRE, .from = FP_ACTOR_PARENT, .to = FP_ACTOR_CHILD};
	if (p->wire.is_ended && !p->is_end_told) {
		p->is_end_told = true;
		s->verb = FP_ENDS;
		s->is_ignorable = !p->is_dropped;
		return true;
	}
	if (p->is_end_told && p->wire.is_closed && !p->is_close_told) {
		p->is_close_told = s->is_ignorable = true;
		s->verb = FP_CLOSES;
		return true;
	}
	return false;
}

static bool session_see(void *session, struct fp_sight *s)
{
	struct parent_session *p = session;
	fp_bytes_take(&p->wire.got, p->taken);
	p->taken = 0;
	return fp_control_see(&p->control, s) || see_frame(p, s) || see_end(p, s);
}

static bool session_is_waiting(const void *session)
{
	const struct parent_session *p = session;
	return fp_link_is_waiting(&p->wire) || fp_link_is_waiting(&p->control.link);
}

static size_t session_fds(const void *session, struct pollfd fds[FP_SESSION_FDS_MAX])
{
	const struct parent_session *p = session;
	size_t n = fp_link_fds(&p->wire, fds);
	return n + fp_link_fds(&p->control.link, fds + n);
}

const struct fp_session_kind fp_parent_session = {
	.open = session_open,
	.act = session_act,
	.pump = session_pump,
	.see = session_see,
	.is_waiting = session_is_waiting,
	.fds = session_fds,
	.close = session_close,
};
