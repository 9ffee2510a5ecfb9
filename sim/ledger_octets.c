/* What passes between a worker and the pool: requests, answers, events. See ledger.h. */
#include "ledger_inside.h"

/* ---- what it is sent: a length, with an id before it in an async connection, then so many octets ---- */

static uint64_t body_len(const struct sim_ledger *l, const uint8_t *b)
{
	uint32_t native;
	memcpy(&native, b, sizeof native);
	return l->scenario->pool.native ? native : (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
}

static uint64_t number_in(const uint8_t *digits, size_t len)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len && i < 19; i++)
		v = 10 * v + (uint64_t)(digits[i] - '0');
	return v;
}

uint64_t sim_ledger_number(const struct fp_item *items, size_t n, size_t i)
{
	return i < n ? number_in(items[i].data, items[i].len) : 0;
}

bool sim_ledger_sent(struct sim_ledger *l, struct sim_witness *w, struct fp_span *in, uint64_t *job)
{
	size_t head_len = l->scenario->pool.async ? 8 : 4;
	while (in->len) {
		uint64_t due = (w->sent_n < head_len ? head_len : w->request_len) - w->sent_n;
		size_t n = due < in->len ? (size_t)due : in->len;
		size_t room = w->sent_n < sizeof w->start ? sizeof w->start - (size_t)w->sent_n : 0;
		fp_copy(w->start + sizeof w->start - room, in->data, n < room ? n : room);
		*in = (struct fp_span){in->data + n, in->len - n};
		w->sent_n += n;
		if (w->sent_n == head_len) {
			w->request_len = head_len + body_len(l, w->start + head_len - 4);
		} else if (w->sent_n == w->request_len) {
			*job = number_in(w->start + head_len + 1, w->start[head_len]);
			return true;
		}
	}
	return false;
}

bool sim_ledger_is_in_turn(struct sim_ledger *l, const struct sim_witness *w, uint64_t number)
{
	const struct sim_job *j = sim_ledger_job(l, number), *last = sim_ledger_job(l, w->last_sent);
	bool are_lost = j->place < 0 && last->place < 0;
	if (l->is_murky || (are_lost ? j->lost_in != last->lost_in : j->place < 0 || last->place < 0))
		return true;
	return are_lost ? j->place > last->place : number > w->last_sent;
}

void sim_ledger_requested(struct sim_ledger *l, struct sim_witness *w, uint64_t number)
{
	struct sim_job *j = sim_ledger_job(l, number);
	j->sent_to = w->number;
	j->sent++;
	j->sent_order = ++l->sent;
	w->requests++;
	w->last_sent = number;
	w->sent_n = 0;
	sim_ledger_count(l, w);
}

void sim_ledger_all_sent(struct sim_ledger *l, struct sim_witness *w, bool is_so)
{
	w->is_given = !is_so || (w->is_given && w->state > FP_WORKER_RETIRING); /* then nothing is sent any more */
	sim_ledger_touch(l, w);
	sim_ledger_count(l, w);
}

void sim_ledger_begun(struct sim_ledger *l, struct sim_witness *w, uint64_t number)
{
	w->last_begun = number;
	sim_ledger_job(l, number)->begun++;
}

/* ---- what it wrote, and the pool has read ---- */

void sim_ledger_wrote(struct sim_ledger *l, struct sim_witness *w, const struct sim_frame *frame)
{
	enum fp_reason r = fp_buf_put(&w->frames, frame, sizeof *frame);
	FP_ASSERT(r == FP_NONE);
	w->is_void |= frame->kind == SIM_FRAME_VOID;
	sim_ledger_count(l, w);
}

void sim_ledger_lost_octets(struct sim_ledger *l, struct sim_witness *w)
{
	struct fp_span all = fp_buf_front(&w->frames);
	const struct sim_frame *frames = (const void *)all.data;
	for (size_t i = 0; i < all.len / sizeof *frames; i++)
		if (frames[i].kind == SIM_FRAME_ANSWER)
			sim_ledger_job(l, frames[i].job)->excused++;
	if (w->last_begun)
		sim_ledger_job(l, w->last_begun)->excused++;
	w->is_unread = true;
}

void sim_ledger_cut(struct sim_ledger *l, struct sim_witness *w)
{
	w->is_cut = !w->killed && !w->is_unread;
	sim_ledger_lost_octets(l, w);
}

void sim_ledger_read(struct sim_ledger *l, struct sim_witness *w, size_t n)
{
	w->read += n;
	l->drain.has_read = true;
	sim_ledger_touch(l, w);
}

/* Starting works again. One that retired before may have been taken for a failure until now. */
static void take_first_answer(struct sim_ledger *l, const struct sim_witness *w, bool is_told)
{
	l->failures = 0;
	l->drain.doubts = sim_later(l->drain.doubts, l->doubts + w->has_retired);
	l->doubts = is_told ? 0 : l->doubts;
}

static void take_answer(struct sim_ledger *l, struct sim_witness *w, bool is_told)
{
	if (!w->results)
		take_first_answer(l, w, is_told);
	w->results++;
	w->answered_ns = w->freed_ns = *l->now_ns;
	l->drain.answered += w->state != FP_WORKER_LOST;
	sim_ledger_count(l, w);
}

static void drop(struct sim_ledger *l, struct sim_witness *w, const struct sim_frame *f, bool is_told)
{
	bool is_answer = f->kind == SIM_FRAME_ANSWER;
	w->has_retired |= f->kind == SIM_FRAME_RETIRE;
	fp_buf_drop(&w->frames, sizeof *f);
	if (is_answer)
		take_answer(l, w, is_told);
}

const struct sim_frame *sim_ledger_next_of(struct sim_ledger *l, struct sim_witness *w)
{
	for (;;) {
		struct fp_span all = fp_buf_front(&w->frames);
		const struct sim_frame *f = (const void *)all.data;
		if (!all.len || f->end > w->read)
			return NULL;
		w->is_faulty |= f->kind == SIM_FRAME_VOID;
		if (f->kind != SIM_FRAME_RETIRE && (f->kind != SIM_FRAME_ANSWER || !sim_ledger_job(l, f->job)->outcomes))
			return f;
		drop(l, w, f, false); /* nobody waits for that answer any more */
	}
}

void sim_ledger_came(struct sim_ledger *l, struct sim_witness *w)
{
	const struct sim_frame *f = sim_ledger_next(l, w);
	if (f && !w->is_faulty)
		drop(l, w, f, true);
}
