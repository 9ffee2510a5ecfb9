/* Time limits of calls: how long one waits, how long one runs, and what that means for the worker. */
#include "engine_play.h"

static const struct fp_limits queue_5 = {.queue_timeout_ns = 5 * FP_MS};
static const struct fp_limits run_5 = {.run_timeout_ns = 5 * FP_MS};

/* ---- waiting ---- */

static void test_queue_timeout(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "a");
	world_tick(&w, 2 * FP_MS);
	world_submit_limited(&w, "b", queue_5);
	world_submit(&w, "c");
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, @7 b timeout");
	assert_true(w.results['b'].reason == FP_TIMED_OUT && w.results['b'].queued_ns == 5 * FP_MS && !w.results['b'].worker);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'c');
	world_finish(&w);
}

/* Given to a worker in time, it has nothing to fear from it. */
static void test_queue_timeout_ends_with_the_queue(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit_limited(&w, "ab", queue_5);
	world_tick(&w, 5 * FP_MS - 1);
	world_answer(&w, 1, 'a');
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, @4+999999 a ok ra, got 1 b");
	world_answer(&w, 1, 'b');
	world_finish(&w);
}

/* The time counts anew for a job that comes back. */
static void test_queue_timeout_after_a_crash(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 2);
	(void)state;
	c.limits = queue_5;
	world_open(&w, c);
	world_submit(&w, "ab");
	world_forget(&w);
	world_tick(&w, 100 * FP_MS);
	w.fail_starts = 100;
	world_die(&w, 1, 3, 0);
	world_run(&w, 150);
	world_expect(&w, "@100 error 1 eof, a crashed eof exit 3, close 1, gone 1, start 2, error 2 start errno 11, gone 2, "
	                 "@105 b timeout");
	assert_true(w.results['b'].worker == 2);
	world_finish(&w);
}

static void test_limits_of_the_pool_and_of_a_call(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	struct fp_limits none = {0};
	(void)state;
	c.limits = queue_5;
	world_open(&w, c);
	world_submit(&w, "ab");
	world_submit_limited(&w, "c", none);
	world_submit_limited(&w, "d", (struct fp_limits){.queue_timeout_ns = 3 * FP_MS});
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1, got 1 a, @3 d timeout, @5 b timeout");
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'c');
	world_finish(&w);
}

/* ---- running, sync ---- */

/* From when it is the oldest at a worker that is there. The worker is told to die and gets no octets more; it is read until
 * its end, and those behind go to another. */
static void test_run_timeout(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 3);
	(void)state;
	c.limits = run_5;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "abcd");
	world_run(&w, 3);
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c, @3 a ok ra, got 1 d");
	world_run(&w, 500);
	world_expect(&w, "@8 b timeout, term 1");
	assert_true(w.results['b'].reason == FP_TIMED_OUT && w.results['b'].run_ns == 8 * FP_MS && w.results['b'].worker == 1);
	world_submit(&w, "e");
	world_expect(&w, "@500 start 2, got 2 e");
	world_answer(&w, 2, 'e');
	world_die(&w, 1, -1, SIGTERM);
	world_expect(&w, "@500 e ok re, close 1, gone 1, got 2 c, got 2 d");
	w.is_stubborn = false;
	world_answer(&w, 2, 'c');
	world_answer(&w, 2, 'd');
	world_finish(&w);
}

static void test_a_doomed_worker_is_killed_and_closed(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit_limited(&w, "a", run_5);
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, got 1 a, @5 a timeout, term 1, @1005 kill 1, @2005 close 1, @3005 gone 1");
	world_expect_rest(&w);
	w.is_stubborn = false;
	world_finish(&w);
}

static void test_run_timeout_begins_with_the_start(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit_limited(&w, "a", run_5);
	world_run(&w, 100);
	world_started(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1, @100 got 1 a, @105 a timeout, term 1, close 1, gone 1");
	world_finish(&w);
}

/* The oldest was cancelled and still runs: the next has not begun. */
static void test_run_timeout_behind_a_cancelled_one(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "a");
	world_submit_limited(&w, "b", run_5);
	world_cancel(&w, 'a');
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, a cancelled");
	world_answer(&w, 1, 'a');
	world_run(&w, 104);
	world_answer(&w, 1, 'b');
	world_expect(&w, "@104 b ok rb");
	world_run(&w, 900);
	world_expect(&w, "");
	world_finish(&w);
}

/* Cancelling one that runs does not free its worker: its limit holds, or those behind it would wait for ever. */
static void test_run_timeout_of_a_cancelled_one(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit_limited(&w, "a", run_5);
	world_submit(&w, "b");
	world_run(&w, 3);
	world_cancel(&w, 'a');
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, @3 a cancelled, @5 term 1, close 1, gone 1, start 2, got 2 b");
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* Likewise one that was cancelled before its turn came, and answered in time it is forgotten. */
static void test_run_timeout_of_cancelled_ones_in_turn(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 3));
	world_submit_limited(&w, "ab", run_5);
	world_submit(&w, "c");
	world_cancel(&w, 'a');
	world_cancel(&w, 'b');
	world_run(&w, 4);
	world_answer(&w, 1, 'a');
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c, a cancelled, b cancelled, @9 term 1, close 1, gone 1, start 2, got 2 c");
	world_answer(&w, 2, 'c');
	world_run(&w, 1000);
	world_expect(&w, "@100 c ok rc");
	world_finish(&w);
}

/* An async worker is retired, so that what else runs in it goes on. */
static void test_async_run_timeout_of_a_cancelled_one(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(true, 2));
	world_submit_limited(&w, "a", run_5);
	world_submit(&w, "b");
	world_cancel(&w, 'a');
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, a cancelled, @5 half-close 1");
	world_answer(&w, 1, 'b');
	world_run(&w, 2000);
	world_expect(&w, "@100 b ok rb, @1100 term 1, close 1, gone 1");
	world_finish(&w);
}

/* One that was taken back makes the next the oldest. */
static void test_run_timeout_of_the_next_in_a_starting_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.holds_starts = true;
	world_submit(&w, "a");
	world_submit_limited(&w, "b", run_5);
	world_cancel(&w, 'a');
	world_tick(&w, FP_MS);
	world_started(&w, 1);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, a cancelled, @1 got 1 b, @6 b timeout, term 1, close 1, gone 1");
	world_finish(&w);
}

/* Partly written it has not begun, but its worker cannot be used for anything else. */
static void test_run_timeout_partly_written(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.window = 3;
	world_submit_limited(&w, "a", run_5);
	world_submit(&w, "b");
	w.window = SIZE_MAX;
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, @5 a timeout, term 1, close 1, gone 1, start 2, got 2 b");
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* The limit of a job given up for good does not reach into its next try. */
static void test_run_timeout_counts_anew_in_the_next_worker(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit_limited(&w, "a", (struct fp_limits){.run_timeout_ns = 5 * FP_MS, .retries = 1});
	world_run(&w, 4);
	world_die(&w, 1, 3, 0);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, @4 error 1 eof, close 1, gone 1, start 2, got 2 a, @9 a timeout, term 2, close 2, gone 2");
	world_finish(&w);
}

/* An answer that comes after the limit but before the worker dies is dropped. */
static void test_a_late_answer_is_dropped(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit_limited(&w, "a", run_5);
	world_submit(&w, "b");
	world_run(&w, 6);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, @5 a timeout, term 1, @6 b ok rb");
	world_die(&w, 1, 0, 0);
	world_expect(&w, "@6 close 1, gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

/* ---- running, async ---- */

/* From when it was given; the worker is retired, so what else runs in it goes on. */
static void test_async_run_timeout(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(true, 2));
	world_submit(&w, "a");
	world_run(&w, 2);
	world_submit_limited(&w, "b", run_5);
	world_submit(&w, "c");
	world_run(&w, 500);
	world_expect(&w, "@0 start 1, got 1 a, @2 got 1 b, @7 b timeout, half-close 1, start 2, got 2 c");
	world_answer(&w, 2, 'c');
	world_run(&w, 5000);
	world_expect(&w, "@500 c ok rc");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@5000 a ok ra");
	world_run(&w, 10000); /* what timed out may not take its time: grace from here */
	world_expect(&w, "@6000 term 1, close 1, gone 1");
	world_finish(&w);
}

static void test_async_answer_after_the_timeout(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(true, 2));
	world_submit_limited(&w, "ab", run_5);
	world_run(&w, 4);
	world_answer(&w, 1, 'a');
	world_run(&w, 500);
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, @4 a ok ra, @5 b timeout, half-close 1, @500 close 1, gone 1");
	world_finish(&w);
}

/* Each job has its own limits, also those that waited for the start together. */
static void test_async_run_timeouts_in_a_starting_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 3));
	w.holds_starts = true;
	world_submit_limited(&w, "a", run_5);
	world_submit(&w, "b");
	world_submit_limited(&w, "c", (struct fp_limits){.run_timeout_ns = 9 * FP_MS});
	world_tick(&w, FP_MS);
	world_started(&w, 1);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, @1 got 1 a, got 1 b, got 1 c, @6 a timeout, half-close 1, @10 c timeout");
	world_answer(&w, 1, 'b');
	world_finish(&w);
}

static void test_async_run_timeout_before_one_without(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 2));
	w.holds_starts = true;
	world_submit_limited(&w, "a", run_5);
	world_submit(&w, "b");
	world_started(&w, 1);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, @5 a timeout, half-close 1");
	world_answer(&w, 1, 'b');
	world_finish(&w);
}

/* ---- time itself ---- */

static void test_time_does_not_go_back(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_tick(&w, 50 * FP_MS);
	fp_engine_tick(&w.engine, 10 * FP_MS);
	world_submit_limited(&w, "a", run_5);
	assert_true(fp_engine_deadline_ns(&w.engine) == 55 * FP_MS);
	world_answer(&w, 1, 'a');
	world_finish(&w);
}

static void test_endless_limits(void **state)
{
	struct world w;
	struct fp_limits endless = {.queue_timeout_ns = FP_NEVER, .run_timeout_ns = FP_NEVER - 1};
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_tick(&w, 50 * FP_MS);
	world_submit_limited(&w, "ab", endless);
	world_expect_rest(&w);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_timeout),
		cmocka_unit_test(test_queue_timeout_ends_with_the_queue),
		cmocka_unit_test(test_queue_timeout_after_a_crash),
		cmocka_unit_test(test_limits_of_the_pool_and_of_a_call),
		cmocka_unit_test(test_run_timeout),
		cmocka_unit_test(test_a_doomed_worker_is_killed_and_closed),
		cmocka_unit_test(test_run_timeout_begins_with_the_start),
		cmocka_unit_test(test_run_timeout_behind_a_cancelled_one),
		cmocka_unit_test(test_run_timeout_of_a_cancelled_one),
		cmocka_unit_test(test_run_timeout_of_cancelled_ones_in_turn),
		cmocka_unit_test(test_async_run_timeout_of_a_cancelled_one),
		cmocka_unit_test(test_run_timeout_of_the_next_in_a_starting_worker),
		cmocka_unit_test(test_run_timeout_partly_written),
		cmocka_unit_test(test_run_timeout_counts_anew_in_the_next_worker),
		cmocka_unit_test(test_a_late_answer_is_dropped),
		cmocka_unit_test(test_async_run_timeout),
		cmocka_unit_test(test_async_answer_after_the_timeout),
		cmocka_unit_test(test_async_run_timeouts_in_a_starting_worker),
		cmocka_unit_test(test_async_run_timeout_before_one_without),
		cmocka_unit_test(test_time_does_not_go_back),
		cmocka_unit_test(test_endless_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
