/* What a pool promises. See oracle.h; what it is judged by is in ledger.h. */
#include "oracle.h"

#include <signal.h> /* numbers only */
#include <stdarg.h>
#include <stdio.h>

#define NEIGHBOURS 32u /* calls on either side that are compared where some went back to the queue */

#define N(x) ((unsigned long long)(x)) /* integers for the format %llu */
#define EXPECT(truth, promise, ...) ((truth) ? (void)0 : sim_oracle_break(o, promise, __VA_ARGS__))

static const char *const names[SIM_PROMISES] = {"kept",      "one-outcome", "right-outcome", "right-result", "in-order",
                                                "delivered", "at-most-max", "at-most-load",  "begun-once",   "may-start",
                                                "may-stop",  "on-time",     "queue-max",     "operations",   "ends-all",
                                                "stats",     "ended-well",  "failure-told",  "memory",       "assertion"};

const char *sim_promise_name(enum sim_promise p)
{
	return names[p];
}

void sim_oracle_break(struct sim_oracle *o, enum sim_promise promise, const char *why, ...)
{
	va_list args;
	if (o->broken)
		return;
	o->broken = promise;
	int n = o->job ? snprintf(o->why, sizeof o->why, "job %llu: ", N(o->job)) : 0;
	n += o->worker ? snprintf(o->why + n, sizeof o->why - (size_t)n, "worker %llu: ", N(o->worker)) : 0;
	va_start(args, why);
	vsnprintf(o->why + n, sizeof o->why - (size_t)n, why, args);
	va_end(args);
}

static void set_subject(struct sim_oracle *o, const struct sim_witness *w, uint64_t job)
{
	o->worker = w ? w->number : 0;
	o->job = job;
}

void sim_oracle_init(struct sim_oracle *o, struct sim_ledger *l)
{
	*o = (struct sim_oracle){.ledger = l, .scenario = l->scenario};
	o->due_ns = o->start_ns = o->excess_since_ns = FP_NEVER;
}

static bool is_given_up(const struct sim_ledger *l, const struct sim_witness *w) /* it exited, its connection is not ended */
{
	return w->is_told && *l->now_ns >= w->told_ns + l->scenario->pool.grace_ns;
}

/* ---- calls ---- */

void sim_oracle_submitted(struct sim_oracle *o, const struct fp_limits *limits, enum fp_reason refused)
{
	struct sim_ledger *l = o->ledger;
	bool may_be_full = o->scenario->pool.queue_bytes_max || *l->waiting >= o->scenario->pool.queue_max;
	EXPECT(refused != FP_FULL || may_be_full, SIM_QUEUE_MAX, "a call is refused while %llu wait", N(*l->waiting));
	EXPECT((refused == FP_CLOSED) == l->is_closing, SIM_RIGHT_OUTCOME, "a call is accepted after close, or refused before");
	sim_ledger_submitted(l, limits, refused);
}

void sim_oracle_sent(struct sim_oracle *o, struct sim_witness *w, struct fp_span octets)
{
	struct sim_ledger *l = o->ledger;
	for (uint64_t number; sim_ledger_sent(l, w, &octets, &number); sim_ledger_requested(l, w, number)) {
		struct sim_job *j = sim_ledger_job(l, number), *last = w->last_sent ? sim_ledger_job(l, w->last_sent) : j;
		set_subject(o, w, number);
		sim_ledger_next(l, w); /* answers that nobody waits for any more */
		EXPECT(number && number <= l->n_jobs, SIM_RIGHT_RESULT, "was never submitted");
		EXPECT(w->requests - w->results < o->scenario->pool.load || w->is_void, SIM_AT_MOST_LOAD, "is one call too many");
		EXPECT(number > w->last_sent || j->returned_from || last->returned_from || l->is_murky, SIM_IN_ORDER,
		       "is sent after job %llu", N(w->last_sent));
		EXPECT(!j->is_condemned, SIM_RIGHT_OUTCOME, "is tried again after a fault of its worker");
	}
}

void sim_oracle_begun(struct sim_oracle *o, struct sim_witness *w, uint64_t number)
{
	const struct sim_job *j = sim_ledger_job(o->ledger, number);
	set_subject(o, w, number);
	sim_ledger_begun(o->ledger, w, number);
	EXPECT(number && number <= o->ledger->n_jobs, SIM_RIGHT_RESULT, "was never submitted");
	EXPECT(j->begun <= 1 + j->limits.retries + j->excused, SIM_BEGUN_ONCE, "is begun %u times", j->begun);
}

void sim_oracle_unread(struct sim_oracle *o, struct sim_witness *w)
{
	bool is_excused = w->killed || w->is_void || w->is_faulty || w->is_unread || is_given_up(o->ledger, w);
	set_subject(o, w, 0);
	EXPECT(is_excused, SIM_DELIVERED, "what it sent was not all read");
	sim_ledger_lost_octets(o->ledger, w);
}

/* What came to the application is the next that the worker made. */
static void judge_frame(struct sim_oracle *o, struct sim_witness *w, enum sim_frame_kind kind, const struct fp_item *items, size_t n)
{
	const struct sim_frame *f = sim_ledger_next(o->ledger, w);
	w->is_faulty |= f && f->kind == SIM_FRAME_VOID;
	if (w->is_faulty)
		return;
	EXPECT(f && f->kind == kind, SIM_DELIVERED, "what comes is not what it sent next");
	if (o->broken)
		return;
	uint64_t number = n >= 2 ? sim_ledger_number(items[1].data, items[1].len) : 0;
	EXPECT(f->number == number, SIM_IN_ORDER, "frame %llu comes where %u is next", N(number), f->number);
	EXPECT(f->job == o->job && (!f->job || sim_ledger_number(items[0].data, items[0].len) == f->job), SIM_RIGHT_RESULT,
	       "has the result of job %llu", N(f->job));
	sim_ledger_came(o->ledger, w);
}

/* In the queue a stands before b: what came back stands in front of all that was there, in the order it had in its worker. */
static bool is_in_front(const struct sim_job *a, const struct sim_job *b)
{
	if (!b->returned_from)
		return a->returned_from || a < b;
	bool is_one_return = a->returned_from == b->returned_from && a->returned_ns == b->returned_ns;
	return a->returned_from && (is_one_return ? a->returned_order < b->returned_order : a->returned_ns > b->returned_ns);
}

static bool is_overtaken(const struct sim_job *a, const struct sim_job *b)
{
	return b->given_ns < a->given_ns && a->given_ns != FP_NEVER && sim_later(a->submitted_ns, a->returned_ns) < b->given_ns &&
	       is_in_front(a, b);
}

static void judge_order(struct sim_oracle *o, const struct sim_ledger *l, uint64_t number)
{
	uint64_t n = l->returned ? NEIGHBOURS : 1;
	const struct sim_job *j = &l->jobs[number - 1];
	for (uint64_t k = number > n ? number - n : 1; k <= number + n && k <= l->n_jobs && !l->is_murky; k++)
		EXPECT(!is_overtaken(j, &l->jobs[k - 1]) && !is_overtaken(&l->jobs[k - 1], j), SIM_IN_ORDER,
		       "is given to a worker in the wrong order with job %llu", N(k));
}

/* For how long it ran, as far as the pool can know: in a sync worker not before the call in front of it has ended. */
static uint64_t ran_ns(const struct sim_ledger *l, const struct sim_witness *w, const struct fp_result *r, uint64_t freed_ns)
{
	uint64_t began_ns = sim_later(*l->now_ns - r->run_ns, w->started_ns);
	return *l->now_ns - (l->scenario->pool.async ? began_ns : sim_later(began_ns, freed_ns));
}

static void judge_ok(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *j, const struct fp_result *r)
{
	const struct sim_ledger *l = o->ledger;
	sim_ledger_next(o->ledger, w); /* one that nobody waits for any more may have come before */
	uint64_t its_ns = ran_ns(l, w, r, w->freed_ns), queue_ns = j->limits.queue_timeout_ns, run_ns = j->limits.run_timeout_ns;
	judge_frame(o, w, SIM_FRAME_ANSWER, r->items, r->n);
	EXPECT(r->queued_ns + r->run_ns == *l->now_ns - j->submitted_ns, SIM_RIGHT_OUTCOME, "another time has passed");
	EXPECT(w->is_faulty || !run_ns || its_ns <= run_ns, SIM_ON_TIME, "ran too long and is ok");
	EXPECT(!queue_ns || *l->now_ns - r->run_ns <= sim_later(j->submitted_ns, l->lost_ns) + queue_ns, SIM_ON_TIME, "waited too long and is ok");
}

/* In a sync worker that was read to its end only the oldest call can have run. */
static void judge_crashed(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *j, const struct fp_result *r)
{
	const struct sim_frame *f = sim_ledger_next(o->ledger, w);
	bool was_read = r->reason == FP_NONE || r->reason == FP_EOF || r->reason == FP_TRUNCATED;
	bool is_known = r->exit_status != -1 || r->signal, is_right = r->exit_status == w->exit_status && r->signal == w->signal;
	bool is_awaited = !w->is_void && !w->killed && o->scenario->pool.grace_ns && o->scenario->process.told && w->is_started;
	EXPECT(j->sent > j->limits.retries, SIM_RIGHT_OUTCOME, "crashed and should have been tried again");
	EXPECT(o->scenario->pool.async || !w->crashed || !was_read, SIM_RIGHT_OUTCOME, "crashed with another");
	EXPECT(!f || f->kind != SIM_FRAME_ANSWER || f->job != o->job || w->is_faulty, SIM_RIGHT_OUTCOME, "crashed and was answered");
	EXPECT(is_known ? is_right : !is_awaited, SIM_RIGHT_OUTCOME, "crashed otherwise than is said");
}

/* At its limit, not before and not after: the clock is the pool's own. */
static void judge_timeout(struct sim_oracle *o, const struct sim_witness *w, const struct sim_job *j, const struct fp_result *r)
{
	const struct sim_ledger *l = o->ledger;
	uint64_t queue_ns = j->limits.queue_timeout_ns, run_ns = j->limits.run_timeout_ns, waited_ns = *l->now_ns - j->submitted_ns;
	bool has_waited = queue_ns && (r->worker ? l->losses && waited_ns >= queue_ns : waited_ns == queue_ns);
	bool has_run = w && run_ns && ran_ns(l, w, r, w->answered_ns) >= run_ns && ran_ns(l, w, r, w->freed_ns) <= run_ns;
	EXPECT(has_waited || has_run || (w && w->is_void), SIM_ON_TIME, "does not time out when it is time");
	EXPECT(!has_run || has_waited || j->sent_to != w->number || w->state > (o->scenario->pool.async ? FP_WORKER_UP : FP_WORKER_RETIRING), SIM_ON_TIME,
	       "goes on past its limit");
}

static void judge_outcome(struct sim_oracle *o, struct sim_witness *w, const struct fp_result *r)
{
	const struct sim_job *j = sim_ledger_job(o->ledger, o->job);
	bool was_sent = w && j->sent_to == w->number;
	const bool may_be[FP_OUTCOMES] = {[FP_OK] = was_sent || (w && w->is_faulty), [FP_CRASHED] = was_sent,
	                                  [FP_TIMEOUT] = true,     [FP_CANCELLED] = j->is_cancelled,
	                                  [FP_SHUTDOWN] = true,    [FP_PROTOCOL] = was_sent && w->is_void};
	EXPECT(!j->outcomes, SIM_ONE_OUTCOME, "has a second outcome");
	EXPECT(may_be[r->outcome], SIM_RIGHT_OUTCOME, "cannot be %s", fp_outcome_name(r->outcome));
	if (w && r->outcome == FP_OK)
		judge_ok(o, w, j, r);
	else if (w && r->outcome == FP_CRASHED)
		judge_crashed(o, w, j, r);
	else if (r->outcome == FP_TIMEOUT)
		judge_timeout(o, w, j, r);
	sim_ledger_outcome(o->ledger, w, r, o->job);
	if (r->outcome == FP_OK)
		judge_order(o, o->ledger, o->job);
}

/* ---- starts and stops ---- */

/* A second failure in a row brings a pause, each further one doubles it. */
static uint64_t pause_end_ns(const struct sim_ledger *l)
{
	uint64_t doublings = l->failures - 2 < 16 ? l->failures - 2 : 16, pause_ns = FP_START_PAUSE_MIN_NS << doublings;
	return l->failures < 2 ? 0 : l->failed_ns + (pause_ns < FP_START_PAUSE_MAX_NS ? pause_ns : FP_START_PAUSE_MAX_NS);
}

static bool may_pause(const struct sim_ledger *l)
{
	return l->doubts >= 2 && *l->now_ns < l->doubted_ns + FP_START_PAUSE_MAX_NS;
}

static uint64_t idle_max(const struct sim_oracle *o)
{
	return sim_later(o->scenario->pool.max_idle, o->scenario->pool.min_idle);
}

/* One is stopped that was idle for long, and longest, and is one too many; those whose START is yet to come count, too.
 * Another reason may still be to be told. */
static const char *wrong_stop(struct sim_oracle *o, struct sim_witness *w)
{
	struct sim_ledger *l = o->ledger;
	const struct sim_scenario *s = o->scenario;
	if (s->pool.calls_max || w->has_retired || w->is_void)
		return NULL;
	if (l->is_closing)
		return *l->waiting && !l->drain.losses ? "calls wait" : NULL;
	for (struct fp_link *k = fp_list_first(&l->touched); k; k = fp_list_after(&l->touched, k))
		sim_ledger_next(l, FP_OWNER(k, struct sim_witness, touched));
	for (struct fp_link *k = fp_list_first(&l->idle); k; k = fp_list_after(&l->idle, k))
		if (FP_OWNER(k, struct sim_witness, idle)->idle_since_ns < w->idle_since_ns)
			return "another was idle for longer";
	uint64_t due = sim_later(idle_max(o) + l->busy, s->pool.min > l->frozen ? s->pool.min - l->frozen : 0);
	uint64_t alive = l->alive + l->drain.retired - 1; /* those may have retired after this one was to be stopped */
	w->doubt.starts = due > alive ? due - alive + l->drain.starts : 0;
	return w->requests > w->results || *l->now_ns - w->idle_since_ns < s->pool.idle_time_ns ? "it was not idle" : NULL;
}

static void judge_state(struct sim_oracle *o, struct sim_witness *w, const struct fp_trace *t)
{
	bool is_stop = w && w->state <= FP_WORKER_UP && t->to == FP_WORKER_RETIRING;
	sim_ledger_state(o->ledger, w, t);
	if (is_stop)
		w->doubt.stop = wrong_stop(o, w);
}

static void judge_start(struct sim_oracle *o, const struct sim_witness *w)
{
	const struct sim_ledger *l = o->ledger;
	const struct sim_scenario *s = o->scenario;
	EXPECT(l->drain.has_read || *l->now_ns >= o->pause_until_ns, SIM_MAY_START, "is started too soon after %llu failures", N(l->failures));
	o->is_in_vain |= !l->open_before && (l->is_closing || (l->alive >= s->pool.min && !s->pool.min_idle));
	o->has_ticked |= l->alive && l->alive >= s->pool.min && w->number > s->pool.min_idle;
	o->start_ns = FP_NEVER;
}

/* Asked to end, terminated after grace, killed after grace again; at once only who has it coming. */
static void judge_kill(struct sim_oracle *o, struct sim_witness *w, int signal)
{
	const struct sim_ledger *l = o->ledger;
	uint64_t grace_ns = o->scenario->pool.grace_ns;
	bool is_due = l->is_aborting || w->has_timed_out || w->is_void || w->is_faulty ||
	              (w->state > FP_WORKER_UP && *l->now_ns >= w->ended_ns + grace_ns);
	EXPECT(signal != SIGTERM || !w->killed, SIM_ENDED_WELL, "is terminated again");
	EXPECT(signal != SIGKILL || !grace_ns || *l->now_ns >= fp_after(w->killed_ns, grace_ns), SIM_ENDED_WELL, "is killed too soon");
	w->doubt.is_early_kill |= w->killed_ns == FP_NEVER && !is_due;
}

static void judge_gone(struct sim_oracle *o, struct sim_witness *w)
{
	sim_ledger_next(o->ledger, w);
	bool is_told_of = w->is_error_told || w->is_doomed || o->ledger->is_aborting;
	bool has_lost = w->has_failed || (!w->is_void && w->requests > w->results);
	EXPECT(is_told_of || !has_lost, SIM_FAILURE_TOLD, "did not start, or was lost with a call, and that is not told");
}

static void judge_worker_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op)
{
	const struct sim_ledger *l = o->ledger;
	bool is_after = op->kind == FP_OP_GONE || op->kind == FP_OP_ERROR || op->kind == FP_OP_KILL;
	bool is_due = !w->has_left || w->is_void || op->reason == FP_NOMEM || is_given_up(l, w);
	EXPECT(is_after || !w->is_closed, SIM_OPERATIONS, "is used after it was closed");
	EXPECT(op->kind != FP_OP_HALF_CLOSE || !w->is_half_closed, SIM_OPERATIONS, "is half-closed again");
	EXPECT(op->kind != FP_OP_WRITE || !w->is_told || w->is_owed || w->told_in == l->drains, SIM_OPERATIONS, "is given a call, and has ended");
	EXPECT(op->kind != FP_OP_ERROR || is_due, SIM_FAILURE_TOLD, "did all it had to, and an error is told");
	/* a transition comes later than what follows from it, or not at all where there are too many in a drain */
	if (op->kind == FP_OP_HALF_CLOSE && w->state <= FP_WORKER_UP)
		judge_state(o, w, &(struct fp_trace){w->number, w->state, FP_WORKER_RETIRING, FP_NONE});
	else if (op->kind == FP_OP_GONE && w->state != FP_WORKER_LOST)
		judge_state(o, w, &(struct fp_trace){w->number, w->state, FP_WORKER_LOST, FP_NONE});
	if (op->kind == FP_OP_START)
		judge_start(o, w);
	else if (op->kind == FP_OP_EVENT)
		judge_frame(o, w, SIM_FRAME_EVENT, op->items, op->n);
	else if (op->kind == FP_OP_KILL)
		judge_kill(o, w, op->signal);
	else if (op->kind == FP_OP_GONE)
		judge_gone(o, w);
}

void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job)
{
	set_subject(o, w, job);
	EXPECT(!o->ledger->is_destroyed, SIM_OPERATIONS, "something comes after the end");
	EXPECT(op->kind != FP_OP_DESTROYED || !o->ledger->open, SIM_ONE_OUTCOME, "%llu calls have no outcome at the end", N(o->ledger->open));
	if (op->kind == FP_OP_OUTCOME) {
		judge_outcome(o, w, &op->result);
	} else if (op->kind == FP_OP_TRACE) {
		judge_state(o, w, &op->trace);
	} else {
		if (w)
			judge_worker_op(o, w, op);
		sim_ledger_op(o->ledger, w, op);
	}
	set_subject(o, NULL, 0);
}

void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s)
{
	const struct sim_ledger *l = o->ledger;
	for (int i = 0; i < FP_OUTCOMES; i++)
		EXPECT(s->outcomes[i] == l->told[i], SIM_STATS, "%llu calls are counted as %s, which %llu had", N(s->outcomes[i]), fp_outcome_name((enum fp_outcome)i), N(l->told[i]));
	EXPECT(s->calls == l->n_jobs, SIM_STATS, "%llu calls are counted of %llu", N(s->calls), N(l->n_jobs));
}

/* ---- what must be so when no operation is left ---- */

static void judge_worker(struct sim_oracle *o, struct sim_witness *w)
{
	struct sim_ledger *l = o->ledger;
	uint64_t calls_max = o->scenario->pool.calls_max;
	const struct sim_frame *f = w->is_faulty ? NULL : sim_ledger_next(l, w);
	bool is_open = w->is_started && !w->is_void && !w->is_faulty && !w->is_closed;
	set_subject(o, w, 0);
	EXPECT(!w->doubt.stop || w->has_timed_out, SIM_MAY_STOP, "is stopped, and %s", w->doubt.stop);
	EXPECT(l->drain.starts >= w->doubt.starts || w->has_timed_out, SIM_MAY_STOP, "is stopped, and too few are left");
	EXPECT(!w->doubt.is_early_kill || w->is_faulty, SIM_ENDED_WELL, "is terminated too soon");
	w->doubt.stop = NULL;
	w->doubt.starts = 0;
	EXPECT(!f || f->kind == SIM_FRAME_VOID, SIM_DELIVERED, "what it sent was read and does not come");
	EXPECT(!is_open || w->state != FP_WORKER_RETIRING || w->is_half_closed || w->is_given, SIM_OPERATIONS, "retires and is not half-closed");
	EXPECT(!calls_max || !is_open || w->requests <= calls_max, SIM_AT_MOST_LOAD, "has more calls than calls_max");
	EXPECT(!calls_max || !is_open || w->results < calls_max || w->state > FP_WORKER_UP, SIM_MAY_STOP, "had its last call and does not end");
}

/* Calls wait for busy_time: another worker. More are idle than may be, for idle_time: one is stopped. */
static uint64_t due_ns(struct sim_oracle *o)
{
	const struct sim_ledger *l = o->ledger;
	const struct sim_scenario *s = o->scenario;
	bool has_come = l->drain.submitted || l->drain.answered || l->drain.starts || l->drain.has_lost;
	bool is_short = *l->waiting && l->alive + l->frozen < s->pool.max && !may_pause(l);
	bool is_excess = l->n_idle > idle_max(o) && l->alive > s->pool.min;
	uint64_t start_ns = *l->now_ns + (l->alive + l->frozen ? s->pool.busy_time_ns : 0);
	if (!is_short)
		o->start_ns = FP_NEVER;
	else if (start_ns < o->start_ns && has_come && !l->drain.retired)
		o->start_ns = start_ns;
	if (!is_excess || l->drain.endings)
		o->excess_since_ns = FP_NEVER;
	if (is_excess && o->excess_since_ns == FP_NEVER)
		o->excess_since_ns = *l->now_ns;
	uint64_t stop_ns = fp_after(is_excess ? sim_later(o->excess_since_ns, l->idled_ns) : FP_NEVER, s->pool.idle_time_ns);
	return o->start_ns < stop_ns ? o->start_ns : stop_ns;
}

static void judge_workers(struct sim_oracle *o, const struct sim_ledger *l)
{
	const struct sim_scenario *s = o->scenario;
	bool has_looked = l->drain.answered || l->drain.left || l->drain.is_closed;
	bool has_given = l->drain.submitted || l->drain.losses || l->waiting_before != l->drain.left;
	bool is_clocked = o->has_ticked && !l->drain.endings;
	EXPECT(!is_clocked || !o->clock_ns || *l->now_ns >= o->clock_ns + s->pool.busy_time_ns, SIM_MAY_START,
	       "a worker is started too soon after another");
	o->clock_ns = is_clocked ? *l->now_ns : o->clock_ns;
	/* the end of another may be told after the start that it led to */
	EXPECT(!o->is_in_vain || (!l->is_closing && s->pool.min && l->drain.endings), SIM_MAY_START, "a worker is started, and nothing is waiting");
	EXPECT(l->alive <= s->pool.max, SIM_AT_MOST_MAX, "there are %llu workers", N(l->alive));
	EXPECT(l->alive + l->frozen >= s->pool.min || l->is_closing || may_pause(l), SIM_MAY_START, "there are %llu workers", N(l->alive));
	EXPECT(!l->is_closing || *l->waiting || !has_looked || has_given || !l->alive || l->alive > FP_TRACES_MAX, SIM_MAY_STOP,
	       "%llu workers go on after close, for no call", N(l->alive));
	EXPECT(!*l->waiting || fp_list_is_empty(&l->idle), SIM_ON_TIME, "a call waits, and a worker is idle");
	EXPECT(*l->now_ns <= o->due_ns, SIM_ON_TIME, "a worker was to be started or stopped before");
	o->due_ns = due_ns(o);
	EXPECT(*l->now_ns < o->due_ns, SIM_ON_TIME, "a worker is to be started or stopped now");
}

static void judge_queue(struct sim_oracle *o, const struct sim_ledger *l)
{
	uint64_t queue_max = o->scenario->pool.queue_max, full = o->scenario->pool.queue_bytes_max ? 1 : queue_max;
	bool is_hopeless = l->is_closing && !l->alive && !l->frozen && l->failures >= FP_START_FAILURES_MAX;
	bool may_give_up = l->is_aborting || (l->is_closing && l->doubts >= FP_START_FAILURES_MAX);
	EXPECT(!l->is_aborting || !l->open, SIM_RIGHT_OUTCOME, "%llu calls go on after an abort", N(l->open));
	EXPECT(!is_hopeless || !*l->waiting || !l->drain.losses || l->drain.retired, SIM_ENDS_ALL, "calls wait, and no worker can be started");
	EXPECT(!l->drain.shut_down || may_give_up, SIM_RIGHT_OUTCOME, "a call ends as if the pool did");
	EXPECT(*l->waiting <= l->open, SIM_STATS, "%llu calls wait of %llu", N(*l->waiting), N(l->open));
	EXPECT(!queue_max || l->losses || *l->waiting <= queue_max, SIM_QUEUE_MAX, "%llu calls wait", N(*l->waiting));
	EXPECT(!l->is_full || l->is_closing || *l->waiting >= full, SIM_QUEUE_MAX, "there is room after a refusal, and it is not told");
}

void sim_oracle_drained(struct sim_oracle *o)
{
	for (struct sim_witness *w; (w = sim_ledger_touched(o->ledger));)
		judge_worker(o, w);
	set_subject(o, NULL, 0);
	judge_workers(o, o->ledger);
	judge_queue(o, o->ledger);
	o->pause_until_ns = pause_end_ns(o->ledger);
	o->has_ticked = o->is_in_vain = false;
	sim_ledger_drained(o->ledger);
}
