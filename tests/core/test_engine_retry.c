/* A job that may have run and has retries left is tried again; one that cannot have run always is. */
#include "engine_play.h"

static void test_retries(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit_limited(&w, "a", (struct fp_limits){.retries = 2});
	world_submit(&w, "bc");
	world_forget(&w);
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 eof, close 1, gone 1, start 2, got 2 a, got 2 b");
	world_die(&w, 2, 4, 0);
	world_run(&w, 100);
	world_expect(&w, "@0 error 2 eof, close 2, gone 2, @100 start 3, got 3 a, got 3 b");
	world_die(&w, 3, 5, 0);
	world_expect(&w, "@100 error 3 eof, a crashed eof exit 5, close 3, gone 3");
	assert_true(w.results['a'].worker == 3 && w.results['a'].queued_ns == 100 * FP_MS && w.results['a'].run_ns == 0);
	assert_true(world_stats(&w).requeued == 5);
	world_run(&w, 300);
	world_answer(&w, 4, 'b');
	world_answer(&w, 4, 'c');
	world_expect(&w, "@300 start 4, got 4 b, got 4 c, b ok rb, c ok rc");
	world_finish(&w);
}

/* Nobody needs to know how its worker ended: it goes back with those behind it, before them, at once. */
static void test_a_retry_does_not_wait_for_the_exit(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 2);
	(void)state;
	c.limits.retries = 1;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "abcd");
	world_eof(&w, 1);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, error 1 eof, close 1, start 2, got 2 a, got 2 b");
	world_exit(&w, 1, 3, 0);
	world_answer(&w, 2, 'a');
	world_expect(&w, "@0 gone 1, a ok ra, got 2 c");
	assert_true(w.results['a'].worker == 2);
	w.is_stubborn = false;
	w.is_eager = true;
	world_answer(&w, 2, 'b');
	world_expect(&w, "@0 b ok rb, got 2 d, c ok rc, d ok rd");
	world_finish(&w);
}

/* Its first worker is lost and has yet to exit; its second is given up as well, with the job that is behind it. */
static void test_a_second_loss_before_the_first_exit(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 2);
	(void)state;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit_limited(&w, "a", (struct fp_limits){.retries = 1});
	world_submit(&w, "b");
	world_eof(&w, 1);
	world_eof(&w, 2);
	world_forget(&w);
	world_exit(&w, 1, 3, 0);
	world_expect(&w, "@0 gone 1");
	world_exit(&w, 2, 4, 0);
	world_expect(&w, "@0 a crashed eof exit 4, gone 2");
	assert_true(world_stats(&w).requeued == 3 && world_stats(&w).waiting == 1);
	w.is_stubborn = false;
	world_run(&w, 100); /* two in a row never answered */
	world_expect(&w, "@100 start 3, got 3 b");
	world_answer(&w, 3, 'b');
	world_finish(&w);
}

/* One that cannot have run needs no retry, however often; and keeps those it has. */
static void test_what_cannot_have_run_costs_no_retry(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.window = 5;
	world_submit_limited(&w, "a", (struct fp_limits){.retries = 1});
	world_die(&w, 1, 3, 0);
	w.window = SIZE_MAX;
	world_die(&w, 2, 3, 0);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1, error 1 eof, close 1, gone 1, start 2, error 2 eof, close 2, gone 2, @100 start 3, got 3 a");
	world_die(&w, 3, 3, 0);
	world_run(&w, 300);
	world_expect(&w, "@100 error 3 eof, close 3, gone 3, @300 start 4, got 4 a");
	world_die(&w, 4, 3, 0);
	world_expect(&w, "@300 error 4 eof, a crashed eof exit 3, close 4, gone 4");
	world_finish(&w);
}

/* All of an async worker's are tried again, in their order, before those that cannot have run and those that wait. */
static void test_async_retries_keep_their_order(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(true, 4);
	(void)state;
	c.limits.retries = 1;
	world_init(&w, c);
	w.window = 8 + 2 + 8 + 2 + 1;
	world_submit(&w, "abcde");
	world_forget(&w);
	w.window = SIZE_MAX;
	w.is_eager = true;
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 eof, close 1, gone 1, start 2, got 2 a, got 2 b, got 2 c, got 2 d, a ok ra, b ok rb, "
	                 "c ok rc, d ok rd, got 2 e, e ok re");
	world_finish(&w);
}

/* It has been given to the next worker when the pool is aborted, and is told once. */
static void test_abort_ends_a_retry(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.limits.retries = 9;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_eof(&w, 1);
	world_forget(&w);
	world_abort(&w);
	world_expect(&w, "@0 a shutdown, term 2");
	world_exit(&w, 1, 3, 0);
	world_die(&w, 2, -1, SIGTERM);
	world_expect(&w, "@0 gone 1, close 2, gone 2, destroyed");
	world_finish(&w);
}

/* It waits again when the pool is aborted: no worker is started for it. */
static void test_no_retry_after_abort(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.limits.retries = 9;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_eof(&w, 1);
	world_eof(&w, 2);
	world_forget(&w);
	world_abort(&w);
	world_expect(&w, "@0 a shutdown");
	world_exit(&w, 1, 3, 0);
	world_exit(&w, 2, 3, 0);
	world_expect(&w, "@0 gone 1, gone 2, destroyed");
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_a_retry_does_not_wait_for_the_exit),
		cmocka_unit_test(test_a_second_loss_before_the_first_exit),
		cmocka_unit_test(test_what_cannot_have_run_costs_no_retry),
		cmocka_unit_test(test_async_retries_keep_their_order),
		cmocka_unit_test(test_abort_ends_a_retry),
		cmocka_unit_test(test_no_retry_after_abort),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
