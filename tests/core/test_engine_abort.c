/* Abort: all calls end now, all workers are told to end, in each of their states; then DESTROYED. */
#include "engine_play.h"

/* All that was accepted ends now, wherever it is; then the workers are terminated. */
static void test_abort(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "abc");
	world_tick(&w, 3 * FP_MS);
	world_forget(&w);
	world_abort(&w);
	world_expect(&w, "@3 c shutdown, a shutdown, b shutdown, term 1");
	assert_true(w.results['a'].reason == FP_CLOSED && w.results['a'].worker == 1 && w.results['a'].run_ns == 3 * FP_MS);
	world_abort(&w);
	world_close(&w);
	world_expect(&w, "");
	world_answer(&w, 1, 'a'); /* told already */
	world_run(&w, 3000);
	world_expect(&w, "@1003 kill 1, @2003 close 1");
	world_exit(&w, 1, -1, SIGKILL);
	world_expect(&w, "@3000 gone 1, destroyed");
	world_finish(&w);
}

static void test_abort_after_close(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "ab");
	world_close(&w);
	world_abort(&w);
	world_expect(&w, "@0 start 1, got 1 a, b shutdown, a shutdown, term 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* Its process is there sooner or later: until then it cannot be killed, so it is told again. */
static void test_abort_while_starting(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_expect(&w, "@0 start 1, a shutdown, term 1");
	world_tick(&w, 500 * FP_MS);
	world_started(&w, 1);
	world_expect(&w, "@500 term 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* The step it has come to is repeated, not the first; the next one comes when it is due. */
static void test_abort_while_starting_slowly(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = w.is_stubborn = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_run(&w, 1500);
	world_started(&w, 1);
	world_run(&w, 2500);
	world_expect(&w, "@0 start 1, a shutdown, term 1, @1000 kill 1, @1500 kill 1, @2000 close 1");
	world_exit(&w, 1, -1, SIGKILL);
	world_expect(&w, "@2500 gone 1, destroyed");
	world_finish(&w);
}

/* Closed before it was there, it must not live on either. */
static void test_abort_while_starting_very_slowly(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = w.is_stubborn = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_run(&w, 2500);
	world_expect(&w, "@0 start 1, a shutdown, term 1, @1000 kill 1, @2000 close 1");
	world_started(&w, 1);
	world_expect(&w, "@2500 kill 1");
	world_exit(&w, 1, -1, SIGKILL);
	world_expect(&w, "@2500 gone 1, destroyed");
	world_finish(&w);
}

/* Not even a start that nobody answers holds up the end. */
static void test_abort_of_a_start_without_an_end(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_run(&w, 10000);
	world_expect(&w, "@0 start 1, a shutdown, term 1, @1000 kill 1, @2000 close 1, @3000 gone 1, destroyed");
	world_finish(&w);
}

/* Nobody was asked to start it yet, so there is nothing to kill or to close. */
static void test_abort_before_a_start(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	assert_int_equal(world_offer(&w, 'a', 1, NULL), FP_NONE);
	world_abort(&w);
	world_expect(&w, "@0 a shutdown, gone 1, destroyed");
	struct fp_stats s = world_stats(&w);
	assert_true(s.workers_started == 0 && s.workers_failed == 0 && s.workers_exited == 0);
	world_finish(&w);
}

static void test_abort_while_starting_in_vain(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_forget(&w);
	world_failed(&w, 1, ENOENT);
	world_expect(&w, "@0 error 1 start errno 2, gone 1, destroyed");
	world_finish(&w);
}

/* A job is between workers: its first is lost, its outcome not decided. */
static void test_abort_with_a_victim(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_eof(&w, 1);
	world_forget(&w);
	world_abort(&w);
	world_expect(&w, "@0 a shutdown, b shutdown, term 2");
	world_die(&w, 2, 0, 0);
	world_run(&w, 10000);
	world_expect(&w, "@0 close 2, gone 2, @1000 term 1, @2000 kill 1, @3000 gone 1, destroyed");
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_abort_after_close),
		cmocka_unit_test(test_abort_while_starting),
		cmocka_unit_test(test_abort_while_starting_slowly),
		cmocka_unit_test(test_abort_while_starting_very_slowly),
		cmocka_unit_test(test_abort_of_a_start_without_an_end),
		cmocka_unit_test(test_abort_before_a_start),
		cmocka_unit_test(test_abort_while_starting_in_vain),
		cmocka_unit_test(test_abort_with_a_victim),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
