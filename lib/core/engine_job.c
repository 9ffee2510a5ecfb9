/* The life of a job: queue, worker, outcome. See engine.h for its states. */
#include "engine_inside.h"

/* ---- making and freeing ---- */

/* A block much larger than the frame is not kept for it. */
static void shrink(struct fp_engine *e, struct fp_job *j, size_t len)
{
	if (j->frame_size - len < len / 8)
		return;
	uint8_t *block = e->alloc->resize(e->alloc->ctx, j->call.frame, j->frame_size, len);
	if (!block)
		return;
	j->call.frame = block;
	j->frame_size = len;
}

/* The payload of a long call keeps the block it was frozen into; a short one is copied behind the job. */
static enum fp_reason take_frame(struct fp_engine *e, struct fp_job **made)
{
	struct fp_buf *b = &e->scratch;
	struct fp_span frame = fp_buf_front(b);
	bool is_long = frame.len > FP_COPY_BYTES;
	size_t size = sizeof **made + (is_long ? 0 : frame.len);
	struct fp_job *j = fp_alloc_get(e->alloc, size);
	if (!j)
		return FP_NOMEM;
	j->size = size;
	j->frame_size = 0;
	if (is_long) {
		j->call.frame = fp_buf_release(b, &j->frame_size);
		shrink(e, j, frame.len);
	} else {
		j->call.frame = (uint8_t *)(j + 1);
		memcpy(j->call.frame, frame.data, frame.len);
	}
	j->call.payload_len = frame.len - FP_FRAME_HEAD_MAX;
	*made = j;
	return FP_NONE;
}

static enum fp_reason freeze(struct fp_engine *e, const struct fp_item *items, size_t n)
{
	static const uint8_t room[FP_FRAME_HEAD_MAX];
	enum fp_reason r = fp_buf_put(&e->scratch, room, sizeof room);
	return r ? r : fp_args_freeze(e->config.wire.serialiser, items, n, &e->scratch);
}

/* Field by field, all that take_frame has not set: clearing the whole first would cost a twentieth of a call. */
static void init(const struct fp_engine *e, struct fp_job *j, const struct fp_limits *limits)
{
	j->cb = j->data = NULL;
	j->link = (struct fp_link){NULL, NULL};
	fp_heap_node_init(&j->timer);
	j->worker = NULL;
	j->worker_number = 0;
	j->queued_at_ns = j->given_at_ns = e->now_ns;
	j->limits = limits ? *limits : e->config.limits;
	j->state = FP_JOB_WAITING;
	j->outcome = FP_OK;
	j->reason = FP_NONE;
	j->offset = 0;
	j->exit_status = -1;
	j->signal = 0;
	j->has_timer = false;
}

enum fp_reason fp_job_new(struct fp_engine *e, const struct fp_item *items, size_t n, const struct fp_limits *limits,
                          struct fp_job **job)
{
	enum fp_reason r = freeze(e, items, n);
	if (!r)
		r = take_frame(e, job);
	fp_buf_drop(&e->scratch, fp_buf_len(&e->scratch));
	if (r)
		return r;
	struct fp_job *j = *job;
	init(e, j, limits);
	e->jobs++;
	if (j->limits.queue_timeout_ns || j->limits.run_timeout_ns) {
		r = fp_heap_reserve(&e->job_timers);
		if (r) {
			fp_job_free(e, j);
			return r;
		}
		j->has_timer = true;
	}
	return FP_NONE;
}

static void set_timer(struct fp_engine *e, struct fp_job *j, uint64_t from_ns, uint64_t limit_ns)
{
	if (j->has_timer)
		fp_heap_set(&e->job_timers, &j->timer, limit_ns ? fp_after(from_ns, limit_ns) : FP_NEVER);
}

void fp_job_free(struct fp_engine *e, struct fp_job *j)
{
	set_timer(e, j, 0, 0);
	if (j->has_timer)
		fp_heap_release(&e->job_timers);
	if (j->frame_size && !e->scratch.data && j->frame_size <= FP_KEEP_BYTES_MAX)
		fp_buf_adopt(&e->scratch, j->call.frame, j->frame_size); /* the next long call needs no new memory */
	else if (j->frame_size)
		fp_alloc_put(e->alloc, j->call.frame, j->frame_size);
	fp_alloc_put(e->alloc, j, j->size);
	e->jobs--;
}

/* ---- queue and worker ---- */

void fp_job_wait(struct fp_engine *e, struct fp_job *j, bool at_front)
{
	j->state = FP_JOB_WAITING;
	j->worker = NULL;
	if (at_front)
		fp_list_push_front(&e->waiting, &j->link);
	else
		fp_list_push(&e->waiting, &j->link);
	e->waiting_bytes += j->call.payload_len;
	set_timer(e, j, e->now_ns, j->limits.queue_timeout_ns);
	fp_sched_job_wait(&e->sched);
	if (e->sched.waiting > e->stats.waiting_max)
		e->stats.waiting_max = e->sched.waiting;
}

static void leave_queue(struct fp_engine *e, struct fp_job *j)
{
	fp_list_remove(&j->link);
	e->waiting_bytes -= j->call.payload_len;
	set_timer(e, j, 0, 0);
}

/* One that was abandoned is still bound by its limit: those behind it wait for it. */
static void run(struct fp_engine *e, struct fp_job *j)
{
	if (!fp_heap_is_in(&j->timer))
		set_timer(e, j, e->now_ns, j->limits.run_timeout_ns);
}

void fp_job_give(struct fp_engine *e, struct fp_worker *w)
{
	struct fp_job *j = fp_job_of_link(fp_list_first(&e->waiting));
	leave_queue(e, j);
	j->state = FP_JOB_GIVEN;
	j->worker = w;
	j->worker_number = w->number;
	j->given_at_ns = e->now_ns;
	/* its length was checked by submit and ids were reserved with the worker, so this cannot fail */
	enum fp_reason r = fp_parent_call(&w->parent, &j->call);
	FP_ASSERT(r == FP_NONE);
	if (w->started && (e->config.wire.async || w->parent.n_calls == 1))
		run(e, j);
}

/* In a sync worker the oldest outstanding job runs, in an async one all do. */
void fp_job_run(struct fp_engine *e, struct fp_worker *w)
{
	const struct fp_list *calls = &w->parent.calls;
	if (!w->started)
		return;
	for (struct fp_link *k = fp_list_first(calls); k; k = fp_list_after(calls, k)) {
		run(e, fp_job_of_call(FP_OWNER(k, struct fp_call, link)));
		if (!e->config.wire.async)
			return;
	}
}

/* ---- the end ---- */

static void to_be_told(struct fp_engine *e, struct fp_job *j)
{
	fp_list_push(&e->ended, &j->link);
}

static void leave_worker(struct fp_engine *e, struct fp_job *j)
{
	struct fp_worker *w = j->worker;
	if (!fp_parent_withdraw(&w->parent, &j->call)) {
		j->state = FP_JOB_ABANDONED;
		w->abandoned++;
		fp_worker_settle(e, w);
		return;
	}
	set_timer(e, j, 0, 0);
	fp_sched_job_end(&e->sched, &w->sched);
	if (!e->config.wire.async)
		fp_job_run(e, w);
	fp_worker_settle(e, w);
}

void fp_job_end(struct fp_engine *e, struct fp_job *j, enum fp_outcome outcome, enum fp_reason reason)
{
	enum fp_job_state was = j->state;
	if (was == FP_JOB_ENDED || was == FP_JOB_ABANDONED)
		return;
	j->state = FP_JOB_ENDED;
	j->outcome = outcome;
	j->reason = reason;
	if (was == FP_JOB_WAITING) {
		leave_queue(e, j);
		fp_sched_job_leave(&e->sched);
	} else if (was == FP_JOB_VICTIM) {
		fp_list_remove(&j->link);
	} else {
		leave_worker(e, j);
	}
	to_be_told(e, j);
}

void fp_job_release(struct fp_engine *e, struct fp_job *j)
{
	FP_ASSERT(j->state == FP_JOB_ABANDONED);
	set_timer(e, j, 0, 0);
	j->worker->abandoned--;
	j->worker = NULL;
	j->state = FP_JOB_ENDED;
	if (!fp_link_is_in(&j->link)) /* it was told */
		fp_job_free(e, j);
}

void fp_job_time_out(struct fp_engine *e, struct fp_job *j)
{
	set_timer(e, j, 0, 0);
	fp_job_end(e, j, FP_TIMEOUT, FP_TIMED_OUT);
	if (j->state != FP_JOB_ABANDONED)
		return;
	struct fp_worker *w = j->worker;
	if (!e->config.wire.async) {
		fp_worker_doom(e, w);
		return;
	}
	fp_sched_worker_lose(&e->sched, &w->sched);
	fp_worker_retire(e, w);
}

bool fp_job_tell(struct fp_engine *e, struct fp_op *op)
{
	struct fp_link *k = fp_list_pop(&e->ended);
	if (!k)
		return false;
	struct fp_job *j = fp_job_of_link(k);
	e->stats.outcomes[j->outcome]++;
	*op = (struct fp_op){.kind = FP_OP_OUTCOME, .job = j};
	op->result = (struct fp_result){.outcome = j->outcome,
	                                .reason = j->reason,
	                                .offset = j->offset,
	                                .exit_status = j->exit_status,
	                                .signal = j->signal,
	                                .worker = j->worker_number,
	                                .queued_ns = (j->worker_number ? j->given_at_ns : e->now_ns) - j->queued_at_ns,
	                                .run_ns = j->worker_number ? e->now_ns - j->given_at_ns : 0};
	if (j->state == FP_JOB_ENDED)
		e->told = j;
	return true;
}

void fp_jobs_shut_down(struct fp_engine *e)
{
	for (struct fp_link *k; (k = fp_list_first(&e->waiting));)
		fp_job_end(e, fp_job_of_link(k), FP_SHUTDOWN, FP_CLOSED);
}
