/* How workers and the pool end: half-closed, asked to end, killed, closed; close, and DESTROYED once and last. */
#include "engine_play.h"

/* ---- a worker ---- */

static void test_half_closed_once_all_is_written(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.window = 7;
	world_submit(&w, "ab");
	world_close(&w);
	world_expect(&w, "@0 start 1, got 1 a");
	world_read(&w, 1, 4);
	world_expect(&w, "");
	world_read(&w, 1, 1);
	world_expect(&w, "@0 got 1 b, half-close 1");
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 a ok ra, b ok rb, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* What still runs may take its time; `grace` begins when nothing does. */
static void test_grace_steps(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_close(&w);
	world_run(&w, 60000);
	world_expect(&w, "@0 start 1, got 1 a, half-close 1");
	world_expect_rest(&w);
	world_answer(&w, 1, 'a');
	world_run(&w, 63999);
	world_expect(&w, "@60000 a ok ra, @61000 term 1, @62000 kill 1, @63000 close 1");
	world_exit(&w, 1, -1, SIGKILL);
	world_expect(&w, "@63999 gone 1, destroyed");
	world_finish(&w);
}

static void test_grace_of_an_idle_worker(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	c.grace_ns = 250 * FP_MS;
	world_init(&w, c);
	w.is_stubborn = true;
	world_drain(&w);
	world_tick(&w, FP_S);
	world_close(&w);
	world_run(&w, 1600);
	world_expect(&w, "@0 start 1, @1000 half-close 1, @1250 term 1, @1500 kill 1");
	world_exit(&w, 1, -1, SIGKILL);
	world_run(&w, 1900); /* nobody closes: from the exit on, another grace */
	world_expect(&w, "@1850 close 1, gone 1, destroyed");
	world_finish(&w);
}

/* Asked to end it closes its connection, but its process stays. */
static void test_end_of_file_between_the_steps(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	world_init(&w, c);
	w.is_stubborn = true;
	world_drain(&w);
	world_close(&w);
	world_run(&w, 600);
	world_eof(&w, 1);
	world_expect(&w, "@0 start 1, half-close 1, @600 close 1");
	world_run(&w, 10000);
	world_expect(&w, "@1600 term 1, @2600 kill 1, @3600 gone 1, destroyed");
	world_finish(&w);
}

static void test_exit_before_end_of_file_when_retiring(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_close(&w);
	world_exit(&w, 1, 0, 0);
	world_forget(&w);
	world_run(&w, 999);
	world_answer(&w, 1, 'a');
	world_eof(&w, 1);
	world_expect(&w, "@999 a ok ra, close 1, gone 1, destroyed");
	world_finish(&w);
}

static void test_no_signal_for_who_has_exited(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit_limited(&w, "a", (struct fp_limits){.run_timeout_ns = 5 * FP_MS});
	fp_engine_worker_exited(&w.engine, w.puppets[1].worker, 0, 0);
	w.puppets[1].is_exited = true;
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, got 1 a, @5 a timeout, @1000 close 1, gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

static void test_no_grace_at_all(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.grace_ns = 0;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit_limited(&w, "a", (struct fp_limits){.run_timeout_ns = 5 * FP_MS});
	world_run(&w, 4);
	world_forget(&w);
	world_run(&w, 1004); /* how it exits is worth a second all the same */
	world_expect(&w, "@5 a timeout, kill 1");
	world_run(&w, 1005);
	world_expect(&w, "@1005 close 1");
	world_exit(&w, 1, -1, SIGKILL);
	w.is_stubborn = false;
	world_finish(&w);
}

/* Its connection has ended, its process goes on: all that is done to it is done at once, but its exit is waited for. */
static void test_no_grace_at_all_after_the_end_of_file(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.grace_ns = 0;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_forget(&w);
	world_eof(&w, 1);
	world_expect(&w, "@0 error 1 eof, close 1");
	world_tick(&w, FP_MS);
	world_expect(&w, "@1 kill 1");
	world_run(&w, 1000);
	world_expect(&w, "");
	world_run(&w, 1001);
	world_expect(&w, "@1001 a crashed eof, gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

/* A part of a cancelled job hangs in a worker that does not read: that may not take its time either. */
static void test_a_worker_that_does_not_read_is_ended(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	w.window = 3;
	world_submit(&w, "a");
	world_cancel(&w, 'a');
	world_close(&w);
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, a cancelled, @1000 term 1, @2000 kill 1, @3000 close 1, @4000 gone 1, destroyed");
	world_finish(&w);
}

static void test_an_async_worker_that_does_not_read_is_ended(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 1));
	w.window = 3;
	world_submit_limited(&w, "a", (struct fp_limits){.run_timeout_ns = 5 * FP_MS});
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, @5 a timeout, @1005 term 1, close 1, gone 1");
	world_finish(&w);
}

/* What was cancelled after all may not take its time, as if it had been cancelled before. */
static void cancelled_in_a_retiring_worker(bool async)
{
	struct world w;
	world_init(&w, world_config_one(async, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_close(&w);
	world_tick(&w, 5 * FP_MS);
	world_cancel(&w, 'a');
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, got 1 a, half-close 1, @5 a cancelled, @1005 term 1, @2005 kill 1, @3005 close 1, "
	                 "@4005 gone 1, destroyed");
	world_finish(&w);
}

static void test_a_job_cancelled_in_a_retiring_worker(void **state)
{
	(void)state;
	cancelled_in_a_retiring_worker(false);
	cancelled_in_a_retiring_worker(true);
}

static void test_a_job_timed_out_in_a_retiring_async_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 1));
	world_submit_limited(&w, "a", (struct fp_limits){.run_timeout_ns = 5 * FP_MS});
	world_close(&w);
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, got 1 a, half-close 1, @5 a timeout, @1005 term 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* Told to end in the middle of a write, it gets no octets more. */
static void test_a_doomed_worker_gets_no_octets(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.window = 9;
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_abort(&w);
	world_expect(&w, "@0 start 1, got 1 a, a shutdown, b shutdown, term 1");
	assert_int_equal(fp_engine_tx_buf(&w.engine, w.puppets[1].worker).len, 0);
	world_read(&w, 1, 100);
	world_expect(&w, "");
	world_die(&w, 1, 0, 0);
	world_expect(&w, "@0 close 1, gone 1, destroyed");
	world_finish(&w);
}

/* ---- the pool ---- */

static void test_close_works_the_queue_off(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "abc");
	world_close(&w);
	world_close(&w);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, got 1 a, a ok ra, got 1 b, b ok rb, got 1 c");
	world_answer(&w, 1, 'c');
	world_expect(&w, "@0 c ok rc, half-close 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* A crash after close: what comes back is still done. */
static void test_close_then_crash(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 3));
	world_submit(&w, "abc");
	world_close(&w);
	world_forget(&w);
	w.is_eager = true;
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 eof, a crashed eof exit 3, close 1, gone 1, start 2, got 2 b, got 2 c, half-close 2, b ok rb, "
	                 "c ok rc, close 2, gone 2, destroyed");
	world_finish(&w);
}

static void test_destroyed_waits_for_processes(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 2;
	world_init(&w, c);
	w.is_stubborn = true;
	world_drain(&w);
	world_close(&w);
	world_eof(&w, 1);
	world_exit(&w, 1, 0, 0);
	world_exit(&w, 2, 0, 0);
	world_expect(&w, "@0 start 1, start 2, half-close 1, half-close 2, close 1, gone 1");
	world_eof(&w, 2);
	world_expect(&w, "@0 close 2, gone 2, destroyed");
	world_finish(&w);
}

/* Events after close still come (EVT-2). */
static void test_events_after_close(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	world_init(&w, c);
	w.is_stubborn = true;
	world_drain(&w);
	world_close(&w);
	world_say_frame(&w, 1, 0, "last,words");
	world_die(&w, 1, 0, 0);
	world_expect(&w, "@0 start 1, half-close 1, event 1 last,words, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* Whatever is left when a pool is freed is forgotten, and nothing leaks. */
static void test_freed_in_the_middle(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 4));
	w.is_stubborn = true;
	w.window = 8 + 2 + 8 + 2 + 3;
	world_submit(&w, "abcdefg");
	world_submit_long(&w, 'h', 50000);
	world_cancel(&w, 'b');
	world_cancel(&w, 'g');
	world_eof(&w, 1);
	world_submit(&w, "i");
	fp_engine_cancel(&w.engine, w.jobs['i']);
	world_free(&w);
}

/* A host's wake-up begins with tick, and then it sees that the process has ended. */
static void test_an_exit_told_as_it_is_presumed(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	world_init(&w, c);
	w.is_stubborn = true;
	world_drain(&w);
	world_close(&w);
	world_run(&w, 3999);
	world_expect(&w, "@0 start 1, half-close 1, @1000 term 1, @2000 kill 1, @3000 close 1");
	fp_engine_tick(&w.engine, 4000 * FP_MS);
	world_exit(&w, 1, -1, SIGKILL);
	world_expect(&w, "@3999 gone 1, destroyed");
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_closed_once_all_is_written),
		cmocka_unit_test(test_grace_steps),
		cmocka_unit_test(test_grace_of_an_idle_worker),
		cmocka_unit_test(test_end_of_file_between_the_steps),
		cmocka_unit_test(test_exit_before_end_of_file_when_retiring),
		cmocka_unit_test(test_no_signal_for_who_has_exited),
		cmocka_unit_test(test_no_grace_at_all),
		cmocka_unit_test(test_no_grace_at_all_after_the_end_of_file),
		cmocka_unit_test(test_a_worker_that_does_not_read_is_ended),
		cmocka_unit_test(test_an_async_worker_that_does_not_read_is_ended),
		cmocka_unit_test(test_a_job_cancelled_in_a_retiring_worker),
		cmocka_unit_test(test_a_job_timed_out_in_a_retiring_async_worker),
		cmocka_unit_test(test_a_doomed_worker_gets_no_octets),
		cmocka_unit_test(test_close_works_the_queue_off),
		cmocka_unit_test(test_close_then_crash),
		cmocka_unit_test(test_destroyed_waits_for_processes),
		cmocka_unit_test(test_events_after_close),
		cmocka_unit_test(test_freed_in_the_middle),
		cmocka_unit_test(test_an_exit_told_as_it_is_presumed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
