/* The clock of starts: what sets it, its ticks busy_time apart, the tick that ends it. */
#include "sched_world.h"

static struct fp_sched_config with_busy_time(uint64_t ms)
{
	struct fp_sched_config config = world_config();
	config.busy_time_ns = ms * FP_MS;
	return config;
}

/* Enough may be idle for any number to be started. */
static struct fp_sched_config with_min_idle(uint32_t min_idle, uint64_t busy_time_ms)
{
	struct fp_sched_config config = with_busy_time(busy_time_ms);
	config.min_idle = min_idle;
	return config;
}

/* ---- its ticks ---- */

static void a_job_that_no_longer_waits_leaves_the_clock_running(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_busy_time(100));
	world_jobs(&w, 2);
	world_run(&w, 60);
	world_end(&w, 1);
	world_expect(&w, "@0 start 1 give 1 @60 give 1");
	world_expect_last_tick(&w, 100);
	world_free(&w);
}

/* A job that waits since 90 is helped at 100, as the clock was set at 0. */
static void the_clock_keeps_its_phase(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_busy_time(100));
	world_jobs(&w, 2);
	world_run(&w, 60);
	world_leave(&w);
	world_expect_deadline(&w, 100);
	world_run(&w, 90);
	world_jobs(&w, 2);
	world_expect_deadline(&w, 100);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1 give 1 @100 start 2 give 2");
	world_run(&w, 150);
	world_leave(&w);
	world_run(&w, 199);
	world_jobs(&w, 1);
	world_run(&w, 200);
	world_expect(&w, "@200 start 3 give 3");
	world_free(&w);
}

static void a_clock_that_has_ended_is_set_anew(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_busy_time(100));
	world_jobs(&w, 2);
	world_run(&w, 60);
	world_leave(&w);
	world_expect(&w, "@0 start 1 give 1");
	world_expect_last_tick(&w, 100);
	world_run(&w, 130);
	world_jobs(&w, 1);
	world_expect_deadline(&w, 230);
	world_run(&w, 1000);
	world_expect(&w, "@230 start 2 give 2");
	world_expect_rest(&w);
	world_free(&w);
}

/* The tick that starts a worker is not the last, though it leaves nothing to do. */
static void the_tick_after_the_last_start_ends_the_clock(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_busy_time(100));
	world_jobs(&w, 2);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1 give 1 @100 start 2 give 2");
	world_expect_last_tick(&w, 200);
	world_free(&w);
}

static void a_tick_that_finds_max_workers_ends_the_clock(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_busy_time(100);
	config.max = 2;
	world_open(&w, config);
	world_jobs(&w, 9);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1 give 1 @100 start 2 give 2");
	world_expect_last_tick(&w, 200);
	world_jobs(&w, 1); /* with max workers it is not set */
	world_expect_rest(&w);
	world_free(&w);
}

/* A tick that comes late starts one worker, and the next comes busy_time after it. */
static void a_late_tick_is_one_tick(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_busy_time(100));
	world_jobs(&w, 9);
	world_tick(&w, 350 * FP_MS);
	world_expect(&w, "@0 start 1 give 1 @350 start 2 give 2");
	world_expect_deadline(&w, 450);
	world_free(&w);
}

/* A job that ends and gives its place to the next one leaves the worker as busy as it was. */
static void the_clock_runs_on_while_jobs_pass_through(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_busy_time(100);
	config.load = 2;
	world_open(&w, config);
	world_jobs(&w, 10);
	world_expect(&w, "@0 start 1 give 1 give 1");
	for (uint32_t ms = 30; ms <= 90; ms += 30) {
		world_run(&w, ms);
		world_end(&w, 1);
	}
	world_expect(&w, "@30 give 1 @60 give 1 @90 give 1");
	world_run(&w, 110);
	world_end(&w, 1);
	world_expect(&w, "@100 start 2 give 2 give 2 @110 give 1");
	world_run(&w, 1000);
	world_expect(&w, "@200 start 3 give 3 give 3");
	world_free(&w);
}

/* A start at once, for min, is none of the clock's and does not move it. */
static void a_start_for_min_leaves_the_clock_alone(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_min_idle(2, 100);
	config.min = 2;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 start 2 give 1");
	world_run(&w, 60);
	world_lose(&w, 2);
	world_run(&w, 1000);
	world_expect(&w, "@60 start 3 @100 start 4");
	world_expect_rest(&w);
	world_free(&w);
}

/* ---- a look that leaves jobs waiting sets it ---- */

static void a_look_sets_it_once_there_is_less_than_max(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_busy_time(100);
	config.max = 2;
	world_open(&w, config);
	world_jobs(&w, 9);
	world_run(&w, 250);
	world_expect(&w, "@0 start 1 give 1 @100 start 2 give 2");
	world_expect_rest(&w);
	world_lose(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@350 start 3 give 3");
	world_expect_rest(&w);
	world_free(&w);
}

/* The first of them makes an idle worker busy while the second still waits, but not for long. */
static void a_look_that_gives_all_jobs_leaves_it_unset(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_busy_time(100);
	config.load = 2;
	world_open(&w, config);
	for (w.waiting = 0; w.waiting < 2; w.waiting++)
		fp_sched_job_wait(&w.sched);
	world_drain(&w);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

/* ---- fewer than min_idle ---- */

static void an_idle_worker_that_gets_a_job_sets_it(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(2, 50));
	world_expect(&w, "@0 start 1 start 2");
	world_run(&w, 10);
	world_jobs(&w, 2);
	world_expect(&w, "@10 give 1 give 2");
	world_run(&w, 1000);
	world_expect(&w, "@60 start 3 @110 start 4");
	world_expect_rest(&w);
	world_free(&w);
}

static void enough_idle_workers_leave_it_unset(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_min_idle(1, 50);
	config.min = 3;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 start 2 start 3 give 1 give 2");
	world_expect_rest(&w);
	world_jobs(&w, 1);
	world_expect(&w, "@0 give 3");
	world_expect_deadline(&w, 50);
	world_free(&w);
}

/* Fewer than min_idle are idle all the time here, since the clock ended with max workers. */
static void a_busy_worker_that_gets_a_job_leaves_it_unset(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_min_idle(1, 50);
	config.max = 2;
	config.load = 3;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_run(&w, 50);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1 give 1 give 1 @50 start 2 give 2");
	world_expect_last_tick(&w, 100);
	world_retire(&w, 1);
	world_jobs(&w, 1);
	world_expect(&w, "@100 give 2");
	world_expect_rest(&w);
	world_free(&w);
}

static void enough_that_are_idle_again_leave_it_running(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(1, 50));
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1");
	world_run(&w, 30);
	world_end(&w, 1);
	world_run(&w, 40);
	world_jobs(&w, 1);
	world_expect(&w, "@40 give 1");
	world_expect_deadline(&w, 50);
	world_run(&w, 1000);
	world_expect(&w, "@50 start 2");
	world_expect_rest(&w);
	world_jobs(&w, 1);
	world_end(&w, 2);
	world_expect(&w, "@1000 give 2");
	world_expect_last_tick(&w, 1050);
	world_free(&w);
}

static void the_loss_of_an_idle_worker_sets_it(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(2, 50));
	world_run(&w, 10);
	world_lose(&w, 1);
	world_expect_deadline(&w, 60);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 start 2 @60 start 3");
	world_expect_rest(&w);
	world_free(&w);
}

/* What was lost may be a busy one: with max workers none could be started until then. */
static void the_loss_of_a_busy_worker_sets_it(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_min_idle(1, 50);
	config.max = 2;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1 give 1 @50 start 2 give 2");
	world_expect_rest(&w);
	world_lose(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@150 start 3");
	world_free(&w);
}

/* A job that waits sets it at the look it gets, not before. */
static void a_loss_does_not_count_jobs_that_have_a_place(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_busy_time(100);
	config.min = 2;
	world_open(&w, config);
	w.sched.config.min = 0;
	w.waiting++;
	fp_sched_job_wait(&w.sched);
	world_lose(&w, 2);
	world_expect(&w, "@0 start 1 start 2 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void a_loss_that_leaves_enough_idle_leaves_it_unset(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_min_idle(1, 50);
	config.min = 2;
	world_open(&w, config);
	w.sched.config.min = 0;
	world_lose(&w, 1);
	world_expect(&w, "@0 start 1 start 2");
	world_expect_rest(&w);
	world_free(&w);
}

/* The same as a loss would be but for the clock. */
static void a_retirement_leaves_it_unset(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(2, 50));
	world_retire(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 start 2");
	world_expect_rest(&w);
	world_jobs(&w, 1); /* now the other one gets a job, and none is left */
	world_run(&w, 2000);
	world_expect(&w, "@1000 give 2 @1050 start 3 @1100 start 4");
	world_free(&w);
}

/* A retirement makes a start for the clock that runs anyway. */
static void a_running_clock_replaces_retired_workers(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(2, 50));
	world_lose(&w, 1);
	world_retire(&w, 2);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 start 2 @50 start 3 @100 start 4");
	world_expect_rest(&w);
	world_free(&w);
}

/* A look that gives nothing and leaves nothing waiting does not count the idle workers. */
static void a_look_alone_does_not_restore_min_idle(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_min_idle(2, 50);
	config.min = 3;
	world_open(&w, config);
	world_jobs(&w, 1);
	w.sched.config.min = 0;
	world_retire(&w, 2);
	world_retire(&w, 3);
	world_end(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 start 2 start 3 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void a_failed_start_leaves_it_running(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(1, 70));
	world_jobs(&w, 1);
	w.fail_next = 2;
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 @70 fail @140 fail @240 start 2"); /* the pause holds back the tick at 210 */
	world_expect_rest(&w);
	world_free(&w);
}

static void a_failed_start_does_not_set_it(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_min_idle(1, 50));
	world_retire(&w, 1);
	fp_sched_start_failed(&w.sched);
	world_drain(&w);
	world_expect(&w, "@0 start 1");
	world_expect_rest(&w);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_that_no_longer_waits_leaves_the_clock_running),
		cmocka_unit_test(the_clock_keeps_its_phase),
		cmocka_unit_test(a_clock_that_has_ended_is_set_anew),
		cmocka_unit_test(the_tick_after_the_last_start_ends_the_clock),
		cmocka_unit_test(a_tick_that_finds_max_workers_ends_the_clock),
		cmocka_unit_test(a_late_tick_is_one_tick),
		cmocka_unit_test(the_clock_runs_on_while_jobs_pass_through),
		cmocka_unit_test(a_start_for_min_leaves_the_clock_alone),
		cmocka_unit_test(a_look_sets_it_once_there_is_less_than_max),
		cmocka_unit_test(a_look_that_gives_all_jobs_leaves_it_unset),
		cmocka_unit_test(an_idle_worker_that_gets_a_job_sets_it),
		cmocka_unit_test(enough_idle_workers_leave_it_unset),
		cmocka_unit_test(a_busy_worker_that_gets_a_job_leaves_it_unset),
		cmocka_unit_test(enough_that_are_idle_again_leave_it_running),
		cmocka_unit_test(the_loss_of_an_idle_worker_sets_it),
		cmocka_unit_test(the_loss_of_a_busy_worker_sets_it),
		cmocka_unit_test(a_loss_does_not_count_jobs_that_have_a_place),
		cmocka_unit_test(a_loss_that_leaves_enough_idle_leaves_it_unset),
		cmocka_unit_test(a_retirement_leaves_it_unset),
		cmocka_unit_test(a_running_clock_replaces_retired_workers),
		cmocka_unit_test(a_look_alone_does_not_restore_min_idle),
		cmocka_unit_test(a_failed_start_leaves_it_running),
		cmocka_unit_test(a_failed_start_does_not_set_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
