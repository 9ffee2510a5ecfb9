/* The application and the course of time. See world.h. */
#include "world.h"

#define CANCEL_STEPS_MAX 16u
#define LIMITS_MAX 8u
#define DRAIN_MAX 10000000u /* operations before the engine waits for something */

void sim_world_wake(struct sim_world *w)
{
	w->is_awake = true;
	fp_engine_tick(&w->engine, w->env.clock.now_ns);
}

static uint64_t choose(struct sim_world *w, enum sim_kind kind, uint64_t n)
{
	return sim_choose(&w->env.choice, kind, n);
}

static void note(struct sim_world *w, enum sim_what what, uint64_t job)
{
	sim_env_note(&w->env, (struct sim_record){.what = what, .job = job});
}

/* ---- calls ---- */

/* A call that will be cancelled. */
struct cancel {
	struct fp_link link;
	struct sim_event event;
	struct sim_world *world;
	struct fp_job *job;
	uint64_t number;
};

static void free_cancel(struct cancel *c)
{
	sim_clock_cancel(&c->world->env.clock, &c->event);
	fp_list_remove(&c->link);
	fp_alloc_put(c->world->env.memory, c, sizeof *c);
}

static void on_cancel(struct sim_event *event)
{
	struct cancel *c = FP_OWNER(event, struct cancel, event);
	struct sim_world *w = c->world;
	sim_world_wake(w);
	note(w, SIM_CANCELLED, c->number);
	sim_ledger_cancelled(&w->env.ledger, c->number);
	fp_engine_cancel(&w->engine, c->job);
}

static void plan_cancel(struct sim_world *w, struct fp_job *job, uint64_t number)
{
	uint64_t steps = choose(w, SIM_CANCEL, CANCEL_STEPS_MAX);
	job->cb = NULL;
	if (!steps)
		return;
	struct cancel *c = sim_get(w->env.memory, sizeof *c);
	*c = (struct cancel){.world = w, .job = job, .number = number};
	sim_event_init(&c->event, on_cancel);
	fp_list_push(&w->cancels, &c->link);
	sim_clock_set(&w->env.clock, &c->event, w->env.clock.now_ns + (steps - 1) * w->env.scenario->link.step_ns);
	job->cb = c;
}

/* The pool's, or the call's own: each limit dropped, or set. */
static struct fp_limits limits(struct sim_world *w)
{
	const struct sim_scenario *s = w->env.scenario;
	struct fp_limits l = {s->pool.queue_timeout_ns, s->pool.run_timeout_ns, (uint32_t)s->pool.retries};
	uint64_t how = choose(w, SIM_LIMITS, LIMITS_MAX);
	if (how & 1)
		l.queue_timeout_ns = l.queue_timeout_ns ? 0 : s->service.mean_ns + 1;
	if (how & 2)
		l.run_timeout_ns = l.run_timeout_ns ? 0 : 2 * s->service.mean_ns + 1;
	if (how & 4)
		l.retries++;
	return l;
}

static enum fp_reason make_call(struct sim_world *w, uint64_t service_ns, size_t size)
{
	struct sim_env *e = &w->env;
	uint64_t number = w->accepted + 1, queue_max = e->scenario->pool.queue_max;
	/* else its length was not looked at: calls that come back may fill the queue above its limits */
	bool is_long = !e->ledger.losses && (!queue_max || w->engine.sched.waiting < queue_max);
	char job_text[SIM_DECIMAL_MAX], service_text[SIM_DECIMAL_MAX];
	struct fp_item items[] = {
		sim_decimal(number, job_text), sim_decimal(service_ns, service_text), {e->padding, size, FP_STRING}};
	struct fp_limits l = limits(w);
	struct fp_job *job;
	enum fp_reason r = fp_engine_submit(&w->engine, items, 3, &l, &job);
	w->submitted++;
	w->service_ns += service_ns;
	sim_oracle_submitted(&e->oracle, r);
	sim_ledger_submitted(&e->ledger, &l, r);
	if (r) {
		sim_env_note(e, (struct sim_record){.what = SIM_REFUSED, .job = number, .a = r});
		w->refused = (struct sim_refused){service_ns, size, items[0].len, is_long};
		return r;
	}
	w->accepted++;
	job->data = (void *)(uintptr_t)number;
	sim_env_note(e, (struct sim_record){.what = SIM_SUBMIT, .job = number, .a = service_ns, .b = size});
	plan_cancel(w, job, number);
	return FP_NONE;
}

static void submit(struct sim_world *w)
{
	uint64_t service_ns = sim_time_ns(&w->env.scenario->service, &w->env.choice, SIM_SERVICE);
	make_call(w, service_ns, (size_t)choose(w, SIM_SIZE, w->env.scenario->size_bytes_max + 1));
}

static bool are_all_submitted(const struct sim_world *w)
{
	return w->submitted == w->env.scenario->arrivals.jobs;
}

/* ---- the end ---- */

static void close_pool(struct sim_world *w, bool is_abort)
{
	note(w, is_abort ? SIM_ABORTED : SIM_CLOSED, 0);
	sim_ledger_closed(&w->env.ledger, is_abort);
	if (is_abort)
		fp_engine_abort(&w->engine);
	else
		fp_engine_close(&w->engine);
}

static void on_close(struct sim_event *event)
{
	struct sim_world *w = FP_OWNER(event, struct sim_world, close);
	sim_world_wake(w);
	close_pool(w, false);
}

/* How long it may take until all is done, from the last call on; then again once the pool was aborted. */
static void set_patience(struct sim_world *w)
{
	const struct sim_scenario *s = w->env.scenario;
	uint64_t times = (s->pool.retries + 2) * (s->rates_ppm[SIM_SLOW] ? 100 : 1);
	uint64_t at = fp_after(fp_after(w->env.clock.now_ns, s->linger_ns + s->settle_ns),
	                       w->service_ns * times + 32 * s->pool.grace_ns);
	sim_clock_set(&w->env.clock, &w->patience, at);
}

/* The faults stop at half the time: then everything must come to an end, unless calls hang that have no time limit. */
static void on_patience(struct sim_event *event)
{
	struct sim_world *w = FP_OWNER(event, struct sim_world, patience);
	struct sim_env *e = &w->env;
	sim_world_wake(w);
	if (!e->choice.is_quiet) {
		e->choice.is_quiet = true;
		set_patience(w);
	} else if (!w->was_patient && w->env.hangs && w->env.ledger.open) {
		w->was_patient = true;
		close_pool(w, true);
		set_patience(w);
	} else {
		sim_oracle_break(&e->oracle, SIM_ENDS_ALL, "%llu calls are open and the pool does not end",
		                 (unsigned long long)e->ledger.open);
	}
}

static void end_if_all_done(struct sim_world *w)
{
	if (!are_all_submitted(w) || w->env.ledger.open || w->env.ledger.is_closing || sim_event_is_set(&w->close))
		return;
	sim_clock_set(&w->env.clock, &w->close, w->env.clock.now_ns + w->env.scenario->linger_ns);
}

static void after_submit(struct sim_world *w)
{
	if (!are_all_submitted(w))
		return;
	set_patience(w);
	end_if_all_done(w);
}

static void plan_call(struct sim_world *w)
{
	const struct sim_scenario *s = w->env.scenario;
	if (are_all_submitted(w))
		return;
	struct sim_times poisson = {.shape = SIM_EXPONENTIAL, .mean_ns = s->arrivals.every_ns};
	uint64_t in_ns = s->arrivals.every_ns;
	if (s->arrivals.kind == SIM_POISSON)
		in_ns = sim_time_ns(&poisson, &w->env.choice, SIM_ARRIVAL);
	else if (s->arrivals.kind == SIM_TIMES)
		in_ns = sim_time_ns(&s->arrivals.times, &w->env.choice, SIM_ARRIVAL);
	sim_clock_set(&w->env.clock, &w->call, w->env.clock.now_ns + in_ns);
}

static void on_call(struct sim_event *event)
{
	struct sim_world *w = FP_OWNER(event, struct sim_world, call);
	uint64_t n = w->env.scenario->arrivals.kind == SIM_BURSTS ? w->env.scenario->arrivals.burst : 1;
	sim_world_wake(w);
	if (choose(w, SIM_CLOSE, 2))
		close_pool(w, false);
	if (choose(w, SIM_ABORT, 2))
		close_pool(w, true);
	for (; n && !are_all_submitted(w); n--)
		submit(w);
	after_submit(w);
	plan_call(w);
}

/* ---- operations ---- */

static void on_outcome(struct sim_world *w, const struct fp_op *op, uint64_t number)
{
	const struct fp_result *r = &op->result;
	sim_env_note(&w->env, (struct sim_record){.what = SIM_OUTCOME,
	                                          .worker = r->worker,
	                                          .job = number,
	                                          .a = r->outcome,
	                                          .b = r->queued_ns,
	                                          .c = r->run_ns});
	if (op->job->cb)
		free_cancel(op->job->cb);
	if (!are_all_submitted(w) && choose(w, SIM_NESTED, 2)) {
		submit(w);
		after_submit(w);
	}
	end_if_all_done(w);
}

/* The call that was refused last is made again; a larger number may make it longer. */
static void on_room(struct sim_world *w)
{
	struct sim_refused again = w->refused;
	if (are_all_submitted(w) || !choose(w, SIM_NESTED, 2))
		return;
	if (make_call(w, again.service_ns, again.size) == FP_FULL && again.is_long && w->refused.digits == again.digits)
		sim_oracle_break(&w->env.oracle, SIM_QUEUE_MAX, "there is room, it is said, and the call is refused again");
	after_submit(w);
}

static void note_op(struct sim_world *w, const struct fp_op *op)
{
	uint64_t worker = op->worker ? op->worker->number : 0;
	const struct fp_trace *t = &op->trace;
	if (op->kind == FP_OP_TRACE)
		sim_env_note(&w->env,
		             (struct sim_record){
				     .what = SIM_STATE, .worker = t->worker, .a = t->from, .b = t->to, .c = t->reason});
	else if (op->kind == FP_OP_EVENT)
		sim_env_note(&w->env, (struct sim_record){.what = SIM_EVENT, .worker = worker, .a = op->n});
	else if (op->kind == FP_OP_ERROR)
		sim_env_note(&w->env,
		             (struct sim_record){.what = SIM_ERROR, .worker = worker, .a = op->reason, .b = op->offset});
	else if (op->kind == FP_OP_ROOM)
		note(w, SIM_ROOM, 0);
}

/* Whom an operation is about. */
static struct sim_host *host_of(struct sim_world *w, const struct fp_op *op)
{
	if (op->kind == FP_OP_TRACE)
		return sim_host_find(w, op->trace.worker);
	if (op->kind == FP_OP_OUTCOME)
		return sim_host_find(w, op->result.worker);
	return op->worker ? op->worker->host : NULL;
}

static void carry_out(struct sim_world *w, const struct fp_op *op)
{
	if (op->kind == FP_OP_START)
		sim_host_start(w, op->worker);
	struct sim_host *h = host_of(w, op);
	uint64_t number = op->job ? (uint64_t)(uintptr_t)op->job->data : 0;
	struct sim_witness *witness = h ? &h->process.witness : NULL;
	sim_oracle_op(&w->env.oracle, witness, op, number);
	sim_ledger_op(&w->env.ledger, witness, op, number);
	note_op(w, op);
	if (op->kind == FP_OP_OUTCOME) {
		on_outcome(w, op, number);
	} else if (op->kind == FP_OP_ROOM) {
		on_room(w);
	} else if (op->kind == FP_OP_DESTROYED) {
		struct fp_stats stats;
		fp_engine_stats(&w->engine, &stats);
		sim_oracle_counted(&w->env.oracle, &stats);
		note(w, SIM_DESTROYED, 0);
		w->is_over = true;
	} else if (h && op->kind != FP_OP_START && op->kind != FP_OP_EVENT && op->kind != FP_OP_ERROR &&
	           op->kind != FP_OP_TRACE) {
		sim_host_op(h, op);
	}
}

static void drain(struct sim_world *w)
{
	struct fp_op op;
	uint64_t n = 0;
	do {
		while (!w->env.oracle.broken && fp_engine_next_op(&w->engine, &op)) {
			carry_out(w, &op);
			n++;
		}
		for (struct fp_link *k; (k = fp_list_pop(&w->unwritten));)
			sim_host_write(FP_OWNER(k, struct sim_host, unwritten));
		if (n > DRAIN_MAX)
			sim_oracle_break(&w->env.oracle, SIM_ENDS_ALL, "operations do not end");
	} while (!w->env.oracle.broken && (!fp_list_is_empty(&w->engine.todo) || !fp_list_is_empty(&w->unwritten)));
	w->ops += n;
	w->is_awake = false;
	sim_oracle_drained(&w->env.oracle);
	sim_ledger_drained(&w->env.ledger);
}

/* ---- the course of time ---- */

static void step(struct sim_world *w)
{
	struct sim_clock *c = &w->env.clock;
	uint64_t deadline_ns = fp_engine_deadline_ns(&w->engine), next_ns = sim_clock_next_ns(c);
	if (deadline_ns <= next_ns && deadline_ns != FP_NEVER) {
		c->now_ns = deadline_ns > c->now_ns ? deadline_ns : c->now_ns;
		c->events++;
		note(w, SIM_TICK, 0);
		sim_world_wake(w);
	} else if (next_ns != FP_NEVER) {
		sim_clock_step(c);
	} else {
		sim_oracle_break(&w->env.oracle, SIM_ENDS_ALL, "nothing is to come and the pool does not end");
	}
	bool is_later = sim_clock_next_ns(c) != c->now_ns || !choose(w, SIM_ROUND, 2);
	if (w->is_awake && is_later)
		drain(w);
}

static void go(struct sim_world *w)
{
	uint64_t at_ns = 0, since = 0;
	const struct sim_clock *c = &w->env.clock;
	const struct sim_scenario *s = w->env.scenario;
	uint64_t instant_max = SIM_INSTANT_EVENTS * (s->arrivals.jobs + s->pool.max) * (s->size_bytes_max + FP_READ_BYTES_MIN);
	drain(w);
	while (!w->is_over && !w->env.oracle.broken) {
		step(w);
		if (c->now_ns != at_ns) {
			at_ns = c->now_ns;
			since = c->events;
		} else if (c->events - since > instant_max) {
			sim_oracle_break(&w->env.oracle, SIM_ENDS_ALL, "time stands still");
		}
	}
}

static struct fp_engine_config engine_config(const struct sim_env *e)
{
	const struct sim_scenario *s = e->scenario;
	return (struct fp_engine_config){
		.sched = {.min = (uint32_t)s->pool.min,
	                  .max = (uint32_t)s->pool.max,
	                  .min_idle = (uint32_t)s->pool.min_idle,
	                  .max_idle = (uint32_t)s->pool.max_idle,
	                  .load = (uint32_t)s->pool.load,
	                  .busy_time_ns = s->pool.busy_time_ns,
	                  .idle_time_ns = s->pool.idle_time_ns,
	                  .calls_max = s->pool.calls_max},
		.wire = e->wire,
		.queue_max = s->pool.queue_max,
		.queue_bytes_max = s->pool.queue_bytes_max,
		.limits = {s->pool.queue_timeout_ns, s->pool.run_timeout_ns, (uint32_t)s->pool.retries},
		.grace_ns = s->pool.grace_ns,
		.trace = true,
	};
}

static void init(struct sim_world *w, const struct sim_run *run, const struct fp_alloc *memory)
{
	struct sim_env *e = &w->env;
	const struct sim_scenario *s = run->scenario;
	e->memory = memory;
	e->scenario = s;
	e->wire = (struct fp_wire){.profile = s->pool.native ? FP_NATIVE : FP_NETWORK,
	                           .async = s->pool.async,
	                           .payload_max = (uint32_t)s->pool.frame_bytes_max,
	                           .serialiser = &fp_string_serialiser};
	sim_clock_init(&e->clock, memory);
	sim_choice_init(&e->choice, run->seed, s->rates_ppm, run->changes);
	e->choice.bytes = run->bytes;
	e->choice.has_bytes = run->bytes.data != NULL;
	e->choice.see = run->see_choice;
	e->choice.ctx = run->see_choice_ctx;
	sim_trace_init(&e->trace);
	e->trace.see = run->see;
	e->trace.see_octets = run->see_octets;
	e->trace.ctx = run->ctx;
	sim_ledger_init(&e->ledger, s, memory, &e->clock.now_ns, &w->engine.sched.waiting);
	sim_oracle_init(&e->oracle, &e->ledger);
	sim_memory_init(&e->pool_memory, memory, &e->choice, SIM_NOMEM);
	sim_memory_init(&e->child_memory, memory, &e->choice, SIM_CHILD_NOMEM);
	e->padding = sim_get(memory, s->size_bytes_max + 1);
	fp_list_init(&w->hosts);
	fp_list_init(&w->unwritten);
	fp_list_init(&w->cancels);
	sim_event_init(&w->call, on_call);
	sim_event_init(&w->close, on_close);
	sim_event_init(&w->patience, on_patience);
	struct fp_engine_config config = engine_config(e);
	fp_engine_init(&w->engine, &e->pool_memory.alloc, &config, 0);
	sim_clock_set(&e->clock, &w->call, 0);
}

/* The engine first: what it holds then is its own fault. */
static void fini(struct sim_world *w)
{
	struct sim_env *e = &w->env;
	if (w->is_over && (w->engine.jobs || w->engine.n_workers))
		sim_oracle_break(&e->oracle, SIM_MEMORY, "the pool is destroyed and holds calls or workers");
	fp_engine_fini(&w->engine);
	for (struct fp_link *k; (k = fp_list_first(&w->hosts));)
		sim_host_free(FP_OWNER(k, struct sim_host, all));
	fp_alloc_put(e->memory, w->by_number, w->numbers_max * sizeof *w->by_number);
	for (struct fp_link *k; (k = fp_list_first(&w->cancels));)
		free_cancel(FP_OWNER(k, struct cancel, link));
	if (e->pool_memory.held || e->child_memory.held)
		sim_oracle_break(&e->oracle, SIM_MEMORY, "%llu octets are held at the end",
		                 (unsigned long long)(e->pool_memory.held + e->child_memory.held));
	fp_alloc_put(e->memory, (void *)(uintptr_t)e->padding, e->scenario->size_bytes_max + 1);
	sim_clock_fini(&e->clock);
	sim_ledger_fini(&e->ledger);
}

void sim_world_run(const struct sim_run *run, const struct fp_alloc *memory, struct sim_verdict *v)
{
	struct sim_world *w = sim_get(memory, sizeof *w);
	init(w, run, memory);
	go(w);
	*v = (struct sim_verdict){.hash = w->env.trace.hash,
	                          .events = w->env.clock.events,
	                          .records = w->env.trace.records,
	                          .ops = w->ops,
	                          .end_ns = w->env.clock.now_ns,
	                          .calls = w->submitted};
	fini(w);
	v->broken = w->env.oracle.broken;
	memcpy(v->why, w->env.oracle.why, sizeof v->why);
	fp_alloc_put(memory, w, sizeof *w);
}
