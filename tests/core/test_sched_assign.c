/* Which worker sched gives a job to, calls_max, and workers that are removed: they retire or are lost. */
#include "sched_world.h"

/* n workers without jobs, started for `min`. */
static struct fp_sched_config fixed(uint32_t n, uint32_t load)
{
	struct fp_sched_config config = world_config();
	config.min = config.max = n;
	config.load = load;
	return config;
}

static void open_fixed(struct world *w, uint32_t n, uint32_t load)
{
	world_open(w, fixed(n, load));
	world_forget_story(w);
}

/* ---- the fewest jobs ---- */

static void the_worker_with_the_fewest_jobs_gets_it(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 2, 3);
	world_jobs(&w, 6);
	world_expect(&w, "@0 give 1 give 2 give 2 give 1 give 1 give 2");
	world_end(&w, 2);
	world_end(&w, 2);
	world_end(&w, 1);
	world_jobs(&w, 3);
	world_expect(&w, "@0 give 2 give 2 give 1");
	world_free(&w);
}

/* By hand: 1 moves down to the left, then 2 to the right, then 3 stays; 3 moves to the left, 1 to the right, 2 stays. */
static void ties_among_three_fall_as_in_the_heap(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 3, 2);
	world_jobs(&w, 7);
	world_expect(&w, "@0 give 1 give 2 give 3 give 3 give 1 give 2");
	world_free(&w);
}

/* The recording pool/least-loaded-ties. */
static void ties_among_four_fall_as_recorded(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 4, 2);
	world_jobs(&w, 9);
	world_expect(&w, "@0 give 1 give 2 give 4 give 3 give 3 give 2 give 1 give 4");
	world_end(&w, 3);
	world_jobs(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "@0 give 3 give 1");
	world_end(&w, 4);
	world_jobs(&w, 2);
	world_expect(&w, "@0 give 4");
	world_free(&w);
}

/* The last of the heap takes the place of the removed one. */
static void ties_after_a_removal_fall_as_in_the_heap(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 4, 1);
	w.fail_next = 2;
	world_retire(&w, 1);
	world_jobs(&w, 4);
	world_expect(&w, "@0 fail fail give 4 give 2 give 3");
	world_free(&w);
}

static void load_is_the_most_a_worker_gets(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 1, 4);
	world_jobs(&w, 6);
	world_expect(&w, "@0 give 1 give 1 give 1 give 1");
	world_expect_rest(&w);
	world_end(&w, 1);
	world_expect(&w, "@0 give 1");
	world_end(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "@0 give 1");
	world_jobs(&w, 2);
	world_expect(&w, "@0 give 1");
	assert_true(w.workers[1].calls == 7);
	world_free(&w);
}

static void a_worker_is_idle_only_without_any_job(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.load = 2;
	config.max_idle = 0;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_end(&w, 1);
	assert_int_equal(w.sched.n_idle, 0);
	world_expect_rest(&w);
	world_end(&w, 1);
	assert_int_equal(w.sched.n_idle, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 give 1 @1000 stop 1");
	world_free(&w);
}

static void a_job_that_left_is_not_given(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 1, 1);
	world_jobs(&w, 3);
	world_expect(&w, "@0 give 1");
	world_leave(&w);
	world_end(&w, 1);
	world_expect(&w, "@0 give 1");
	world_end(&w, 1);
	world_expect(&w, "");
	assert_true(w.sched.waiting == 0 && w.sched.n_idle == 1);
	world_free(&w);
}

/* Room is used before a worker is started, though one is wanted. */
static void a_job_goes_to_a_worker_before_one_is_started(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1");
	w.jobs[1]--;
	w.waiting++;
	fp_sched_job_wait(&w.sched);
	fp_sched_job_end(&w.sched, &w.workers[1]);
	world_drain(&w);
	world_expect(&w, "@0 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

/* ---- calls_max ---- */

/* Given its last job it gets no more; it is stopped when all it had has ended, and counts for max until then. */
static void a_worker_is_stopped_once_it_has_ended_calls_max_jobs(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.load = 2;
	config.max = 1;
	config.calls_max = 3;
	world_open(&w, config);
	world_jobs(&w, 4);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_end(&w, 1);
	world_expect(&w, "@0 give 1");
	world_end(&w, 1);
	world_jobs(&w, 2);
	world_expect(&w, "");
	world_end(&w, 1);
	world_expect(&w, "@0 stop 1 start 2 give 2 give 2");
	world_end(&w, 2);
	world_end(&w, 2);
	world_expect(&w, "@0 give 2");
	world_end(&w, 2);
	world_expect(&w, "@0 stop 2");
	world_expect_rest(&w);
	world_free(&w);
}

static void calls_max_1_is_a_worker_a_job(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 2;
	config.load = 2;
	config.calls_max = 1;
	world_open(&w, config);
	world_jobs(&w, 3); /* never more than max */
	world_expect(&w, "@0 start 1 give 1 start 2 give 2");
	world_end(&w, 2);
	world_expect(&w, "@0 stop 2 start 3 give 3");
	world_end(&w, 1);
	world_end(&w, 3);
	world_expect(&w, "@0 stop 1 stop 3");
	assert_int_equal(w.n_members, 0);
	world_expect_rest(&w);
	world_free(&w);
}

static void a_used_up_worker_is_replaced_for_min_and_min_idle(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = 1;
	config.min_idle = 1;
	config.calls_max = 1;
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_run(&w, 50);
	world_end(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 @50 stop 1 start 2");
	world_free(&w);
	config.min = 0;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 @100 start 2");
	world_free(&w);
}

static void calls_max_0_is_none(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 1, 1);
	for (uint32_t i = 0; i < 300; i++) {
		world_jobs(&w, 1);
		world_end(&w, 1);
		world_expect(&w, "@0 give 1");
	}
	assert_true(w.workers[1].calls == 300);
	world_free(&w);
}

/* A worker that is gone before its last job has ended is stopped by nobody. */
static void use_up_and(void (*removal)(struct world *w, uint32_t number))
{
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	config.min = 1;
	config.calls_max = 1;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 give 1");
	removal(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_end(&w, 1);
	world_expect(&w, "");
	world_end(&w, 2);
	world_expect(&w, "@0 stop 2 start 3");
	world_free(&w);
}

static void a_used_up_worker_that_was_removed_is_not_stopped(void **state)
{
	(void)state;
	use_up_and(world_retire);
	use_up_and(world_lose);
}

/* Two that have ended their last jobs, one of which is gone before it could be stopped. */
static void used_up_workers_are_stopped_one_by_one(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = fixed(3, 1);
	config.calls_max = 1;
	config.min = 0;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 start 3 give 3");
	for (uint32_t number = 1; number <= 3; number++) {
		w.jobs[number]--;
		fp_sched_job_end(&w.sched, &w.workers[number]);
	}
	world_retire(&w, 2);
	world_expect(&w, "@0 stop 1 stop 3");
	assert_int_equal(w.sched.n_idle, 0);
	world_expect_rest(&w);
	world_free(&w);
}

/* ---- removal ---- */

static void give_none_after(void (*removal)(struct world *w, uint32_t number))
{
	struct world w;
	open_fixed(&w, 2, 2);
	world_jobs(&w, 2);
	world_expect(&w, "@0 give 1 give 2");
	w.fail_next = 2;
	removal(&w, 1);
	world_jobs(&w, 2);
	world_expect(&w, "@0 fail fail give 2");
	world_end(&w, 1);
	world_expect(&w, "");
	world_end(&w, 2);
	world_expect(&w, "@0 give 2");
	world_free(&w);
}

static void a_removed_worker_gets_no_more_jobs(void **state)
{
	(void)state;
	give_none_after(world_retire);
	give_none_after(world_lose);
}

static void retirement_may_be_repeated(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 2;
	config.max_idle = 2;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 start 2 give 1 start 3");
	for (uint32_t i = 0; i < 3; i++)
		world_retire(&w, 1); /* with a job */
	assert_int_equal(w.sched.n_idle, 2);
	for (uint32_t i = 0; i < 3; i++)
		world_retire(&w, 2); /* idle */
	assert_int_equal(w.sched.n_idle, 1);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

static void a_loss_may_be_repeated(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 2;
	config.max_idle = 2;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 start 2 give 1 start 3");
	for (uint32_t i = 0; i < 3; i++)
		world_lose(&w, 1);
	world_expect(&w, "");
	for (uint32_t i = 0; i < 3; i++)
		world_lose(&w, 2);
	world_expect(&w, "@0 start 4");
	assert_int_equal(w.sched.n_idle, 2);
	world_expect_rest(&w);
	world_free(&w);
}

/* An answer of a worker that was removed does not make it idle. */
static void a_job_may_end_after_its_worker_was_removed(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 1;
	config.max = 2;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1 start 2");
	world_retire(&w, 1);
	world_end(&w, 1);
	assert_int_equal(w.sched.n_idle, 1);
	assert_int_equal(fp_sched_workers(&w.sched), 1);
	assert_false(fp_sched_is_member(&w.workers[1]));
	world_expect_rest(&w);
	world_expect(&w, "");
	world_free(&w);
}

static void an_idle_worker_that_is_removed_is_no_idle_one(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 3;
	config.max_idle = 3;
	config.max = 3;
	config.busy_time_ns = 10 * FP_MS;
	world_open(&w, config);
	world_retire(&w, 2);
	assert_int_equal(w.sched.n_idle, 2);
	world_expect(&w, "@0 start 1 start 2 start 3");
	world_lose(&w, 1);
	assert_int_equal(w.sched.n_idle, 1);
	world_run(&w, 1000);
	assert_int_equal(w.sched.n_idle, 3);
	world_expect(&w, "@10 start 4 @20 start 5");
	world_free(&w);
}

/* The owner may use a worker's memory again once it is removed: all counts begin anew. */
static void a_worker_may_be_added_again(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.calls_max = 2;
	config.max = 1;
	config.load = 2;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_retire(&w, 1);
	w.n_workers = 0;
	w.jobs[1] = 0;
	world_jobs(&w, 3);
	world_expect(&w, "@0 start 1 give 1 start 1 give 1 give 1");
	world_free(&w);
}

/* ---- what cannot be ---- */

static void there_is_no_job_to_leave_or_end(void **state)
{
	(void)state;
	struct world w;
	open_fixed(&w, 1, 1);
	world_expect_abort(fp_sched_job_leave(&w.sched));
	world_expect_abort(fp_sched_job_end(&w.sched, &w.workers[1]));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worker_with_the_fewest_jobs_gets_it),
		cmocka_unit_test(ties_among_three_fall_as_in_the_heap),
		cmocka_unit_test(ties_among_four_fall_as_recorded),
		cmocka_unit_test(ties_after_a_removal_fall_as_in_the_heap),
		cmocka_unit_test(load_is_the_most_a_worker_gets),
		cmocka_unit_test(a_worker_is_idle_only_without_any_job),
		cmocka_unit_test(a_job_that_left_is_not_given),
		cmocka_unit_test(a_job_goes_to_a_worker_before_one_is_started),
		cmocka_unit_test(a_worker_is_stopped_once_it_has_ended_calls_max_jobs),
		cmocka_unit_test(calls_max_1_is_a_worker_a_job),
		cmocka_unit_test(a_used_up_worker_is_replaced_for_min_and_min_idle),
		cmocka_unit_test(calls_max_0_is_none),
		cmocka_unit_test(a_used_up_worker_that_was_removed_is_not_stopped),
		cmocka_unit_test(used_up_workers_are_stopped_one_by_one),
		cmocka_unit_test(a_removed_worker_gets_no_more_jobs),
		cmocka_unit_test(retirement_may_be_repeated),
		cmocka_unit_test(a_loss_may_be_repeated),
		cmocka_unit_test(a_job_may_end_after_its_worker_was_removed),
		cmocka_unit_test(an_idle_worker_that_is_removed_is_no_idle_one),
		cmocka_unit_test(a_worker_may_be_added_again),
		cmocka_unit_test(there_is_no_job_to_leave_or_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
