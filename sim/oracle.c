/* What a pool promises of its calls. See oracle.h. */
#include "oracle_inside.h"

#include <stdarg.h>
#include <stdio.h>

#define NEIGHBOURS 32u /* calls on either side that are compared where some went back to the queue */

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
	va_start(args, why);
	vsnprintf(o->why, sizeof o->why, why, args);
	va_end(args);
}

void sim_oracle_init(struct sim_oracle *o, const struct sim_scenario *s, const struct fp_alloc *memory, const uint64_t *now_ns,
                     const uint64_t *waiting)
{
	*o = (struct sim_oracle){.scenario = s, .memory = memory, .now_ns = now_ns, .waiting = waiting, .drains = 1};
	o->due_ns = o->start_ns = o->excess_since_ns = FP_NEVER;
	fp_list_init(&o->touched);
	fp_list_init(&o->idle);
}

void sim_oracle_fini(struct sim_oracle *o)
{
	fp_alloc_put(o->memory, o->jobs, o->cap * sizeof *o->jobs);
}

struct sim_job *sim_oracle_job(struct sim_oracle *o, uint64_t number)
{
	static struct sim_job nobody;
	if (number >= 1 && number <= o->n_jobs)
		return &o->jobs[number - 1];
	sim_oracle_break(o, SIM_RIGHT_RESULT, "job %llu was never submitted", N(number));
	return &nobody;
}

/* ---- the application ---- */

void sim_oracle_submitted(struct sim_oracle *o, const struct fp_limits *limits, enum fp_reason refused)
{
	uint64_t queue_max = o->scenario->pool.queue_max;
	if (refused) {
		o->told[FP_REJECTED]++;
		o->is_full |= refused == FP_FULL;
		EXPECT(refused != FP_FULL || !queue_max || o->scenario->pool.queue_bytes_max || *o->waiting >= queue_max,
		       SIM_QUEUE_MAX, "a call is refused while %llu wait and %llu may", N(*o->waiting), N(queue_max));
		EXPECT(refused != FP_CLOSED || o->is_closing, SIM_RIGHT_OUTCOME, "a call is refused as after close");
		return;
	}
	EXPECT(!o->is_closing, SIM_RIGHT_OUTCOME, "a call is accepted after close");
	o->jobs = sim_grow(o->memory, o->jobs, &o->cap, o->n_jobs, sizeof *o->jobs);
	o->jobs[o->n_jobs++] = (struct sim_job){.submitted_ns = *o->now_ns, .given_ns = FP_NEVER, .limits = *limits};
	o->open++;
	o->open_before++;
	o->drain.submitted++;
}

void sim_oracle_cancelled(struct sim_oracle *o, uint64_t job)
{
	sim_oracle_job(o, job)->is_cancelled = true;
}

void sim_oracle_closed(struct sim_oracle *o, bool is_abort)
{
	o->drain.is_closed = o->is_closing = true;
	o->is_aborting |= is_abort;
}

/* ---- outcomes ---- */

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

static void check_order(struct sim_oracle *o, uint64_t number)
{
	uint64_t n = o->returned ? NEIGHBOURS : 1;
	const struct sim_job *j = sim_oracle_job(o, number);
	for (uint64_t k = number > n ? number - n : 1; k <= number + n && k <= o->n_jobs && !o->is_murky; k++)
		EXPECT(!is_overtaken(j, &o->jobs[k - 1]) && !is_overtaken(&o->jobs[k - 1], j), SIM_IN_ORDER,
		       "jobs %llu and %llu are given to workers in the wrong order", N(number), N(k));
}

/* When its run began, as far as the pool can know: in a sync worker not before the call in front of it has ended. */
static uint64_t run_began_ns(const struct sim_oracle *o, const struct sim_witness *w, const struct fp_result *r, uint64_t freed_ns)
{
	uint64_t ns = sim_later(*o->now_ns - r->run_ns, w->started_ns);
	return o->scenario->pool.async ? ns : sim_later(ns, freed_ns);
}

static void check_ok(struct sim_oracle *o, struct sim_witness *w, struct sim_job *j, uint64_t number, const struct fp_op *op)
{
	const struct fp_result *r = &op->result;
	sim_witness_next(o, w); /* one that nobody waits for any more may have come before */
	uint64_t ran_ns = *o->now_ns - run_began_ns(o, w, r, w->freed_ns), given_ns = *o->now_ns - r->run_ns;
	sim_witness_match(o, w, SIM_FRAME_ANSWER, op, number);
	EXPECT(r->queued_ns + r->run_ns == *o->now_ns - j->submitted_ns, SIM_RIGHT_OUTCOME,
	       "job %llu waited and ran for another time than has passed", N(number));
	EXPECT(w->is_faulty || j->sent_to == w->number, SIM_RIGHT_OUTCOME, "job %llu is ok and was never sent", N(number));
	EXPECT(w->is_faulty || !j->limits.run_timeout_ns || ran_ns <= j->limits.run_timeout_ns, SIM_ON_TIME,
	       "job %llu ran too long and is ok", N(number));
	EXPECT(!j->limits.queue_timeout_ns || given_ns <= sim_later(j->submitted_ns, o->lost_ns) + j->limits.queue_timeout_ns,
	       SIM_ON_TIME, "job %llu waited too long and is ok", N(number));
	j->given_ns = given_ns;
	check_order(o, number);
}

/* In a sync worker that was read to its end only the oldest call can have run. */
static void check_crashed(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *j, uint64_t number,
                          const struct fp_result *r)
{
	const struct sim_frame *f = sim_witness_next(o, w);
	bool was_read = r->reason == FP_NONE || r->reason == FP_EOF || r->reason == FP_TRUNCATED;
	bool is_known = r->exit_status != -1 || r->signal;
	bool is_awaited = !w->is_void && !w->killed && o->scenario->pool.grace_ns && o->scenario->process.told && w->is_started;
	EXPECT(j->sent_to == w->number && j->sent > j->limits.retries, SIM_RIGHT_OUTCOME,
	       "job %llu crashed and should have been tried again", N(number));
	EXPECT(o->scenario->pool.async || ++w->crashed == 1 || !was_read, SIM_RIGHT_OUTCOME, "worker %llu cost more than one call",
	       N(w->number));
	EXPECT(!f || f->kind != SIM_FRAME_ANSWER || f->job != number || w->is_faulty, SIM_RIGHT_OUTCOME,
	       "job %llu crashed, and its answer had come", N(number));
	EXPECT(is_known || !is_awaited, SIM_RIGHT_OUTCOME, "worker %llu ended, and it is not said how", N(w->number));
	EXPECT(!is_known || (r->exit_status == w->exit_status && r->signal == w->signal), SIM_RIGHT_OUTCOME,
	       "worker %llu ended otherwise than is said", N(w->number));
}

/* At its limit, not before and not after: the clock is the pool's own. */
static void check_timeout(struct sim_oracle *o, struct sim_witness *w, const struct sim_job *j, uint64_t number,
                          const struct fp_result *r)
{
	uint64_t queue_ns = j->limits.queue_timeout_ns, run_ns = j->limits.run_timeout_ns, waited_ns = *o->now_ns - j->submitted_ns;
	bool has_waited = queue_ns && (r->worker ? o->losses && waited_ns >= queue_ns : waited_ns == queue_ns);
	bool has_run = w && run_ns && *o->now_ns - run_began_ns(o, w, r, w->answered_ns) >= run_ns &&
	               *o->now_ns - run_began_ns(o, w, r, w->freed_ns) <= run_ns;
	EXPECT(has_waited || has_run || (w && w->is_void), SIM_ON_TIME, "job %llu does not time out when it is time", N(number));
	if (!w || !has_run)
		return;
	w->has_timed_out = true;
	EXPECT(j->sent_to != w->number || w->state > (o->scenario->pool.async ? FP_WORKER_UP : FP_WORKER_RETIRING) || has_waited, SIM_ON_TIME,
	       "worker %llu goes on with a call past its limit", N(w->number));
}

static void outcome_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t number)
{
	const struct fp_result *r = &op->result;
	struct sim_job *j = sim_oracle_job(o, number);
	bool is_worker_due = r->outcome == FP_OK || r->outcome == FP_CRASHED || r->outcome == FP_PROTOCOL;
	EXPECT(w || !is_worker_due, SIM_RIGHT_OUTCOME, "job %llu ends with a worker that is not there", N(number));
	if (w && r->outcome == FP_OK)
		check_ok(o, w, j, number, op);
	else if (w && r->outcome == FP_CRASHED)
		check_crashed(o, w, j, number, r);
	else if (r->outcome == FP_TIMEOUT)
		check_timeout(o, w, j, number, r);
	else if (w && r->outcome == FP_PROTOCOL)
		EXPECT(w->is_void && j->sent_to == w->number, SIM_RIGHT_OUTCOME, "job %llu ends for a fault that was none", N(number));
	EXPECT(r->outcome != FP_CANCELLED || j->is_cancelled, SIM_RIGHT_OUTCOME, "job %llu is cancelled by nobody", N(number));
	o->drain.shut_down |= r->outcome == FP_SHUTDOWN;
	EXPECT(r->outcome != FP_REJECTED, SIM_RIGHT_OUTCOME, "job %llu was accepted and is rejected", N(number));
	EXPECT(++j->outcomes == 1, SIM_ONE_OUTCOME, "job %llu has a second outcome", N(number));
	if (w && r->outcome == FP_CANCELLED)
		w->has_timed_out |= j->limits.run_timeout_ns != 0; /* it is bound by that, and nobody is told */
	if (w)
		w->freed_ns = w->idle_since_ns = *o->now_ns;
	o->drain.left += !r->worker;
	o->told[r->outcome]++;
	o->open--;
}

void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job)
{
	EXPECT(!o->is_destroyed, SIM_OPERATIONS, "something comes after the end");
	if (op->kind == FP_OP_OUTCOME)
		outcome_op(o, w, op, job);
	else if (op->kind == FP_OP_TRACE)
		sim_oracle_state_op(o, w, &op->trace);
	else if (op->kind == FP_OP_ROOM)
		o->is_full = false;
	else if (op->kind == FP_OP_ERROR && !w)
		sim_oracle_no_memory(o);
	else if (op->kind != FP_OP_DESTROYED && w)
		sim_oracle_worker_op(o, w, op);
	o->is_destroyed |= op->kind == FP_OP_DESTROYED;
	EXPECT(!o->is_destroyed || !o->open, SIM_ONE_OUTCOME, "%llu calls have no outcome at the end", N(o->open));
}

void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s)
{
	for (int i = 0; i < FP_OUTCOMES; i++)
		EXPECT(s->outcomes[i] == o->told[i], SIM_STATS, "%llu calls are counted as outcome %d, which %llu had",
		       N(s->outcomes[i]), i, N(o->told[i]));
	EXPECT(s->calls == o->n_jobs, SIM_STATS, "%llu calls are counted of %llu", N(s->calls), N(o->n_jobs));
}
