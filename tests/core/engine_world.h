/* A world for one engine in virtual time: what there is in it, and how it is written down what happened.
 *
 * That is one line: "@0 start 1, got 1 a, @5 a ok ra" is a worker started, job a received by it whole, and 5 ms later a's
 * outcome with the result list "ra". Workers are numbered from 1, a job is a letter: its only argument. Must not know what
 * any of it is good for: engine_puppet.h moves the other ends, engine_host.h carries out operations, engine_play.h is what
 * a test does. */
#ifndef FP_TESTS_ENGINE_WORLD_H
#define FP_TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/core/engine.h"
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
	bool was_asked, is_started, is_failed, is_half_closed, is_closed, is_exited, is_at_end, is_broken, was_killed;
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

#endif
