/* A child under test: the judge is its parent. See session.h. Must not know what is expected of it. */
#include "connect.h"
#include "requests.h"
#include "session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS_ASLEEP 3u              /* so often in a row it was found asleep: then it waits for the judge */
#define LOOKS_MAX 500u               /* one that is awake so often never sleeps: any time is as good for it */
#define FENCE_ID_FIRST 4000000001u   /* of the judge's own requests, or the next one that the case does not use */

struct child_session {
	struct fp_stage *stage;
	struct fp_link link;
	size_t taken;                /* octets of the last sight */
	bool is_end_told, is_close_told, is_exit_told;
	bool is_ended;               /* by the judge */
	bool is_fence_there;         /* a request of the judge's own is on its way */
	bool is_fence_met;
	uint32_t fence_id;
	struct fp_bytes fence;       /* the request; it stays until the session closes */
	unsigned looks, looks_asleep; /* since something was done last */
	bool is_signalled;           /* and the signal has not had its effect so far */
};

/* ---- open, close ---- */

static void *session_open(struct fp_stage *stage)
{
	struct child_session *c = fp_get(1, sizeof *c);
	c->stage = stage;
	int r = fp_connect(&c->link, NULL, &stage->process, stage->testee, stage->script->of);
	if (!r)
		return c;
	snprintf(stage->why, sizeof stage->why, "the testee's process cannot be made: %s", strerror(-r));
	free(c);
	return NULL;
}

static void session_close(void *session)
{
	struct child_session *c = session;
	fp_link_fini(&c->link);
	fp_bytes_fini(&c->fence);
	free(c);
}

/* ---- acts ---- */

static void note(struct child_session *c, char *text, const uint8_t *data, size_t len)
{
	fp_seen_done(&c->stage->seen, FP_ACTOR_PARENT, FP_ACTOR_CHILD, text, data, len);
}

static void send_pieces(struct child_session *c, const struct fp_layout *l)
{
	size_t from = 0;
	for (size_t i = 0; i <= l->n_cuts; i++) {
		size_t to = i < l->n_cuts ? l->cuts[i] : l->len;
		fp_link_put(&c->link, FP_LINK_WRITE, l->data + from, to - from);
		note(c, NULL, l->data + from, to - from);
		from = to;
	}
}

static void end(struct child_session *c, enum fp_link_do how)
{
	fp_link_put(&c->link, how, NULL, 0);
	c->is_ended = true;
	note(c, fp_text(how == FP_LINK_END ? "ends" : "closes"), NULL, 0);
}

static void looks_begin(struct child_session *c)
{
	c->looks = c->looks_asleep = 0;
}

static bool is_asleep(struct child_session *c)
{
	c->looks++;
	c->looks_asleep = fp_process_is_asleep(&c->stage->process) ? c->looks_asleep + 1 : 0;
	return c->looks_asleep >= LOOKS_ASLEEP;
}

/* A child that blocks in a write reads nothing: then it is at rest with what was sent unread. */
static bool is_at_rest(struct child_session *c)
{
	return fp_link_is_drained(&c->link) || is_asleep(c);
}

static enum fp_acted read_again(struct child_session *c)
{
	if (!is_at_rest(c))
		return FP_ACTED_NOT_YET;
	c->link.is_paused = false;
	note(c, fp_text("reads"), NULL, 0);
	return FP_ACTED;
}

static int signal_of(const char *name)
{
	return !strcmp(name, "STOP") ? SIGSTOP : !strcmp(name, "CONT") ? SIGCONT : SIGUSR1;
}

/* It has read what was sent, and waits for more. One that is stopped reads nothing. */
static bool is_signal_due(struct child_session *c, int number)
{
	if (number == SIGCONT)
		return true;
	return fp_link_is_drained(&c->link) && (is_asleep(c) || c->looks >= LOOKS_MAX);
}

static enum fp_acted send_signal(struct child_session *c, const char *name)
{
	int number = signal_of(name);
	if (!c->is_signalled && is_signal_due(c, number)) {
		fp_process_signal(&c->stage->process, number);
		note(c, fp_text("signal %s", name), NULL, 0);
		c->is_signalled = true;
	}
	if (!c->is_signalled || !fp_process_has_taken(&c->stage->process, number))
		return FP_ACTED_NOT_YET;
	c->is_signalled = false;
	looks_begin(c);
	return FP_ACTED;
}

static enum fp_acted measure(struct child_session *c, uint64_t most)
{
	if (!fp_link_is_drained(&c->link) && !c->stage->process.is_over)
		return FP_ACTED_NOT_YET;
	uint64_t peak = fp_process_peak_bytes(&c->stage->process), idle = c->stage->testee->idle_bytes;
	if (peak <= idle + most)
		return FP_ACTED;
	snprintf(c->stage->why, sizeof c->stage->why, "it may take %llu KiB more memory than at its start, and has taken %llu KiB",
	         (unsigned long long)most >> 10, (unsigned long long)(peak - idle) >> 10);
	return FP_ACTED_WRONG;
}

/* ---- the fence: a request of the judge's own, whose answer shows that nothing else is on its way ---- */

static void fence_put(struct child_session *c, uint32_t id)
{
	static const char string[] = "\4echo\5fence", json[] = "[\"echo\",\"fence\"]";
	const struct fp_testee *t = c->stage->testee;
	const char *payload = t->is_json ? json : string;
	struct fp_framing f = fp_testee_framing(t, true);
	size_t header = fp_frame_header(f), len = strlen(payload);
	uint8_t *frame = fp_bytes_space(&c->fence, header + len);
	if (f.has_id)
		fp_u32_set(frame, id, f.is_big_endian);
	fp_u32_set(frame + header - 4, (uint32_t)len, f.is_big_endian);
	memcpy(frame + header, payload, len);
	fp_bytes_add(&c->fence, header + len);
	c->fence_id = id;
	c->is_fence_there = true;
	fp_link_put(&c->link, FP_LINK_WRITE, frame, header + len);
	note(c, NULL, frame, header + len);
}

static bool is_fence_answer(const struct child_session *c, const struct fp_sight *s)
{
	const struct fp_testee *t = c->stage->testee;
	const char *payload = t->is_json ? "[\"fence\"]" : "\5fence";
	size_t len = strlen(payload);
	if (!c->is_fence_there || s->len != 8 + len || memcmp(s->data + 8, payload, len) != 0)
		return false;
	uint32_t id = fp_u32_get(s->data, !t->is_native);
	return t->is_async ? id == c->fence_id : id != 0;
}

/* Once it is ended, its end is the fence. In the middle of a request there is none: what follows shows what came too early. */
static enum fp_acted fence(struct child_session *c, const struct fp_step *step)
{
	const struct fp_script *script = c->stage->script;
	if (c->is_ended)
		return c->is_end_told ? FP_ACTED : FP_ACTED_NOT_YET;
	if (!c->is_fence_there) {
		struct fp_requests r = fp_requests_of(script, c->stage->testee, (size_t)(step - script->steps));
		uint32_t id = FENCE_ID_FIRST;
		while (fp_requests_have(&r, id, SIZE_MAX))
			id++;
		bool is_between = r.len == r.stream.len;
		fp_requests_fini(&r);
		if (!is_between)
			return FP_ACTED;
		fence_put(c, id);
	}
	if (!c->is_fence_met && c->is_end_told) {
		snprintf(c->stage->why, sizeof c->stage->why, "it ended before line %u, though nobody had told it to", step->line->number);
		return FP_ACTED_WRONG;
	}
	if (!c->is_fence_met)
		return FP_ACTED_NOT_YET;
	c->is_fence_there = c->is_fence_met = false;
	return FP_ACTED;
}

static enum fp_acted session_act(void *session, const struct fp_step *step)
{
	struct child_session *c = session;
	switch (step->line->verb) {
	case FP_SENDS:
		send_pieces(c, &step->octets);
		looks_begin(c);
		return FP_ACTED;
	case FP_ENDS:
		end(c, FP_LINK_END);
		return FP_ACTED;
	case FP_CLOSES:
		end(c, FP_LINK_CLOSE);
		return FP_ACTED;
	case FP_STOPS_READING:
		c->link.is_paused = true;
		looks_begin(c);
		note(c, fp_text("stops reading"), NULL, 0);
		return FP_ACTED;
	case FP_READS:
		return read_again(c);
	case FP_SIGNALLED:
		return send_signal(c, step->line->word);
	case FP_STAYS:
		return measure(c, step->line->size_bytes);
	case FP_NOTHING_MORE:
		return fence(c, step);
	default:
		snprintf(c->stage->why, sizeof c->stage->why, "line %u cannot be done to a child", step->line->number);
		return FP_ACTED_WRONG;
	}
}

/* ---- sights ---- */

static void session_pump(void *session)
{
	struct child_session *c = session;
	fp_link_pump(&c->link);
	if (c->link.in < 0) /* closed by the judge: nothing is seen any more */
		c->is_end_told = c->is_close_told = true;
}

static bool begins_event(const uint8_t *data, size_t len)
{
	static const uint8_t none[4];
	return !memcmp(data, none, len < 4 ? len : 4);
}

/* A whole frame; the beginning of one; or, once no more comes, what is left. */
static bool see_frame(struct child_session *c, struct fp_sight *s)
{
	const struct fp_bytes *got = &c->link.got;
	if (!got->len)
		return false;
	const uint8_t *data = fp_bytes_front(got);
	uint64_t len = fp_frame_len(fp_testee_framing(c->stage->testee, false), data, got->len);
	bool is_whole = len && len <= got->len;
	*s = (struct fp_sight){.channel = FP_CHANNEL_WIRE, .from = FP_ACTOR_CHILD, .to = FP_ACTOR_PARENT, .verb = FP_SENDS,
	                       .data = data, .len = is_whole ? (size_t)len : got->len,
	                       .is_partial = !is_whole && !c->link.is_ended,
	                       .is_ignorable = (is_whole || !c->link.is_ended) && begins_event(data, got->len)};
	c->taken = s->is_partial ? 0 : s->len;
	return true;
}

static bool see_end(struct child_session *c, struct fp_sight *s)
{
	*s = (struct fp_sight){.channel = FP_CHANNEL_WIRE, .from = FP_ACTOR_CHILD, .to = FP_ACTOR_PARENT};
	if (c->link.is_ended && !c->is_end_told) {
		c->is_end_told = true;
		s->verb = FP_ENDS;
		return true;
	}
	if (c->is_end_told && c->link.is_closed && !c->is_close_told) {
		c->is_close_told = s->is_ignorable = true;
		s->verb = FP_CLOSES;
		return true;
	}
	return false;
}

/* An exit is told after the connection's end, so that the order does not depend on who was faster. */
static bool see_exit(struct child_session *c, struct fp_sight *s)
{
	const struct fp_process *p = &c->stage->process;
	if (!p->is_over || !c->is_end_told || c->is_exit_told)
		return false;
	c->is_exit_told = true;
	*s = (struct fp_sight){.channel = FP_CHANNEL_PROCESS, .from = FP_ACTOR_CHILD, .verb = FP_EXITS, .status = p->status};
	return true;
}

static bool session_see(void *session, struct fp_sight *s)
{
	struct child_session *c = session;
	fp_bytes_take(&c->link.got, c->taken);
	c->taken = 0;
	bool is_frame = see_frame(c, s);
	if (is_frame && !s->is_partial && is_fence_answer(c, s)) {
		c->is_fence_met = true;
		s->is_ignorable = true; /* the judge's own matter */
	}
	return is_frame || see_end(c, s) || see_exit(c, s);
}

static bool session_is_waiting(const void *session)
{
	const struct child_session *c = session;
	return fp_link_is_waiting(&c->link);
}

static size_t session_fds(const void *session, struct pollfd fds[FP_SESSION_FDS_MAX])
{
	const struct child_session *c = session;
	return fp_link_fds(&c->link, fds);
}

const struct fp_session_kind fp_child_session = {
	.open = session_open,
	.act = session_act,
	.pump = session_pump,
	.see = session_see,
	.is_waiting = session_is_waiting,
	.fds = session_fds,
	.close = session_close,
};
