/* The life of a worker: started, given jobs, retired or doomed, lost, gone. See engine.h for its states. */
#include "engine_inside.h"

#include <signal.h> /* numbers only */

const char *fp_worker_state_name(enum fp_worker_state s)
{
	static const char *const names[] = {"starting", "up", "retiring", "doomed", "lost"};
	return names[s];
}

/* The one place where a worker changes its state. */
static void set_state(struct fp_engine *e, struct fp_worker *w, enum fp_worker_state to, enum fp_reason reason)
{
	if (e->config.trace) {
		if (e->traces_n == FP_TRACES_MAX)
			memmove(e->traces, e->traces + 1, --e->traces_n * sizeof e->traces[0]);
		e->traces[e->traces_n++] = (struct fp_trace){w->number, w->state, to, reason};
	}
	w->state = to;
}

void fp_worker_todo(struct fp_engine *e, struct fp_worker *w, unsigned ops)
{
	w->ops |= ops;
	if (!fp_link_is_in(&w->todo))
		fp_list_push(&e->todo, &w->todo);
}

/* Nobody can hold SIGKILL up, but a busy machine takes its time to tell: a short grace must not cost the exit status. */
static void arm(struct fp_engine *e, struct fp_worker *w)
{
	uint64_t wait_ns = e->config.grace_ns;
	if (w->last_kill == SIGKILL && !w->exited && wait_ns < FP_EXIT_WAIT_MIN_NS)
		wait_ns = FP_EXIT_WAIT_MIN_NS;
	fp_heap_set(&e->worker_timers, &w->timer, fp_after(e->now_ns, wait_ns));
}

static void disarm(struct fp_engine *e, struct fp_worker *w)
{
	fp_heap_set(&e->worker_timers, &w->timer, FP_NEVER);
}

/* ---- start ---- */

/* Whatever the worker will need to end is taken here: its place in the heaps, room for its ids. */
static enum fp_reason take_places(struct fp_engine *e, struct fp_worker *w)
{
	if (e->config.wire.async && fp_ids_reserve(&w->parent.ids, e->config.sched.load))
		return FP_NOMEM;
	if (fp_heap_reserve(&e->worker_timers))
		return FP_NOMEM;
	if (!fp_sched_worker_add(&e->sched, &w->sched))
		return FP_NONE;
	fp_heap_release(&e->worker_timers);
	return FP_NOMEM;
}

static struct fp_worker *worker_new(struct fp_engine *e)
{
	struct fp_worker *w = fp_alloc_get(e->alloc, sizeof *w);
	if (!w)
		return NULL;
	*w = (struct fp_worker){.number = e->last_number + 1, .exit_status = -1};
	fp_parent_init(&w->parent, e->alloc, &e->config.wire);
	fp_list_init(&w->victims);
	fp_heap_node_init(&w->timer);
	if (!take_places(e, w)) {
		e->last_number++;
		return w;
	}
	fp_parent_fini(&w->parent);
	fp_alloc_put(e->alloc, w, sizeof *w);
	return NULL;
}

void fp_worker_start(struct fp_engine *e)
{
	struct fp_worker *w = worker_new(e);
	if (!w) {
		fp_sched_start_failed(&e->sched);
		e->op_nomem = true;
		return;
	}
	fp_list_push(&e->workers, &w->all);
	e->n_workers++;
	if (fp_sched_workers(&e->sched) > e->stats.workers_max)
		e->stats.workers_max = fp_sched_workers(&e->sched);
	fp_worker_todo(e, w, FP_WORKER_OP_START);
}

void fp_worker_free(struct fp_engine *e, struct fp_worker *w)
{
	fp_sched_worker_remove(&e->sched, &w->sched);
	disarm(e, w);
	fp_heap_release(&e->worker_timers);
	fp_list_remove(&w->all);
	if (fp_link_is_in(&w->todo))
		fp_list_remove(&w->todo);
	fp_parent_fini(&w->parent);
	fp_alloc_put(e->alloc, w, sizeof *w);
	e->n_workers--;
}

void fp_engine_worker_started(struct fp_engine *e, struct fp_worker *w)
{
	FP_ASSERT(!w->started);
	w->started = true;
	e->stats.workers_started++;
	if (w->state == FP_WORKER_STARTING)
		set_state(e, w, FP_WORKER_UP, FP_NONE);
	if (w->last_kill)
		fp_worker_todo(e, w, FP_WORKER_OP_KILL); /* now there is a process to kill */
	fp_job_run(e, w);
	fp_worker_settle(e, w);
	fp_worker_todo(e, w, w->parent.n_calls ? FP_WORKER_OP_WRITE : 0);
}

/* ---- end ---- */

static void never_start(struct fp_engine *e, struct fp_worker *w);
static void go(struct fp_engine *e, struct fp_worker *w);

void fp_worker_settle(struct fp_engine *e, struct fp_worker *w)
{
	if (w->state != FP_WORKER_RETIRING || !w->started)
		return;
	if (!w->has_half_closed && fp_parent_is_half_close_due(&w->parent)) {
		w->has_half_closed = true;
		w->ops &= ~(unsigned)FP_WORKER_OP_WRITE; /* everything is written */
		fp_worker_todo(e, w, FP_WORKER_OP_HALF_CLOSE);
	}
	/* what still runs may take its time; what was abandoned may not */
	if (w->parent.n_calls == w->abandoned && !fp_heap_is_in(&w->timer))
		arm(e, w);
}

void fp_worker_retire(struct fp_engine *e, struct fp_worker *w)
{
	if (w->state != FP_WORKER_STARTING && w->state != FP_WORKER_UP)
		return;
	fp_sched_worker_remove(&e->sched, &w->sched);
	fp_parent_close(&w->parent);
	set_state(e, w, FP_WORKER_RETIRING, FP_NONE);
	fp_worker_settle(e, w);
}

static void kill_worker(struct fp_engine *e, struct fp_worker *w, int signal)
{
	if (w->exited)
		return; /* its timer waits for the end of its connection */
	w->last_kill = signal;
	fp_worker_todo(e, w, FP_WORKER_OP_KILL);
	arm(e, w);
}

void fp_worker_doom(struct fp_engine *e, struct fp_worker *w)
{
	if (w->state == FP_WORKER_DOOMED || w->state == FP_WORKER_LOST)
		return;
	fp_sched_worker_lose(&e->sched, &w->sched);
	if (w->ops & FP_WORKER_OP_START) {
		never_start(e, w);
		return;
	}
	set_state(e, w, FP_WORKER_DOOMED, FP_NONE);
	kill_worker(e, w, SIGTERM);
}

static void end_connection(struct fp_engine *e, struct fp_worker *w)
{
	fp_parent_rx_eof(&w->parent);
	w->has_input = true;
	fp_worker_todo(e, w, 0);
}

static void presume_exited(struct fp_engine *e, struct fp_worker *w)
{
	w->exited = w->is_presumed = true;
	go(e, w);
}

void fp_worker_step(struct fp_engine *e, struct fp_worker *w)
{
	disarm(e, w);
	if (w->exited && w->state != FP_WORKER_LOST)
		end_connection(e, w); /* somebody else holds the other end of the socket */
	else if (w->last_kill == SIGTERM)
		kill_worker(e, w, SIGKILL);
	else if (w->last_kill == SIGKILL && w->state != FP_WORKER_LOST)
		end_connection(e, w); /* nobody could kill it */
	else if (w->last_kill == SIGKILL)
		presume_exited(e, w); /* or the pool would never end */
	else if (w->last_kill == 0 && w->state == FP_WORKER_LOST)
		kill_worker(e, w, SIGTERM);
	else if (w->last_kill == 0)
		fp_worker_doom(e, w);
}

/* ---- loss ---- */

/* A worker that ends by itself and never answered is a start that failed. */
static void count_failure(struct fp_engine *e, struct fp_worker *w)
{
	if (w->proved || w->is_failure_counted)
		return;
	w->is_failure_counted = true;
	fp_sched_start_failed(&e->sched);
}

static bool is_fault(enum fp_reason r)
{
	return r == FP_TOO_LONG || r == FP_MALFORMED || r == FP_UNEXPECTED;
}

/* The worker may have more to say, and nobody will read it. */
static bool is_cut_short(enum fp_reason r)
{
	return is_fault(r) || r == FP_NOMEM;
}

static void end_job(struct fp_engine *e, struct fp_worker *w, struct fp_job *j, enum fp_outcome outcome)
{
	j->offset = w->offset;
	j->exit_status = w->exit_status;
	j->signal = w->signal;
	fp_job_end(e, j, outcome, w->reason);
}

void fp_worker_ask_to_retire(struct fp_engine *e, struct fp_worker *w)
{
	if (fp_sched_is_member(&w->sched))
		count_failure(e, w); /* unless it answers yet */
	fp_worker_retire(e, w);
}

static void end_victims(struct fp_engine *e, struct fp_worker *w)
{
	for (struct fp_link *k; (k = fp_list_first(&w->victims));)
		end_job(e, w, fp_job_of_link(k), is_fault(w->reason) ? FP_PROTOCOL : FP_CRASHED);
}

/* A job that cannot have run is tried again, and one that may have if it has retries left. */
static bool is_tried_again(struct fp_worker *w, struct fp_job *j, bool may_have_run)
{
	if (!may_have_run)
		return true;
	if (is_fault(w->reason) || !j->limits.retries)
		return false;
	j->limits.retries--;
	return true;
}

/* Sorts the outstanding jobs: those that are tried again go back to the front of the queue, in order. */
static void take_jobs(struct fp_engine *e, struct fp_worker *w)
{
	struct fp_list again;
	fp_list_init(&again);
	bool may_have_run;
	for (struct fp_call *c; (c = fp_parent_take(&w->parent, &may_have_run));) {
		struct fp_job *j = fp_job_of_call(c);
		fp_heap_set(&e->job_timers, &j->timer, FP_NEVER);
		fp_sched_job_end(&e->sched, &w->sched);
		if (j->state == FP_JOB_ABANDONED) {
			fp_job_release(e, j);
			continue;
		}
		j->state = FP_JOB_VICTIM;
		fp_list_push(is_tried_again(w, j, may_have_run) ? &again : &w->victims, &j->link);
	}
	for (struct fp_link *k; (k = fp_list_last(&again));) {
		fp_list_remove(k);
		e->stats.requeued++;
		fp_job_wait(e, fp_job_of_link(k), true);
	}
}

static void go(struct fp_engine *e, struct fp_worker *w)
{
	end_victims(e, w);
	disarm(e, w);
	fp_worker_todo(e, w, FP_WORKER_OP_GONE);
}

/* Its START was not pulled yet, so there is no process and will be none. */
static void never_start(struct fp_engine *e, struct fp_worker *w)
{
	set_state(e, w, FP_WORKER_LOST, FP_NONE);
	w->ops = 0;
	w->exited = true;
	take_jobs(e, w);
	go(e, w);
}

void fp_worker_lose(struct fp_engine *e, struct fp_worker *w, enum fp_reason reason, uint64_t offset)
{
	bool was_expected = w->state == FP_WORKER_DOOMED || (w->state == FP_WORKER_RETIRING && !w->parent.n_calls);
	if (!was_expected)
		count_failure(e, w);
	fp_sched_worker_lose(&e->sched, &w->sched);
	set_state(e, w, FP_WORKER_LOST, reason);
	w->reason = reason;
	w->offset = offset;
	w->ops &= ~(unsigned)(FP_WORKER_OP_HALF_CLOSE | FP_WORKER_OP_WRITE);
	if (reason && (!was_expected || is_cut_short(reason)))
		w->ops |= FP_WORKER_OP_ERROR;
	take_jobs(e, w);
	fp_worker_todo(e, w, FP_WORKER_OP_CLOSE);
	if (is_fault(reason))
		end_victims(e, w);
	if (w->exited)
		go(e, w);
	else if (is_cut_short(reason) && !w->last_kill)
		kill_worker(e, w, SIGTERM);
	else
		arm(e, w);
}

void fp_engine_worker_failed(struct fp_engine *e, struct fp_worker *w, int system_errno)
{
	FP_ASSERT(!w->started);
	e->stats.workers_failed++;
	fp_sched_start_failed(&e->sched);
	fp_sched_worker_lose(&e->sched, &w->sched);
	if (w->state != FP_WORKER_LOST)
		set_state(e, w, FP_WORKER_LOST, FP_START);
	w->reason = FP_START;
	w->system_errno = system_errno;
	w->ops = FP_WORKER_OP_ERROR;
	w->exited = true;
	take_jobs(e, w);
	go(e, w);
}

void fp_engine_worker_exited(struct fp_engine *e, struct fp_worker *w, int exit_status, int signal)
{
	if (w->is_presumed) {
		w->ops &= ~(unsigned)FP_WORKER_OP_KILL; /* GONE is on its way */
		return;
	}
	FP_ASSERT(!w->exited);
	w->exited = true;
	w->exit_status = exit_status;
	w->signal = signal;
	e->stats.workers_exited++;
	if (w->parent.n_calls) {
		/* what it has goes before what waits, once its connection has ended */
		fp_sched_worker_freeze(&e->sched, &w->sched);
	} else if (fp_sched_is_member(&w->sched)) {
		count_failure(e, w);
		fp_sched_worker_lose(&e->sched, &w->sched);
	}
	if (w->state == FP_WORKER_LOST)
		go(e, w);
	else
		arm(e, w); /* what it wrote is still to be read, up to the end of file */
}

bool fp_worker_op(struct fp_engine *e, struct fp_worker *w, struct fp_op *op)
{
	if (w->exited && !w->is_presumed)
		w->ops &= ~(unsigned)FP_WORKER_OP_KILL;
	/* nothing is given to a peer whose last words have not been read */
	unsigned ready = w->has_input ? w->ops & ~(unsigned)FP_WORKER_OP_WRITE : w->ops, bit = ready & -ready;
	if (!bit)
		return false;
	w->ops &= ~bit;
	*op = (struct fp_op){.worker = w};
	switch ((enum fp_worker_ops)bit) {
	case FP_WORKER_OP_START:
		op->kind = FP_OP_START;
		break;
	case FP_WORKER_OP_ERROR:
		op->kind = FP_OP_ERROR;
		op->reason = w->reason;
		op->offset = w->offset;
		op->system_errno = w->system_errno;
		break;
	case FP_WORKER_OP_KILL:
		op->kind = FP_OP_KILL;
		op->signal = w->last_kill;
		break;
	case FP_WORKER_OP_HALF_CLOSE:
		op->kind = FP_OP_HALF_CLOSE;
		break;
	case FP_WORKER_OP_CLOSE:
		op->kind = FP_OP_CLOSE;
		break;
	case FP_WORKER_OP_WRITE:
		op->kind = FP_OP_WRITE;
		break;
	case FP_WORKER_OP_GONE:
		op->kind = FP_OP_GONE;
		e->gone = w;
		break;
	}
	return true;
}
