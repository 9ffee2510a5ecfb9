/* What passes between a worker and the pool: requests, answers, events. See oracle.h. */
#include "oracle_inside.h"

void sim_witness_init(struct sim_oracle *o, struct sim_witness *w, uint64_t number)
{
	*w = (struct sim_witness){.number = number, .idle_since_ns = *o->now_ns, .exit_status = -1, .killed_ns = FP_NEVER};
	fp_buf_init(&w->frames, o->memory, SIZE_MAX);
}

void sim_witness_fini(struct sim_oracle *o, struct sim_witness *w)
{
	w->state = FP_WORKER_LOST;
	sim_witness_count(o, w);
	if (fp_link_is_in(&w->touched))
		fp_list_remove(&w->touched);
	fp_buf_fini(&w->frames);
}

bool sim_witness_is_given_up(const struct sim_oracle *o, const struct sim_witness *w)
{
	return w->is_told && *o->now_ns >= w->told_ns + o->scenario->pool.grace_ns;
}

void sim_witness_touch(struct sim_oracle *o, struct sim_witness *w)
{
	if (!fp_link_is_in(&w->touched))
		fp_list_push(&o->touched, &w->touched);
}

/* Idle: surely without a call, whatever the pool may have in mind for it. */
void sim_witness_count(struct sim_oracle *o, struct sim_witness *w)
{
	bool is_member = w->state <= FP_WORKER_UP, is_alive = is_member && !w->is_told;
	bool is_busy = is_alive && !w->is_void && w->requests > w->results, is_idle = is_alive && !w->is_void && w->is_started && !w->is_given && !is_busy;
	o->alive += (uint64_t)is_alive - w->is_alive;
	o->busy += (uint64_t)is_busy - w->is_busy;
	o->frozen += (uint64_t)(is_member && w->is_told) - w->is_frozen;
	o->n_idle += (uint64_t)is_idle - fp_link_is_in(&w->idle);
	o->drain.endings += w->is_alive && !is_alive;
	w->is_alive = is_alive;
	w->is_busy = is_busy;
	w->is_frozen = is_member && w->is_told;
	if (is_idle && !fp_link_is_in(&w->idle)) {
		fp_list_push(&o->idle, &w->idle);
		o->idled_ns = *o->now_ns;
		if (w->results)
			w->idle_since_ns = *o->now_ns;
	} else if (!is_idle && fp_link_is_in(&w->idle)) {
		fp_list_remove(&w->idle);
	}
}

/* ---- what it is sent: a length, with an id before it in an async connection, then so many octets ---- */

static uint64_t body_len(const struct sim_oracle *o, const uint8_t *b)
{
	uint32_t native;
	memcpy(&native, b, sizeof native);
	return o->scenario->pool.native ? native : (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
}

static uint64_t number_in(const uint8_t *digits, size_t len)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len && i < 19; i++)
		v = 10 * v + (uint64_t)(digits[i] - '0');
	return v;
}

static void take_request(struct sim_oracle *o, struct sim_witness *w, uint64_t number)
{
	struct sim_job *j = sim_oracle_job(o, number), *last = w->last_sent ? sim_oracle_job(o, w->last_sent) : j;
	sim_witness_next(o, w); /* answers that nobody waits for any more */
	EXPECT(++w->requests - w->results <= o->scenario->pool.load || w->is_void, SIM_AT_MOST_LOAD, "worker %llu has %llu calls",
	       N(w->number), N(w->requests - w->results));
	EXPECT(number > w->last_sent || j->returned_from || last->returned_from || o->is_murky, SIM_IN_ORDER,
	       "worker %llu is sent job %llu after job %llu", N(w->number), N(number), N(w->last_sent));
	EXPECT(!j->is_condemned, SIM_RIGHT_OUTCOME, "job %llu is tried again after a fault of its worker", N(number));
	j->sent_to = w->number;
	j->sent++;
	j->sent_order = ++o->sent;
	w->last_sent = number;
	w->sent_n = 0;
	sim_witness_count(o, w);
}

void sim_oracle_sent(struct sim_oracle *o, struct sim_witness *w, struct fp_span in)
{
	size_t head_len = o->scenario->pool.async ? 8 : 4;
	while (in.len) {
		uint64_t due = (w->sent_n < head_len ? head_len : w->request_len) - w->sent_n;
		size_t n = due < in.len ? (size_t)due : in.len;
		size_t room = w->sent_n < sizeof w->start ? sizeof w->start - (size_t)w->sent_n : 0;
		fp_copy(w->start + sizeof w->start - room, in.data, n < room ? n : room);
		in = (struct fp_span){in.data + n, in.len - n};
		w->sent_n += n;
		if (w->sent_n == head_len)
			w->request_len = head_len + body_len(o, w->start + head_len - 4);
		else if (w->sent_n == w->request_len)
			take_request(o, w, number_in(w->start + head_len + 1, w->start[head_len]));
	}
}

void sim_oracle_all_sent(struct sim_oracle *o, struct sim_witness *w, bool is_so)
{
	w->is_given = !is_so || (w->is_given && w->state > FP_WORKER_RETIRING); /* then nothing is sent any more */
	sim_witness_touch(o, w);
	sim_witness_count(o, w);
}

void sim_oracle_begun(struct sim_oracle *o, struct sim_witness *w, uint64_t number)
{
	w->last_begun = number;
	struct sim_job *j = sim_oracle_job(o, number);
	EXPECT(++j->begun <= 1 + j->limits.retries + j->excused, SIM_BEGUN_ONCE, "job %llu is begun %u times", N(number), j->begun);
}

/* ---- what it wrote, and the pool has read ---- */

void sim_oracle_wrote(struct sim_oracle *o, struct sim_witness *w, const struct sim_frame *frame)
{
	enum fp_reason r = fp_buf_put(&w->frames, frame, sizeof *frame);
	FP_ASSERT(r == FP_NONE);
	w->is_void |= frame->kind == SIM_FRAME_VOID;
	sim_witness_count(o, w);
}

void sim_oracle_lost_octets(struct sim_oracle *o, struct sim_witness *w)
{
	struct fp_span all = fp_buf_front(&w->frames);
	const struct sim_frame *frames = (const void *)all.data;
	for (size_t i = 0; i < all.len / sizeof *frames; i++)
		if (frames[i].kind == SIM_FRAME_ANSWER)
			sim_oracle_job(o, frames[i].job)->excused++;
	if (w->last_begun)
		sim_oracle_job(o, w->last_begun)->excused++;
	w->is_unread = true;
}

void sim_oracle_unread(struct sim_oracle *o, struct sim_witness *w)
{
	bool is_excused = w->killed || w->is_void || w->is_faulty || w->is_unread;
	EXPECT(is_excused || sim_witness_is_given_up(o, w), SIM_DELIVERED, "what worker %llu sent was not all read", N(w->number));
	sim_oracle_lost_octets(o, w);
}

void sim_oracle_read(struct sim_oracle *o, struct sim_witness *w, size_t n)
{
	w->read += n;
	o->pause_until_ns = 0; /* it may be an answer */
	sim_witness_touch(o, w);
}

/* The first answer of a worker shows that starting works again. */
static void take_answer(struct sim_oracle *o, struct sim_witness *w, bool is_told)
{
	o->failures = w->results ? o->failures : 0;
	o->doubts = w->results || !is_told ? o->doubts : 0;
	w->results++;
	w->answered_ns = w->freed_ns = *o->now_ns;
	o->drain.answered += w->state != FP_WORKER_LOST;
	sim_witness_count(o, w);
}

const struct sim_frame *sim_witness_next(struct sim_oracle *o, struct sim_witness *w)
{
	for (;;) {
		struct fp_span all = fp_buf_front(&w->frames);
		const struct sim_frame *f = (const void *)all.data;
		if (!all.len || f->end > w->read)
			return NULL;
		bool is_dropped = f->kind == SIM_FRAME_ANSWER && sim_oracle_job(o, f->job)->outcomes;
		if (f->kind != SIM_FRAME_RETIRE && !is_dropped)
			return f;
		w->has_retired |= f->kind == SIM_FRAME_RETIRE;
		fp_buf_drop(&w->frames, sizeof *f);
		if (is_dropped)
			take_answer(o, w, false);
	}
}

void sim_witness_match(struct sim_oracle *o, struct sim_witness *w, enum sim_frame_kind kind, const struct fp_op *op, uint64_t job)
{
	bool is_answer = kind == SIM_FRAME_ANSWER;
	const struct sim_frame *f = sim_witness_next(o, w);
	const struct fp_item *items = is_answer ? op->result.items : op->items;
	size_t n = is_answer ? op->result.n : op->n;
	w->is_faulty |= f && f->kind == SIM_FRAME_VOID;
	if (w->is_faulty)
		return;
	uint64_t number = n >= 2 ? number_in(items[1].data, items[1].len) : 0;
	if (!f || f->kind != kind) {
		sim_oracle_break(o, SIM_DELIVERED, "%s of worker %llu is not what it sent next", is_answer ? "a result" : "an event",
		                 N(w->number));
		return;
	}
	EXPECT(f->number == number, SIM_IN_ORDER, "frame %llu of worker %llu comes where %u is next", N(number), N(w->number), f->number);
	EXPECT(!is_answer || (f->job == job && number_in(items[0].data, items[0].len) == job), SIM_RIGHT_RESULT,
	       "job %llu has the result of job %llu", N(job), N(f->job));
	fp_buf_drop(&w->frames, sizeof *f);
	if (is_answer)
		take_answer(o, w, true);
}
