/* What sched does where memory is missing or its options cannot be. */
#include "sched_world.h"

/* The nth allocation fails: one more start, after which all is as it would have been. */
static bool is_memory_enough_but_for(uint64_t nth)
{
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = config.max = 20;
	world_init(&w, config);
	w.alloc.fail_at = nth;
	world_drain(&w);
	assert_int_equal(w.n_members, 20);
	bool failed = strstr(w.story, "no-memory") != NULL;
	assert_true(failed == (w.alloc.requests >= nth));
	world_free(&w);
	return !failed;
}

static void the_nth_allocation_fails(void **state)
{
	(void)state;
	uint64_t nth = 1;
	while (!is_memory_enough_but_for(nth))
		nth++;
	assert_true(nth > 1);
}

static void no_memory_is_a_failed_start(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = 1;
	world_init(&w, config);
	w.alloc.fail_at = 1;
	w.alloc.fail_after = true;
	world_drain(&w);
	world_expect(&w, "@0 no-memory no-memory");
	world_run(&w, 100);
	world_expect(&w, "@100 no-memory");
	w.alloc.fail_at = 0;
	world_run(&w, 300);
	world_expect(&w, "@300 start 1");
	world_free(&w);
}

static void a_pool_without_workers_takes_no_memory(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	assert_int_equal(w.alloc.requests, 0);
	world_free(&w);
}

static void the_place_of_a_removed_worker_is_used_again(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.calls_max = 1;
	world_open(&w, config);
	for (uint32_t number = 1; number <= 50; number++) {
		world_jobs(&w, 1);
		world_end(&w, number);
	}
	assert_int_equal(w.n_workers, 50);
	assert_int_equal(w.alloc.requests, 1);
	world_free(&w);
}

static void a_pool_needs_max_and_load(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 0;
	world_expect_abort(world_init(&w, config));
	config.max = 1;
	config.load = 0;
	world_expect_abort(world_init(&w, config));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_allocation_fails),
		cmocka_unit_test(no_memory_is_a_failed_start),
		cmocka_unit_test(a_pool_without_workers_takes_no_memory),
		cmocka_unit_test(the_place_of_a_removed_worker_is_used_again),
		cmocka_unit_test(a_pool_needs_max_and_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
