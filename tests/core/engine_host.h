/* The host of the world of engine_world.h: carries out operations, and checks what must hold always. Must not know why the
 * engine does what it does. */
#ifndef FP_TESTS_ENGINE_HOST_H
#define FP_TESTS_ENGINE_HOST_H

#include <errno.h>
#include <signal.h>

#include "engine_puppet.h"

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
	p->was_killed |= sig == SIGKILL;
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
	assert_true(!p->was_asked || p->is_failed || (p->is_closed && (p->is_exited || p->was_killed)));
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
