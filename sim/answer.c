/* What a simulated worker sends: answers, events, and what should not be sent. Must not know when, nor what comes in. */
#include "../lib/core/retire.h"
#include "process_inside.h"

#define EVENTS_MAX 4u          /* before one answer, less one */
#define STRANGE_ID 0x40000000u /* more than ever outstanding: added to an id, it is nobody's */

/* Where the stream ends once all that is in the endpoint is written. */
static uint64_t stream_end(const struct sim_process *p)
{
	return p->link.to_pool.written + fp_child_tx_buf(&p->child).len;
}

static void sent(struct sim_process *p, enum sim_frame_kind kind, uint64_t job, uint64_t end)
{
	struct sim_frame f = {.end = end, .job = job, .kind = kind, .number = p->frames};
	sim_ledger_wrote(&p->env->ledger, &p->witness, &f);
}

/* From here on what it sends cannot be trusted. */
static void misbehave(struct sim_process *p, enum sim_kind how, uint64_t job)
{
	sent(p, SIM_FRAME_VOID, 0, stream_end(p) + 1);
	sim_process_note(p, SIM_MISBEHAVES, job, how, 0);
}

/* An event; nothing once the stream has ended. Answers whether the process lives on. */
static bool send_frame(struct sim_process *p, enum sim_frame_kind kind, const struct fp_item *items, size_t n)
{
	enum fp_reason r = fp_child_event(&p->child, items, n);
	if (r == FP_NONE) {
		sent(p, kind, 0, stream_end(p));
		sim_process_note(p, SIM_SENDS_EVENT, 0, p->frames, kind == SIM_FRAME_RETIRE);
	} else if (r != FP_CLOSED) {
		sim_process_die(p, 1, 0);
	}
	return p->is_alive;
}

static bool send_event(struct sim_process *p)
{
	char text[SIM_DECIMAL_MAX];
	struct fp_item items[] = {{"event", 5, FP_STRING}, sim_decimal(++p->frames, text)};
	return send_frame(p, SIM_FRAME_EVENT, items, 2);
}

static bool send_retire(struct sim_process *p)
{
	struct fp_item items[FP_RETIRE_ITEMS];
	fp_retire_make(items);
	p->frames++;
	return send_frame(p, SIM_FRAME_RETIRE, items, FP_RETIRE_ITEMS);
}

static void put_raw(struct sim_process *p, const void *octets, size_t n)
{
	if (fp_buf_put(&p->child.tx, octets, n))
		sim_process_die(p, 1, 0);
}

/* Instead of an answer. */
static bool send_rubbish(struct sim_process *p, const struct sim_task *t)
{
	uint8_t frame[FP_FRAME_HEAD_MAX + 1] = {[FP_FRAME_HEAD_MAX] = 0x80}; /* a length that does not end */
	struct fp_frame_format format = {p->env->wire.profile, true};
	bool is_huge = sim_process_choose(p, SIM_HUGE, 2);
	uint64_t how = is_huge ? 0 : sim_process_choose(p, SIM_GARBAGE, 4);
	if (!how && !is_huge)
		return false;
	p->env->hangs++; /* in a sync connection an empty answer with any id is one, but this process waits for its own */
	misbehave(p, is_huge ? SIM_HUGE : SIM_GARBAGE, t->job);
	fp_frame_put(format, frame, t->id, is_huge ? UINT32_MAX : 1);
	if (how == 2)
		memset(frame, 0xff, sizeof frame);
	else if (how == 3)
		fp_frame_put(format, frame, t->id + STRANGE_ID, 0);
	put_raw(p, frame, is_huge ? FP_FRAME_HEAD_MAX : sizeof frame - (how == 3));
	return true;
}

/* The frame that was appended to the endpoint's octets, which were `before` until then. */
static struct fp_space last_frame(struct sim_process *p, size_t before)
{
	struct fp_buf *tx = &p->child.tx;
	return (struct fp_space){tx->data + tx->head + before, fp_buf_len(tx) - before};
}

static void send_again(struct sim_process *p, struct fp_space frame, uint64_t job)
{
	uint8_t *copy = sim_get(p->env->memory, frame.len);
	memcpy(copy, frame.data, frame.len);
	misbehave(p, SIM_TWICE, job);
	put_raw(p, copy, frame.len);
	fp_alloc_put(p->env->memory, copy, frame.len);
}

static void send_answer(struct sim_process *p, const struct sim_task *t)
{
	char job[SIM_DECIMAL_MAX], frame_number[SIM_DECIMAL_MAX];
	struct fp_item items[] = {
		sim_decimal(t->job, job), sim_decimal(++p->frames, frame_number), {p->env->padding, t->size, FP_STRING}};
	bool is_wrong = p->env->wire.async && sim_process_choose(p, SIM_WRONG_ID, 2);
	size_t before = fp_buf_len(&p->child.tx);
	if (is_wrong)
		misbehave(p, SIM_WRONG_ID, t->job);
	if (fp_child_reply(&p->child, t->id, t->serial, items, 3)) {
		sim_process_die(p, 1, 0);
		return;
	}
	struct fp_frame_format format = {p->env->wire.profile, true};
	struct fp_space frame = last_frame(p, before);
	if (is_wrong)
		fp_frame_put(format, frame.data, t->id + STRANGE_ID, (uint32_t)(frame.len - FP_FRAME_HEAD_MAX));
	else
		sent(p, SIM_FRAME_ANSWER, t->job, stream_end(p));
	sim_process_note(p, SIM_ANSWERS, t->job, p->frames, 0);
	if (sim_process_choose(p, SIM_TWICE, 2))
		send_again(p, frame, t->job);
}

void sim_process_answer(struct sim_process *p, const struct sim_task *t)
{
	for (uint64_t n = sim_process_choose(p, SIM_EVENTS, EVENTS_MAX); n; n--)
		if (!send_event(p))
			return;
	uint64_t retire = sim_process_choose(p, SIM_RETIRE, 4);
	if ((retire & 1) && !send_retire(p))
		return;
	if (!send_rubbish(p, t))
		send_answer(p, t);
	if (p->is_alive && (retire & 2))
		send_retire(p);
}
