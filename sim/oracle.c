/* What a pool promises. See oracle.h; what it is judged by is in ledger.h. */
#include "oracle.h"

#include <signal.h> /* numbers only */
#include <stdarg.h>
#include <stdio.h>

#define NEIGHBOURS 32u /* calls on either side that are compared where some went back to the queue */

#define N(x) ((unsigned long long)(x)) /* integers for the format %llu */
#define EXPECT(truth, promise, ...) ((truth) ? (void)0 : sim_oracle_break(o, promise, __VA_ARGS__))

static const char *const names[SIM_PROMISES] = {
	"kept",         "one-outcome", "right-outcome", "right-result", "in-order", "delivered", "at-most-max",
	"at-most-load", "begun-once",  "may-start",     "may-stop",     "on-time",  "queue-max", "operations",
	"ends-all",     "stats",       "ended-well",    "failure-told", "memory",   "assertion"};

const char *sim_promise_name(enum sim_promise p)
{
	return names[p];
}

void sim_oracle_init(struct sim_oracle *o, struct sim_ledger *l)
{
	*o = (struct sim_oracle){.ledger = l, .pool = &l->scenario->pool};
	o->due_ns = o->start_ns = o->excess_since_ns = FP_NEVER;
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

static void about(struct sim_oracle *o, const struct sim_witness *w, uint64_t job)
{
	o->worker = w ? w->number : 0;
	o->job = job;
}

/* ---- calls ---- */

void sim_oracle_submitted(struct sim_oracle *o, enum fp_reason refused)
{
	uint64_t waiting = *o->ledger->waiting;
	bool may_be_full = o->pool->queue_bytes_max || waiting >= o->pool->queue_max;
	EXPECT(refused != FP_FULL || may_be_full, SIM_QUEUE_MAX, "a call is refused while %llu wait", N(waiting));
	EXPECT((refused == FP_CLOSED) == o->ledger->is_closing, SIM_RIGHT_OUTCOME, "a call is refused as after close, or is not");
}

void sim_oracle_requested(struct sim_oracle *o, struct sim_witness *w, uint64_t job)
{
	struct sim_ledger *l = o->ledger;
	const struct sim_job *j = sim_ledger_job(l, job);
	about(o, w, job);
	sim_ledger_next(l, w); /* answers that nobody waits for any more */
	EXPECT(job && job <= l->n_jobs, SIM_RIGHT_RESULT, "was never submitted");
	EXPECT(w->is_void || w->requests - w->results < o->pool->load, SIM_AT_MOST_LOAD, "is more than load");
	EXPECT(w->is_void || !o->pool->calls_max || w->requests < o->pool->calls_max, SIM_AT_MOST_LOAD, "is more than calls_max");
	EXPECT(sim_ledger_is_in_turn(l, w, job), SIM_IN_ORDER, "comes after a later one");
	EXPECT(!j->is_condemned, SIM_RIGHT_OUTCOME, "is tried again after a fault of its worker");
}

/* What comes to the application is the next that the worker made. */
static void judge_frame(struct sim_oracle *o, struct sim_witness *w, enum sim_frame_kind kind, const struct fp_item *in, size_t n)
{
	const struct sim_frame *f = sim_ledger_next(o->ledger, w);
	uint64_t number = sim_ledger_number(in, n, 1), job = o->job ? sim_ledger_number(in, n, 0) : 0;
	bool is_next = f && f->kind == kind;
	if (w->is_faulty)
		return;
	EXPECT(is_next, SIM_DELIVERED, "what comes is not what was sent next");
	EXPECT(!is_next || f->number == number, SIM_IN_ORDER, "frame %llu comes, and another is next", N(number));
	EXPECT(!is_next || (f->job == o->job && job == o->job), SIM_RIGHT_RESULT, "has the result of job %llu", N(f->job));
}

static bool is_overtaken(const struct sim_job *a, const struct sim_job *b)
{
	return a->place < b->place && a->queued_ns < b->given_ns && b->given_ns < a->given_ns;
}

static void judge_ok(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *known, const struct fp_result *r)
{
	const struct sim_ledger *l = o->ledger;
	struct sim_job j = *known; /* and what its outcome says */
	uint64_t queue_ns = j.limits.queue_timeout_ns, run_ns = j.limits.run_timeout_ns, n = l->front ? NEIGHBOURS : 1;
	j.given_ns = *l->now_ns - r->run_ns;
	judge_frame(o, w, SIM_FRAME_ANSWER, r->items, r->n); /* first: an answer that nobody waits for may have come before */
	uint64_t ran_ns = sim_ledger_ran_ns(l, w, j.given_ns, w->freed_ns), since_ns = sim_later(j.submitted_ns, l->lost_ns);
	EXPECT(r->queued_ns + r->run_ns == *l->now_ns - j.submitted_ns, SIM_RIGHT_OUTCOME, "another time has passed than is said");
	EXPECT(w->is_faulty || !run_ns || ran_ns <= run_ns, SIM_ON_TIME, "ran too long and is ok");
	EXPECT(!queue_ns || j.given_ns <= since_ns + queue_ns, SIM_ON_TIME, "waited too long and is ok");
	for (uint64_t k = o->job > n ? o->job - n : 1; k <= o->job + n && k <= l->n_jobs && !l->is_murky; k++)
		EXPECT(!is_overtaken(&j, &l->jobs[k - 1]) && !is_overtaken(&l->jobs[k - 1], &j), SIM_IN_ORDER,
		       "is given to a worker in the wrong order with job %llu", N(k));
}

/* In a sync worker that was read to its end only the oldest call can have run. */
static void judge_crashed(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *j, const struct fp_result *r)
{
	const struct sim_frame *f = sim_ledger_next(o->ledger, w);
	bool was_read = r->reason == FP_NONE || r->reason == FP_EOF || r->reason == FP_TRUNCATED;
	bool is_answered = f && f->kind == SIM_FRAME_ANSWER && f->job == o->job && !w->is_faulty;
	bool is_known = r->exit_status != -1 || r->signal, is_right = r->exit_status == w->exit_status && r->signal == w->signal;
	bool is_awaited = !w->is_void && !w->killed && o->pool->grace_ns && o->ledger->scenario->process.told && w->is_started;
	EXPECT(j->sent > j->limits.retries, SIM_RIGHT_OUTCOME, "crashed and should have been tried again");
	EXPECT(o->pool->async || !w->crashed || !was_read, SIM_RIGHT_OUTCOME, "crashed, as another did already");
	EXPECT(!is_answered, SIM_RIGHT_OUTCOME, "crashed, and its answer had come");
	EXPECT(is_known ? is_right : !is_awaited, SIM_RIGHT_OUTCOME, "crashed, and how is not said, or wrong");
}

/* At its limit, not before and not after: the clock is the pool's own. */
static void judge_timeout(struct sim_oracle *o, const struct sim_witness *w, const struct sim_job *j, const struct fp_result *r)
{
	const struct sim_ledger *l = o->ledger;
	uint64_t queue_ns = j->limits.queue_timeout_ns, run_ns = j->limits.run_timeout_ns, given_ns = *l->now_ns - r->run_ns;
	uint64_t waited_ns = *l->now_ns - j->submitted_ns;
	bool has_waited = queue_ns && (r->worker ? l->losses && waited_ns >= queue_ns : waited_ns == queue_ns);
	bool has_run = w && run_ns && sim_ledger_ran_ns(l, w, given_ns, w->answered_ns) >= run_ns &&
	               sim_ledger_ran_ns(l, w, given_ns, w->freed_ns) <= run_ns;
	bool is_ended = w && w->state > (o->pool->async ? FP_WORKER_UP : FP_WORKER_RETIRING);
	EXPECT(has_waited || has_run || (w && w->is_void), SIM_ON_TIME, "does not time out when it is time");
	EXPECT(!has_run || has_waited || j->sent_to != w->number || is_ended, SIM_ON_TIME, "goes on past its limit");
}

static void judge_outcome(struct sim_oracle *o, struct sim_witness *w, const struct fp_result *r)
{
	const struct sim_job *j = sim_ledger_job(o->ledger, o->job);
	if (w && r->outcome == FP_OK)
		judge_ok(o, w, j, r);
	else if (w && r->outcome == FP_CRASHED)
		judge_crashed(o, w, j, r);
	else if (r->outcome == FP_TIMEOUT)
		judge_timeout(o, w, j, r);
	bool was_sent = w && j->sent_to == w->number;
	const bool may_be[FP_OUTCOMES] = {[FP_OK] = was_sent || (w && w->is_faulty), [FP_CRASHED] = was_sent,
	                                  [FP_PROTOCOL] = was_sent && w->is_void,    [FP_CANCELLED] = j->is_cancelled,
	                                  [FP_TIMEOUT] = true,                       [FP_SHUTDOWN] = true};
	EXPECT(may_be[r->outcome], SIM_RIGHT_OUTCOME, "cannot be %s", fp_outcome_name(r->outcome));
	EXPECT(!j->outcomes, SIM_ONE_OUTCOME, "has a second outcome");
	EXPECT(j->begun <= 1 + j->limits.retries + j->excused, SIM_BEGUN_ONCE, "was begun %u times", j->begun);
}

/* ---- workers ---- */

/* A worker is asked to end, terminated after grace, killed after grace again; at once only if it has it coming. What it lost
 * is told before it is gone. */
static void judge_worker_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op)
{
	const struct sim_ledger *l = o->ledger;
	uint64_t grace_ns = o->pool->grace_ns, now_ns = *l->now_ns;
	bool is_after = op->kind == FP_OP_GONE || op->kind == FP_OP_ERROR || op->kind == FP_OP_KILL;
	bool can_read = !w->is_told || w->is_owed || w->told_in == l->drains;
	bool is_given_up = sim_ledger_is_given_up(l, w), is_told = w->is_error_told || w->is_doomed || l->is_aborting;
	bool has_failed = !w->has_left || w->is_void || op->reason == FP_NOMEM || is_given_up;
	bool is_wild = l->is_aborting || w->has_timed_out || w->is_void || w->is_faulty;
	bool may_end = is_wild || w->killed_ns != FP_NEVER || (w->state > FP_WORKER_UP && now_ns >= w->ended_ns + grace_ns);
	bool may_kill = !grace_ns || now_ns >= fp_after(w->killed_ns, grace_ns);
	EXPECT(is_after || !w->is_closed, SIM_OPERATIONS, "is used after it was closed");
	EXPECT(op->kind != FP_OP_HALF_CLOSE || !w->is_half_closed, SIM_OPERATIONS, "is half-closed again");
	EXPECT(op->kind != FP_OP_WRITE || can_read, SIM_OPERATIONS, "has ended and is given a call");
	EXPECT(op->kind != FP_OP_ERROR || has_failed, SIM_FAILURE_TOLD, "did all it had to, and an error is told");
	if (op->kind == FP_OP_KILL) {
		EXPECT(may_end, SIM_ENDED_WELL, "is terminated too soon");
		EXPECT(op->signal != SIGTERM || !w->killed, SIM_ENDED_WELL, "is terminated again");
		EXPECT(op->signal == SIGTERM || may_kill, SIM_ENDED_WELL, "is killed too soon");
	} else if (op->kind == FP_OP_START) {
		EXPECT(now_ns >= o->pause_until_ns || l->drain.has_read, SIM_MAY_START, "starts too soon after failures");
		o->is_in_vain |= !l->open_before && (l->is_closing || (l->alive >= o->pool->min && !o->pool->min_idle));
		o->has_ticked |= l->alive && l->alive >= o->pool->min && w->number > o->pool->min_idle;
		o->start_ns = FP_NEVER;
	} else if (op->kind == FP_OP_EVENT) {
		judge_frame(o, w, SIM_FRAME_EVENT, op->items, op->n);
	} else if (op->kind == FP_OP_GONE) {
		sim_ledger_next(o->ledger, w);
		bool has_lost = w->has_failed || (!w->is_void && w->requests > w->results);
		EXPECT(is_told || !has_lost, SIM_FAILURE_TOLD, "did not start, or was lost with a call, and that is not told");
		EXPECT(!w->is_cut || w->is_void || w->is_faulty || is_given_up, SIM_DELIVERED, "what it sent was not all read");
	}
}

void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job)
{
	about(o, w, job);
	EXPECT(!o->ledger->is_destroyed, SIM_OPERATIONS, "something comes after the end");
	EXPECT(op->kind != FP_OP_DESTROYED || !o->ledger->open, SIM_ONE_OUTCOME, "%llu calls have no outcome", N(o->ledger->open));
	if (op->kind == FP_OP_OUTCOME)
		judge_outcome(o, w, &op->result);
	else if (op->kind != FP_OP_TRACE && w)
		judge_worker_op(o, w, op);
	about(o, NULL, 0);
}

void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s)
{
	const struct sim_ledger *l = o->ledger;
	for (enum fp_outcome i = 0; i < FP_OUTCOMES; i++)
		EXPECT(s->outcomes[i] == l->told[i], SIM_STATS, "%llu are counted as %s", N(s->outcomes[i]), fp_outcome_name(i));
	EXPECT(s->calls == l->n_jobs, SIM_STATS, "%llu calls are counted of %llu", N(s->calls), N(l->n_jobs));
}

/* ---- what must be so when no operation is left ---- */

/* One is stopped that was idle for long, and longest, and is one too many; those whose START is yet to come count, too. */
static bool may_stop(const struct sim_oracle *o, const struct sim_witness *w)
{
	const struct sim_pool_options *p = o->pool;
	const struct sim_stop *s = &w->stop;
	uint64_t busy = sim_later(p->max_idle, p->min_idle) + s->busy, needed = sim_later(busy + s->frozen, p->min) - s->frozen;
	bool is_old = s->was_idle && s->was_longest && s->idle_ns >= p->idle_time_ns;
	bool is_spare = o->ledger->is_closing ? !s->waiting : is_old && s->alive + o->ledger->drain.starts >= needed;
	return is_spare || p->calls_max || w->has_retired || w->is_void || w->has_timed_out;
}

static void judge_worker(struct sim_oracle *o, struct sim_witness *w)
{
	const struct sim_frame *f = sim_ledger_next(o->ledger, w);
	bool is_open = w->is_started && !w->is_void && !w->is_faulty && !w->is_closed;
	bool is_spent = o->pool->calls_max && w->results >= o->pool->calls_max && w->state <= FP_WORKER_UP;
	about(o, w, 0);
	EXPECT(w->stop.drain != o->ledger->drains || may_stop(o, w), SIM_MAY_STOP, "is stopped, and should not be");
	EXPECT(!f || w->is_faulty, SIM_DELIVERED, "what it sent was read and does not come");
	EXPECT(!is_open || w->state != FP_WORKER_RETIRING || w->is_half_closed || w->is_given, SIM_OPERATIONS, "stays half-open");
	EXPECT(!is_open || !is_spent, SIM_MAY_STOP, "had its last call and does not end");
}

/* A second failure in a row brings a pause, each further one doubles it. */
static uint64_t pause_end_ns(const struct sim_ledger *l)
{
	uint64_t doublings = l->failures - 2 < 16 ? l->failures - 2 : 16, pause_ns = FP_START_PAUSE_MIN_NS << doublings;
	return l->failures < 2 ? 0 : l->failed_ns + (pause_ns < FP_START_PAUSE_MAX_NS ? pause_ns : FP_START_PAUSE_MAX_NS);
}

/* Calls wait for busy_time: another worker. More are idle than may be, for idle_time: one is stopped. */
static uint64_t due_ns(struct sim_oracle *o, const struct sim_ledger *l, uint64_t n, bool may_pause)
{
	const struct sim_pool_options *p = o->pool;
	bool has_come = l->drain.submitted || l->drain.answered || l->drain.starts || l->drain.has_lost;
	bool is_short = *l->waiting && n < p->max && !may_pause;
	bool is_excess = l->standing[SIM_IDLE] > sim_later(p->max_idle, p->min_idle) && l->alive > p->min;
	uint64_t start_ns = *l->now_ns + (n ? p->busy_time_ns : 0);
	if (!is_short || (start_ns < o->start_ns && has_come && !l->drain.retired))
		o->start_ns = is_short ? start_ns : FP_NEVER;
	if (!is_excess || l->drain.endings || o->excess_since_ns == FP_NEVER)
		o->excess_since_ns = is_excess ? *l->now_ns : FP_NEVER;
	uint64_t stop_ns = is_excess ? fp_after(sim_later(o->excess_since_ns, l->idled_ns), p->idle_time_ns) : FP_NEVER;
	return o->start_ns < stop_ns ? o->start_ns : stop_ns;
}

static void judge_workers(struct sim_oracle *o, const struct sim_ledger *l)
{
	const struct sim_pool_options *p = o->pool;
	uint64_t now_ns = *l->now_ns, n = l->alive + l->standing[SIM_FROZEN];
	bool may_pause = l->doubts >= 2 && now_ns < l->doubted_ns + FP_START_PAUSE_MAX_NS;
	bool has_ticked = o->has_ticked && !l->drain.endings; /* the end of another may be told after the start that it led to */
	bool is_needed = !l->is_closing && p->min && l->drain.endings;
	bool has_looked = l->drain.answered || l->drain.left || l->drain.is_closed;
	bool has_given = *l->waiting || l->drain.submitted || l->drain.losses || l->waiting_before != l->drain.left;
	bool has_ended = !l->is_closing || !has_looked || has_given || !l->alive || l->alive > FP_TRACES_MAX;
	EXPECT(!has_ticked || !o->clock_ns || now_ns >= o->clock_ns + p->busy_time_ns, SIM_MAY_START, "starts are too close");
	EXPECT(!o->is_in_vain || is_needed, SIM_MAY_START, "a worker is started, and nothing is waiting");
	EXPECT(n >= p->min || l->is_closing || may_pause, SIM_MAY_START, "there are %llu workers", N(n));
	EXPECT(l->alive <= p->max, SIM_AT_MOST_MAX, "there are %llu workers", N(l->alive));
	EXPECT(has_ended, SIM_MAY_STOP, "%llu workers go on after close, for no call", N(l->alive));
	EXPECT(!*l->waiting || fp_list_is_empty(&l->idle), SIM_ON_TIME, "a call waits, and a worker is idle");
	EXPECT(now_ns <= o->due_ns, SIM_ON_TIME, "a worker was to be started or stopped before");
	o->due_ns = due_ns(o, l, n, may_pause);
	EXPECT(now_ns < o->due_ns, SIM_ON_TIME, "a worker is to be started or stopped now");
	o->clock_ns = has_ticked ? now_ns : o->clock_ns;
	o->pause_until_ns = pause_end_ns(l);
	o->has_ticked = o->is_in_vain = false;
}

void sim_oracle_drained(struct sim_oracle *o)
{
	struct sim_ledger *l = o->ledger;
	for (struct sim_witness *w; (w = sim_ledger_touched(l));)
		judge_worker(o, w);
	about(o, NULL, 0);
	judge_workers(o, l);
	uint64_t waiting = *l->waiting, queue_max = o->pool->queue_max, full = o->pool->queue_bytes_max ? 1 : queue_max;
	bool has_worker = l->alive || l->standing[SIM_FROZEN] || !l->drain.losses || l->drain.retired; /* or had, in this drain */
	bool is_hopeless = l->is_closing && l->failures >= FP_START_FAILURES_MAX;
	bool may_give_up = l->is_aborting || (l->is_closing && sim_later(l->doubts, l->drain.doubts) >= FP_START_FAILURES_MAX);
	EXPECT(!l->is_aborting || !l->open, SIM_RIGHT_OUTCOME, "%llu calls go on after an abort", N(l->open));
	EXPECT(!waiting || !is_hopeless || has_worker, SIM_ENDS_ALL, "calls wait after close, and no worker can be started");
	EXPECT(!l->drain.shut_down || may_give_up, SIM_RIGHT_OUTCOME, "a call ends as if the pool did");
	EXPECT(waiting <= l->open, SIM_STATS, "%llu calls wait of %llu", N(waiting), N(l->open));
	EXPECT(!queue_max || l->losses || waiting <= queue_max, SIM_QUEUE_MAX, "%llu calls wait", N(waiting));
	EXPECT(!l->is_full || l->is_closing || waiting >= full, SIM_QUEUE_MAX, "there is room after a refusal, and it is not told");
}
