/* A whole pool without an operating system: its inputs, and the operations pulled out. See engine.h. */
#include "engine_inside.h"

#include "retire.h"

void fp_engine_init(struct fp_engine *e, const struct fp_alloc *alloc, const struct fp_engine_config *config,
                    uint64_t now_ns)
{
	*e = (struct fp_engine){.alloc = alloc, .config = *config, .now_ns = now_ns};
	fp_sched_init(&e->sched, alloc, &config->sched, now_ns);
	fp_list_init(&e->waiting);
	fp_list_init(&e->ended);
	fp_list_init(&e->workers);
	fp_list_init(&e->todo);
	fp_heap_init(&e->job_timers, alloc);
	fp_heap_init(&e->worker_timers, alloc);
	fp_buf_init(&e->scratch, alloc, (size_t)config->wire.payload_max + FP_FRAME_HEAD_MAX);
}

static void free_told(struct fp_engine *e)
{
	if (e->told)
		fp_job_free(e, e->told);
	if (e->gone)
		fp_worker_free(e, e->gone);
	e->told = NULL;
	e->gone = NULL;
}

static void free_jobs(struct fp_engine *e, struct fp_list *jobs)
{
	for (struct fp_link *k; (k = fp_list_pop(jobs));)
		fp_job_free(e, fp_job_of_link(k));
}

void fp_engine_fini(struct fp_engine *e)
{
	bool unused;
	free_told(e);
	for (struct fp_link *k; (k = fp_list_first(&e->workers));) {
		struct fp_worker *w = FP_OWNER(k, struct fp_worker, all);
		for (struct fp_call *c; (c = fp_parent_take(&w->parent, &unused));) {
			struct fp_job *j = fp_job_of_call(c);
			if (fp_link_is_in(&j->link))
				fp_list_remove(&j->link);
			fp_job_free(e, j);
		}
		free_jobs(e, &w->victims);
		fp_worker_free(e, w);
	}
	free_jobs(e, &e->waiting);
	free_jobs(e, &e->ended);
	fp_sched_fini(&e->sched);
	fp_heap_fini(&e->job_timers);
	fp_heap_fini(&e->worker_timers);
	fp_buf_fini(&e->scratch);
}

/* ---- calls ---- */

static bool has_room(const struct fp_engine *e, uint64_t calls, uint64_t bytes)
{
	const struct fp_engine_config *c = &e->config;
	return (!c->queue_max || e->sched.waiting + calls <= c->queue_max) &&
	       (!c->queue_bytes_max || e->waiting_bytes + bytes <= c->queue_bytes_max);
}

/* Carries out what sched decides, until it decides nothing more. */
static void schedule(struct fp_engine *e)
{
	struct fp_decision d;
	while (fp_sched_next(&e->sched, &d)) {
		struct fp_worker *w = d.worker ? FP_OWNER(d.worker, struct fp_worker, sched) : NULL;
		switch (d.kind) {
		case FP_ASSIGN:
			fp_job_give(e, w);
			fp_worker_todo(e, w, w->started ? FP_WORKER_OP_WRITE : 0);
			break;
		case FP_START_WORKER:
			fp_worker_start(e);
			break;
		case FP_STOP:
			fp_worker_retire(e, w);
			break;
		case FP_GIVE_UP:
			fp_jobs_shut_down(e);
			break;
		}
	}
}

static enum fp_reason refuse(struct fp_engine *e, size_t bytes)
{
	e->full = true;
	e->refused_bytes = bytes;
	return FP_FULL;
}

static enum fp_reason submit(struct fp_engine *e, const struct fp_item *items, size_t n, const struct fp_limits *limits,
                             struct fp_job **job)
{
	if (e->closing)
		return FP_CLOSED;
	if (!has_room(e, 1, 0))
		return refuse(e, 0);
	enum fp_reason r = fp_job_new(e, items, n, limits, job);
	if (r)
		return r;
	size_t len = (*job)->call.payload_len;
	if (has_room(e, 1, len))
		return FP_NONE;
	fp_job_free(e, *job);
	/* there will never be room for one that is longer than the queue may be */
	return len > e->config.queue_bytes_max && e->config.queue_bytes_max ? FP_TOO_LONG : refuse(e, len);
}

enum fp_reason fp_engine_submit(struct fp_engine *e, const struct fp_item *items, size_t n, const struct fp_limits *limits,
                                struct fp_job **job)
{
	enum fp_reason r = submit(e, items, n, limits, job);
	if (r) {
		e->stats.outcomes[FP_REJECTED]++;
		return r;
	}
	e->stats.calls++;
	fp_job_wait(e, *job, false);
	schedule(e);
	return FP_NONE;
}

void fp_engine_cancel(struct fp_engine *e, struct fp_job *job)
{
	fp_job_end(e, job, FP_CANCELLED, FP_NONE);
}

void fp_engine_close(struct fp_engine *e)
{
	e->closing = true;
	fp_sched_close(&e->sched);
}

static void abort_worker(struct fp_engine *e, struct fp_worker *w)
{
	for (struct fp_link *k = fp_list_first(&w->parent.calls), *next; k; k = next) {
		next = fp_list_after(&w->parent.calls, k);
		fp_job_end(e, fp_job_of_call(FP_OWNER(k, struct fp_call, link)), FP_SHUTDOWN, FP_CLOSED);
	}
	for (struct fp_link *k; (k = fp_list_first(&w->victims));)
		fp_job_end(e, fp_job_of_link(k), FP_SHUTDOWN, FP_CLOSED);
	fp_worker_doom(e, w);
}

void fp_engine_abort(struct fp_engine *e)
{
	fp_engine_close(e);
	e->aborting = true;
	fp_jobs_shut_down(e);
	for (struct fp_link *k = fp_list_first(&e->workers); k; k = fp_list_after(&e->workers, k))
		abort_worker(e, FP_OWNER(k, struct fp_worker, all));
}

/* ---- time ---- */

static struct fp_heap_node *expired(const struct fp_heap *h, uint64_t now_ns)
{
	struct fp_heap_node *top = fp_heap_top(h);
	return top && top->key <= now_ns ? top : NULL;
}

void fp_engine_tick(struct fp_engine *e, uint64_t now_ns)
{
	if (now_ns > e->now_ns)
		e->now_ns = now_ns;
	fp_sched_tick(&e->sched, now_ns);
	for (struct fp_heap_node *n; (n = expired(&e->job_timers, e->now_ns));)
		fp_job_time_out(e, FP_OWNER(n, struct fp_job, timer));
	for (struct fp_heap_node *n; (n = expired(&e->worker_timers, e->now_ns));)
		fp_worker_step(e, FP_OWNER(n, struct fp_worker, timer));
}

uint64_t fp_engine_deadline_ns(const struct fp_engine *e)
{
	if (e->destroyed)
		return FP_NEVER;
	uint64_t at = fp_sched_deadline_ns(&e->sched);
	const struct fp_heap_node *job = fp_heap_top(&e->job_timers), *worker = fp_heap_top(&e->worker_timers);
	if (job && job->key < at)
		at = job->key;
	return worker && worker->key < at ? worker->key : at;
}

/* ---- octets ---- */

static void input(struct fp_engine *e, struct fp_worker *w)
{
	w->has_input = true;
	fp_worker_todo(e, w, 0);
}

enum fp_reason fp_engine_rx_buf(struct fp_engine *e, struct fp_worker *w, struct fp_space *space)
{
	enum fp_reason r = fp_parent_rx_buf(&w->parent, space);
	if (r)
		input(e, w);
	return r;
}

void fp_engine_rx_ack(struct fp_engine *e, struct fp_worker *w, size_t n)
{
	e->stats.rx_bytes += n;
	fp_parent_rx_ack(&w->parent, n);
	input(e, w);
}

void fp_engine_rx_eof(struct fp_engine *e, struct fp_worker *w)
{
	fp_parent_rx_eof(&w->parent);
	input(e, w);
}

void fp_engine_rx_error(struct fp_engine *e, struct fp_worker *w, enum fp_reason reason, int system_errno)
{
	w->system_errno = system_errno;
	fp_parent_rx_error(&w->parent, reason);
	input(e, w);
}

struct fp_span fp_engine_tx_buf(struct fp_engine *e, struct fp_worker *w)
{
	if (!w->started || w->state == FP_WORKER_DOOMED || w->state == FP_WORKER_LOST || w->has_half_closed)
		return (struct fp_span){NULL, 0};
	if (w->has_input) {
		fp_worker_todo(e, w, FP_WORKER_OP_WRITE);
		return (struct fp_span){NULL, 0};
	}
	return fp_parent_tx_buf(&w->parent);
}

void fp_engine_tx_ack(struct fp_engine *e, struct fp_worker *w, size_t n)
{
	e->stats.tx_bytes += n;
	fp_parent_tx_ack(&w->parent, n);
	fp_worker_settle(e, w);
}

void fp_engine_tx_error(struct fp_engine *e, struct fp_worker *w, int system_errno)
{
	w->system_errno = system_errno;
	fp_parent_tx_error(&w->parent);
	input(e, w);
}

/* ---- operations ---- */

static bool result_op(struct fp_engine *e, struct fp_worker *w, const struct fp_parent_event *in, struct fp_op *op)
{
	struct fp_job *j = fp_job_of_call(in->call);
	if (!w->proved)
		fp_sched_start_proved(&e->sched);
	w->proved = true;
	fp_sched_job_end(&e->sched, &w->sched);
	bool is_abandoned = j->state == FP_JOB_ABANDONED;
	if (is_abandoned) {
		fp_job_release(e, j);
	} else {
		e->stats.outcomes[FP_OK]++;
		op->kind = FP_OP_OUTCOME;
		op->worker = w;
		op->job = j;
		op->result = (struct fp_result){.outcome = FP_OK,
		                                .items = in->items,
		                                .n = in->n,
		                                .exit_status = -1,
		                                .worker = w->number,
		                                .queued_ns = j->given_at_ns - j->queued_at_ns,
		                                .run_ns = e->now_ns - j->given_at_ns};
		j->state = FP_JOB_ENDED;
		e->told = j;
	}
	if (!e->config.wire.async)
		fp_job_run(e, w);
	fp_worker_settle(e, w);
	return !is_abandoned;
}

static bool event_op(struct fp_engine *e, struct fp_worker *w, const struct fp_parent_event *in, struct fp_op *op)
{
	switch (fp_retire_look(in->items, in->n)) {
	case FP_RETIRE_YES:
		fp_worker_ask_to_retire(e, w);
		return false;
	case FP_RETIRE_OTHER:
		return false;
	case FP_RETIRE_NO:
		break;
	}
	e->stats.events++;
	*op = (struct fp_op){.kind = FP_OP_EVENT, .worker = w, .items = in->items, .n = in->n};
	return true;
}

/* Works off the frames that are here until one makes an operation. */
static bool frame_op(struct fp_engine *e, struct fp_worker *w, struct fp_op *op)
{
	struct fp_parent_event in;
	while (w->has_input && fp_parent_next(&w->parent, &in)) {
		switch (in.kind) {
		case FP_PARENT_RESULT:
			if (result_op(e, w, &in, op))
				return true;
			break;
		case FP_PARENT_EVENT:
			if (event_op(e, w, &in, op))
				return true;
			break;
		case FP_PARENT_FAILED:
			fp_worker_lose(e, w, in.reason, in.offset);
			break;
		case FP_PARENT_ENDED:
			fp_worker_lose(e, w, FP_NONE, 0);
			break;
		}
		schedule(e);
	}
	w->has_input = false;
	return false;
}

/* Each worker in turn: its operations, then its frames, then its operations again if those made any. */
static bool todo_op(struct fp_engine *e, struct fp_op *op)
{
	for (struct fp_link *k; (k = fp_list_first(&e->todo));) {
		struct fp_worker *w = FP_OWNER(k, struct fp_worker, todo);
		if (fp_worker_op(e, w, op) || frame_op(e, w, op) || fp_worker_op(e, w, op))
			return true;
		fp_list_remove(k);
	}
	return false;
}

static bool trace_op(struct fp_engine *e, struct fp_op *op)
{
	if (!e->traces_n)
		return false;
	*op = (struct fp_op){.kind = FP_OP_TRACE, .trace = e->traces[0]};
	memmove(e->traces, e->traces + 1, --e->traces_n * sizeof e->traces[0]);
	return true;
}

/* It is why calls may end next, so it is told before. */
static bool nomem_op(struct fp_engine *e, struct fp_op *op)
{
	if (!e->op_nomem)
		return false;
	e->op_nomem = false;
	*op = (struct fp_op){.kind = FP_OP_ERROR, .reason = FP_NOMEM};
	return true;
}

static bool pool_op(struct fp_engine *e, struct fp_op *op)
{
	if (e->full && !e->closing && has_room(e, 1, e->refused_bytes)) {
		e->full = false;
		*op = (struct fp_op){.kind = FP_OP_ROOM};
	} else if (e->closing && !e->jobs && !e->n_workers && !e->destroyed) {
		e->destroyed = true;
		*op = (struct fp_op){.kind = FP_OP_DESTROYED};
	} else {
		return false;
	}
	return true;
}

bool fp_engine_next_op(struct fp_engine *e, struct fp_op *op)
{
	free_told(e);
	for (;;) {
		schedule(e);
		if (trace_op(e, op) || nomem_op(e, op) || fp_job_tell(e, op) || todo_op(e, op) || pool_op(e, op))
			return true;
		if (!e->traces_n && !e->op_nomem && fp_list_is_empty(&e->ended))
			return false;
	}
}

void fp_engine_stats(const struct fp_engine *e, struct fp_stats *s)
{
	*s = e->stats;
	s->waiting = e->sched.waiting;
	s->workers = fp_sched_workers(&e->sched);
	s->idle = e->sched.n_idle;
	s->busy = s->workers - s->idle;
	s->ending = e->n_workers - s->workers;
	s->running = 0;
	for (const struct fp_link *k = fp_list_first(&e->workers); k; k = fp_list_after(&e->workers, k)) {
		const struct fp_worker *w = FP_OWNER(k, struct fp_worker, all);
		s->running += w->parent.n_calls - w->abandoned;
	}
}
