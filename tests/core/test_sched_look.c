/* What makes sched look at the queue: calls, answers, ends, starts, the loss of a worker, close; not a retirement, not time.
 *
 * A pool is blind here once its last worker has retired and jobs wait: nothing but a look starts the next worker. */
#include "sched_world.h"

#define BUSY_TIME_MS 100u

/* One worker at a time, so that the clock of starts is not set; jobs run in worker 1, `waiting` wait, and it retires. */
static void open_blind(struct world *w, uint64_t waiting)
{
	struct fp_sched_config config = world_config();
	config.max = 1;
	config.busy_time_ns = BUSY_TIME_MS * FP_MS;
	world_open(w, config);
	world_jobs(w, 1 + (uint32_t)waiting);
	world_expect(w, "@0 start 1 give 1");
	world_retire(w, 1);
	world_expect(w, "");
	assert_true(w->sched.waiting == waiting);
	world_expect_rest(w);
}

/* ---- a look ---- */

static void a_call_is_a_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_jobs(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

/* An answer, or what else ends a job; of a worker that has retired, too. */
static void the_end_of_a_job_is_a_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_end(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_end(&w, 2);
	world_expect(&w, "@0 give 2");
	world_free(&w);
}

static void the_end_of_waiting_is_a_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_leave(&w);
	world_expect(&w, "@0 start 2 give 2");
	assert_true(w.waiting == 0);
	world_free(&w);
	open_blind(&w, 1);
	world_leave(&w);
	world_expect(&w, "");
	world_free(&w);
}

static void closing_is_a_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_close(&w);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

/* min makes that start, the look it is gives the job. */
static void a_start_is_a_look(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.min = config.max = 1;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 give 1");
	world_retire(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

static void the_loss_of_a_worker_is_a_look(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	config.busy_time_ns = BUSY_TIME_MS * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 2);
	world_expect(&w, "@0 start 1 give 1");
	world_lose(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

/* Each job in its turn: one look gives as many as there is room for. */
static void a_look_gives_all_it_can(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 1;
	config.load = 3;
	world_open(&w, config);
	world_jobs(&w, 7);
	world_retire(&w, 1);
	world_expect(&w, "@0 start 1 give 1 give 1 give 1");
	world_end(&w, 1);
	world_expect(&w, "@0 start 2 give 2 give 2 give 2");
	assert_true(w.waiting == 1);
	world_free(&w);
}

/* The look goes on where the worker it gave a job to is used up, or gone before the next decision. */
static void a_look_goes_on_without_its_worker(void **state)
{
	(void)state;
	struct world w;
	struct fp_decision d;
	struct fp_sched_config config = world_config();
	config.max = 1;
	config.load = 2;
	world_open(&w, config);
	world_jobs(&w, 4);
	world_retire(&w, 1);
	world_end(&w, 1);
	world_expect(&w, "@0 start 1 give 1 give 1 start 2 give 2 give 2");
	world_jobs(&w, 2);
	world_end(&w, 2);
	world_retire(&w, 2);
	world_expect(&w, "@0 give 2");
	w.jobs[2]--;
	fp_sched_job_end(&w.sched, &w.workers[2]);
	assert_true(fp_sched_next(&w.sched, &d) && d.kind == FP_START_WORKER);
	world_answer(&w, &d);
	assert_true(fp_sched_workers(&w.sched) == 1);
	world_retire(&w, 3);
	world_expect(&w, "@0 start 3 start 4 give 4");
	world_free(&w);
}

/* ---- no look ---- */

static void a_retirement_is_no_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_retire(&w, 1);
	world_run(&w, 10000);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_free(&w);
}

static void time_is_no_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_tick(&w, 1);
	world_tick(&w, 3600 * FP_S);
	world_expect(&w, "");
	world_free(&w);
}

static void a_proof_is_no_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	world_prove(&w);
	world_expect(&w, "");
	world_free(&w);
}

/* The look that wants the start goes on as long as starts fail. */
static void a_failed_start_is_no_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 2);
	fp_sched_start_failed(&w.sched);
	world_drain(&w);
	world_expect(&w, "");
	fp_sched_start_proved(&w.sched);
	w.fail_next = 2;
	world_jobs(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@0 fail fail @100 start 2 give 2");
	world_free(&w);
}

/* It died after it had retired: what counts are the ends of its jobs. */
static void the_loss_of_a_retired_worker_is_no_look(void **state)
{
	(void)state;
	struct world w;
	open_blind(&w, 1);
	world_lose(&w, 1);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_end(&w, 1);
	world_expect(&w, "@0 start 2 give 2");
	world_free(&w);
}

/* There is a worker less than max, and a job waits, but nobody looks: the clock is set by the next look only. */
static void a_retirement_from_a_full_pool_starts_no_clock(void **state)
{
	(void)state;
	struct world w;
	struct fp_sched_config config = world_config();
	config.max = 2;
	config.busy_time_ns = BUSY_TIME_MS * FP_MS;
	world_open(&w, config);
	world_jobs(&w, 4);
	world_run(&w, 100);
	world_expect(&w, "@0 start 1 give 1 @100 start 2 give 2");
	world_run(&w, 200); /* the tick that finds max workers is the last */
	world_expect_rest(&w);
	world_retire(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "");
	world_expect_rest(&w);
	world_end(&w, 1);
	world_expect(&w, "");
	world_expect_deadline(&w, 1100);
	world_run(&w, 5000);
	world_expect(&w, "@1100 start 3 give 3");
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_a_look),
		cmocka_unit_test(the_end_of_a_job_is_a_look),
		cmocka_unit_test(the_end_of_waiting_is_a_look),
		cmocka_unit_test(closing_is_a_look),
		cmocka_unit_test(a_start_is_a_look),
		cmocka_unit_test(the_loss_of_a_worker_is_a_look),
		cmocka_unit_test(a_look_gives_all_it_can),
		cmocka_unit_test(a_look_goes_on_without_its_worker),
		cmocka_unit_test(a_retirement_is_no_look),
		cmocka_unit_test(time_is_no_look),
		cmocka_unit_test(a_proof_is_no_look),
		cmocka_unit_test(a_failed_start_is_no_look),
		cmocka_unit_test(the_loss_of_a_retired_worker_is_no_look),
		cmocka_unit_test(a_retirement_from_a_full_pool_starts_no_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
