/* The pool's half of a simulated worker: what lib/io/host.c is to a real one. See world.h. */
#include "world.h"

#define SLOW_STEPS_MAX 16u       /* quarters of grace */
#define TEMPLATE_STEPS_MAX 8u    /* tenths of a second */
#define ECONNRESET_SIMULATED 104 /* numbers that the engine passes through */
#define EPIPE_SIMULATED 32
#define EAGAIN_SIMULATED 11

static void note(struct sim_host *h, enum sim_what what, uint64_t a)
{
	sim_env_note(&h->world->env, (struct sim_record){.what = what, .worker = h->process.witness.number, .a = a});
}

/* ---- octets ---- */

static void end_reading(struct sim_host *h, bool is_error)
{
	h->is_read = true;
	note(h, SIM_POOL_READS_END, is_error);
	if (is_error)
		fp_engine_rx_error(&h->world->engine, h->worker, FP_READ, ECONNRESET_SIMULATED);
	else
		fp_engine_rx_eof(&h->world->engine, h->worker);
}

/* Answers whether there may be more. */
static bool receive(struct sim_host *h)
{
	struct fp_space space;
	if (fp_engine_rx_buf(&h->world->engine, h->worker, &space)) {
		h->is_read = true;
		return false;
	}
	size_t n = sim_pipe_take(&h->process.link.to_pool, space);
	note(h, SIM_POOL_READS, n);
	sim_ledger_read(&h->world->env.ledger, &h->process.witness, n);
	fp_engine_rx_ack(&h->world->engine, h->worker, n);
	return true;
}

static bool read_once(struct sim_host *h)
{
	switch (sim_pipe_look(&h->process.link.to_pool)) {
	case SIM_DONE:
		return receive(h);
	case SIM_EOF:
		end_reading(h, false);
		return false;
	case SIM_ECONNRESET:
		end_reading(h, true);
		return false;
	default:
		return false;
	}
}

static bool is_closed(const struct sim_host *h)
{
	return h->process.link.to_pool.is_deaf;
}

static bool can_read(const struct sim_host *h)
{
	return h->worker && h->process.witness.is_started && !is_closed(h) && !h->is_read;
}

static void on_arrival(struct sim_event *event)
{
	struct sim_host *h = FP_OWNER(event, struct sim_host, process.link.to_pool.arrives);
	if (!can_read(h))
		return;
	sim_world_wake(h->world);
	if (read_once(h))
		sim_pipe_wake(&h->process.link.to_pool);
}

static void read_to_the_end(struct sim_host *h)
{
	while (can_read(h) && read_once(h))
		;
}

static void want_write(struct sim_host *h)
{
	if (!fp_link_is_in(&h->unwritten) && !h->process.link.to_worker.is_writer_waiting)
		fp_list_push(&h->world->unwritten, &h->unwritten);
}

static void on_room(struct sim_event *event)
{
	struct sim_host *h = FP_OWNER(event, struct sim_host, process.link.to_worker.has_room);
	if (!h->worker || is_closed(h))
		return;
	sim_world_wake(h->world);
	want_write(h);
}

static void fail_writing(struct sim_host *h)
{
	note(h, SIM_POOL_CANNOT_WRITE, 0);
	read_to_the_end(h);
	h->process.witness.is_unread = true; /* what is still on its way */
	if (!h->is_read)
		fp_engine_tx_error(&h->world->engine, h->worker, EPIPE_SIMULATED);
}

static void tell_sent(struct sim_host *h, struct fp_span octets)
{
	struct sim_env *e = &h->world->env;
	for (uint64_t job; sim_ledger_sent(&e->ledger, &h->process.witness, &octets, &job);) {
		sim_oracle_requested(&e->oracle, &h->process.witness, job);
		sim_ledger_requested(&e->ledger, &h->process.witness, job);
	}
}

void sim_host_write(struct sim_host *h)
{
	struct fp_engine *e = &h->world->engine;
	struct sim_ledger *l = &h->world->env.ledger;
	size_t n;
	for (struct fp_span out; h->process.witness.is_started && !is_closed(h) && (out = fp_engine_tx_buf(e, h->worker)).len;) {
		switch (sim_pipe_write(&h->process.link.to_worker, out, &n)) {
		case SIM_DONE:
			note(h, SIM_POOL_WRITES, n);
			sim_trace_octets(&h->world->env.trace,
			                 &(struct sim_octets){h->process.witness.number, false, {out.data, n}});
			tell_sent(h, (struct fp_span){out.data, n});
			fp_engine_tx_ack(e, h->worker, n);
			break;
		case SIM_EAGAIN:
			sim_ledger_all_sent(l, &h->process.witness, false);
			return;
		default:
			fail_writing(h);
			return;
		}
	}
	sim_ledger_all_sent(l, &h->process.witness, true);
}

/* ---- processes ---- */

static void tell_exited(struct sim_host *h, int exit_status, int signal)
{
	if (h->process.witness.is_told || !h->process.witness.is_started || !h->worker)
		return;
	note(h, SIM_EXIT_TOLD, signal ? 256 + (uint64_t)signal : (uint64_t)exit_status);
	sim_ledger_told_exited(&h->world->env.ledger, &h->process.witness);
	fp_engine_worker_exited(&h->world->engine, h->worker, exit_status, signal);
}

static void on_ended(struct sim_event *event)
{
	struct sim_host *h = FP_OWNER(event, struct sim_host, process.ended);
	if (!h->worker) {
		sim_host_free(h);
		return;
	}
	if (!h->world->env.scenario->process.told)
		return;
	sim_world_wake(h->world);
	if (!h->process.is_told_first)
		read_to_the_end(h);
	tell_exited(h, h->process.exit_status, h->process.signal);
}

static void fail_start(struct sim_host *h)
{
	note(h, SIM_START_FAILED, 0);
	sim_ledger_start_failed(&h->world->env.ledger, &h->process.witness);
	fp_engine_worker_failed(&h->world->engine, h->worker, EAGAIN_SIMULATED);
}

static bool is_template_dead(struct sim_world *w)
{
	uint64_t steps = sim_choose(&w->env.choice, SIM_TEMPLATE, TEMPLATE_STEPS_MAX);
	if (steps)
		w->template_back_ns = w->env.clock.now_ns + steps * (FP_S / 10);
	return w->env.clock.now_ns < w->template_back_ns;
}

static void on_start(struct sim_event *event)
{
	struct sim_host *h = FP_OWNER(event, struct sim_host, starts);
	struct sim_world *w = h->world;
	sim_world_wake(w);
	bool is_dead = is_template_dead(w);
	if (sim_choose(&w->env.choice, SIM_START_FAIL, 2) || is_dead) {
		fail_start(h);
		return;
	}
	note(h, SIM_STARTED, 0);
	sim_ledger_started(&w->env.ledger, &h->process.witness);
	sim_process_start(&h->process);
	fp_engine_worker_started(&w->engine, h->worker);
}

struct sim_host *sim_host_find(struct sim_world *w, uint64_t number)
{
	return number >= 1 && number <= w->numbers ? w->by_number[number - 1] : NULL;
}

/* Numbers ascend; a worker that never had a START leaves a gap. */
static void remember(struct sim_world *w, struct sim_host *h, uint64_t number)
{
	while (w->numbers < number) {
		w->by_number = sim_grow(w->env.memory, w->by_number, &w->numbers_max, w->numbers, sizeof *w->by_number);
		w->by_number[w->numbers++] = NULL;
	}
	w->by_number[number - 1] = h;
}

void sim_host_start(struct sim_world *w, struct fp_worker *worker)
{
	struct sim_host *h = sim_get(w->env.memory, sizeof *h);
	h->world = w;
	h->worker = worker;
	worker->host = h;
	fp_list_push(&w->hosts, &h->all);
	remember(w, h, worker->number);
	sim_process_init(&h->process, &w->env, worker->number);
	sim_event_init(&h->process.link.to_pool.arrives, on_arrival);
	sim_event_init(&h->process.link.to_worker.has_room, on_room);
	sim_event_init(&h->process.ended, on_ended);
	sim_event_init(&h->starts, on_start);
	note(h, SIM_STARTS, 0);
	uint64_t slow_ns = sim_env_grace_steps(&w->env, SIM_START_SLOW, SLOW_STEPS_MAX);
	sim_clock_set(&w->env.clock, &h->starts, w->env.clock.now_ns + w->env.scenario->process.start_ns + slow_ns);
}

void sim_host_free(struct sim_host *h)
{
	fp_list_remove(&h->all);
	h->world->by_number[h->process.witness.number - 1] = NULL;
	if (fp_link_is_in(&h->unwritten))
		fp_list_remove(&h->unwritten);
	sim_clock_cancel(&h->world->env.clock, &h->starts);
	sim_process_fini(&h->process);
	fp_alloc_put(h->world->env.memory, h, sizeof *h);
}

/* ---- operations ---- */

static void close_connection(struct sim_host *h)
{
	if (h->process.link.to_pool.read != h->process.link.to_pool.written)
		sim_ledger_cut(&h->world->env.ledger, &h->process.witness);
	if (fp_link_is_in(&h->unwritten))
		fp_list_remove(&h->unwritten);
	sim_pipe_shut(&h->process.link.to_worker, SIM_SHUT_END);
	sim_pipe_deafen(&h->process.link.to_pool);
	if (!h->world->env.scenario->process.told)
		tell_exited(h, -1, 0); /* nobody will tell */
}

/* What is left of its process goes on without the pool. */
static void on_gone(struct sim_host *h)
{
	if (!is_closed(h))
		close_connection(h);
	h->worker = NULL;
	sim_clock_cancel(&h->world->env.clock, &h->starts);
	if (!h->process.is_alive)
		sim_host_free(h);
}

void sim_host_op(struct sim_host *h, const struct fp_op *op)
{
	switch (op->kind) {
	case FP_OP_WRITE:
		want_write(h);
		break;
	case FP_OP_HALF_CLOSE:
		note(h, SIM_HALF_CLOSES, 0);
		sim_pipe_shut(&h->process.link.to_worker, SIM_SHUT_END);
		break;
	case FP_OP_KILL:
		note(h, SIM_KILLS, (uint64_t)op->signal);
		sim_process_signal(&h->process, op->signal);
		break;
	case FP_OP_CLOSE:
		note(h, SIM_CLOSES, 0);
		close_connection(h);
		break;
	default:
		note(h, SIM_GONE, 0);
		on_gone(h);
		break;
	}
}
