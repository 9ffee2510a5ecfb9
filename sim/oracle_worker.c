/* What passes between a worker and the pool: requests, answers, events. See oracle.h. */
#include "oracle_inside.h"

void sim_witness_init(struct sim_oracle *o, struct sim_witness *w, uint64_t number)
{
	*w = (struct sim_witness){.number = number, .idle_since_ns = *o->now_ns, .exit_status = -1};
	fp_buf_init(&w->frames, o->memory, SIZE_MAX);
}

void sim_witness_fini(struct sim_witness *w)
{
	if (fp_link_is_in(&w->read_now))
		fp_list_remove(&w->read_now);
	fp_buf_fini(&w->frames);
}

/* A request is a length, with an id before it in an async connection, then so many octets. */
static uint64_t length_in(const struct sim_oracle *o, const struct sim_witness *w)
{
	const uint8_t *b = w->head + w->head_n - 4;
	uint32_t native;
	memcpy(&native, b, sizeof native);
	return o->scenario->pool.native ? native : (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
}

static void count_request(struct sim_oracle *o, struct sim_witness *w)
{
	w->head_n = 0;
	w->requests++;
	EXPECT(w->is_void || w->requests - w->answers <= o->scenario->pool.load, SIM_AT_MOST_LOAD,
	       "worker %llu has %llu calls", N(w->number), N(w->requests - w->answers));
}

void sim_oracle_received(struct sim_oracle *o, struct sim_witness *w, struct fp_span in)
{
	size_t head_len = o->scenario->pool.async ? 8 : 4;
	for (size_t i = 0; i < in.len;) {
		if (w->head_n < head_len) {
			w->head[w->head_n++] = in.data[i++];
			w->body = w->head_n == head_len ? length_in(o, w) : 1;
		} else {
			size_t n = in.len - i < w->body ? in.len - i : (size_t)w->body;
			w->body -= n;
			i += n;
		}
		if (!w->body)
			count_request(o, w);
	}
}

void sim_oracle_begun(struct sim_oracle *o, struct sim_witness *w, uint64_t number)
{
	struct sim_job *j = sim_oracle_job(o, number);
	j->begun++;
	j->worker = w->number;
	j->begun_ns = *o->now_ns;
	EXPECT(j->begun <= 1 + j->limits.retries + j->excused, SIM_BEGUN_ONCE, "job %llu is begun %u times", N(number),
	       j->begun);
	EXPECT(number > w->last_job || o->losses > j->losses_before, SIM_IN_ORDER,
	       "worker %llu begins job %llu after job %llu", N(w->number), N(number), N(w->last_job));
	w->last_job = number;
	w->idle_since_ns = FP_NEVER;
}

void sim_oracle_wrote(struct sim_oracle *o, struct sim_witness *w, const struct sim_frame *frame)
{
	enum fp_reason r = fp_buf_put(&w->frames, frame, sizeof *frame);
	FP_ASSERT(r == FP_NONE);
	if (frame->kind == SIM_FRAME_ANSWER && ++w->answers == w->requests)
		w->idle_since_ns = *o->now_ns;
	w->is_void |= frame->kind == SIM_FRAME_VOID;
	w->may_stop |= frame->kind == SIM_FRAME_RETIRE;
}

void sim_oracle_exited(struct sim_oracle *o, struct sim_witness *w, int exit_status, int signal)
{
	sim_oracle_lose(o);
	o->had_reason = true;
	w->is_exited = true;
	w->exit_status = exit_status;
	w->signal = signal;
}

void sim_oracle_lost_octets(struct sim_oracle *o, struct sim_witness *w)
{
	struct fp_span all = fp_buf_front(&w->frames);
	const struct sim_frame *frames = (const void *)all.data;
	for (size_t i = 0; i < all.len / sizeof *frames; i++)
		if (frames[i].kind == SIM_FRAME_ANSWER)
			sim_oracle_job(o, frames[i].job)->excused++;
	if (w->last_job)
		sim_oracle_job(o, w->last_job)->excused++;
}

/* ---- what a worker wrote, and the pool has read ---- */

static const struct sim_frame *first_frame(const struct sim_witness *w)
{
	struct fp_span all = fp_buf_front(&w->frames);
	return all.len ? (const struct sim_frame *)(const void *)all.data : NULL;
}

bool sim_oracle_has_unread(const struct sim_witness *w)
{
	return first_frame(w) != NULL;
}

const struct sim_frame *sim_oracle_due(struct sim_oracle *o, struct sim_witness *w)
{
	for (const struct sim_frame *f; (f = first_frame(w)) && f->end <= w->read;) {
		bool is_abandoned = f->kind == SIM_FRAME_ANSWER && sim_oracle_job(o, f->job)->outcomes;
		if (f->kind != SIM_FRAME_RETIRE && !is_abandoned)
			return f;
		fp_buf_drop(&w->frames, sizeof *f);
	}
	return NULL;
}

void sim_oracle_read(struct sim_oracle *o, struct sim_witness *w, size_t n)
{
	w->read += n;
	w->read_ns = *o->now_ns;
	o->in_row = o->pause_until_ns = 0;
	o->had_reason |= w->may_stop || w->is_void; /* it may be lost or retire by this */
	if (!fp_link_is_in(&w->read_now))
		fp_list_push(&o->readers, &w->read_now);
}

static uint64_t number_in(const struct fp_item *item)
{
	uint64_t v = 0;
	for (size_t i = 0; i < item->len && i < 19; i++)
		v = 10 * v + (uint64_t)(((const uint8_t *)item->data)[i] - '0');
	return v;
}

void sim_oracle_match(struct sim_oracle *o, struct sim_witness *w, enum sim_frame_kind kind, const struct fp_item *items,
                      size_t n, uint64_t job)
{
	const struct sim_frame *f = sim_oracle_due(o, w);
	if (w->was_faulty || (f && f->kind == SIM_FRAME_VOID)) {
		w->was_faulty = true;
		return;
	}
	uint64_t number = n >= 2 ? number_in(&items[1]) : 0;
	if (!f || f->kind != kind)
		sim_oracle_break(o, SIM_DELIVERED, "%s of worker %llu is not what it sent next",
		                 kind == SIM_FRAME_EVENT ? "an event" : "a result", N(w->number));
	else if (f->number != number)
		sim_oracle_break(o, SIM_IN_ORDER, "frame %llu of worker %llu comes where %u is next", N(number),
		                 N(w->number), f->number);
	else if (kind == SIM_FRAME_ANSWER && (f->job != job || number_in(&items[0]) != job))
		sim_oracle_break(o, SIM_RIGHT_RESULT, "job %llu has the result of job %llu", N(job), N(f->job));
	else
		fp_buf_drop(&w->frames, sizeof *f);
}

void sim_oracle_check_delivered(struct sim_oracle *o, struct sim_witness *w)
{
	const struct sim_frame *f = w->was_faulty ? NULL : sim_oracle_due(o, w);
	EXPECT(!f || f->kind == SIM_FRAME_VOID, SIM_DELIVERED, "%s that worker %llu sent was read and does not come",
	       f && f->kind == SIM_FRAME_EVENT ? "an event" : "a result", N(w->number));
}
