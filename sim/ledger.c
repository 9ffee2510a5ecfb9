/* What an observer outside writes down of calls and workers. See ledger.h; what passes between a worker and the pool is in
 * ledger_octets.c. */
#include "ledger_inside.h"

void sim_ledger_init(struct sim_ledger *l, const struct sim_scenario *s, const struct fp_alloc *memory, const uint64_t *now_ns,
                     const uint64_t *waiting)
{
	*l = (struct sim_ledger){.scenario = s, .memory = memory, .now_ns = now_ns, .waiting = waiting, .drains = 1};
	fp_list_init(&l->touched);
	fp_list_init(&l->idle);
}

void sim_ledger_fini(struct sim_ledger *l)
{
	fp_alloc_put(l->memory, l->jobs, l->cap * sizeof *l->jobs);
}

/* ---- the application ---- */

void sim_ledger_submitted(struct sim_ledger *l, const struct fp_limits *limits, enum fp_reason refused)
{
	if (refused) {
		l->told[FP_REJECTED]++;
		l->is_full |= refused == FP_FULL;
		return;
	}
	l->jobs = sim_grow(l->memory, l->jobs, &l->cap, l->n_jobs, sizeof *l->jobs);
	l->jobs[l->n_jobs] = (struct sim_job){
		.submitted_ns = *l->now_ns, .queued_ns = *l->now_ns, .place = (int64_t)l->n_jobs, .limits = *limits};
	l->n_jobs++;
	l->open++;
	l->open_before++;
	l->drain.submitted++;
}

void sim_ledger_cancelled(struct sim_ledger *l, uint64_t job)
{
	sim_ledger_job(l, job)->is_cancelled = true;
}

void sim_ledger_closed(struct sim_ledger *l, bool is_abort)
{
	l->drain.is_closed = l->is_closing = true;
	l->is_aborting |= is_abort;
}

/* ---- workers ---- */

void sim_witness_init(struct sim_ledger *l, struct sim_witness *w, uint64_t number)
{
	*w = (struct sim_witness){.number = number, .idle_since_ns = *l->now_ns, .exit_status = -1, .killed_ns = FP_NEVER};
	fp_buf_init(&w->frames, l->memory, SIZE_MAX);
}

void sim_witness_fini(struct sim_ledger *l, struct sim_witness *w)
{
	w->state = FP_WORKER_LOST;
	sim_ledger_count(l, w);
	if (fp_link_is_in(&w->touched))
		fp_list_remove(&w->touched);
	fp_buf_fini(&w->frames);
}

void sim_ledger_touch(struct sim_ledger *l, struct sim_witness *w)
{
	if (!fp_link_is_in(&w->touched))
		fp_list_push(&l->touched, &w->touched);
}

static enum sim_standing standing(const struct sim_witness *w)
{
	if (w->state > FP_WORKER_UP)
		return SIM_ENDING;
	if (w->is_told)
		return SIM_FROZEN;
	if (w->is_void)
		return SIM_ALIVE;
	if (w->requests > w->results)
		return SIM_BUSY;
	return w->is_started && !w->is_given ? SIM_IDLE : SIM_ALIVE;
}

static void become_idle(struct sim_ledger *l, struct sim_witness *w)
{
	fp_list_push(&l->idle, &w->idle);
	l->idled_ns = *l->now_ns;
	w->idle_since_ns = w->results ? *l->now_ns : w->idle_since_ns;
}

void sim_ledger_count(struct sim_ledger *l, struct sim_witness *w)
{
	enum sim_standing was = w->standing, now = standing(w);
	if (now == was)
		return;
	w->standing = now;
	l->standing[was]--;
	l->standing[now]++;
	l->alive += (uint64_t)(now >= SIM_ALIVE) - (was >= SIM_ALIVE);
	l->drain.endings += was >= SIM_ALIVE && now < SIM_ALIVE;
	if (now == SIM_IDLE)
		become_idle(l, w);
	else if (was == SIM_IDLE)
		fp_list_remove(&w->idle);
}

/* At least one more, at most so many: not every failure can be seen. */
static void fail_start(struct sim_ledger *l, bool is_sure, uint64_t at_most)
{
	l->failures += is_sure;
	l->failed_ns = is_sure ? *l->now_ns : l->failed_ns;
	l->doubts += at_most;
	l->doubted_ns = *l->now_ns;
}

void sim_ledger_started(struct sim_ledger *l, struct sim_witness *w)
{
	w->is_started = true;
	w->started_ns = *l->now_ns;
	w->killed = 0; /* what was sent before found no process */
	sim_ledger_touch(l, w);
	sim_ledger_count(l, w);
}

void sim_ledger_start_failed(struct sim_ledger *l, struct sim_witness *w)
{
	w->has_failed = true;
	fail_start(l, true, 1);
}

void sim_ledger_told_exited(struct sim_ledger *l, struct sim_witness *w)
{
	w->is_told = true;
	w->told_ns = *l->now_ns;
	w->told_in = l->drains;
	w->is_owed = w->is_given;
	if (!w->results)
		fail_start(l, false, 1);
	sim_ledger_count(l, w);
}

/* Its calls go back to the front of the queue, in the order in which they were sent, but for those that end with it. */
static void lose(struct sim_ledger *l, const struct sim_witness *w)
{
	l->losses++;
	l->lost_ns = *l->now_ns;
	l->is_murky |= !w || !w->is_started || w->is_given || l->drain.losses || l->drain.answered || l->drain.submitted;
	l->drain.losses++;
	if (!w || w->requests == w->results)
		return;
	l->front -= (int64_t)l->sent + 1;
	for (size_t i = 0; i < l->n_jobs; i++) {
		struct sim_job *j = &l->jobs[i];
		if (j->sent_to != w->number || j->outcomes)
			continue;
		j->queued_ns = *l->now_ns;
		j->place = l->front + (int64_t)j->sent_order;
		j->lost_in = l->losses;
	}
}

/* No other is idle for longer, once all that was read is worked off. */
static bool is_idle_longest(struct sim_ledger *l, const struct sim_witness *w)
{
	bool is_longest = true;
	for (struct fp_link *k = fp_list_first(&l->touched); k; k = fp_list_after(&l->touched, k))
		sim_ledger_next(l, FP_OWNER(k, struct sim_witness, touched));
	for (struct fp_link *k = fp_list_first(&l->idle); k && is_longest; k = fp_list_after(&l->idle, k))
		is_longest = FP_OWNER(k, struct sim_witness, idle)->idle_since_ns >= w->idle_since_ns;
	return is_longest;
}

/* After it was counted out. Others may have been told to end in this drain after it was, and be seen before. When the pool closes
 * all end at once, and nobody asks which is first. */
static void take_stop(struct sim_ledger *l, struct sim_witness *w)
{
	bool is_longest = !l->is_closing && is_idle_longest(l, w);
	w->stop = (struct sim_stop){.drain = l->drains,
	                            .was_idle = w->requests == w->results,
	                            .was_longest = is_longest,
	                            .idle_ns = *l->now_ns - w->idle_since_ns,
	                            .alive = l->alive + l->drain.retired - l->drain.starts,
	                            .busy = l->standing[SIM_BUSY],
	                            .frozen = l->standing[SIM_FROZEN],
	                            .waiting = l->drain.losses ? 0 : *l->waiting};
	l->drain.retired++;
}

/* One that ends and never answered may be a start that failed. It surely is where nothing else explains that it ends. */
static void take_failure(struct sim_ledger *l, const struct sim_witness *w, bool was_up)
{
	const struct sim_pool_options *p = &l->scenario->pool;
	bool is_by_itself = w->state == FP_WORKER_LOST || (w->state == FP_WORKER_RETIRING && w->has_retired && !p->async);
	bool is_explained = w->is_told || w->is_void || l->is_closing || p->calls_max;
	if (!w->results && !w->has_failed)
		fail_start(l, was_up && is_by_itself && w->is_started && !is_explained, 1);
}

static void take_state(struct sim_ledger *l, struct sim_witness *w, const struct fp_trace *t)
{
	if (t->to == FP_WORKER_LOST)
		lose(l, w);
	if (!w && t->to > FP_WORKER_UP)
		l->early |= (uint64_t)1 << t->worker % 64;
	if (!w)
		return;
	bool was_up = w->state <= FP_WORKER_UP;
	if (t->to != FP_WORKER_LOST)
		sim_ledger_next(l, w); /* it may have said that it retires */
	w->state = t->to;
	w->is_faulty |= t->reason == FP_NOMEM;
	w->is_doomed |= t->to == FP_WORKER_DOOMED;
	if (t->to == FP_WORKER_RETIRING || t->to == FP_WORKER_LOST)
		w->ended_ns = *l->now_ns;
	sim_ledger_touch(l, w);
	sim_ledger_count(l, w);
	if (t->to > FP_WORKER_UP)
		take_failure(l, w, was_up);
	l->drain.has_lost |= was_up && (t->to == FP_WORKER_LOST || t->to == FP_WORKER_DOOMED);
	if (was_up && t->to == FP_WORKER_RETIRING)
		take_stop(l, w);
}

/* ---- operations ---- */

static void take_outcome(struct sim_ledger *l, struct sim_witness *w, const struct fp_result *r, uint64_t job)
{
	struct sim_job *j = sim_ledger_job(l, job);
	if (w && r->outcome == FP_OK)
		sim_ledger_came(l, w);
	j->outcomes++;
	if (r->outcome == FP_OK)
		j->given_ns = *l->now_ns - r->run_ns;
	l->drain.left += !r->worker;
	l->drain.shut_down |= r->outcome == FP_SHUTDOWN;
	l->told[r->outcome]++;
	l->open--;
	if (!w)
		return;
	/* one that is cancelled is bound by its limit, and nobody is told */
	w->has_timed_out |= w->state != FP_WORKER_LOST && j->limits.run_timeout_ns &&
	                    (r->outcome == FP_TIMEOUT || r->outcome == FP_CANCELLED);
	w->crashed += r->outcome == FP_CRASHED;
	w->freed_ns = w->idle_since_ns = *l->now_ns;
}

/* What was given to a worker in whatever drain before it broke the protocol is lost with it. */
static void take_error(struct sim_ledger *l, struct sim_witness *w, enum fp_reason r)
{
	bool is_fault = r == FP_TOO_LONG || r == FP_MALFORMED || r == FP_UNEXPECTED;
	w->is_error_told = true;
	w->is_faulty |= r == FP_NOMEM || w->is_void;
	for (size_t i = 0; is_fault && i < l->n_jobs; i++)
		l->jobs[i].is_condemned |= l->jobs[i].sent_to == w->number && !l->jobs[i].outcomes;
}

static void take_start(struct sim_ledger *l, struct sim_witness *w)
{
	uint64_t bit = (uint64_t)1 << w->number % 64;
	if (l->early & bit)
		w->state = FP_WORKER_RETIRING;
	l->early &= ~bit;
	w->ended_ns = *l->now_ns;
	l->drain.starts++;
}

/* A transition comes later than what follows from it, or not at all where there are too many in a drain. */
static void take_over(struct sim_ledger *l, struct sim_witness *w, enum fp_worker_state to)
{
	if (w->state < to)
		take_state(l, w, &(struct fp_trace){w->number, w->state, to, FP_NONE});
}

static void take_kill(struct sim_ledger *l, struct sim_witness *w, int signal)
{
	w->killed = signal;
	w->killed_ns = w->killed_ns == FP_NEVER ? *l->now_ns : w->killed_ns;
}

static void take_worker_op(struct sim_ledger *l, struct sim_witness *w, const struct fp_op *op)
{
	if (op->kind == FP_OP_HALF_CLOSE)
		take_over(l, w, FP_WORKER_RETIRING);
	else if (op->kind == FP_OP_GONE)
		take_over(l, w, FP_WORKER_LOST);
	else if (op->kind == FP_OP_START)
		take_start(l, w);
	else if (op->kind == FP_OP_EVENT)
		sim_ledger_came(l, w);
	else if (op->kind == FP_OP_ERROR)
		take_error(l, w, op->reason);
	else if (op->kind == FP_OP_KILL)
		take_kill(l, w, op->signal);
	w->is_given |= op->kind == FP_OP_WRITE;
	w->is_half_closed |= op->kind == FP_OP_HALF_CLOSE;
	w->is_closed |= op->kind == FP_OP_CLOSE;
	sim_ledger_touch(l, w);
	sim_ledger_count(l, w);
}

void sim_ledger_op(struct sim_ledger *l, struct sim_witness *w, const struct fp_op *op, uint64_t job)
{
	if (op->kind == FP_OP_OUTCOME)
		take_outcome(l, w, &op->result, job);
	else if (op->kind == FP_OP_TRACE)
		take_state(l, w, &op->trace);
	else if (w)
		take_worker_op(l, w, op);
	else if (op->kind == FP_OP_ERROR)
		fail_start(l, !l->drain.answered, 2); /* two may before it is told, and no more without a pause */
	l->is_full &= op->kind != FP_OP_ROOM;
	l->is_destroyed |= op->kind == FP_OP_DESTROYED;
}

/* What one sent that does not follow the protocol may have been an answer. */
struct sim_witness *sim_ledger_touched(struct sim_ledger *l)
{
	struct fp_link *k = fp_list_pop(&l->touched);
	struct sim_witness *w = k ? FP_OWNER(k, struct sim_witness, touched) : NULL;
	l->failures = w && w->is_void ? 0 : l->failures;
	return w;
}

void sim_ledger_drained(struct sim_ledger *l)
{
	l->open_before = l->open;
	l->waiting_before = *l->waiting;
	l->drains++;
	memset(&l->drain, 0, sizeof l->drain);
}
