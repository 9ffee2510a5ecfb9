/* A host for one engine. See engine.h. */
#include "engine.h"

#include "../oracle/second.h"
#include "../rig/memory.h"
#include "../target.h"
#include "core/engine.h"
#include "core/retire.h"

#define HOSTS_MAX 64u /* workers ever; more cannot be started */
#define JOBS_MAX 64u  /* calls without an outcome */
#define SAID_MAX 600u /* octets a worker says at a time */
#define END_STEPS_MAX 2000u

struct host {
	struct fp_worker *worker; /* NULL: gone */
	bool is_started, is_exited, is_read, is_closed;
};

static struct world {
	struct fp_memory memory;
	struct fp_engine engine;
	struct fp_choices choices;
	uint64_t now_ns;
	struct host hosts[HOSTS_MAX];
	unsigned n_hosts;
	struct fp_job *jobs[JOBS_MAX];
	bool is_cancelled[JOBS_MAX];
	unsigned n_jobs;
	bool is_destroyed;
} w;

static uint8_t padding[2 * FP_COPY_BYTES];

static uint32_t choose(uint32_t n)
{
	return fp_choose(&w.choices, n);
}

static struct fp_engine_config any_config(void)
{
	static const uint64_t times_ns[] = {0, FP_MS, 50 * FP_MS, FP_S};
	struct fp_engine_config c = {.grace_ns = times_ns[choose(4)]}; /* one by one: compilers differ in the order within a list */
	c.trace = choose(4) != 3;
	c.sched.max = 1 + choose(4);
	c.sched.load = 1 + choose(3);
	c.sched.idle_time_ns = FP_MS;
	c.sched.max_idle = choose(3);
	c.sched.min = choose(c.sched.max + 1);
	c.sched.min_idle = choose(3);
	c.sched.calls_max = choose(4) == 3;
	c.wire.profile = choose(2) ? FP_NATIVE : FP_NETWORK;
	c.wire.async = choose(2);
	c.wire.payload_max = choose(4) == 3 ? 64 : 1 << 20;
	c.wire.serialiser = &fp_string_serialiser;
	c.queue_max = choose(4) == 3 ? 2 : 0;
	c.queue_bytes_max = choose(4) == 3 ? 400 : 0;
	c.limits.queue_timeout_ns = times_ns[choose(3)];
	c.limits.run_timeout_ns = times_ns[choose(3)];
	c.limits.retries = choose(2);
	return c;
}

/* ---- operations ---- */

static void on_start(struct fp_worker *worker)
{
	if (w.n_hosts == HOSTS_MAX) {
		fp_engine_worker_failed(&w.engine, worker, 1);
		worker->host = NULL;
		return;
	}
	worker->host = &w.hosts[w.n_hosts++];
	*(struct host *)worker->host = (struct host){.worker = worker};
}

static void on_outcome(const struct fp_op *op)
{
	unsigned i = 0;
	while (i < w.n_jobs && w.jobs[i] != op->job)
		i++;
	if (i == w.n_jobs)
		fp_fuzz_found("model", "an outcome is told of a call that has none to come");
	w.jobs[i] = w.jobs[--w.n_jobs];
	w.is_cancelled[i] = w.is_cancelled[w.n_jobs];
}

static void carry_out(const struct fp_op *op)
{
	struct host *h = op->worker ? op->worker->host : NULL;
	if (w.is_destroyed)
		fp_fuzz_found("model", "an operation comes after the last one");
	if (op->kind == FP_OP_START)
		on_start(op->worker);
	else if (op->kind == FP_OP_OUTCOME)
		on_outcome(op);
	else if (op->kind == FP_OP_DESTROYED)
		w.is_destroyed = true;
	else if (op->kind == FP_OP_TRACE && !(*fp_worker_state_name(op->trace.from) && *fp_worker_state_name(op->trace.to)))
		fp_fuzz_found("model", "a state has no name");
	else if (op->kind == FP_OP_CLOSE && h)
		h->is_closed = true;
	else if (op->kind == FP_OP_GONE && h)
		h->worker = NULL;
}

static void drain(void)
{
	struct fp_op op;
	struct fp_stats stats;
	while (fp_engine_next_op(&w.engine, &op))
		carry_out(&op);
	fp_engine_stats(&w.engine, &stats);
	if (stats.waiting + stats.running > w.n_jobs || stats.idle > stats.workers)
		fp_fuzz_found("model", "more is counted than there is");
	if (w.is_destroyed ? w.n_jobs || fp_engine_deadline_ns(&w.engine) != FP_NEVER : fp_engine_deadline_ns(&w.engine) < w.now_ns)
		fp_fuzz_found("model", "what is due is not done, or something is due after the end");
}

/* ---- inputs ---- */

static void in_time(void)
{
	static const uint64_t steps_ns[] = {0, FP_MS, 60 * FP_MS, 2 * FP_S};
	uint64_t deadline_ns = fp_engine_deadline_ns(&w.engine);
	uint32_t c = choose(5);
	if (c < 4)
		w.now_ns += steps_ns[c];
	else if (deadline_ns != FP_NEVER && deadline_ns > w.now_ns)
		w.now_ns = deadline_ns;
	fp_engine_tick(&w.engine, w.now_ns);
}

static void in_submit(void)
{
	static const size_t lens[] = {1, 0, 100, FP_COPY_BYTES + 1, 300, FP_COPY_BYTES + 3000};
	struct fp_item item = {padding, lens[choose(6)], FP_STRING};
	struct fp_limits limits = {.queue_timeout_ns = choose(2) * FP_MS};
	limits.run_timeout_ns = choose(2) * 2 * FP_MS;
	limits.retries = choose(3);
	struct fp_job *job;
	if (w.n_jobs == JOBS_MAX)
		return;
	enum fp_reason r = fp_engine_submit(&w.engine, &item, 1, choose(2) ? &limits : NULL, &job);
	if (r == FP_NOMEM && !fp_memory_has_failed(&w.memory))
		fp_fuzz_found("allocation", "a call is refused for want of memory, though there is some");
	if (r)
		return;
	w.is_cancelled[w.n_jobs] = false;
	w.jobs[w.n_jobs++] = job;
}

static void in_cancel(void)
{
	unsigned i = w.n_jobs ? choose(w.n_jobs) : 0;
	if (i == w.n_jobs || w.is_cancelled[i])
		return;
	w.is_cancelled[i] = true;
	fp_engine_cancel(&w.engine, w.jobs[i]);
}

/* One that has started, or has not; NULL: there is none. */
static struct host *any_host(bool is_started)
{
	unsigned first = w.n_hosts ? choose(w.n_hosts) : 0;
	for (unsigned i = 0; i < w.n_hosts; i++) {
		struct host *h = &w.hosts[(first + i) % w.n_hosts];
		if (h->worker && h->is_started == is_started && (is_started || !h->is_exited))
			return h;
	}
	return NULL;
}

static void start(struct host *h, bool is_failure)
{
	h->is_exited = is_failure;
	h->is_started = !is_failure;
	if (is_failure)
		fp_engine_worker_failed(&w.engine, h->worker, 1);
	else
		fp_engine_worker_started(&w.engine, h->worker);
}

static void in_start(void)
{
	struct host *h = any_host(false);
	if (h)
		start(h, choose(8) == 7);
}

/* A reply, an event, a request to retire, another of that form, octets of the input's own, or part of one of these. */
static size_t make_said(const struct fp_wire *wire, uint8_t *out)
{
	struct fp_second_form form = {wire->profile == FP_NETWORK, true, UINT32_MAX};
	uint8_t payload[SAID_MAX];
	struct fp_item items[FP_RETIRE_ITEMS];
	uint32_t kind = choose(8), id = kind < 4 ? 1 + kind : 0;
	size_t len = 0, n_items = kind == 5 || kind == 6 ? FP_RETIRE_ITEMS : choose(2);
	fp_retire_make(items);
	if (kind == 6)
		items[choose(2)].len--; /* another word, or another head */
	for (size_t i = 0; i < n_items; len += items[i++].len) {
		len += fp_second_put_length(payload + len, items[i].len);
		memcpy(payload + len, items[i].data, items[i].len);
	}
	size_t head = fp_second_put_head(form, out, id, (uint32_t)len);
	memcpy(out + head, payload, len);
	for (size_t i = 0; kind == 7 && i < head; i++)
		out[i] = (uint8_t)choose(256);
	return choose(8) == 7 ? 1 + choose((uint32_t)(head + len)) : head + len;
}

static void in_say(void)
{
	uint8_t said[SAID_MAX + FP_FRAME_HEAD_MAX];
	struct host *h = any_host(true);
	struct fp_space space;
	if (!h || h->is_closed || h->is_read)
		return;
	size_t n = make_said(&w.engine.config.wire, said);
	if (fp_engine_rx_buf(&w.engine, h->worker, &space)) {
		if (!fp_memory_has_failed(&w.memory))
			fp_fuzz_found("allocation", "no room for what arrives, though there is memory");
		h->is_read = true;
		return;
	}
	n = n < space.len ? n : space.len;
	memcpy(space.data, said, n);
	w.memory.arrived += n;
	fp_engine_rx_ack(&w.engine, h->worker, n);
}

static void end_reading(struct host *h, bool is_error)
{
	if (h->is_closed || h->is_read)
		return;
	h->is_read = true;
	if (is_error)
		fp_engine_rx_error(&w.engine, h->worker, FP_READ, 1);
	else
		fp_engine_rx_eof(&w.engine, h->worker);
}

static void in_end(void)
{
	struct host *h = any_host(true);
	if (h)
		end_reading(h, choose(4) == 3);
}

static void in_write(void)
{
	struct host *h = any_host(true);
	if (!h || h->is_closed)
		return;
	struct fp_span out = fp_engine_tx_buf(&w.engine, h->worker);
	uint32_t c = choose(8);
	if (!out.len)
		return;
	if (c == 7 && !h->is_read)
		fp_engine_tx_error(&w.engine, h->worker, 1);
	else
		fp_engine_tx_ack(&w.engine, h->worker, c == 6 ? 1 + out.len / 2 : out.len);
}

static void exit_of(struct host *h, int status, int signal)
{
	if (h->is_exited)
		return;
	h->is_exited = true;
	fp_engine_worker_exited(&w.engine, h->worker, status, signal);
}

static void in_exit(void)
{
	struct host *h = any_host(true);
	uint32_t c = choose(4);
	if (h)
		exit_of(h, c & 1 ? -1 : 0, c & 2 ? 9 : 0);
}

static void in_no_memory(void)
{
	w.memory.fail_at = w.memory.requests + 1 + choose(4);
}

static void in_close(void)
{
	if (choose(4))
		return;
	if (choose(2))
		fp_engine_abort(&w.engine);
	else
		fp_engine_close(&w.engine);
}

static void step(void)
{
	static void (*const inputs[])(void) = {in_time,  in_submit, in_submit, in_start, in_write, in_say,       in_say,  in_submit,
	                                       in_write, in_cancel, in_start,  in_exit,  in_end,   in_no_memory, in_time, in_close};
	uint32_t c = choose(64);
	fp_engine_tick(&w.engine, w.now_ns);
	inputs[c % 16]();
	if (c < 48)
		drain();
}

/* Every process ends, and the pool does. */
static void finish(void)
{
	fp_engine_close(&w.engine);
	for (unsigned i = 0; !w.is_destroyed; i++) {
		if (i == END_STEPS_MAX)
			fp_fuzz_found("model", "a closed pool does not come to an end");
		uint64_t deadline_ns = fp_engine_deadline_ns(&w.engine);
		if (deadline_ns != FP_NEVER && deadline_ns > w.now_ns)
			w.now_ns = deadline_ns;
		fp_engine_tick(&w.engine, w.now_ns);
		for (struct host *h = w.hosts; h < w.hosts + w.n_hosts; h++) {
			if (h->worker && !h->is_started && !h->is_exited)
				start(h, i & 1);
			if (!h->worker || !h->is_started)
				continue;
			end_reading(h, false);
			exit_of(h, 0, 0);
		}
		drain();
	}
}

void fp_engine_life(struct fp_choices choices)
{
	w = (struct world){.choices = choices};
	struct fp_engine_config config = any_config();
	bool is_forgotten = choose(4) == 3;
	fp_memory_init(&w.memory, 0, 8 * sizeof padding); /* calls are of our own making */
	fp_engine_init(&w.engine, &w.memory.alloc, &config, 0);
	while (w.choices.len && !w.is_destroyed)
		step();
	if (!is_forgotten)
		finish();
	fp_engine_fini(&w.engine);
	fp_memory_fini(&w.memory);
}
