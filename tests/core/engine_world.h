/* A world for one engine in virtual time: it carries out operations, writes down what happened, and checks what must hold
 * always. The other end of each connection is a puppet: a pump of octets that reads requests by hand.
 *
 * What happened is one line: "@0 start 1, got 1 a, @5 a ok ra" is a worker started, job a received by it whole, and 5 ms
 * later a's outcome with the result list "ra". Workers are numbered from 1, a job is a letter: its only argument. Must not
 * know why the engine does what it does. */
#ifndef FP_TESTS_ENGINE_WORLD_H
#define FP_TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>

#include "../../lib/core/engine.h"
#include "../../lib/core/retire.h"
#include "../alloc.h"
#include "wire.h"

#define WORLD_WORKERS 100 /* ever */
#define PUPPET_JOBS 128u  /* received by one worker ever */

/* A worker's other end. */
struct puppet {
	struct fp_worker *worker; /* NULL: not asked for yet, or gone */
	struct wire in;           /* octets received that are no whole request yet */
	size_t window;            /* octets it will read; SIZE_MAX: all */
	struct {
		uint32_t id;
		char tag; /* 0: answered */
	} jobs[PUPPET_JOBS];
	size_t n_jobs;
	bool was_asked, is_started, is_failed, is_half_closed, is_closed, is_exited, is_at_end, is_broken;
};

struct world {
	struct test_alloc alloc;
	struct fp_engine engine;
	struct mode mode;
	uint64_t now_ns;
	struct puppet puppets[WORLD_WORKERS + 1]; /* by number */
	uint64_t n_puppets;
	struct fp_job *jobs[128];       /* by letter: accepted and not told */
	uint32_t told[128];             /* by letter: outcomes */
	struct fp_result results[128];  /* by letter: the last outcome, without its items */
	uint32_t fail_starts;           /* this many starts fail at once */
	size_t window;                  /* of workers yet to come */
	bool holds_starts;              /* a start is answered by the test, not at once */
	bool is_stubborn;               /* workers end when the test says so, not when they are asked to */
	bool is_eager;                  /* workers answer at once */
	bool is_quiet;                  /* nothing is written down */
	bool is_destroyed;
	uint64_t written_ns;            /* the time mark written last; FP_NEVER: none since the last expectation */
	struct text log;
};

/* A pool in which nothing but jobs makes workers, and all may stay idle. */
static inline struct fp_engine_config world_config(void)
{
	return (struct fp_engine_config){
		.sched = {.max = 4, .max_idle = 4, .load = 1, .idle_time_ns = FP_S},
		.wire = {.profile = FP_NETWORK, .payload_max = 1 << 20, .serialiser = &fp_string_serialiser},
		.grace_ns = FP_S,
	};
}

/* One worker at most, which is given up to `load` jobs. */
static inline struct fp_engine_config world_config_one(bool async, uint32_t load)
{
	struct fp_engine_config c = world_config();
	c.wire.async = async;
	c.sched.max = 1;
	c.sched.load = load;
	return c;
}

/* ---- writing down ---- */

#define world_write(w, ...) \
	do { \
		if (!(w)->is_quiet) { \
			world_mark(w); \
			text_add(&(w)->log, __VA_ARGS__); \
		} \
	} while (0)

/* What stands before an entry: a comma, and the time where it has passed. */
static inline void world_mark(struct world *w)
{
	if (w->log.len)
		text_add(&w->log, ", ");
	if (w->written_ns == w->now_ns)
		return;
	text_add(&w->log, "@%llu", (unsigned long long)(w->now_ns / FP_MS));
	if (w->now_ns % FP_MS)
		text_add(&w->log, "+%llu", (unsigned long long)(w->now_ns % FP_MS));
	text_add(&w->log, " ");
	w->written_ns = w->now_ns;
}

static inline void world_write_list(struct world *w, const struct fp_item *items, size_t n)
{
	if (!w->is_quiet)
		text_add_list(&w->log, items, n);
}

static inline void world_write_fault(struct world *w, enum fp_reason reason, uint64_t offset)
{
	if (w->is_quiet || !reason)
		return;
	text_add(&w->log, " %s", fp_reason_name(reason));
	if (offset)
		text_add(&w->log, " at %llu", (unsigned long long)offset);
}

/* What happened since the last expectation. */
#define world_expect(w, expected) \
	do { \
		assert_string_equal((w)->log.s, (expected)); \
		world_forget(w); \
	} while (0)

static inline void world_forget(struct world *w)
{
	w->log.len = 0;
	w->log.s[0] = '\0';
	w->written_ns = FP_NEVER;
}

/* ---- a puppet: inputs to the engine, not drained ---- */

static inline uint64_t puppet_number(const struct world *w, const struct puppet *p)
{
	return (uint64_t)(p - w->puppets);
}

static inline uint32_t puppet_u32(const struct world *w, const uint8_t *at)
{
	uint32_t id, len;
	uint8_t head[8] = {0};
	memcpy(head + 4, at, 4);
	fp_frame_get((struct fp_frame_format){w->mode.profile, true}, head, &id, &len);
	return len;
}

/* The next request that arrived whole; answers how many octets it has, 0: none. */
static inline size_t puppet_request(const struct world *w, const struct puppet *p, uint32_t *id, const uint8_t **payload)
{
	size_t head = w->mode.async ? 8 : 4;
	if (p->in.len < head)
		return 0;
	*id = w->mode.async ? puppet_u32(w, p->in.data) : 1;
	*payload = p->in.data + head;
	size_t len = head + puppet_u32(w, p->in.data + head - 4);
	return p->in.len < len ? 0 : len;
}

static inline size_t puppet_unanswered(const struct puppet *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_jobs; i++)
		n += p->jobs[i].tag != 0;
	return n;
}

/* Octets go to the engine, as many at a time as it has room for. */
static inline void puppet_say(struct world *w, struct puppet *p, struct wire *octets)
{
	struct fp_space space;
	for (size_t at = 0; at < octets->len && !p->is_closed && !p->is_broken;) {
		p->is_broken = fp_engine_rx_buf(&w->engine, p->worker, &space) != FP_NONE;
		if (p->is_broken)
			break;
		assert_true(space.len > 0);
		size_t n = octets->len - at < space.len ? octets->len - at : space.len;
		memcpy(space.data, octets->data + at, n);
		fp_engine_rx_ack(&w->engine, p->worker, n);
		at += n;
	}
	wire_free(octets);
}

static inline void puppet_eof(struct world *w, struct puppet *p)
{
	if (!p->is_closed && !p->is_at_end && !p->is_broken)
		fp_engine_rx_eof(&w->engine, p->worker);
	p->is_at_end = true;
}

static inline void puppet_exit(struct world *w, struct puppet *p, int exit_status, int signal)
{
	assert_false(p->is_exited);
	p->is_exited = true;
	fp_engine_worker_exited(&w->engine, p->worker, exit_status, signal);
}

static inline void puppet_die(struct world *w, struct puppet *p, int exit_status, int signal)
{
	puppet_eof(w, p);
	puppet_exit(w, p, exit_status, signal);
}

/* Does what is left to a polite worker at end of file. */
static inline void puppet_leave_if_done(struct world *w, struct puppet *p)
{
	if (!w->is_stubborn && p->is_half_closed && !p->is_exited && !puppet_unanswered(p) && !p->in.len)
		puppet_die(w, p, 0, 0);
}

static inline void puppet_answer(struct world *w, struct puppet *p, size_t job)
{
	char result[] = {'r', p->jobs[job].tag, 0};
	struct wire out = {0};
	assert_true(p->jobs[job].tag);
	p->jobs[job].tag = 0;
	wire_frame(&out, &w->mode, p->jobs[job].id, result);
	puppet_say(w, p, &out);
	puppet_leave_if_done(w, p);
}

static inline void puppet_receive(struct world *w, struct puppet *p, uint32_t id, const uint8_t *payload)
{
	while (*payload & 0x80) /* the length of the only item */
		payload++;
	assert_true(p->n_jobs < PUPPET_JOBS);
	p->jobs[p->n_jobs].id = id;
	p->jobs[p->n_jobs++].tag = (char)payload[1];
	world_write(w, "got %llu %c", (unsigned long long)puppet_number(w, p), payload[1]);
	for (size_t i = 0; w->is_eager && i < p->n_jobs; i++)
		if (p->jobs[i].tag)
			puppet_answer(w, p, i);
}

static inline void puppet_receive_all(struct world *w, struct puppet *p)
{
	uint32_t id;
	const uint8_t *payload;
	for (size_t len; (len = puppet_request(w, p, &id, &payload));) {
		puppet_receive(w, p, id, payload);
		memmove(p->in.data, p->in.data + len, p->in.len - len);
		p->in.len -= len;
	}
}

/* Reads what the engine has to write, as far as its window goes. */
static inline void puppet_read(struct world *w, struct puppet *p)
{
	for (struct fp_span out; (out = fp_engine_tx_buf(&w->engine, p->worker)).len;) {
		size_t n = out.len < p->window ? out.len : p->window;
		if (!n)
			return;
		p->window -= p->window == SIZE_MAX ? 0 : n;
		wire_octets(&p->in, out.data, n);
		fp_engine_tx_ack(&w->engine, p->worker, n);
		puppet_receive_all(w, p);
	}
}

static inline void puppet_start(struct world *w, struct puppet *p)
{
	p->is_started = true;
	fp_engine_worker_started(&w->engine, p->worker);
}

static inline void puppet_fail(struct world *w, struct puppet *p, int system_errno)
{
	p->is_failed = true;
	fp_engine_worker_failed(&w->engine, p->worker, system_errno);
}

/* ---- operations ---- */

static inline struct puppet *world_puppet(struct world *w, uint64_t number)
{
	assert_true(number >= 1 && number <= WORLD_WORKERS);
	return &w->puppets[number];
}

static inline void world_on_start(struct world *w, struct puppet *p)
{
	assert_false(p->was_asked);
	assert_true(puppet_number(w, p) == ++w->n_puppets);
	p->was_asked = true;
	p->window = w->window;
	world_write(w, "start %llu", (unsigned long long)puppet_number(w, p));
	if (w->fail_starts) {
		w->fail_starts--;
		puppet_fail(w, p, EAGAIN);
	} else if (!w->holds_starts) {
		puppet_start(w, p);
	}
}

static inline void world_on_half_close(struct world *w, struct puppet *p)
{
	assert_true(p->is_started && !p->is_half_closed && !p->is_closed);
	assert_int_equal(fp_engine_tx_buf(&w->engine, p->worker).len, 0);
	p->is_half_closed = true;
	world_write(w, "half-close %llu", (unsigned long long)puppet_number(w, p));
	puppet_leave_if_done(w, p);
}

static inline void world_on_kill(struct world *w, struct puppet *p, int sig)
{
	assert_true(p->was_asked && !p->is_exited);
	assert_true(sig == SIGTERM || sig == SIGKILL);
	world_write(w, "%s %llu", sig == SIGTERM ? "term" : "kill", (unsigned long long)puppet_number(w, p));
	if (!w->is_stubborn && p->is_started)
		puppet_die(w, p, -1, sig);
}

static inline void world_on_close(struct world *w, struct puppet *p)
{
	assert_true(p->was_asked && !p->is_closed);
	assert_int_equal(fp_engine_tx_buf(&w->engine, p->worker).len, 0);
	p->is_closed = true;
	world_write(w, "close %llu", (unsigned long long)puppet_number(w, p));
	if (!w->is_stubborn && p->is_started && !p->is_exited)
		puppet_exit(w, p, 0, 0);
}

static inline void world_on_gone(struct world *w, struct puppet *p)
{
	assert_true(p->is_failed || (p->is_closed && p->is_exited));
	world_write(w, "gone %llu", (unsigned long long)puppet_number(w, p));
	p->worker = NULL;
}

static inline void world_write_outcome(struct world *w, char tag, const struct fp_result *r)
{
	world_write(w, "%c %s", tag, fp_outcome_name(r->outcome));
	if (r->outcome == FP_OK)
		world_write_list(w, r->items, r->n);
	if (r->outcome == FP_CRASHED || r->outcome == FP_PROTOCOL)
		world_write_fault(w, r->reason, r->offset);
	if (r->exit_status >= 0 && !w->is_quiet)
		text_add(&w->log, " exit %d", r->exit_status);
	if (r->signal && !w->is_quiet)
		text_add(&w->log, " signal %d", r->signal);
}

static inline char world_tag(const struct fp_job *job)
{
	return (char)(uintptr_t)job->data;
}

static inline void world_on_outcome(struct world *w, struct fp_job *job, const struct fp_result *r)
{
	char tag = world_tag(job);
	assert_true(w->jobs[(unsigned)tag] == job);
	w->jobs[(unsigned)tag] = NULL;
	w->told[(unsigned)tag]++;
	w->results[(unsigned)tag] = *r;
	assert_true(r->outcome == FP_OK || r->n == 0);
	assert_true(r->outcome == FP_CRASHED || (r->outcome == FP_PROTOCOL) || (r->exit_status == -1 && r->signal == 0));
	world_write_outcome(w, tag, r);
}

static inline void world_on_error(struct world *w, const struct fp_op *op)
{
	world_write(w, "error %llu", op->worker ? (unsigned long long)op->worker->number : 0ULL);
	world_write_fault(w, op->reason, op->offset);
	if (op->system_errno && !w->is_quiet)
		text_add(&w->log, " errno %d", op->system_errno);
}

static inline void world_on_trace(struct world *w, const struct fp_trace *t)
{
	world_write(w, "trace %llu %s to %s", (unsigned long long)t->worker, fp_worker_state_name(t->from),
	            fp_worker_state_name(t->to));
	world_write_fault(w, t->reason, 0);
}

/* The worker an operation is about; its host pointer is set with the first, which is START. */
static inline struct puppet *world_puppet_of(struct world *w, struct fp_worker *worker)
{
	struct puppet *p = world_puppet(w, worker->number);
	if (!worker->host) {
		worker->host = p;
		p->worker = worker;
	}
	assert_ptr_equal(worker->host, p);
	assert_ptr_equal(worker, p->worker);
	return p;
}

static inline void world_on_worker_op(struct world *w, const struct fp_op *op)
{
	struct puppet *p = world_puppet_of(w, op->worker);
	switch (op->kind) {
	case FP_OP_START:
		world_on_start(w, p);
		break;
	case FP_OP_WRITE:
		assert_true(p->is_started && !p->is_half_closed && !p->is_closed);
		puppet_read(w, p);
		break;
	case FP_OP_HALF_CLOSE:
		world_on_half_close(w, p);
		break;
	case FP_OP_KILL:
		world_on_kill(w, p, op->signal);
		break;
	case FP_OP_CLOSE:
		world_on_close(w, p);
		break;
	case FP_OP_GONE:
		world_on_gone(w, p);
		break;
	default:
		fail();
	}
}

static inline void world_on_op(struct world *w, const struct fp_op *op)
{
	assert_false(w->is_destroyed);
	switch (op->kind) {
	case FP_OP_OUTCOME:
		world_on_outcome(w, op->job, &op->result);
		break;
	case FP_OP_EVENT:
		world_write(w, "event %llu", (unsigned long long)op->worker->number);
		world_write_list(w, op->items, op->n);
		break;
	case FP_OP_ERROR:
		world_on_error(w, op);
		break;
	case FP_OP_ROOM:
		world_write(w, "room");
		break;
	case FP_OP_TRACE:
		world_on_trace(w, &op->trace);
		break;
	case FP_OP_DESTROYED:
		w->is_destroyed = true;
		world_write(w, "destroyed");
		break;
	default:
		world_on_worker_op(w, op);
	}
}

static inline struct fp_stats world_stats(const struct world *w)
{
	struct fp_stats s;
	fp_engine_stats(&w->engine, &s);
	return s;
}

static inline void world_check(const struct world *w)
{
	struct fp_stats s = world_stats(w);
	assert_true(s.workers <= w->engine.config.sched.max && s.workers_max <= w->engine.config.sched.max);
	assert_true(s.idle + s.busy == s.workers);
	for (uint64_t n = 1; n <= w->n_puppets; n++)
		assert_true(!w->puppets[n].worker || w->puppets[n].worker->parent.n_calls <= w->engine.config.sched.load);
	assert_true(!w->engine.config.grace_ns || fp_engine_deadline_ns(&w->engine) > w->now_ns);
}

static inline void world_drain(struct world *w)
{
	struct fp_op op;
	for (uint32_t limit = 10000; fp_engine_next_op(&w->engine, &op); limit--) {
		assert_true(limit > 0);
		world_on_op(w, &op);
	}
	world_check(w);
}

#endif
