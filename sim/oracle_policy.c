/* How workers are started and ended, and when. See oracle.h. */
#include "oracle_inside.h"

#include <signal.h> /* numbers only */

/* ---- starts ---- */

/* At least one more, at most so many: not every failure can be seen. */
static void fail_start(struct sim_oracle *o, bool is_sure, uint64_t at_most)
{
	o->failures += is_sure;
	o->failed_ns = is_sure ? *o->now_ns : o->failed_ns;
	o->doubts += at_most;
	o->doubted_ns = *o->now_ns;
}

void sim_oracle_started(struct sim_oracle *o, struct sim_witness *w)
{
	w->is_started = true;
	w->started_ns = *o->now_ns;
	w->killed = 0; /* what was sent before found no process */
	sim_witness_touch(o, w);
	sim_witness_count(o, w);
}

void sim_oracle_start_failed(struct sim_oracle *o, struct sim_witness *w)
{
	w->has_failed = true;
	fail_start(o, true, 1);
}

/* Two may fail before it is told, and no more without a pause. */
void sim_oracle_no_memory(struct sim_oracle *o)
{
	fail_start(o, !o->drain.answered, 2);
}

/* A second failure in a row brings a pause, each further one doubles it. */
static uint64_t pause_end_ns(const struct sim_oracle *o)
{
	uint64_t pause_ns = o->failures < 2 ? 0 : FP_START_PAUSE_MIN_NS;
	for (uint64_t i = 2; i < o->failures && pause_ns < FP_START_PAUSE_MAX_NS; i++)
		pause_ns *= 2;
	pause_ns = pause_ns < FP_START_PAUSE_MAX_NS ? pause_ns : FP_START_PAUSE_MAX_NS;
	return pause_ns ? o->failed_ns + pause_ns : 0;
}

static bool may_pause(const struct sim_oracle *o)
{
	return o->doubts >= 2 && *o->now_ns < o->doubted_ns + FP_START_PAUSE_MAX_NS;
}

static void start_op(struct sim_oracle *o, struct sim_witness *w)
{
	const struct sim_scenario *s = o->scenario;
	bool is_missing = !o->alive || o->alive < s->pool.min || w->number <= s->pool.min_idle;
	o->drain.is_in_vain |= !o->open_before && (o->is_closing || (o->alive >= s->pool.min && !s->pool.min_idle));
	EXPECT(*o->now_ns >= o->pause_until_ns, SIM_MAY_START, "a worker is started too soon after %llu failures", N(o->failures));
	if (o->early >> w->number % 64 & 1)
		w->state = FP_WORKER_RETIRING;
	w->ended_ns = *o->now_ns;
	o->early &= ~((uint64_t)1 << w->number % 64);
	o->drain.starts++;
	o->drain.has_ticked |= !is_missing;
	o->start_ns = FP_NEVER;
	sim_witness_count(o, w);
}

/* ---- ends ---- */

static uint64_t idle_max(const struct sim_oracle *o)
{
	return sim_later(o->scenario->pool.max_idle, o->scenario->pool.min_idle);
}

/* One is stopped that was idle for long, and longest, and is one too many; those whose START is yet to come count, too.
 * Another reason may still be to be told. */
static const char *wrong_stop(struct sim_oracle *o, struct sim_witness *w)
{
	const struct sim_scenario *s = o->scenario;
	if (s->pool.calls_max || w->has_retired || w->is_void)
		return NULL;
	if (o->is_closing)
		return *o->waiting && !o->drain.losses ? "and calls wait" : NULL;
	for (struct fp_link *k = fp_list_first(&o->touched); k; k = fp_list_after(&o->touched, k))
		sim_witness_next(o, FP_OWNER(k, struct sim_witness, touched));
	for (struct fp_link *k = fp_list_first(&o->idle); k; k = fp_list_after(&o->idle, k))
		if (FP_OWNER(k, struct sim_witness, idle)->idle_since_ns < w->idle_since_ns)
			return "and another was idle for longer";
	uint64_t due = sim_later(idle_max(o) + o->busy, s->pool.min > o->frozen ? s->pool.min - o->frozen : 0);
	uint64_t alive = o->alive + o->drain.retired; /* those may have retired after this one was to be stopped */
	w->starts_due = due > alive ? due - alive + o->drain.starts : 0;
	return w->requests > w->results || *o->now_ns - w->idle_since_ns < s->pool.idle_time_ns ? "and was not idle" : NULL;
}

/* Its calls go back to the queue, but for those that end with it. */
static void lose(struct sim_oracle *o, const struct sim_witness *w)
{
	o->losses++;
	o->lost_ns = *o->now_ns;
	o->is_murky |= !w || !w->is_started || w->is_given || o->drain.losses || o->drain.answered ||
	               o->drain.submitted;
	o->drain.losses++;
	for (size_t i = 0; w && w->requests > w->results && i < o->n_jobs; i++) {
		struct sim_job *j = &o->jobs[i];
		if (j->sent_to != w->number || j->outcomes)
			continue;
		j->returned_ns = *o->now_ns;
		j->returned_from = w->number;
		j->returned_order = j->sent_order;
		o->returned++;
	}
}

void sim_oracle_state_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_trace *t)
{
	if (t->to == FP_WORKER_LOST)
		lose(o, w);
	if (!w && t->to > FP_WORKER_UP)
		o->early |= (uint64_t)1 << t->worker % 64;
	if (!w)
		return;
	bool was_up = w->state <= FP_WORKER_UP, is_over = t->to > FP_WORKER_UP;
	if (t->to != FP_WORKER_LOST)
		sim_witness_next(o, w); /* it may have said that it retires */
	w->state = t->to;
	w->is_faulty |= t->reason == FP_NOMEM;
	w->is_doomed |= t->to == FP_WORKER_DOOMED;
	if (t->to == FP_WORKER_RETIRING || t->to == FP_WORKER_LOST)
		w->ended_ns = *o->now_ns;
	sim_witness_touch(o, w);
	sim_witness_count(o, w);
	bool is_failure = t->to == FP_WORKER_LOST || (t->to == FP_WORKER_RETIRING && w->has_retired && !o->scenario->pool.async);
	bool is_sure = was_up && is_failure && w->is_started && !w->is_told && !w->is_void && !o->is_closing && !o->scenario->pool.calls_max;
	if (is_over && !w->results && !w->has_failed)
		fail_start(o, is_sure, 1);
	o->drain.has_lost |= was_up && (t->to == FP_WORKER_LOST || t->to == FP_WORKER_DOOMED);
	if (was_up && t->to == FP_WORKER_RETIRING) {
		w->wrong_stop = wrong_stop(o, w);
		o->drain.retired++;
	}
}

void sim_oracle_told_exited(struct sim_oracle *o, struct sim_witness *w)
{
	w->is_told = true;
	w->told_ns = *o->now_ns;
	w->told_in = o->drains;
	w->is_owed = w->is_given;
	if (!w->results)
		fail_start(o, false, 1);
	sim_witness_count(o, w);
}

/* Asked to end, terminated after grace, killed after grace again; at once only who has it coming. */
static void kill_op(struct sim_oracle *o, struct sim_witness *w, int signal)
{
	uint64_t grace_ns = o->scenario->pool.grace_ns;
	bool is_due = o->is_aborting || w->has_timed_out || w->is_void || w->is_faulty ||
	              (w->state > FP_WORKER_UP && *o->now_ns >= w->ended_ns + grace_ns);
	EXPECT(signal != SIGTERM || !w->killed, SIM_ENDED_WELL, "worker %llu is terminated again", N(w->number));
	EXPECT(signal != SIGKILL || !grace_ns || *o->now_ns >= fp_after(w->killed_ns, grace_ns), SIM_ENDED_WELL,
	       "worker %llu is killed too soon", N(w->number));
	w->is_killed_early |= w->killed_ns == FP_NEVER && !is_due;
	w->killed = signal;
	w->killed_ns = w->killed_ns == FP_NEVER ? *o->now_ns : w->killed_ns;
}

/* What was given to a worker in whatever drain before it broke the protocol is lost with it. */
static void error_op(struct sim_oracle *o, struct sim_witness *w, enum fp_reason r)
{
	bool is_fault = r == FP_TOO_LONG || r == FP_MALFORMED || r == FP_UNEXPECTED;
	w->is_error_told = true;
	w->is_faulty |= r == FP_NOMEM || w->is_void;
	EXPECT(!w->has_left || w->is_void || r == FP_NOMEM || sim_witness_is_given_up(o, w), SIM_FAILURE_TOLD, "worker %llu did all it had to, and an error is told", N(w->number));
	for (size_t i = 0; is_fault && i < o->n_jobs; i++)
		o->jobs[i].is_condemned |= o->jobs[i].sent_to == w->number && !o->jobs[i].outcomes;
}

static void gone_op(struct sim_oracle *o, struct sim_witness *w)
{
	sim_witness_next(o, w);
	bool is_told_of = w->is_error_told || w->is_doomed || o->is_aborting;
	EXPECT(is_told_of || !w->has_failed, SIM_FAILURE_TOLD, "worker %llu did not start, and that is not told", N(w->number));
	EXPECT(is_told_of || w->is_void || w->requests == w->results, SIM_FAILURE_TOLD,
	       "worker %llu was lost with a call, and that is not told", N(w->number));
}

void sim_oracle_worker_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op)
{
	bool is_after = op->kind == FP_OP_GONE || op->kind == FP_OP_ERROR || op->kind == FP_OP_KILL;
	EXPECT(is_after || !w->is_closed, SIM_OPERATIONS, "worker %llu is used after it was closed", N(w->number));
	EXPECT(op->kind != FP_OP_HALF_CLOSE || !w->is_half_closed, SIM_OPERATIONS,
	       "worker %llu is half-closed again", N(w->number));
	EXPECT(op->kind != FP_OP_WRITE || !w->is_told || w->is_owed || w->told_in == o->drains, SIM_OPERATIONS,
	       "worker %llu has ended and is given a call", N(w->number));
	/* a transition comes later than what follows from it, or not at all where there are too many in a drain */
	if (op->kind == FP_OP_HALF_CLOSE && w->state <= FP_WORKER_UP)
		sim_oracle_state_op(o, w, &(struct fp_trace){w->number, w->state, FP_WORKER_RETIRING, FP_NONE});
	if (op->kind == FP_OP_GONE && w->state != FP_WORKER_LOST)
		sim_oracle_state_op(o, w, &(struct fp_trace){w->number, w->state, FP_WORKER_LOST, FP_NONE});
	w->is_given |= op->kind == FP_OP_WRITE;
	w->is_half_closed |= op->kind == FP_OP_HALF_CLOSE;
	w->is_closed |= op->kind == FP_OP_CLOSE;
	if (op->kind == FP_OP_START)
		start_op(o, w);
	else if (op->kind == FP_OP_EVENT)
		sim_witness_match(o, w, SIM_FRAME_EVENT, op, 0);
	else if (op->kind == FP_OP_KILL)
		kill_op(o, w, op->signal);
	else if (op->kind == FP_OP_ERROR)
		error_op(o, w, op->reason);
	else if (op->kind == FP_OP_GONE)
		gone_op(o, w);
	sim_witness_touch(o, w);
	sim_witness_count(o, w);
}

/* ---- what must be so when no operation is left ---- */

static void check_worker(struct sim_oracle *o, struct sim_witness *w)
{
	uint64_t calls_max = o->scenario->pool.calls_max;
	const struct sim_frame *f = w->is_faulty ? NULL : sim_witness_next(o, w);
	bool is_open = w->is_started && !w->is_void && !w->is_faulty && !w->is_closed;
	o->failures = w->is_void ? 0 : o->failures; /* what it sent may have been an answer */
	EXPECT(!w->wrong_stop || w->has_timed_out, SIM_MAY_STOP, "worker %llu is stopped, %s", N(w->number), w->wrong_stop);
	EXPECT(o->drain.starts >= w->starts_due || w->has_timed_out, SIM_MAY_STOP, "worker %llu is stopped, and too few are left",
	       N(w->number));
	EXPECT(!w->is_killed_early || w->is_faulty, SIM_ENDED_WELL, "worker %llu is terminated too soon", N(w->number));
	w->wrong_stop = NULL;
	w->starts_due = 0;
	EXPECT(!f || f->kind == SIM_FRAME_VOID, SIM_DELIVERED, "%s that worker %llu sent was read and does not come",
	       f && f->kind == SIM_FRAME_EVENT ? "an event" : "a result", N(w->number));
	EXPECT(!is_open || w->state != FP_WORKER_RETIRING || w->is_half_closed || w->is_given, SIM_OPERATIONS,
	       "worker %llu retires and is not half-closed", N(w->number));
	EXPECT(!calls_max || !is_open || w->requests <= calls_max, SIM_AT_MOST_LOAD, "worker %llu has more calls than calls_max",
	       N(w->number));
	EXPECT(!calls_max || !is_open || w->results < calls_max || w->state > FP_WORKER_UP, SIM_MAY_STOP,
	       "worker %llu had its last call and does not end", N(w->number));
}

/* Calls wait for busy_time: another worker. More are idle than may be, for idle_time: one is stopped. */
static uint64_t due_ns(struct sim_oracle *o)
{
	const struct sim_scenario *s = o->scenario;
	bool has_come = o->drain.submitted || o->drain.answered || o->drain.starts || o->drain.has_lost;
	bool is_short = *o->waiting && o->alive + o->frozen < s->pool.max && !may_pause(o);
	bool is_excess = o->n_idle > idle_max(o) && o->alive > s->pool.min;
	uint64_t start_ns = *o->now_ns + (o->alive + o->frozen ? s->pool.busy_time_ns : 0);
	if (!is_short)
		o->start_ns = FP_NEVER;
	else if (start_ns < o->start_ns && has_come && !o->drain.retired)
		o->start_ns = start_ns;
	if (!is_excess || o->drain.endings)
		o->excess_since_ns = FP_NEVER;
	if (is_excess && o->excess_since_ns == FP_NEVER)
		o->excess_since_ns = *o->now_ns;
	uint64_t stop_ns = fp_after(is_excess ? sim_later(o->excess_since_ns, o->idled_ns) : FP_NEVER, s->pool.idle_time_ns);
	return o->start_ns < stop_ns ? o->start_ns : stop_ns;
}

static void check_workers(struct sim_oracle *o)
{
	const struct sim_scenario *s = o->scenario;
	bool has_looked = o->drain.answered || o->drain.left || o->drain.is_closed;
	bool has_given = o->drain.submitted || o->drain.losses || o->waiting_before != o->drain.left;
	if (o->drain.has_ticked && !o->drain.endings) {
		EXPECT(!o->clock_ns || *o->now_ns >= o->clock_ns + s->pool.busy_time_ns, SIM_MAY_START,
		       "a worker is started too soon after another");
		o->clock_ns = *o->now_ns;
	}
	/* the end of another may be told after the start that it led to */
	EXPECT(!o->drain.is_in_vain || (!o->is_closing && s->pool.min && o->drain.endings), SIM_MAY_START,
	       "a worker is started, and nothing is waiting");
	EXPECT(o->alive <= s->pool.max, SIM_AT_MOST_MAX, "there are %llu workers", N(o->alive));
	EXPECT(o->alive + o->frozen >= s->pool.min || o->is_closing || may_pause(o), SIM_MAY_START, "there are %llu workers", N(o->alive));
	EXPECT(!o->is_closing || *o->waiting || !has_looked || has_given || !o->alive || o->alive > FP_TRACES_MAX, SIM_MAY_STOP,
	       "%llu workers go on after close, for no call", N(o->alive));
	EXPECT(!*o->waiting || fp_list_is_empty(&o->idle), SIM_ON_TIME, "a call waits, and a worker is idle");
}

void sim_oracle_drained(struct sim_oracle *o)
{
	uint64_t queue_max = o->scenario->pool.queue_max;
	for (struct fp_link *k; (k = fp_list_pop(&o->touched));)
		check_worker(o, FP_OWNER(k, struct sim_witness, touched));
	EXPECT(*o->now_ns <= o->due_ns, SIM_ON_TIME, "a worker was to be started or stopped before");
	check_workers(o);
	o->due_ns = due_ns(o);
	EXPECT(*o->now_ns < o->due_ns, SIM_ON_TIME, "a worker is to be started or stopped now");
	EXPECT(!o->is_aborting || !o->open, SIM_RIGHT_OUTCOME, "%llu calls go on after an abort", N(o->open));
	bool is_hopeless = o->is_closing && !o->alive && !o->frozen && o->failures >= FP_START_FAILURES_MAX;
	EXPECT(!is_hopeless || !*o->waiting || !o->drain.losses || o->drain.retired, SIM_ENDS_ALL,
	       "calls wait after close, and no worker can be started");
	EXPECT(!o->drain.shut_down || o->is_aborting || (o->is_closing && o->doubts >= FP_START_FAILURES_MAX), SIM_RIGHT_OUTCOME,
	       "a call ends as if the pool did");
	EXPECT(*o->waiting <= o->open, SIM_STATS, "%llu calls wait of %llu", N(*o->waiting), N(o->open));
	EXPECT(!queue_max || o->losses || *o->waiting <= queue_max, SIM_QUEUE_MAX, "%llu calls wait", N(*o->waiting));
	EXPECT(!o->is_full || o->is_closing || *o->waiting >= (o->scenario->pool.queue_bytes_max ? 1 : queue_max), SIM_QUEUE_MAX,
	       "there is room after a refusal, and it is not told");
	o->pause_until_ns = pause_end_ns(o);
	o->open_before = o->open;
	o->waiting_before = *o->waiting;
	o->drains++;
	memset(&o->drain, 0, sizeof o->drain);
}
