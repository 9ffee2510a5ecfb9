/* A worker that dies costs only what it can have been running; the rest goes on, in order, and runs once. */
#include "rig.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the original loses these: 4 crashing calls among 40, at max 4 ---- */

struct way {
	const char *verb, *arg;
	int exit_status, signal;
};

static const struct way ways[] = {{"kill", "9", -1, 9}, {"kill", "11", -1, 11}, {"exit", "3", 3, 0}, {"exit", "0", 0, 0}, {"die", "", 1, 0}};

static bool is_crash(size_t i)
{
	return i == 3 || i == 11 || i == 12 || i == 35;
}

static void crash_four_of_forty(const struct way *way, uint32_t load)
{
	struct rig r;
	rig_init(&r);
	r.options.max = 4;
	r.options.load = load;
	rig_open(&r, "testworker");
	for (size_t i = 0; i < 40; i++) {
		if (is_crash(i))
			rig_call(&r, way->verb, way->arg);
		else
			rig_call(&r, "echo", numbered("", i));
	}
	rig_until(&r, r.n_told == 40);
	for (size_t i = 0; i < 10; i++)
		rig_call(&r, "echo", "later");
	rig_until(&r, r.n_told == 50);
	for (size_t i = 0; i < 50; i++) {
		if (i < 40 && is_crash(i))
			assert_crashed(r.calls[i], way->exit_status, way->signal);
		else
			assert_ok(r.calls[i], i < 40 ? numbered("", i) : "later");
	}
	assert_int_equal(rig_stats(&r).outcomes[FP_CRASHED], 4);
	assert_int_equal(r.errors.n, 4);
	rig_close(&r);
}

static void four_crashes_among_forty_cost_four_calls(void **state)
{
	(void)state;
	static const uint32_t loads[] = {1, 2, 8};
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++)
		for (size_t l = 0; l < 3; l++)
			crash_four_of_forty(&ways[w], loads[l]);
}

/* ---- what stood behind it ---- */

/* Calls c0 ... of which `fatal` has this verb, in one worker; answers the log of executions. */
static char *run_in_one_worker(struct rig *r, size_t n, size_t fatal, const char *verb, const char *arg)
{
	rig_init_witness(r, NULL);
	r->options.max = 1;
	r->options.load = (uint32_t)n;
	rig_open(r, "witness");
	for (size_t i = 0; i < n; i++)
		rig_call(r, rig_file(r, "log"), numbered("c", i), i == fatal ? verb : "say", i == fatal ? arg : "");
	rig_until(r, r->n_told == n);
	return read_file(rig_file(r, "log"));
}

static void those_behind_a_crash_run_once_and_in_order(void **state)
{
	(void)state;
	for (size_t fatal = 0; fatal < 8; fatal++) {
		struct rig r;
		char *log = run_in_one_worker(&r, 8, fatal, "kill", "9");
		assert_string_equal(log, "c0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\n");
		for (size_t i = 0; i < 8; i++) {
			if (i == fatal)
				assert_crashed(r.calls[i], -1, 9);
			else
				assert_outcome(r.calls[i], FP_OK, FP_NONE);
			if (i > fatal)
				assert_int_equal(r.calls[i]->result.worker, 2);
		}
		assert_int_equal(rig_stats(&r).requeued, 7 - fatal);
		free(log);
		rig_close(&r);
	}
}

static void those_behind_a_crash_go_before_those_that_wait(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.max = 1;
	r.options.load = 3;
	rig_open(&r, "witness");
	for (size_t i = 0; i < 9; i++)
		rig_call(&r, rig_file(&r, "log"), numbered("c", i), i == 0 || i == 4 ? "kill" : "say", "9");
	rig_until(&r, r.n_told == 9);
	char *log = read_file(rig_file(&r, "log"));
	assert_string_equal(log, "c0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\nc8\n");
	free(log);
	rig_close(&r);
}

static void what_was_said_before_a_crash_is_told(void **state)
{
	(void)state;
	struct rig r;
	char *log = run_in_one_worker(&r, 3, 1, "kill", "9");
	assert_int_equal(r.events.n, 3);
	assert_string_equal(r.events.notes[1].text, "c1");
	assert_int_equal(r.events.notes[1].turn, 1); /* before the outcome of its call */
	assert_int_equal(r.errors.n, 1);
	assert_int_equal(r.errors.notes[0].worker, r.calls[1]->result.worker);
	assert_int_equal(r.errors.notes[0].reason, FP_EOF);
	/* c0's frames and the event: 8 + 3 each */
	assert_int_equal(r.errors.notes[0].offset, 33);
	free(log);
	rig_close(&r);
}

/* ---- retries ---- */

static void a_retried_call_runs_again_and_first(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.max = 1;
	r.options.load = 4;
	r.options.retries = 1;
	rig_open(&r, "witness");
	struct call *before = rig_call(&r, rig_file(&r, "log"), "before", "say");
	struct call *again = rig_call(&r, rig_file(&r, "log"), "again", "once", "9");
	struct call *after = rig_call(&r, rig_file(&r, "log"), "after", "say");
	rig_until(&r, r.n_told == 3);
	assert_ok(before, "before");
	assert_ok(again, "again");
	assert_ok(after, "after");
	char *log = read_file(rig_file(&r, "log"));
	assert_string_equal(log, "before\nagain\nagain\nafter\n");
	free(log);
	rig_close(&r);
}

static void retries_are_used_up(void **state)
{
	(void)state;
	struct rig r;
	struct fp_limits thrice = {.retries = 3};
	rig_init_witness(&r, NULL);
	rig_open(&r, "witness");
	struct call *c = rig_call_within(&r, &thrice, rig_file(&r, "log"), "x", "exit", "7");
	rig_until(&r, c->told);
	assert_crashed(c, 7, 0);
	char *log = read_file(rig_file(&r, "log"));
	assert_string_equal(log, "x\nx\nx\nx\n");
	free(log);
	assert_string_equal(rig_ask(&r, rig_file(&r, "log"), "y", "say"), "y");
	rig_close(&r);
}

/* ---- async ---- */

static void an_async_crash_costs_all_that_ran_and_no_other_worker(void **state)
{
	(void)state;
	struct rig r;
	rig_init_async(&r);
	r.options.min = r.options.max = 2;
	r.options.load = 4;
	r.options.grace_ns = 10 * FP_MS;
	rig_open(&r, "testworker_async");
	for (size_t i = 0; i < 6; i++)
		rig_call(&r, "never");
	struct call *fatal = rig_call(&r, "kill", "9");
	rig_until(&r, r.n_told == 4);
	assert_crashed(fatal, -1, 9);
	for (size_t i = 0; i < 6; i++) {
		if (!r.calls[i]->told) {
			rig_cancel(r.calls[i]);
			continue;
		}
		assert_crashed(r.calls[i], -1, 9);
		assert_int_equal(r.calls[i]->result.worker, fatal->result.worker);
	}
	assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	assert_int_equal(r.n_told, 8);
	assert_int_equal(r.errors.n, 1);
	rig_close(&r);
}

static void async_calls_that_may_have_run_are_retried(void **state)
{
	(void)state;
	struct rig r;
	struct fp_limits once = {.retries = 1};
	rig_init_async(&r);
	r.options.max = 1;
	r.options.load = 4;
	rig_open(&r, "testworker_async");
	struct call *c = rig_call_within(&r, &once, "later", "100", "at last");
	struct call *fatal = rig_call(&r, "kill", "9");
	rig_until(&r, r.n_told == 2);
	assert_crashed(fatal, -1, 9);
	assert_ok(c, "at last");
	assert_int_equal(rig_stats(&r).requeued, 1);
	rig_close(&r);
}

/* ---- from outside ---- */

static void the_death_of_an_idle_worker_is_told_and_made_good(void **state)
{
	(void)state;
	static const int signals[] = {SIGKILL, SIGTERM, SIGSEGV};
	for (size_t i = 0; i < 3; i++) {
		struct rig r;
		rig_init(&r);
		r.options.min = 1;
		rig_open(&r, "testworker");
		kill(rig_pid(&r), signals[i]);
		rig_until(&r, r.errors.n == 1 && rig_stats(&r).workers == 1 && rig_stats(&r).workers_started == 2);
		assert_int_equal(r.errors.notes[0].worker, 1);
		assert_int_equal(r.errors.notes[0].reason, FP_EOF);
		assert_string_equal(rig_ask(&r, "echo", "up"), "up");
		rig_close(&r);
	}
}

static void the_pool_regains_its_size_after_all_workers_died(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.min = r.options.max = 4;
	r.options.load = 1;
	rig_open(&r, "testworker");
	for (int i = 0; i < 4; i++)
		rig_call(&r, "kill", "15");
	rig_until(&r, r.n_told == 4 && rig_stats(&r).workers == 4 && rig_stats(&r).workers_started == 8);
	for (int i = 0; i < 40; i++)
		rig_call(&r, "echo", "x");
	rig_until(&r, r.n_told == 44);
	assert_int_equal(rig_stats(&r).outcomes[FP_OK], 40);
	rig_close(&r);
}

static void a_call_cut_off_in_its_answer_has_crashed(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	rig_init(&r);
	r.options.max = 1;
	rig_open(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	/* more than a socket takes: the worker waits in the middle of the frame until this process reads */
	struct call *c = rig_call(&r, "fill", "8000000", "x");
	rig_until(&r, rig_stats(&r).rx_bytes > 100);
	kill_watched(&w, SIGKILL);
	rig_until(&r, c->told);
	assert_crashed(c, -1, 9);
	assert_int_equal(r.errors.notes[0].reason, FP_TRUNCATED);
	assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	unwatch_process(&w);
	rig_close(&r);
}

static void a_call_that_was_not_sent_in_full_is_given_to_another(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	rig_init(&r);
	r.options.max = 1;
	rig_open(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	kill_watched(&w, SIGSTOP);
	size_t len = 8 << 20;
	char *octets = calloc(len, 1);
	struct fp_item items[] = {fp_item_str("size"), {octets, len, FP_STRING}};
	struct call *c = rig_call_items(&r, NULL, items, 2);
	uint64_t before = rig_stats(&r).tx_bytes;
	rig_until(&r, rig_stats(&r).tx_bytes > before);
	kill_watched(&w, SIGKILL);
	rig_until(&r, c->told);
	assert_ok(c, "8388608");
	assert_int_equal(rig_stats(&r).requeued, 1);
	free(octets);
	unwatch_process(&w);
	rig_close(&r);
}

/* Of a sync worker that is gone: an answer that nobody has read yet comes before a write that fails. */
static void an_answer_outlives_a_write_that_fails(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 3;
	rig_open(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	struct call *answered = rig_call(&r, "echo", "first"), *ends = rig_call(&r, "exit", "3");
	ev_run(r.loop, EVRUN_NOWAIT); /* they are written; then it does not run, so that nothing is read meanwhile */
	assert_int_equal(poll(&(struct pollfd){.fd = w.pidfd, .events = POLLIN}, 1, (int)(HANG_S * 1000)), 1);
	struct call *late = rig_call(&r, "echo", "late");
	rig_until(&r, answered->told && ends->told && late->told);
	assert_ok(answered, "first");
	assert_crashed(ends, 3, 0);
	assert_ok(late, "late");
	unwatch_process(&w);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_crashes_among_forty_cost_four_calls),
		cmocka_unit_test(those_behind_a_crash_run_once_and_in_order),
		cmocka_unit_test(those_behind_a_crash_go_before_those_that_wait),
		cmocka_unit_test(what_was_said_before_a_crash_is_told),
		cmocka_unit_test(a_retried_call_runs_again_and_first),
		cmocka_unit_test(retries_are_used_up),
		cmocka_unit_test(an_async_crash_costs_all_that_ran_and_no_other_worker),
		cmocka_unit_test(async_calls_that_may_have_run_are_retried),
		cmocka_unit_test(the_death_of_an_idle_worker_is_told_and_made_good),
		cmocka_unit_test(the_pool_regains_its_size_after_all_workers_died),
		cmocka_unit_test(a_call_cut_off_in_its_answer_has_crashed),
		cmocka_unit_test(a_call_that_was_not_sent_in_full_is_given_to_another),
		cmocka_unit_test(an_answer_outlives_a_write_that_fails),
	};
	return RUN(tests);
}
