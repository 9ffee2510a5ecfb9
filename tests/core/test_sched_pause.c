/* How sched paces starts that keep failing. */
#include "sched_world.h"

static struct fp_sched_config one_worker(void)
{
	struct fp_sched_config config = world_config();
	config.min = 1;
	return config;
}

static void pauses_double_up_to_the_longest(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, one_worker(), 100);
	world_expect(&w, "@0 fail fail");
	world_run(&w, 6300);
	world_expect(&w, "@100 fail @300 fail @700 fail @1500 fail @3100 fail @6300 fail");
	world_run(&w, 42700);
	world_expect(&w, "@12700 fail @22700 fail @32700 fail @42700 fail");
	w.fail_next = 0;
	world_run(&w, 60000);
	world_expect(&w, "@52700 start 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void no_pause_after_a_single_failure(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, one_worker(), 1);
	world_expect(&w, "@0 fail start 1");
	world_expect_rest(&w);
	world_free(&w);
}

/* Success is an answer; a worker that ends without one is a failure like others, and starting it has ended no row. */
static void a_worker_that_never_answered_is_a_failure(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, one_worker());
	world_lose_unproved(&w, 1);
	world_expect(&w, "@0 start 1 start 2");
	world_lose_unproved(&w, 2);
	world_expect(&w, "");
	world_run(&w, 100);
	world_expect(&w, "@100 start 3");
	world_lose_unproved(&w, 3);
	world_run(&w, 300);
	world_expect(&w, "@300 start 4");
	world_free(&w);
}

static void an_answer_ends_the_row(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, one_worker(), 3);
	world_run(&w, 300);
	world_expect(&w, "@0 fail fail @100 fail @300 start 1");
	world_prove(&w);
	w.fail_next = 2;
	world_lose(&w, 1);
	world_run(&w, 400);
	world_expect(&w, "@300 fail fail @400 start 2");
	world_free(&w);
}

static void an_answer_ends_the_pause(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = one_worker();
	config.min = 2;
	world_open(&w, config);
	world_expect(&w, "@0 start 1 start 2");
	w.fail_next = 2;
	world_lose(&w, 2);
	world_run(&w, 60);
	world_expect(&w, "@0 fail fail");
	world_prove(&w);
	world_expect(&w, "@60 start 3");
	world_expect_rest(&w);
	world_free(&w);
}

static void the_only_worker_waits_for_the_pause(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, world_config(), 3);
	world_run(&w, 10);
	world_jobs(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@10 fail fail @110 fail @310 start 1 give 1");
	world_free(&w);
}

static void a_start_for_waiting_jobs_waits_for_pause_and_busy_time(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = 10 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_expect(&w, "@0 start 1 give 1");
	w.fail_next = 3;
	world_run(&w, 1000);
	world_expect(&w, "@10 fail @20 fail @120 fail @320 start 2 give 2 @330 start 3 give 3");
	world_free(&w);
	config.busy_time_ns = 150 * FP_MS; /* longer than the first pause, shorter than the second */
	world_open(&w, config);
	world_jobs(&w, 2);
	w.fail_next = 3;
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 @150 fail @300 fail @450 fail @650 start 2 give 2");
	world_free(&w);
}

static void a_start_for_min_idle_waits_for_the_pause(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 1;
	world_open(&w, config);
	w.fail_next = 3;
	world_jobs(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 fail fail @100 fail @300 start 2");
	world_free(&w);
}

/* A pause holds back starts, not jobs and not stops. */
static void a_pause_holds_back_starts_only(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max_idle = 0;
	config.idle_time_ns = 20 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 1);
	w.fail_next = 2;
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1 fail fail");
	world_run(&w, 10);
	world_end(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "@10 give 1");
	world_run(&w, 1000);
	world_expect(&w, "@30 stop 1");
	world_free(&w);
}

static void a_pause_alone_is_no_deadline(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	for (uint32_t number = 1; number <= 2; number++) {
		world_jobs(&w, 1);
		world_end(&w, number);
		world_lose_unproved(&w, number);
	}
	world_expect(&w, "@0 start 1 give 1 start 2 give 2");
	world_expect_rest(&w);
	world_jobs(&w, 1);
	world_expect(&w, "");
	world_expect_deadline(&w, 100);
	world_run(&w, 1000);
	world_expect(&w, "@100 start 3 give 3");
	world_free(&w);
}

/* The clock of starts is still set for a job that has left; its tick comes when the pause is over. */
static void a_pause_holds_back_the_tick_that_finds_nothing(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	world_jobs(&w, 1);
	w.fail_next = 2;
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1 fail fail");
	world_leave(&w);
	world_expect_last_tick(&w, 100);
	world_free(&w);
}

/* What a look found stays due, whatever else happens in the pause. */
static void a_look_outlasts_the_pause(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = config.max = 1;
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_jobs(&w, 2);
	w.fail_next = 2;
	world_lose(&w, 1);
	world_expect(&w, "@0 start 1 give 1 fail fail");
	world_end(&w, 1);
	world_close(&w);
	world_expect(&w, "");
	world_expect_deadline(&w, 100);
	world_run(&w, 1000);
	world_expect(&w, "@100 start 2 give 2 stop 2");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(no_pause_after_a_single_failure),
		cmocka_unit_test(a_worker_that_never_answered_is_a_failure),
		cmocka_unit_test(an_answer_ends_the_row),
		cmocka_unit_test(an_answer_ends_the_pause),
		cmocka_unit_test(the_only_worker_waits_for_the_pause),
		cmocka_unit_test(a_start_for_waiting_jobs_waits_for_pause_and_busy_time),
		cmocka_unit_test(a_start_for_min_idle_waits_for_the_pause),
		cmocka_unit_test(a_pause_holds_back_starts_only),
		cmocka_unit_test(a_pause_alone_is_no_deadline),
		cmocka_unit_test(a_pause_holds_back_the_tick_that_finds_nothing),
		cmocka_unit_test(a_look_outlasts_the_pause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
