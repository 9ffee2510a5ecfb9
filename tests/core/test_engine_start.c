/* How workers start: at once, late, in vain, and what becomes of the jobs that were given to them. */
#include "engine_play.h"

/* ---- a start that succeeds ---- */

static void test_start_at_first_job(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config());
	world_expect(&w, "");
	world_expect_rest(&w);
	world_submit(&w, "a");
	world_expect(&w, "@0 start 1, got 1 a");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 a ok ra");
	world_finish(&w);
	world_expect(&w, "@0 half-close 1, close 1, gone 1, destroyed");
}

static void test_min_and_min_idle_start_with_the_pool(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	c.sched.min_idle = 2;
	world_open(&w, c);
	world_expect(&w, "@0 start 1, start 2");
	world_finish(&w);
}

/* It is given jobs at once and gets the octets once it is there; half-closed by close only then, too. */
static void test_jobs_wait_in_a_starting_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.holds_starts = true;
	world_submit(&w, "abc");
	world_expect(&w, "@0 start 1");
	struct fp_stats s = world_stats(&w);
	assert_true(s.running == 2 && s.waiting == 1 && s.workers == 1 && s.workers_started == 0 && s.tx_bytes == 0);
	world_tick(&w, 5 * FP_MS);
	world_started(&w, 1);
	world_expect(&w, "@5 got 1 a, got 1 b");
	assert_true(world_stats(&w).workers_started == 1);
	w.is_eager = true;
	world_answer(&w, 1, 'a');
	world_expect(&w, "@5 a ok ra, got 1 c, b ok rb, c ok rc");
	world_finish(&w);
}

static void test_nothing_to_write_before_the_start(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit(&w, "a");
	assert_int_equal(fp_engine_tx_buf(&w.engine, w.puppets[1].worker).len, 0);
	world_started(&w, 1);
	world_answer(&w, 1, 'a');
	world_finish(&w);
}

static void test_close_while_starting(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	world_init(&w, c);
	w.holds_starts = true;
	world_drain(&w);
	world_close(&w);
	world_expect(&w, "@0 start 1");
	world_run(&w, 5000);
	world_expect(&w, "");
	world_started(&w, 1);
	world_expect(&w, "@5000 half-close 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

static void test_close_with_a_job_in_a_starting_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	w.is_eager = true;
	world_submit(&w, "a");
	world_close(&w);
	world_started(&w, 1);
	world_expect(&w, "@0 start 1, got 1 a, half-close 1, a ok ra, close 1, gone 1, destroyed");
	world_finish(&w);
}

/* ---- a start that fails ---- */

static void test_a_failed_start_gives_its_jobs_back(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.holds_starts = true;
	world_submit(&w, "abc");
	world_failed(&w, 1, ENFILE);
	world_expect(&w, "@0 start 1, error 1 start errno 23, gone 1, start 2");
	struct fp_stats s = world_stats(&w);
	assert_true(s.workers_failed == 1 && s.requeued == 2 && s.workers_started == 0 && s.workers_exited == 0);
	world_started(&w, 2);
	world_expect(&w, "@0 got 2 a, got 2 b");
	w.is_eager = true;
	world_answer(&w, 2, 'a');
	world_expect(&w, "@0 a ok ra, got 2 c, b ok rb, c ok rc");
	world_finish(&w);
}

/* None after the first failure, then 100 ms, doubled each time, up to 10 s. */
static void test_the_pause_grows(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.fail_starts = 12;
	world_submit(&w, "a");
	world_run(&w, 3000);
	world_expect(&w, "@0 start 1, error 1 start errno 11, gone 1, start 2, error 2 start errno 11, gone 2, "
	                 "@100 start 3, error 3 start errno 11, gone 3, @300 start 4, error 4 start errno 11, gone 4, "
	                 "@700 start 5, error 5 start errno 11, gone 5, @1500 start 6, error 6 start errno 11, gone 6");
	world_run(&w, 40000);
	world_expect(&w, "@3100 start 7, error 7 start errno 11, gone 7, @6300 start 8, error 8 start errno 11, gone 8, "
	                 "@12700 start 9, error 9 start errno 11, gone 9, @22700 start 10, error 10 start errno 11, gone 10, "
	                 "@32700 start 11, error 11 start errno 11, gone 11");
	world_run(&w, 52700);
	world_expect(&w, "@42700 start 12, error 12 start errno 11, gone 12, @52700 start 13, got 13 a");
	world_answer(&w, 13, 'a');
	world_finish(&w);
}

/* A worker that was there and ended without ever answering counts as a failed start; an answer ends the row. */
static void test_an_early_death_counts_as_a_failed_start(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.sched.min = 1;
	world_open(&w, c);
	world_die(&w, 1, 127, 0);
	world_die(&w, 2, 127, 0);
	world_expect(&w, "@0 start 1, error 1 eof, close 1, gone 1, start 2, error 2 eof, close 2, gone 2");
	world_run(&w, 100);
	world_expect(&w, "@100 start 3");
	world_submit(&w, "a");
	world_answer(&w, 3, 'a');
	world_die(&w, 3, 1, 0);
	world_expect(&w, "@100 got 3 a, a ok ra, error 3 eof at 11, close 3, gone 3, start 4");
	world_die(&w, 4, 127, 0);
	world_expect(&w, "@100 error 4 eof, close 4, gone 4, start 5");
	world_finish(&w);
}

static void test_a_pause_holds_back_only_starts(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.max = 2;
	world_open(&w, c);
	world_submit(&w, "a");
	w.fail_starts = 2;
	world_submit(&w, "b");
	world_expect(&w, "@0 start 1, got 1 a, start 2, error 2 start errno 11, gone 2, start 3, error 3 start errno 11, gone 3");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 a ok ra, got 1 b");
	world_answer(&w, 1, 'b');
	world_finish(&w);
}

/* ---- giving up ---- */

static void test_a_closing_pool_gives_up_after_five_failures(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.fail_starts = 100;
	w.is_quiet = true;
	world_submit(&w, "ab");
	world_close(&w);
	world_run(&w, 699);
	w.is_quiet = false;
	world_run(&w, 10000);
	world_expect(&w, "@700 start 5, a shutdown, b shutdown, error 5 start errno 11, gone 5, destroyed");
	assert_true(w.results['a'].worker == 5 && w.results['b'].worker == 0);
	world_finish(&w);
}

/* An open pool does not give up; closed after many failures it does so at once. */
static void test_an_open_pool_goes_on_trying(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.fail_starts = 100;
	w.is_quiet = true;
	world_submit(&w, "ab");
	world_run(&w, 30000);
	assert_true(world_stats(&w).workers_failed == 10 && world_stats(&w).waiting == 2);
	w.is_quiet = false;
	world_close(&w);
	world_expect(&w, "@30000 a shutdown, b shutdown, destroyed");
	world_finish(&w);
}

/* As long as there is a worker, a job that a failed start gives back is not lost. */
static void test_giving_up_concerns_only_pools_without_workers(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config());
	world_submit(&w, "a");
	w.fail_starts = 100;
	world_submit(&w, "b");
	world_close(&w);
	world_run(&w, 100000);
	assert_true(world_stats(&w).workers_failed > FP_START_FAILURES_MAX);
	world_forget(&w);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@100000 a ok ra, got 1 b, b ok rb, half-close 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_at_first_job),
		cmocka_unit_test(test_min_and_min_idle_start_with_the_pool),
		cmocka_unit_test(test_jobs_wait_in_a_starting_worker),
		cmocka_unit_test(test_nothing_to_write_before_the_start),
		cmocka_unit_test(test_close_while_starting),
		cmocka_unit_test(test_close_with_a_job_in_a_starting_worker),
		cmocka_unit_test(test_a_failed_start_gives_its_jobs_back),
		cmocka_unit_test(test_the_pause_grows),
		cmocka_unit_test(test_an_early_death_counts_as_a_failed_start),
		cmocka_unit_test(test_a_pause_holds_back_only_starts),
		cmocka_unit_test(test_a_closing_pool_gives_up_after_five_failures),
		cmocka_unit_test(test_an_open_pool_goes_on_trying),
		cmocka_unit_test(test_giving_up_concerns_only_pools_without_workers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
