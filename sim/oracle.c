/* What a pool promises. See oracle.h. */
#include "oracle_inside.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[SIM_PROMISES] = {"kept",      "one-outcome", "right-outcome", "right-result", "in-order",
                                                "delivered", "at-most-max", "at-most-load",  "begun-once",   "may-start",
                                                "may-stop",  "on-time",     "queue-max",     "operations",   "ends-all",
                                                "stats",     "ended-well",  "failure-told",  "memory",    "assertion"};

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
	va_start(args, why);
	vsnprintf(o->why, sizeof o->why, why, args);
	va_end(args);
}

void sim_oracle_init(struct sim_oracle *o, const struct sim_scenario *s, const struct fp_alloc *memory,
                     const uint64_t *now_ns)
{
	*o = (struct sim_oracle){.scenario = s, .memory = memory, .now_ns = now_ns, .had_reason = true, .drains = 1};
	fp_list_init(&o->readers);
}

void sim_oracle_fini(struct sim_oracle *o)
{
	fp_alloc_put(o->memory, o->jobs, o->cap * sizeof *o->jobs);
	fp_alloc_put(o->memory, o->early, o->early_max * sizeof *o->early);
}

struct sim_job *sim_oracle_job(struct sim_oracle *o, uint64_t number)
{
	static struct sim_job nobody;
	if (number >= 1 && number <= o->n_jobs)
		return &o->jobs[number - 1];
	sim_oracle_break(o, SIM_RIGHT_RESULT, "job %llu was never submitted", N(number));
	nobody = (struct sim_job){.outcomes = 0};
	return &nobody;
}

/* ---- the application ---- */

void sim_oracle_submitted(struct sim_oracle *o, const struct fp_limits *limits, enum fp_reason refused)
{
	uint64_t queue_max = o->scenario->pool.queue_max;
	if (refused)
		o->told[FP_REJECTED]++;
	if (refused == FP_FULL) {
		o->is_full = true;
		EXPECT(!queue_max || o->scenario->pool.queue_bytes_max || o->open >= queue_max, SIM_QUEUE_MAX,
		       "a call is refused while %llu calls are open and %llu may wait", N(o->open), N(queue_max));
		return;
	}
	EXPECT(refused != FP_CLOSED || o->is_closing, SIM_RIGHT_OUTCOME, "a call is refused as after close");
	if (refused)
		return;
	EXPECT(!o->is_closing, SIM_RIGHT_OUTCOME, "a call is accepted after close");
	o->jobs = sim_grow(o->memory, o->jobs, &o->cap, o->n_jobs, sizeof *o->jobs);
	o->jobs[o->n_jobs++] = (struct sim_job){
		.submitted_ns = *o->now_ns, .given_ns = FP_NEVER, .limits = *limits, .losses_before = o->losses};
	o->open++;
	o->open_before++;
	o->had_reason = true;
}

void sim_oracle_cancelled(struct sim_oracle *o, uint64_t job)
{
	sim_oracle_job(o, job)->is_cancelled = true;
}

void sim_oracle_closed(struct sim_oracle *o, bool is_abort)
{
	o->is_closing = true;
	o->is_aborting |= is_abort;
}

/* ---- outcomes ---- */

/* Calls are given in the order they came, as long as none went back to the queue. */
static void check_order(struct sim_oracle *o, uint64_t number)
{
	const struct sim_job *j = sim_oracle_job(o, number), *before = number > 1 ? j - 1 : j,
			     *after = number < o->n_jobs ? j + 1 : j;
	EXPECT(o->losses > before->losses_before || before->given_ns == FP_NEVER || before->given_ns <= j->given_ns,
	       SIM_IN_ORDER, "job %llu is given to a worker before job %llu", N(number), N(number - 1));
	EXPECT(o->losses > j->losses_before || after->given_ns >= j->given_ns, SIM_IN_ORDER,
	       "job %llu is given to a worker before job %llu", N(number + 1), N(number));
}

static void check_ok(struct sim_oracle *o, struct sim_witness *w, struct sim_job *j, uint64_t number,
                     const struct fp_result *r)
{
	sim_oracle_match(o, w, SIM_FRAME_ANSWER, r->items, r->n, number);
	EXPECT(w->was_faulty || j->begun, SIM_RIGHT_OUTCOME, "job %llu is ok and was never begun", N(number));
	uint64_t ran_ns = o->scenario->pool.async && j->begun ? *o->now_ns - j->begun_ns
	                                                      : 0; /* a sync pool learns of it later */
	EXPECT(!j->limits.run_timeout_ns || ran_ns <= j->limits.run_timeout_ns, SIM_ON_TIME,
	       "job %llu ran too long and is ok", N(number));
	EXPECT(!j->limits.queue_timeout_ns || o->losses || r->queued_ns <= j->limits.queue_timeout_ns, SIM_ON_TIME,
	       "job %llu waited too long and is ok", N(number));
	EXPECT(r->queued_ns + r->run_ns == *o->now_ns - j->submitted_ns, SIM_RIGHT_OUTCOME,
	       "job %llu waited and ran for another time than has passed", N(number));
	j->given_ns = *o->now_ns - r->run_ns;
	check_order(o, number);
}

static void check_crashed(struct sim_oracle *o, struct sim_witness *w, uint64_t number, const struct fp_result *r)
{
	const struct sim_frame *f = w ? sim_oracle_due(o, w) : NULL;
	if (!w) {
		sim_oracle_break(o, SIM_RIGHT_OUTCOME, "job %llu crashed without a worker", N(number));
		return;
	}
	bool was_read = r->reason == FP_NONE || r->reason == FP_EOF || r->reason == FP_TRUNCATED; /* to its end */
	EXPECT(o->scenario->pool.async || ++w->crashed == 1 || !was_read, SIM_RIGHT_OUTCOME,
	       "worker %llu cost more than one call", N(w->number));
	EXPECT(!f || f->kind != SIM_FRAME_ANSWER || f->job != number || w->was_faulty || r->reason == FP_NOMEM,
	       SIM_RIGHT_OUTCOME, "job %llu crashed, and its answer had come", N(number));
	bool is_known = r->exit_status != -1 || r->signal;
	bool is_awaited = r->reason != FP_TOO_LONG && r->reason != FP_MALFORMED && r->reason != FP_UNEXPECTED &&
	                  !w->killed && o->scenario->pool.grace_ns && o->scenario->process.told && w->is_started;
	EXPECT(is_known || !is_awaited, SIM_RIGHT_OUTCOME, "worker %llu ended, and it is not said how", N(w->number));
	EXPECT(!is_known || (r->exit_status == w->exit_status && r->signal == w->signal), SIM_RIGHT_OUTCOME,
	       "worker %llu ended otherwise than is said", N(w->number));
}

static void check_timeout(struct sim_oracle *o, const struct sim_job *j, uint64_t number)
{
	uint64_t passed = *o->now_ns - j->submitted_ns;
	bool may_wait = j->limits.queue_timeout_ns && passed >= j->limits.queue_timeout_ns;
	bool may_run = j->limits.run_timeout_ns && passed >= j->limits.run_timeout_ns;
	EXPECT(may_wait || may_run, SIM_ON_TIME, "job %llu times out before its time", N(number));
}

/* A call that runs past its limit takes its worker with it. */
static void expect_end(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *j)
{
	if (w && j->begun && j->worker == w->number && !w->is_ending && !w->is_exited && *o->now_ns > j->begun_ns)
		o->overdue = w;
}

static void check_outcome(struct sim_oracle *o, struct sim_witness *w, const struct fp_result *r, uint64_t number)
{
	struct sim_job *j = sim_oracle_job(o, number);
	switch (r->outcome) {
	case FP_OK:
		check_ok(o, w, j, number, r);
		break;
	case FP_CRASHED:
		check_crashed(o, w, number, r);
		break;
	case FP_TIMEOUT:
		check_timeout(o, j, number);
		expect_end(o, w, j);
		break;
	case FP_CANCELLED:
		EXPECT(j->is_cancelled, SIM_RIGHT_OUTCOME, "job %llu ends as cancelled and was not", N(number));
		break;
	case FP_PROTOCOL:
		EXPECT(w && w->is_void, SIM_RIGHT_OUTCOME, "job %llu ends for a fault that was none", N(number));
		break;
	case FP_SHUTDOWN:
		EXPECT(o->is_aborting || (o->is_closing && o->losses + o->failed_starts >= FP_START_FAILURES_MAX),
		       SIM_RIGHT_OUTCOME, "job %llu ends as if the pool did", N(number));
		break;
	case FP_REJECTED:
		sim_oracle_break(o, SIM_RIGHT_OUTCOME, "job %llu was accepted and is rejected", N(number));
	}
	o->told[r->outcome]++;
	EXPECT(++j->outcomes == 1, SIM_ONE_OUTCOME, "job %llu has a second outcome", N(number));
	o->open--;
}

/* ---- operations ---- */

static void end_counting(struct sim_oracle *o, struct sim_witness *w)
{
	if (w->is_ending)
		return;
	w->is_ending = true;
	w->ended_in = o->drains;
	w->ended_ns = *o->now_ns;
	if (o->overdue == w)
		o->overdue = NULL;
	o->alive--;
	o->endings++;
	o->had_reason = true;
}

void sim_oracle_told_exited(struct sim_oracle *o, struct sim_witness *w)
{
	if (w->is_ending)
		return;
	end_counting(o, w);
	w->is_frozen = true;
	o->frozen++;
}

/* A worker may be told to end before its start was carried out: then it never counts. */
static void remember_early(struct sim_oracle *o, uint64_t number)
{
	o->early = sim_grow(o->memory, o->early, &o->early_max, o->early_n, sizeof *o->early);
	o->early[o->early_n++] = number;
}

static bool was_early(const struct sim_oracle *o, uint64_t number)
{
	for (size_t i = 0; i < o->early_n; i++)
		if (o->early[i] == number)
			return true;
	return false;
}

static void check_start(struct sim_oracle *o, struct sim_witness *w)
{
	EXPECT(!o->is_closing || o->open_before, SIM_MAY_START, "a worker is started after close, for no call");
	bool has_reason = o->had_reason || o->open || o->alive < o->scenario->pool.min || o->scenario->pool.min_idle;
	EXPECT(has_reason, SIM_MAY_START, "a worker is started, and nothing is waiting");
	EXPECT(*o->now_ns >= o->pause_until_ns, SIM_MAY_START, "a worker is started too soon after %llu failures", N(o->in_row));
	w->is_ending = was_early(o, w->number);
	o->alive += !w->is_ending;
}

static void check_half_close(struct sim_oracle *o, struct sim_witness *w)
{
	const struct sim_scenario *s = o->scenario;
	EXPECT(!w->is_half_closed && !w->is_closed, SIM_OPERATIONS, "worker %llu is half-closed again", N(w->number));
	w->is_half_closed = true;
	w->read_ns = *o->now_ns;
	bool was_used_up = s->pool.calls_max != 0;
	bool is_idle = w->idle_since_ns != FP_NEVER && *o->now_ns - w->idle_since_ns >= s->pool.idle_time_ns;
	bool is_excused = o->is_closing || w->may_stop || w->is_void || was_used_up;
	if (!is_excused && w->ended_in == o->drains) /* else that was judged then */
		o->stopped = w->number;
	EXPECT(is_excused || is_idle, SIM_MAY_STOP, "worker %llu is stopped, and was not idle", N(w->number));
}

static void end_frozen(struct sim_oracle *o, struct sim_witness *w)
{
	w->is_closed = true;
	w->read_ns = *o->now_ns;
	o->frozen -= w->is_frozen;
	w->is_frozen = false;
}

static void worker_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op)
{
	EXPECT(op->kind == FP_OP_GONE || op->kind == FP_OP_ERROR || op->kind == FP_OP_KILL || !w->is_closed, SIM_OPERATIONS,
	       "worker %llu is used after it was closed", N(w->number));
	if (op->kind == FP_OP_KILL)
		sim_oracle_check_kill(o, w, op->signal);
	if (op->kind == FP_OP_START)
		check_start(o, w);
	else if (op->kind != FP_OP_WRITE && op->kind != FP_OP_ERROR && op->kind != FP_OP_EVENT)
		end_counting(o, w);
	if (op->kind == FP_OP_HALF_CLOSE)
		check_half_close(o, w);
	else if (op->kind == FP_OP_EVENT)
		sim_oracle_match(o, w, SIM_FRAME_EVENT, op->items, op->n, 0);
	else if (op->kind == FP_OP_CLOSE)
		end_frozen(o, w);
	else if (op->kind == FP_OP_ERROR)
		w->was_faulty |= op->reason == FP_NOMEM || w->is_void;
	if (op->kind == FP_OP_CLOSE || op->kind == FP_OP_GONE || op->kind == FP_OP_ERROR)
		sim_oracle_lose(o);
	if (op->kind == FP_OP_ERROR)
		w->has_failure_told = true;
	else if (op->kind == FP_OP_GONE)
		sim_oracle_check_gone(o, w);
}

static void state_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_trace *t)
{
	if (t->to == FP_WORKER_STARTING || t->to == FP_WORKER_UP)
		return;
	if (w)
		w->is_late |= t->reason == FP_NOMEM;
	if (w)
		end_counting(o, w);
	else
		remember_early(o, t->worker);
}

void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job)
{
	EXPECT(!o->is_destroyed, SIM_OPERATIONS, "something comes after the end");
	if (op->kind == FP_OP_OUTCOME) {
		if ((op->result.outcome == FP_TIMEOUT || op->result.outcome == FP_CANCELLED) && w)
			w->may_stop = w->is_late = true; /* it is bound by the call's run_timeout */
		check_outcome(o, w, &op->result, job);
	} else if (op->kind == FP_OP_TRACE) {
		state_op(o, w, &op->trace);
	} else if (op->kind == FP_OP_DESTROYED) {
		o->is_destroyed = true;
		EXPECT(!o->open, SIM_ONE_OUTCOME, "%llu calls have no outcome at the end", N(o->open));
	} else if (op->kind == FP_OP_ROOM) {
		o->is_full = false;
	} else if (op->kind == FP_OP_ERROR && !w) {
		o->failed_starts +=
			2; /* two starts may fail for want of memory before it is told, and no more without a pause */
	} else if (w) {
		worker_op(o, w, op);
	}
}

static void check_readers(struct sim_oracle *o)
{
	for (struct fp_link *k; (k = fp_list_pop(&o->readers));) {
		sim_oracle_check_delivered(o, FP_OWNER(k, struct sim_witness, read_now));
		sim_oracle_check_spent(o, FP_OWNER(k, struct sim_witness, read_now));
	}
}

void sim_oracle_drained(struct sim_oracle *o)
{
	check_readers(o);
	EXPECT(!o->is_aborting || !o->open, SIM_RIGHT_OUTCOME, "%llu calls go on after an abort", N(o->open));
	EXPECT(!o->overdue, SIM_ON_TIME, "worker %llu goes on with a call past its limit", N(o->overdue->number));
	EXPECT(!o->is_full || o->open || o->is_closing, SIM_QUEUE_MAX, "there is room after a refusal, and it is not told");
	o->open_before = o->open;
	sim_oracle_pause(o);
	uint64_t queue_max = o->scenario->pool.queue_max, room = o->scenario->pool.max * o->scenario->pool.load;
	EXPECT(!queue_max || o->losses || o->endings || o->open <= queue_max + room, SIM_QUEUE_MAX,
	       "%llu calls are open: more than may wait and be in workers", N(o->open));
	EXPECT(o->alive <= o->scenario->pool.max, SIM_AT_MOST_MAX, "there are %llu workers", N(o->alive));
	EXPECT(!o->stopped || o->losses > o->losses_drained || o->alive + o->frozen >= o->scenario->pool.min, SIM_MAY_STOP,
	       "worker %llu is stopped, and fewer than min are left", N(o->stopped));
	o->stopped = 0;
	o->drains++;
	o->losses_drained = o->losses;
	o->had_reason = false;
}
