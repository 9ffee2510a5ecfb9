/* When sched stops an idle worker: max_idle, min_idle, min, idle_time. */
#include "sched_world.h"

/* n workers, started for n jobs that all ended at 0 in the order of the workers' numbers, so that 1 is idle longest. */
static void open_idle(struct world *w, struct fp_sched_config config, uint32_t n)
{
	world_open(w, config);
	world_jobs(w, n);
	assert_int_equal(w->n_members, n);
	for (uint32_t number = 1; number <= n; number++)
		world_end(w, number);
	world_forget_story(w);
}

/* A job that begins and ends now, on the worker that is expected to get it. */
static void work(struct world *w, uint32_t number)
{
	world_jobs(w, 1);
	world_end(w, number);
}

static struct fp_sched_config with_max_idle(uint32_t max_idle)
{
	struct fp_sched_config config = world_config();
	config.max_idle = max_idle;
	return config;
}

/* ---- how many ---- */

static void idle_workers_above_max_idle_are_stopped_one_at_a_time(void **state)
{
	(void)state;
	struct world w;
	open_idle(&w, with_max_idle(1), 4);
	world_run(&w, 999);
	world_expect(&w, "");
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 1 @2000 stop 2 @3000 stop 3");
	world_expect_rest(&w);
	world_free(&w);
	open_idle(&w, with_max_idle(3), 4);
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void max_idle_0_leaves_none(void **state)
{
	(void)state;
	struct world w;
	open_idle(&w, with_max_idle(0), 2);
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 1 @2000 stop 2");
	assert_int_equal(w.n_members, 0);
	world_expect_rest(&w);
	world_jobs(&w, 1);
	world_expect(&w, "@9999 start 3 give 3");
	world_free(&w);
}

static void up_to_max_idle_stay_for_ever(void **state)
{
	(void)state;
	struct world w;
	open_idle(&w, with_max_idle(4), 4);
	world_expect_rest(&w);
	world_free(&w);
}

static void min_idle_counts_where_it_is_larger(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(1);
	config.min_idle = 2;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 start 2 give 1 start 3 give 2 start 4");
	world_end(&w, 1);
	world_end(&w, 2);
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 3 @2000 stop 4"); /* idle longer than 1 and 2 */
	world_expect_rest(&w);
	world_free(&w);
}

static void min_workers_stay_though_idle(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(0);
	config.min = 3;
	world_open(&w, config);
	world_expect_rest(&w);
	world_jobs(&w, 4);
	world_expect(&w, "@0 start 1 start 2 start 3 give 1 give 2 give 3 start 4 give 4");
	for (uint32_t number = 1; number <= 4; number++)
		world_end(&w, number);
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 1");
	world_expect_rest(&w);
	world_free(&w);
}

/* Workers with jobs count for min: with enough of them no idle one has to stay. */
static void busy_workers_count_for_min(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(0);
	config.min = 2;
	world_open(&w, config);
	world_jobs(&w, 4);
	world_expect(&w, "@0 start 1 start 2 give 1 give 2 start 3 give 3 start 4 give 4");
	world_end(&w, 3);
	world_end(&w, 4);
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 3 @2000 stop 4");
	world_end(&w, 1);
	world_end(&w, 2);
	world_expect_rest(&w);
	world_free(&w);
}

/* ---- when ---- */

static void idle_time_is_exact(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(0);
	config.idle_time_ns = 1234567;
	open_idle(&w, config, 2);
	world_run(&w, 9);
	world_expect(&w, "@1+234567 stop 1 @2+469134 stop 2");
	world_free(&w);
}

static void idle_time_0_stops_at_once(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(1);
	config.idle_time_ns = 0;
	world_open(&w, config);
	world_jobs(&w, 3);
	for (uint32_t number = 1; number <= 3; number++)
		world_end(&w, number);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 start 3 give 3 stop 1 stop 2");
	world_free(&w);
	config.max_idle = 0; /* a worker just started for a job is no idle one */
	world_open(&w, config);
	world_jobs(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "@0 start 1 give 1 stop 1");
	world_free(&w);
}

static void an_idle_time_without_end_is_never_over(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(0);
	config.idle_time_ns = UINT64_MAX;
	world_open(&w, config);
	world_run(&w, 1);
	world_jobs(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "@1 start 1 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void a_job_in_between_counts_the_time_anew(void **state)
{
	(void)state;
	struct world w;
	open_idle(&w, with_max_idle(1), 2);
	world_run(&w, 600);
	world_jobs(&w, 1);
	world_expect_rest(&w);
	world_run(&w, 700);
	world_end(&w, 1);
	world_run(&w, 9999);
	world_expect(&w, "@600 give 1 @1700 stop 2");
	world_free(&w);
}

/* One or two are in excess ever since 0, but neither has been idle as long. */
static void the_stopped_one_was_idle_for_idle_time_itself(void **state)
{
	(void)state;
	struct world w;
	open_idle(&w, with_max_idle(0), 2);
	world_run(&w, 500);
	work(&w, 1);
	world_run(&w, 600);
	work(&w, 2);
	world_expect(&w, "@500 give 1 @600 give 2");
	world_run(&w, 9999);
	world_expect(&w, "@1500 stop 1 @2500 stop 2");
	world_expect_rest(&w);
	world_free(&w);
}

static void the_one_idle_longest_is_stopped(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_max_idle(0));
	world_jobs(&w, 3);
	world_run(&w, 10);
	world_end(&w, 2);
	world_run(&w, 20);
	world_end(&w, 3);
	world_run(&w, 30);
	world_end(&w, 1);
	world_run(&w, 9999);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 start 3 give 3 @1010 stop 2 @2010 stop 3 @3010 stop 1");
	world_free(&w);
}

/* The next stop comes idle_time after the last even if a new excess begins sooner. */
static void stops_are_idle_time_apart(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, with_max_idle(1));
	world_jobs(&w, 3);
	world_end(&w, 1);
	world_end(&w, 2);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 start 3 give 3 @1000 stop 1");
	world_end(&w, 3);
	world_run(&w, 9999);
	world_expect(&w, "@2000 stop 2");
	world_free(&w);
}

/* ---- what ends an excess ---- */

static void end_excess_by(void (*removal)(struct world *w, uint32_t number))
{
	struct world w;
	open_idle(&w, with_max_idle(1), 2);
	world_run(&w, 900);
	removal(&w, 1);
	world_expect_rest(&w);
	world_free(&w);
	open_idle(&w, with_max_idle(1), 4); /* here more are left than one in excess */
	world_run(&w, 900);
	removal(&w, 1);
	world_run(&w, 9999);
	world_expect(&w, "@1000 stop 2 @2000 stop 3");
	world_free(&w);
}

static void a_removal_ends_the_excess_and_delays_none(void **state)
{
	(void)state;
	end_excess_by(world_retire);
	end_excess_by(world_lose);
}

static void a_worker_started_for_nobody_becomes_an_excess(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = with_max_idle(0);
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_retire(&w, 1);
	struct fp_decision d;
	world_run(&w, 50);
	fp_sched_job_wait(&w.sched);
	assert_true(fp_sched_next(&w.sched, &d) && d.kind == FP_START_WORKER);
	world_answer(&w, &d);
	fp_sched_job_leave(&w.sched); /* before it could be given */
	world_drain(&w);
	world_run(&w, 9999);
	world_expect(&w, "@0 start 1 give 1 @50 start 2 @1050 stop 2");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_workers_above_max_idle_are_stopped_one_at_a_time),
		cmocka_unit_test(max_idle_0_leaves_none),
		cmocka_unit_test(up_to_max_idle_stay_for_ever),
		cmocka_unit_test(min_idle_counts_where_it_is_larger),
		cmocka_unit_test(min_workers_stay_though_idle),
		cmocka_unit_test(busy_workers_count_for_min),
		cmocka_unit_test(idle_time_is_exact),
		cmocka_unit_test(idle_time_0_stops_at_once),
		cmocka_unit_test(an_idle_time_without_end_is_never_over),
		cmocka_unit_test(a_job_in_between_counts_the_time_anew),
		cmocka_unit_test(the_stopped_one_was_idle_for_idle_time_itself),
		cmocka_unit_test(the_one_idle_longest_is_stopped),
		cmocka_unit_test(stops_are_idle_time_apart),
		cmocka_unit_test(a_removal_ends_the_excess_and_delays_none),
		cmocka_unit_test(a_worker_started_for_nobody_becomes_an_excess),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
