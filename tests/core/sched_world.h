/* A world for one sched in virtual time: it answers decisions, writes them down, and checks what must hold always.
 *
 * What happened is one line: "@0 start 1 give 1 @100+5 stop 1" is a worker started and given a job at 0 ms, stopped at
 * 100 ms and 5 ns. Workers are numbered from 1 as they were added. Must not know why sched decides what it does. */
#ifndef FP_TESTS_SCHED_WORLD_H
#define FP_TESTS_SCHED_WORLD_H

#define _POSIX_C_SOURCE 200809L /* fork; so this file is included first */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/core/sched.h"
#include "../alloc.h"

#define WORLD_WORKERS 64 /* added ever */

struct world {
	struct test_alloc alloc;
	struct fp_sched sched;
	struct fp_sched_worker workers[WORLD_WORKERS + 1]; /* by number */
	uint32_t jobs[WORLD_WORKERS + 1];                  /* by number: assigned and not ended */
	bool frozen[WORLD_WORKERS + 1];                    /* by number */
	uint32_t n_workers, n_members;
	uint64_t waiting, now_ns;
	uint64_t decisions;  /* ever */
	uint32_t fail_next;  /* this many starts fail */
	uint64_t written_ns; /* the time mark written last; FP_NEVER: none since the last expectation */
	char story[2048];
};

/* A pool in which nothing but jobs makes workers, none waits for a time, and all may stay idle. */
static inline struct fp_sched_config world_config(void)
{
	return (struct fp_sched_config){.max = 4, .max_idle = 4, .load = 1, .idle_time_ns = FP_S};
}

static inline uint32_t world_number(const struct world *w, const struct fp_sched_worker *worker)
{
	assert_true(worker > w->workers && worker <= w->workers + w->n_workers);
	return (uint32_t)(worker - w->workers);
}

static inline void world_append(struct world *w, const char *text)
{
	assert_true(strlen(w->story) + strlen(text) < sizeof w->story);
	strcat(w->story, text);
}

static inline void world_append_number(struct world *w, const char *before, uint64_t number)
{
	char text[32];
	snprintf(text, sizeof text, "%s%llu", before, (unsigned long long)number);
	world_append(w, text);
}

/* " @MS" or " @MS+NS" where time has passed since the last entry, then " WORD" and, unless 0, the number. */
static inline void world_write(struct world *w, const char *word, uint64_t number)
{
	if (w->written_ns != w->now_ns) {
		world_append_number(w, w->story[0] ? " @" : "@", w->now_ns / FP_MS);
		if (w->now_ns % FP_MS)
			world_append_number(w, "+", w->now_ns % FP_MS);
		w->written_ns = w->now_ns;
	}
	world_append(w, " ");
	world_append(w, word);
	if (number)
		world_append_number(w, " ", number);
}

static inline void world_on_give(struct world *w, struct fp_sched_worker *worker)
{
	uint32_t number = world_number(w, worker);
	assert_true(fp_sched_is_member(worker));
	assert_true(w->waiting > 0);
	w->waiting--;
	assert_true(w->jobs[number] < w->sched.config.load && !w->frozen[number]);
	w->jobs[number]++;
	world_write(w, "give", number);
}

static inline void world_fail_start(struct world *w, const char *word)
{
	world_write(w, word, 0);
	fp_sched_start_failed(&w->sched);
}

static inline void world_add(struct world *w)
{
	assert_true(w->n_workers < WORLD_WORKERS);
	struct fp_sched_worker *worker = &w->workers[w->n_workers + 1];
	uint32_t n_idle = w->sched.n_idle;
	uint64_t deadline_ns = fp_sched_deadline_ns(&w->sched);
	if (fp_sched_worker_add(&w->sched, worker)) {
		assert_false(fp_sched_is_member(worker));
		assert_true(w->sched.n_idle == n_idle && fp_sched_deadline_ns(&w->sched) == deadline_ns);
		world_fail_start(w, "no-memory");
		return;
	}
	assert_true(fp_sched_is_member(worker));
	w->n_members++;
	world_write(w, "start", ++w->n_workers);
}

static inline void world_on_start(struct world *w)
{
	assert_true(w->n_members < w->sched.config.max);
	if (!w->fail_next) {
		world_add(w);
		return;
	}
	w->fail_next--;
	world_fail_start(w, "fail");
}

static inline void world_on_stop(struct world *w, struct fp_sched_worker *worker)
{
	w->n_members--;
	assert_false(fp_sched_is_member(worker));
	world_write(w, "stop", world_number(w, worker));
}

static inline void world_on_give_up(struct world *w)
{
	assert_true(w->sched.closing && w->n_members == 0);
	world_write(w, "lose", w->waiting);
	for (; w->waiting; w->waiting--)
		fp_sched_job_leave(&w->sched);
}

static inline void world_answer(struct world *w, const struct fp_decision *d)
{
	w->decisions++;
	switch (d->kind) {
	case FP_ASSIGN:
		world_on_give(w, d->worker);
		break;
	case FP_START_WORKER:
		world_on_start(w);
		break;
	case FP_STOP:
		world_on_stop(w, d->worker);
		break;
	case FP_GIVE_UP:
		world_on_give_up(w);
		break;
	}
}

/* Jobs assigned and not ended, of removed workers too, and frozen workers, which are still to be lost. */
static inline uint64_t world_outstanding(const struct world *w)
{
	uint64_t n = 0;
	for (uint32_t number = 1; number <= w->n_workers; number++)
		n += w->jobs[number] + (w->frozen[number] && fp_sched_is_member(&w->workers[number]));
	return n;
}

/* Where nothing is left that could end, sched does not wait for that: jobs that wait have a time, a closed pool is empty. */
static inline void world_check_not_stuck(const struct world *w)
{
	if (world_outstanding(w))
		return;
	assert_true(!w->waiting || fp_sched_deadline_ns(&w->sched) != FP_NEVER);
	assert_true(!w->sched.closing || w->waiting || !w->n_members);
}

static inline void world_drain(struct world *w)
{
	struct fp_decision d;
	for (uint32_t limit = 1000; fp_sched_next(&w->sched, &d); limit--) {
		assert_true(limit > 0);
		world_answer(w, &d);
	}
	assert_int_equal(fp_sched_workers(&w->sched), w->n_members);
	assert_true(fp_sched_deadline_ns(&w->sched) > w->now_ns);
	world_check_not_stuck(w);
}

/* ---- inputs, each drained ---- */

static inline void world_init(struct world *w, struct fp_sched_config config) /* not drained yet */
{
	*w = (struct world){.written_ns = FP_NEVER};
	test_alloc_init(&w->alloc);
	fp_sched_init(&w->sched, &w->alloc.alloc, &config, 0);
}

static inline void world_open(struct world *w, struct fp_sched_config config)
{
	world_init(w, config);
	world_drain(w);
}

static inline void world_open_failing(struct world *w, struct fp_sched_config config, uint32_t n) /* the first n starts */
{
	world_init(w, config);
	w->fail_next = n;
	world_drain(w);
}

static inline void world_free(struct world *w)
{
	fp_sched_fini(&w->sched);
	assert_int_equal(w->alloc.held, 0);
}

static inline void world_tick(struct world *w, uint64_t now_ns)
{
	w->now_ns = now_ns;
	fp_sched_tick(&w->sched, now_ns);
	world_drain(w);
}

static inline void world_jobs(struct world *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		w->waiting++;
		fp_sched_job_wait(&w->sched);
		world_drain(w);
	}
}

static inline void world_leave(struct world *w)
{
	w->waiting--;
	fp_sched_job_leave(&w->sched);
	world_drain(w);
}

static inline void world_end(struct world *w, uint32_t number)
{
	assert_true(w->jobs[number] > 0);
	w->jobs[number]--;
	fp_sched_job_end(&w->sched, &w->workers[number]);
	world_drain(w);
}

static inline void world_forget(struct world *w, uint32_t number)
{
	if (fp_sched_is_member(&w->workers[number]))
		w->n_members--;
}

static inline void world_retire(struct world *w, uint32_t number)
{
	world_forget(w, number);
	fp_sched_worker_remove(&w->sched, &w->workers[number]);
	world_drain(w);
}

/* A worker has exited, and what it wrote is still to be read. */
static inline void world_freeze(struct world *w, uint32_t number)
{
	w->frozen[number] |= w->jobs[number] > 0;
	fp_sched_worker_freeze(&w->sched, &w->workers[number]);
	world_drain(w);
}

/* A worker dies; its jobs are for the test to end. */
static inline void world_lose(struct world *w, uint32_t number)
{
	world_forget(w, number);
	fp_sched_worker_lose(&w->sched, &w->workers[number]);
	world_drain(w);
}

/* A worker that dies without ever having answered. */
static inline void world_lose_unproved(struct world *w, uint32_t number)
{
	world_forget(w, number);
	fp_sched_start_failed(&w->sched);
	fp_sched_worker_lose(&w->sched, &w->workers[number]);
	world_drain(w);
}

static inline void world_prove(struct world *w)
{
	fp_sched_start_proved(&w->sched);
	world_drain(w);
}

static inline void world_close(struct world *w)
{
	fp_sched_close(&w->sched);
	world_drain(w);
}

/* Time passes until `until_ms`; at every deadline on the way it is checked that nothing is decided the nanosecond before,
 * and that the deadline itself brings a decision or a later deadline. */
static inline void world_run(struct world *w, uint64_t until_ms)
{
	uint64_t at_ns;
	while ((at_ns = fp_sched_deadline_ns(&w->sched)) <= until_ms * FP_MS) {
		uint64_t decisions = w->decisions;
		world_tick(w, at_ns - 1);
		assert_true(w->decisions == decisions);
		assert_true(fp_sched_deadline_ns(&w->sched) == at_ns);
		world_tick(w, at_ns);
		assert_true(w->decisions > decisions || fp_sched_deadline_ns(&w->sched) > at_ns);
	}
	world_tick(w, until_ms * FP_MS);
}

/* ---- expectations ---- */

static inline void world_forget_story(struct world *w)
{
	w->story[0] = '\0';
	w->written_ns = FP_NEVER;
}

/* What was decided since the last expectation. */
#define world_expect(w, expected) \
	do { \
		assert_string_equal((w)->story, (expected)); \
		world_forget_story(w); \
	} while (0)

/* Time alone brings nothing any more. */
#define world_expect_rest(w) assert_true(fp_sched_deadline_ns(&(w)->sched) == FP_NEVER)

/* Something is due at `ms`, not sooner. */
#define world_expect_deadline(w, ms) assert_true(fp_sched_deadline_ns(&(w)->sched) == (ms) * FP_MS)

/* The clock of starts ends at its tick at `ms`, which finds nothing to do. */
#define world_expect_last_tick(w, ms) \
	do { \
		world_expect_deadline(w, ms); \
		world_run(w, ms); \
		world_expect(w, ""); \
		world_expect_rest(w); \
	} while (0)

/* Runs `call` in a process of its own, which must end by abort. */
#define world_expect_abort(call) \
	do { \
		fflush(NULL); \
		pid_t pid_ = fork(); \
		assert_true(pid_ >= 0); \
		if (pid_ == 0) { \
			setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); \
			signal(SIGABRT, SIG_DFL); /* not cmocka's */ \
			call; \
			_exit(0); \
		} \
		int status_; \
		assert_true(waitpid(pid_, &status_, 0) == pid_); \
		assert_true(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGABRT); \
	} while (0)

#endif
