/* The life of a simulated worker process, and what comes in. See process.h. */
#include "process_inside.h"

#include <signal.h> /* numbers only */

#define GRACE_STEPS_MAX 16u /* quarters of grace */
#define STATUSES 259u       /* 1..255: exit statuses; 0 is status 1, 256 status 0; then two signals */
#define CRASH_STEPS_MAX 16u

static void go_on(struct sim_process *p);

void sim_process_note(struct sim_process *p, enum sim_what what, uint64_t job, uint64_t a, uint64_t b)
{
	sim_env_note(p->env, (struct sim_record){.what = what, .worker = p->witness.number, .job = job, .a = a, .b = b});
}

uint64_t sim_process_choose(struct sim_process *p, enum sim_kind kind, uint64_t n)
{
	return sim_choose(&p->env->choice, kind, n);
}

/* ---- its end ---- */

static void free_task(struct sim_task *t)
{
	sim_clock_cancel(&t->process->env->clock, &t->done);
	fp_list_remove(&t->link);
	fp_alloc_put(t->process->env->memory, t, sizeof *t);
}

static void stop(struct sim_process *p)
{
	struct sim_clock *c = &p->env->clock;
	for (struct fp_link *k; (k = fp_list_first(&p->tasks));)
		free_task(FP_OWNER(k, struct sim_task, link));
	sim_clock_cancel(c, &p->begins);
	sim_clock_cancel(c, &p->crashes);
	sim_clock_cancel(c, &p->leaves);
	sim_clock_cancel(c, &p->is_killed);
}

void sim_process_die(struct sim_process *p, int exit_status, int signal)
{
	static const enum sim_end ends[] = {SIM_SHUT_END, SIM_RESET_EOF, SIM_RESET_ERROR};
	struct sim_env *e = p->env;
	if (!p->is_alive)
		return;
	stop(p);
	p->is_alive = false;
	p->exit_status = exit_status;
	p->signal = signal;
	bool is_held = e->scenario->process.told && sim_process_choose(p, SIM_HELD, 2);
	if (!is_held)
		sim_pipe_shut(&p->link.to_pool, ends[sim_process_choose(p, SIM_RESET, 3)]);
	sim_pipe_deafen(&p->link.to_worker);
	sim_clock_cancel(&e->clock, &p->link.to_pool.has_room);
	uint64_t later = sim_process_choose(p, SIM_TELL, GRACE_STEPS_MAX);
	p->is_told_first = later != 0;
	sim_clock_set(&e->clock, &p->ended, e->clock.now_ns + (later ? later - 1 : 0) * (e->scenario->pool.grace_ns / 4));
	if (!is_held && p->link.to_pool.end != SIM_SHUT_END)
		sim_ledger_lost_octets(&e->ledger, &p->witness);
	p->witness.exit_status = exit_status;
	p->witness.signal = signal;
	sim_process_note(p, SIM_ENDS, 0, signal ? 256 + (uint64_t)signal : (uint64_t)exit_status, 0);
}

static void crash(struct sim_process *p)
{
	uint64_t how = sim_process_choose(p, SIM_STATUS, STATUSES);
	if (how > 256)
		sim_process_die(p, -1, how == 257 ? SIGSEGV : SIGKILL);
	else
		sim_process_die(p, how == 0 ? 1 : (int)(how % 256), 0);
}

static void on_crash(struct sim_event *event)
{
	crash(FP_OWNER(event, struct sim_process, crashes));
}

static void on_leave(struct sim_event *event)
{
	struct sim_process *p = FP_OWNER(event, struct sim_process, leaves);
	sim_process_die(p, p->exit_status, 0);
}

static void on_kill(struct sim_event *event)
{
	sim_process_die(FP_OWNER(event, struct sim_process, is_killed), -1, SIGKILL);
}

void sim_process_signal(struct sim_process *p, int signal)
{
	if (!p->is_alive)
		return;
	uint64_t now = p->env->clock.now_ns;
	if (signal == SIGKILL)
		sim_clock_set_sooner(&p->env->clock, &p->is_killed,
		                     now + sim_env_grace_steps(p->env, SIM_UNKILLABLE, GRACE_STEPS_MAX));
	else if (sim_process_choose(p, SIM_STUBBORN, 2))
		sim_process_note(p, SIM_IGNORES, 0, (uint64_t)signal, 0);
	else
		sim_process_die(p, -1, signal);
}

/* All is done: it ends by itself, in a while. */
static void leave(struct sim_process *p, int exit_status)
{
	if (sim_event_is_set(&p->leaves) || p->is_staying)
		return;
	p->is_staying = !exit_status && sim_process_choose(p, SIM_STAY, 2);
	p->witness.has_left = !exit_status && !p->is_staying;
	p->exit_status = exit_status;
	if (p->is_staying)
		return;
	sim_pipe_shut(&p->link.to_pool, SIM_SHUT_END);
	uint64_t at = p->env->clock.now_ns + sim_env_grace_steps(p->env, SIM_LINGER, GRACE_STEPS_MAX);
	sim_clock_set(&p->env->clock, &p->leaves, at);
}

/* ---- what it is asked ---- */

static void on_done(struct sim_event *event)
{
	struct sim_task *t = FP_OWNER(event, struct sim_task, done);
	struct sim_process *p = t->process;
	sim_process_answer(p, t);
	if (!p->is_alive)
		return;
	free_task(t);
	uint64_t idle_steps = fp_child_outstanding(&p->child) ? 0 : sim_process_choose(p, SIM_CRASH_IDLE, CRASH_STEPS_MAX);
	if (idle_steps)
		sim_clock_set(&p->env->clock, &p->crashes,
		              p->env->clock.now_ns + (idle_steps - 1) * p->env->scenario->link.step_ns);
	go_on(p);
}

/* Closes its connection, wholly or for writing, and lives on. */
static void shut(struct sim_process *p, bool is_wholly)
{
	p->is_zombie = true;
	sim_process_note(p, SIM_MISBEHAVES, 0, SIM_SHUT, is_wholly);
	sim_pipe_shut(&p->link.to_pool, SIM_SHUT_END);
	if (is_wholly)
		sim_pipe_deafen(&p->link.to_worker);
}

static void begin(struct sim_process *p, const struct fp_request *r)
{
	struct sim_env *e = p->env;
	struct sim_task *t = sim_get(e->memory, sizeof *t);
	*t = (struct sim_task){.process = p,
	                       .job = sim_decimal_value(&r->items[0]),
	                       .serial = r->serial,
	                       .id = r->id,
	                       .size = r->items[2].len};
	sim_event_init(&t->done, on_done);
	fp_list_push(&p->tasks, &t->link);
	sim_process_note(p, SIM_BEGINS, t->job, 0, 0);
	sim_ledger_begun(&e->ledger, &p->witness, t->job);
	uint64_t service_ns = sim_decimal_value(&r->items[1]) * (1 + sim_process_choose(p, SIM_SLOW, 100));
	uint64_t how = sim_process_choose(p, SIM_SHUT, 3);
	if (how) {
		shut(p, how == 2);
		return;
	}
	if (sim_process_choose(p, SIM_CRASH_BUSY, 2))
		sim_clock_set_sooner(&e->clock, &p->crashes, e->clock.now_ns + service_ns / 2);
	if (!sim_process_choose(p, SIM_HANG, 2)) {
		sim_clock_set(&e->clock, &t->done, e->clock.now_ns + service_ns);
		return;
	}
	/* one with a limit ends by that, unless the pool takes something else for its answer */
	e->hangs += !sim_ledger_job(&e->ledger, t->job)->limits.run_timeout_ns || p->witness.is_void;
	sim_process_note(p, SIM_MISBEHAVES, t->job, SIM_HANG, 0);
}

static bool is_served(struct sim_process *p)
{
	struct fp_child_event event;
	if (!p->env->wire.async && fp_child_tx_buf(&p->child).len)
		return false; /* an answer leaves before the next request is begun */
	if (!fp_child_next(&p->child, &event))
		return false;
	if (event.kind == FP_CHILD_REQUEST) {
		begin(p, &event.request);
		return true;
	}
	p->is_over = true;
	p->exit_status = event.kind == FP_CHILD_FAILED;
	p->env->hangs += p->exit_status && fp_child_outstanding(&p->child); /* what else it was sent waits for that */
	sim_process_note(p, SIM_PROCESS_READS_END, 0, event.kind == FP_CHILD_FAILED ? event.reason : FP_NONE, 0);
	return false;
}

/* Answers whether there may be more. */
static bool receive(struct sim_process *p)
{
	struct fp_space space;
	struct sim_pipe *in = &p->link.to_worker;
	if (fp_child_rx_buf(&p->child, &space))
		return false;
	if (p->crash_in && space.len > p->crash_in - in->read)
		space.len = (size_t)(p->crash_in - in->read);
	size_t n = sim_pipe_take(in, space);
	sim_process_note(p, SIM_PROCESS_READS, 0, n, 0);
	fp_child_rx_ack(&p->child, n);
	if (p->crash_in && in->read == p->crash_in)
		crash(p);
	return p->is_alive;
}

static bool read_some(struct sim_process *p)
{
	if (!fp_child_wants_input(&p->child))
		return false;
	switch (sim_pipe_look(&p->link.to_worker)) {
	case SIM_DONE:
		return receive(p);
	case SIM_EOF:
		fp_child_rx_eof(&p->child);
		return false;
	case SIM_ECONNRESET:
		fp_child_rx_error(&p->child, FP_READ);
		return false;
	default:
		return false;
	}
}

static void write_all(struct sim_process *p)
{
	size_t n;
	for (struct fp_span out; p->is_alive && (out = fp_child_tx_buf(&p->child)).len;) {
		if (p->crash_out && out.len > p->crash_out - p->link.to_pool.written)
			out.len = (size_t)(p->crash_out - p->link.to_pool.written);
		enum sim_io io = sim_pipe_write(&p->link.to_pool, out, &n);
		if (io == SIM_EAGAIN)
			return;
		if (io == SIM_EPIPE) {
			sim_process_die(p, -1, SIGPIPE);
			return;
		}
		sim_process_note(p, SIM_PROCESS_WRITES, 0, n, 0);
		sim_trace_octets(&p->env->trace, &(struct sim_octets){p->witness.number, true, {out.data, n}});
		fp_child_tx_ack(&p->child, n);
		if (p->crash_out && p->link.to_pool.written == p->crash_out)
			crash(p);
	}
}

static bool can_go_on(const struct sim_process *p)
{
	return p->is_alive && p->has_begun && !p->is_zombie;
}

/* Reads, works, writes, until it has to wait. */
static void go_on(struct sim_process *p)
{
	bool may_be_more = true;
	write_all(p);
	while (may_be_more && can_go_on(p)) {
		may_be_more = read_some(p);
		while (can_go_on(p) && is_served(p))
			;
	}
	if (can_go_on(p))
		write_all(p);
	if (p->is_alive && p->is_over && !fp_child_tx_buf(&p->child).len && !fp_child_outstanding(&p->child))
		leave(p, p->exit_status);
}

static void on_arrival(struct sim_event *event)
{
	struct sim_process *p = FP_OWNER(event, struct sim_process, link.to_worker.arrives);
	if (can_go_on(p))
		go_on(p);
}

static void on_room(struct sim_event *event)
{
	struct sim_process *p = FP_OWNER(event, struct sim_process, link.to_pool.has_room);
	if (can_go_on(p))
		go_on(p);
}

/* ---- its beginning ---- */

static void on_begin(struct sim_event *event)
{
	struct sim_process *p = FP_OWNER(event, struct sim_process, begins);
	p->has_begun = true;
	go_on(p);
}

void sim_process_init(struct sim_process *p, struct sim_env *e, uint64_t its_number)
{
	const struct sim_scenario *s = e->scenario;
	*p = (struct sim_process){.env = e};
	sim_witness_init(&e->ledger, &p->witness, its_number);
	sim_pipe_init(&p->link.to_worker, &e->clock, &e->choice, e->memory, s->link.to_worker_bytes, s->link.delay_ns,
	              s->link.step_ns);
	sim_pipe_init(&p->link.to_pool, &e->clock, &e->choice, e->memory, s->link.to_pool_bytes, s->link.delay_ns,
	              s->link.step_ns);
	sim_event_init(&p->link.to_worker.arrives, on_arrival);
	sim_event_init(&p->link.to_pool.has_room, on_room);
	fp_child_init(&p->child, &e->child_memory.alloc, &e->wire);
	fp_list_init(&p->tasks);
	sim_event_init(&p->begins, on_begin);
	sim_event_init(&p->crashes, on_crash);
	sim_event_init(&p->leaves, on_leave);
	sim_event_init(&p->is_killed, on_kill);
}

void sim_process_start(struct sim_process *p)
{
	uint64_t span = p->env->scenario->process.span_bytes + 1;
	p->is_alive = true;
	p->crash_in = sim_process_choose(p, SIM_CRASH_IN, span);
	p->crash_out = sim_process_choose(p, SIM_CRASH_OUT, span);
	uint64_t late_ns = sim_env_grace_steps(p->env, SIM_START_LATE, GRACE_STEPS_MAX);
	sim_clock_set(&p->env->clock, &p->begins, p->env->clock.now_ns + late_ns);
}

void sim_process_fini(struct sim_process *p)
{
	stop(p);
	sim_clock_cancel(&p->env->clock, &p->ended);
	fp_child_fini(&p->child);
	sim_pipe_fini(&p->link.to_worker);
	sim_pipe_fini(&p->link.to_pool);
	sim_witness_fini(&p->env->ledger, &p->witness);
}
