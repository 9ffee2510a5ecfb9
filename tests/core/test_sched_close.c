/* How sched ends: what waits is worked off, then a look that has nothing to give stops all workers; or no worker can be
 * started, and it gives up. */
#include "sched_world.h"

/* After `before`, the n workers that are left were stopped, in any order. */
static void expect_all_stop(struct world *w, const char *before, size_t n)
{
	size_t len = strlen(before);
	assert_memory_equal(w->story, before, len);
	const char *stop = w->story + len;
	for (size_t i = 0; i < n; i++, stop += strlen(" stop N"))
		assert_memory_equal(stop, " stop ", strlen(" stop "));
	assert_string_equal(stop, "");
	assert_int_equal(w->n_members, 0);
	world_forget_story(w);
}

static void an_empty_pool_ends_in_silence(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	world_close(&w);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

static void all_are_stopped_at_once_when_nothing_waits(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = config.min_idle = 3;
	world_open(&w, config);
	world_jobs(&w, 1); /* still runs */
	world_expect(&w, "@0 start 1 start 2 start 3 give 1 start 4");
	world_run(&w, 10);
	world_close(&w);
	expect_all_stop(&w, "@10", 4);
	world_expect_rest(&w);
	world_end(&w, 1);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

/* The look that gives the last job away stops nobody, the next one does. */
static void what_waits_is_worked_off_first(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 2;
	world_open(&w, config);
	world_jobs(&w, 4);
	world_close(&w);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2");
	world_expect_rest(&w);
	world_end(&w, 2);
	world_end(&w, 1);
	world_expect(&w, "@0 give 2 give 1");
	assert_true(w.sched.waiting == 0);
	world_expect_rest(&w);
	world_end(&w, 2);
	expect_all_stop(&w, "@0", 2);
	world_expect_rest(&w);
	world_end(&w, 1);
	world_expect(&w, "");
	world_free(&w);
}

/* As when the callback of a result drops the pool: the job's end and close are a look each. */
static void each_input_is_a_look_of_its_own(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 give 1");
	fp_sched_job_end(&w.sched, &w.workers[1]);
	w.jobs[1]--;
	world_close(&w);
	world_expect(&w, "@0 give 1 stop 1");
	world_free(&w);
}

/* The worker that had the last job is gone: that stops the others, too. */
static void the_loss_of_a_worker_stops_the_others(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 2;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_close(&w);
	world_end(&w, 1);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 give 1");
	world_retire(&w, 1);
	world_expect(&w, "");
	world_lose(&w, 1); /* it had retired: only the end of its job is news */
	world_expect(&w, "");
	world_end(&w, 1);
	world_expect(&w, "@0 stop 2");
	world_free(&w);
	world_open(&w, config);
	world_jobs(&w, 3);
	world_close(&w);
	world_end(&w, 1);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2 give 1");
	world_lose(&w, 1);
	world_expect(&w, "@0 stop 2");
	world_free(&w);
}
static void what_waits_may_leave(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_close(&w);
	world_leave(&w);
	world_expect(&w, "@0 start 1 give 1 stop 1");
	world_free(&w);
}

static void workers_are_still_started_for_what_waits(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_run(&w, 50);
	world_close(&w);
	world_run(&w, 1000);
	world_expect(&w, "@0 start 1 give 1 @100 start 2 give 2 @200 start 3 give 3");
	world_expect_rest(&w);
	world_end(&w, 1);
	expect_all_stop(&w, "@1000", 3);
	world_free(&w);
}
/* min is no longer kept once the pool is closing: the one that is left suffices, but for jobs that wait for busy_time. */
static void min_is_not_restored(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = config.max = 2;
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 4);
	world_expect(&w, "@0 start 1 start 2 give 1 give 2");
	world_close(&w);
	world_run(&w, 10);
	world_lose(&w, 1);
	world_expect(&w, "");
	world_end(&w, 2);
	world_run(&w, 20);
	world_end(&w, 2);
	world_run(&w, 30);
	world_end(&w, 2);
	world_expect(&w, "@10 give 2 @20 give 2 @30 stop 2");
	world_expect_last_tick(&w, 110);
	world_free(&w);
}

/* Neither is min_idle: the clock of starts goes on for the jobs that wait. */
static void min_idle_is_not_restored(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 2;
	config.max_idle = 2;
	config.max = 3;
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_expect(&w, "@0 start 1 start 2 give 1 give 2");
	world_close(&w);
	world_run(&w, 100);
	world_expect(&w, "@100 start 3 give 3");
	world_lose(&w, 3);
	world_end(&w, 3);
	expect_all_stop(&w, "@100", 2);
	world_expect_last_tick(&w, 200);
	world_free(&w);
}

/* The look that starts the only worker gives it all jobs, and stops it no sooner than another look would. */
static void a_look_that_starts_a_worker_is_one_look(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_retire(&w, 1);
	world_close(&w);
	world_expect(&w, "@0 start 1 give 1 start 2 give 2");
	world_end(&w, 1);
	world_expect(&w, "@0 stop 2");
	world_free(&w);
}

/* Not even the clock is set for min_idle. */
static void an_idle_worker_that_gets_a_job_sets_no_clock(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 2;
	config.min_idle = 1;
	config.load = 2;
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_expect(&w, "@0 start 1");
	for (w.waiting = 0; w.waiting < 2; w.waiting++)
		fp_sched_job_wait(&w.sched);
	world_close(&w);
	world_expect(&w, "@0 give 1 give 1 stop 1");
	world_expect_rest(&w);
	world_free(&w);
}
static void starts_due_since_the_pool_was_made_lapse(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min_idle = 4;
	world_open_failing(&w, config, 2);
	world_expect(&w, "@0 fail fail");
	world_close(&w);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}
/* The last worker dies while the pool is closing, and its job waits again. */
static void a_job_that_waits_again_gets_a_worker(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.busy_time_ns = 100 * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 1);
	world_run(&w, 10);
	world_close(&w);
	world_expect(&w, "@0 start 1 give 1 @10 stop 1");
	world_run(&w, 20);
	world_lose(&w, 1);
	world_end(&w, 1);
	world_jobs(&w, 1);
	world_expect(&w, "@20 start 2 give 2");
	world_expect_rest(&w);
	world_end(&w, 2);
	world_expect(&w, "@20 stop 2");
	world_free(&w);
}

static void calls_max_holds_to_the_end(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	config.calls_max = 2;
	world_open(&w, config);
	world_jobs(&w, 3);
	world_close(&w);
	world_end(&w, 1);
	world_expect(&w, "@0 start 1 give 1 give 1");
	world_end(&w, 1);
	world_expect(&w, "@0 stop 1 start 2 give 2");
	world_end(&w, 2);
	world_expect(&w, "@0 stop 2");
	world_free(&w);
}

static void closing_may_be_repeated(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, world_config());
	world_jobs(&w, 1);
	world_close(&w);
	world_close(&w);
	world_expect(&w, "@0 start 1 give 1 stop 1");
	world_free(&w);
}

/* ---- giving up ---- */

static void a_closing_pool_gives_up_after_five_failures(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, world_config(), 100);
	world_jobs(&w, 3);
	world_close(&w);
	world_expect(&w, "@0 fail fail");
	world_run(&w, 699);
	world_expect(&w, "@100 fail @300 fail");
	world_run(&w, 700);
	world_expect(&w, "@700 fail lose 3");
	world_expect_rest(&w);
	world_free(&w);
}

static void four_failures_are_not_enough(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, world_config(), 4);
	world_jobs(&w, 1);
	world_close(&w);
	world_run(&w, 9999);
	world_expect(&w, "@0 fail fail @100 fail @300 fail @700 start 1 give 1 stop 1");
	world_free(&w);
}

static void a_pool_that_is_open_never_gives_up(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, world_config(), 7);
	world_jobs(&w, 2);
	world_run(&w, 3200);
	world_expect(&w, "@0 fail fail @100 fail @300 fail @700 fail @1500 fail @3100 fail");
	world_close(&w); /* gives up at once, within the pause */
	world_expect(&w, "@3200 lose 2");
	world_expect_rest(&w);
	world_free(&w);
}

/* Though the pause is over: no sixth start is tried for what waits again only after the pool was closed. */
static void a_closing_pool_tries_no_sixth_start(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, world_config(), 5);
	world_jobs(&w, 1);
	world_run(&w, 700);
	world_expect(&w, "@0 fail fail @100 fail @300 fail @700 fail");
	world_leave(&w);
	world_close(&w);
	world_run(&w, 20000);
	world_jobs(&w, 1);
	world_expect(&w, "@20000 lose 1");
	world_expect_rest(&w);
	world_free(&w);
}

static void open_with_one_left(struct world *w)
{
	world_open(w, world_config());
	world_jobs(w, 3);
	world_expect(w, "@0 start 1 give 1 start 2 give 2 start 3 give 3");
	world_retire(w, 2);
	world_retire(w, 3);
	w->fail_next = 100;
	world_jobs(w, 2);
	world_close(w);
	world_run(w, 1499);
	world_expect(w, "@0 fail fail @100 fail @300 fail @700 fail");
	world_end(w, 1);
	world_run(w, 1500);
	world_expect(w, "@1499 give 1 @1500 fail");
}

static void nothing_is_given_up_while_a_worker_is_left(void **state)
{
	(void)state;
	struct world w;
	open_with_one_left(&w);
	world_lose(&w, 1);
	world_expect(&w, "@1500 lose 1");
	world_free(&w);
	open_with_one_left(&w);
	world_retire(&w, 1); /* no look */
	world_expect(&w, "");
	world_end(&w, 1);
	world_expect(&w, "@1500 lose 1");
	world_free(&w);
}

static void an_answer_before_the_fifth_failure_gives_new_hope(void **state)
{
	(void)state;
	struct world w;
	world_open_failing(&w, world_config(), 4);
	world_jobs(&w, 2);
	world_close(&w);
	world_run(&w, 699);
	w.fail_next = 0;
	world_run(&w, 700);
	world_expect(&w, "@0 fail fail @100 fail @300 fail @700 start 1 give 1 start 2 give 2");
	world_prove(&w);
	world_expect(&w, "");
	world_end(&w, 1);
	expect_all_stop(&w, "@700", 2);
	w.fail_next = 1;
	world_jobs(&w, 1); /* waits again after a crash */
	world_expect(&w, "@700 fail start 3 give 3");
	world_end(&w, 3);
	world_expect(&w, "@700 stop 3");
	world_free(&w);
}

static void nothing_is_given_up_where_nothing_waits(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = 1;
	world_open_failing(&w, config, 6);
	world_run(&w, 2000);
	world_expect(&w, "@0 fail fail @100 fail @300 fail @700 fail @1500 fail");
	world_close(&w);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_pool_ends_in_silence),
		cmocka_unit_test(all_are_stopped_at_once_when_nothing_waits),
		cmocka_unit_test(what_waits_is_worked_off_first),
		cmocka_unit_test(each_input_is_a_look_of_its_own),
		cmocka_unit_test(the_loss_of_a_worker_stops_the_others),
		cmocka_unit_test(what_waits_may_leave),
		cmocka_unit_test(workers_are_still_started_for_what_waits),
		cmocka_unit_test(min_is_not_restored),
		cmocka_unit_test(min_idle_is_not_restored),
		cmocka_unit_test(an_idle_worker_that_gets_a_job_sets_no_clock),
		cmocka_unit_test(a_look_that_starts_a_worker_is_one_look),
		cmocka_unit_test(starts_due_since_the_pool_was_made_lapse),
		cmocka_unit_test(a_job_that_waits_again_gets_a_worker),
		cmocka_unit_test(calls_max_holds_to_the_end),
		cmocka_unit_test(closing_may_be_repeated),
		cmocka_unit_test(a_closing_pool_gives_up_after_five_failures),
		cmocka_unit_test(four_failures_are_not_enough),
		cmocka_unit_test(a_pool_that_is_open_never_gives_up),
		cmocka_unit_test(a_closing_pool_tries_no_sixth_start),
		cmocka_unit_test(nothing_is_given_up_while_a_worker_is_left),
		cmocka_unit_test(an_answer_before_the_fifth_failure_gives_new_hope),
		cmocka_unit_test(nothing_is_given_up_where_nothing_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
