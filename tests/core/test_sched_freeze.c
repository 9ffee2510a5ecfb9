/* Workers that have exited while what they wrote is still to be read: no more jobs for them; they count until they are lost. */
#include "sched_world.h"

static struct fp_sched_config at_most(uint32_t max, uint32_t load)
{
	struct fp_sched_config config = world_config();
	config.max = max;
	config.load = load;
	return config;
}

static void a_frozen_worker_gets_no_more_jobs(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, at_most(1, 3));
	world_jobs(&w, 2);
	world_freeze(&w, 1);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_end(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "");
	assert_true(w.sched.waiting == 1);
	world_free(&w);
}

/* Those with room come before it, however many jobs they have. */
static void the_others_get_them(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(3, 3);
	config.min = 3;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_expect(&w, "@0 start 1 start 2 start 3 give 1 give 2 give 3");
	world_freeze(&w, 2);
	world_jobs(&w, 5);
	world_expect(&w, "@0 give 3 give 1 give 1 give 3");
	assert_true(w.waiting == 1);
	world_free(&w);
}

/* It is full, so that a worker may be started, if there are fewer than max with it. */
static void it_counts_for_max_until_it_is_lost(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, at_most(2, 2));
	world_jobs(&w, 1);
	world_freeze(&w, 1);
	world_jobs(&w, 5);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 give 2");
	world_end(&w, 1);
	world_expect(&w, "");
	world_lose(&w, 1);
	world_expect(&w, "@0 start 3 give 3 give 3");
	world_free(&w);
}

static void it_is_not_the_lack_of_a_worker(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(2, 1);
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_freeze(&w, 1);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1");
	world_expect_deadline(&w, 1000);
	world_lose(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

static void it_counts_for_min(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(2, 1);
	config.min = 1;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_freeze(&w, 1);
	world_expect(&w, "@0 start 1 give 1");
	world_lose(&w, 1);
	world_expect(&w, "@0 start 2");
	world_free(&w);
}

static void it_is_never_idle(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(2, 1);
	config.max_idle = 0;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_freeze(&w, 1);
	world_end(&w, 1);
	assert_int_equal(w.sched.n_idle, 0);
	world_expect(&w, "@0 start 1 give 1");
	world_expect_rest(&w);
	world_free(&w);
}

/* Freezing is neither a look nor a loss. */
static void it_is_no_look(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(2, 1);
	config.min_idle = 1;
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_run(&w, 2000);
	world_expect(&w, "@0 start 1 give 1 @1000 start 2 give 2");
	world_expect_rest(&w);
	world_freeze(&w, 1);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

/* Only one that has jobs is frozen, once, and only as long as it is a member. */
static void others_do_not_freeze(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, at_most(1, 2));
	world_jobs(&w, 1);
	world_end(&w, 1);
	world_freeze(&w, 1); /* idle */
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_freeze(&w, 1);
	world_freeze(&w, 1);
	world_end(&w, 1);
	world_freeze(&w, 1);
	world_lose(&w, 1);
	world_freeze(&w, 1);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_lose(&w, 2);
	world_freeze(&w, 2); /* it had not been frozen */
	assert_false(fp_sched_is_member(&w.workers[2]));
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 3 give 3");
	world_free(&w);
}

static void a_used_up_one_is_stopped_all_the_same(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(1, 2);
	config.min = 1;
	config.calls_max = 1;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_freeze(&w, 1);
	world_expect(&w, "@0 start 1 give 1");
	world_end(&w, 1);
	world_expect(&w, "@0 stop 1 start 2");
	world_free(&w);
}

static void closing_stops_it_like_others(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, at_most(2, 1));
	world_jobs(&w, 2);
	world_freeze(&w, 2);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2");
	world_close(&w);
	assert_int_equal(w.n_members, 0);
	world_free(&w);
}

/* It retires with its last words: no end of a job will come, and its loss is none any more, so this is the time. */
static void its_retirement_is_a_look(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = at_most(1, 1);
	config.busy_time_ns = FP_S;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_freeze(&w, 1);
	world_end(&w, 1);
	world_retire(&w, 1);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frozen_worker_gets_no_more_jobs),
		cmocka_unit_test(the_others_get_them),
		cmocka_unit_test(it_counts_for_max_until_it_is_lost),
		cmocka_unit_test(it_is_not_the_lack_of_a_worker),
		cmocka_unit_test(it_counts_for_min),
		cmocka_unit_test(it_is_never_idle),
		cmocka_unit_test(it_is_no_look),
		cmocka_unit_test(others_do_not_freeze),
		cmocka_unit_test(a_used_up_one_is_stopped_all_the_same),
		cmocka_unit_test(closing_stops_it_like_others),
		cmocka_unit_test(its_retirement_is_a_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
