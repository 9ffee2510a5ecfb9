/* When sched starts a worker: min, min_idle, max, busy_time. What sets the clock of starts: test_sched_clock. */
#include "sched_world.h"

#define MANY 1000u

static void nothing_starts_without_a_reason(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	world_expect_rest(&w);
	world_run(&w, 10000);
	world_expect(&w, "");
	world_free(&w);
}

/* ---- at once ---- */

static void min_starts_at_once_whatever_busy_time(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = 3;
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2 start 3");
	world_expect_rest(&w);
	world_run(&w, 5);
	world_retire(&w, 2);
	world_expect(&w, "@5 start 4");
	world_lose(&w, 1);
	world_expect(&w, "@5 start 5");
	world_expect_rest(&w);
	world_free(&w);
}

static void min_above_max_gives_max(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = 9;
	config.max = 2;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2");
	world_expect_rest(&w);
	world_free(&w);
}

static void min_idle_starts_at_once_when_the_pool_is_made(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 2;
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2");
	world_expect_rest(&w);
	world_free(&w);
}

static void min_and_min_idle_are_not_added(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = FP_S;
	config.min = 1;
	config.min_idle = 3;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2 start 3");
	world_free(&w);
	config.min = 3;
	config.min_idle = 1;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2 start 3");
	world_free(&w);
	config.min_idle = 9;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2 start 3 start 4");
	world_expect_rest(&w);
	world_free(&w);
}

static void the_only_worker_starts_at_once(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_run(&w, 7);
	world_jobs(&w, 2);
	world_expect(&w, "@7 start 1 give 1");
	world_run(&w, 8);
	world_lose(&w, 1);
	world_expect(&w, "@8 start 2 give 2");
	world_run(&w, 9);
	world_lose(&w, 2); /* no job waits */
	world_expect(&w, "");
	world_expect_last_tick(&w, 1007);
	world_free(&w);
}

/* ---- after busy_time: jobs wait ---- */

/* The recording pool/burst-load-1, with all calls before the first answer. */
static void a_burst_starts_one_worker_each_busy_time(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 6);
	world_expect(&w, "@0 start 1 give 1");
	world_run(&w, 1000);
	world_expect(&w, "@100 start 2 give 2 @200 start 3 give 3 @300 start 4 give 4");
	world_expect_rest(&w);
	world_free(&w);
}

/* The recording pool/burst-default-load. */
static void a_burst_fills_each_worker_to_load_first(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 3;
	config.load = 2;
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 8);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_run(&w, 300);
	world_expect(&w, "@100 start 2 give 2 give 2 @200 start 3 give 3 give 3");
	world_free(&w);
}

static void busy_time_0_starts_up_to_max_at_once(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 3;
	world_open(&w, config);
	world_jobs(&w, MANY);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 start 3 give 3");
	world_expect_rest(&w);
	world_free(&w);
}

static void no_start_while_all_jobs_have_a_place(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.load = 2;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_expect_rest(&w);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

/* ---- min_idle ---- */

static void min_idle_0_restores_nothing(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	world_open(&w, config);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void min_idle_stays_within_max(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 2;
	config.min_idle = 5;
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 start 2 give 1");
	world_expect_rest(&w);
	world_retire(&w, 2); /* and max were all that were due at once */
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

/* What is due when the pool is made stays due at once, but for the pause. */
static void min_idle_outlives_failed_starts(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 2;
	config.busy_time_ns = 50 * FP_MS;
	world_open_failing(&w, config, 1);
	world_expect(&w, "@0 fail start 1 start 2");
	world_expect_rest(&w);
	world_free(&w);
	world_open_failing(&w, config, 3);
	world_run(&w, 1000);
	world_expect(&w, "@0 fail fail @100 fail @300 start 1 start 2");
	world_expect_rest(&w);
	world_free(&w);
}

/* A worker that was started meanwhile, whatever for, is one of those due. */
static void any_start_is_one_of_those_due_at_first(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 2;
	config.busy_time_ns = 50 * FP_MS;
	world_open_failing(&w, config, 2);
	world_jobs(&w, 2);
	world_run(&w, 99);
	world_expect(&w, "@0 fail fail");
	world_run(&w, 100);
	world_expect(&w, "@100 start 1 give 1 start 2 give 2");
	world_run(&w, 1000);
	world_expect(&w, "@150 start 3 @200 start 4");
	world_free(&w);
}

/* ---- time ---- */

static void a_busy_time_without_end_is_never_over(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = UINT64_MAX;
	world_open(&w, config);
	world_run(&w, 1);
	world_jobs(&w, 5);
	world_expect(&w, "@1 start 1 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void time_never_goes_back(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_run(&w, 500);
	fp_sched_tick(&w.sched, 200 * FP_MS);
	world_jobs(&w, 2);
	assert_true(fp_sched_deadline_ns(&w.sched) == 600 * FP_MS);
	world_run(&w, 1000);
	world_expect(&w, "@500 start 1 give 1 @600 start 2 give 2");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_starts_without_a_reason),
		cmocka_unit_test(min_starts_at_once_whatever_busy_time),
		cmocka_unit_test(min_above_max_gives_max),
		cmocka_unit_test(min_idle_starts_at_once_when_the_pool_is_made),
		cmocka_unit_test(min_and_min_idle_are_not_added),
		cmocka_unit_test(the_only_worker_starts_at_once),
		cmocka_unit_test(a_burst_starts_one_worker_each_busy_time),
		cmocka_unit_test(a_burst_fills_each_worker_to_load_first),
		cmocka_unit_test(busy_time_0_starts_up_to_max_at_once),
		cmocka_unit_test(no_start_while_all_jobs_have_a_place),
		cmocka_unit_test(min_idle_0_restores_nothing),
		cmocka_unit_test(min_idle_stays_within_max),
		cmocka_unit_test(min_idle_outlives_failed_starts),
		cmocka_unit_test(any_start_is_one_of_those_due_at_first),
		cmocka_unit_test(a_busy_time_without_end_is_never_over),
		cmocka_unit_test(time_never_goes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
