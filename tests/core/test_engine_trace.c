/* What the engine tells about itself: transitions, statistics, whether there are operations. */
#include "engine_play.h"

static struct fp_engine_config traced(struct fp_engine_config c)
{
	c.trace = true;
	return c;
}

static void test_each_change_of_state(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, traced(world_config_one(false, 1)));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 start 1, trace 1 starting to up, got 1 a, a ok ra");
	world_close(&w);
	world_run(&w, 1000);
	world_eof(&w, 1);
	world_exit(&w, 1, -1, SIGTERM);
	world_expect(&w, "@0 trace 1 up to retiring, half-close 1, @1000 trace 1 retiring to doomed, term 1, "
	                 "close 1, trace 1 doomed to lost, gone 1, destroyed");
	world_finish(&w);
}

static void test_a_trace_tells_the_reason(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, traced(world_config_one(false, 1)));
	world_submit(&w, "a");
	w.fail_starts = 1;
	world_forget(&w);
	world_die(&w, 1, 3, 0);
	world_submit(&w, "b");
	world_expect(&w, "@0 error 1 eof, trace 1 up to lost eof, a crashed eof exit 3, close 1, gone 1, start 2, "
	                 "trace 2 starting to lost start, error 2 start errno 11, gone 2");
	world_run(&w, 100);
	world_answer(&w, 3, 'b');
	world_finish(&w);
}

/* Told to end and closed before it was there, and then it never was: that is no other change. */
static void test_a_lost_worker_is_lost_once(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, traced(world_config_one(false, 1)));
	w.holds_starts = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_run(&w, 2000);
	world_expect(&w, "@0 start 1, trace 1 starting to doomed, a shutdown, term 1, @1000 kill 1, @2000 close 1, "
	                 "trace 1 doomed to lost eof");
	world_failed(&w, 1, ENOENT);
	world_expect(&w, "@2000 error 1 start errno 2, gone 1, destroyed");
	world_finish(&w);
}

/* FP_TRACES_MAX are kept between two drains; older ones are lost. */
static void test_older_traces_are_lost(void **state)
{
	struct world w;
	struct fp_op op;
	struct fp_engine_config c = traced(world_config());
	uint64_t first = 0, last = 0, n = 0;
	(void)state;
	c.sched.min = c.sched.max = FP_TRACES_MAX + 6;
	world_init(&w, c);
	w.is_quiet = true;
	world_drain(&w);
	fp_engine_abort(&w.engine);
	while (fp_engine_next_op(&w.engine, &op) && op.kind == FP_OP_TRACE) {
		assert_true(op.trace.from == FP_WORKER_UP && op.trace.to == FP_WORKER_DOOMED);
		first = n++ ? first : op.trace.worker;
		last = op.trace.worker;
	}
	assert_int_equal(n, FP_TRACES_MAX);
	assert_int_equal(first, 7);
	assert_int_equal(last, FP_TRACES_MAX + 6);
	world_on_op(&w, &op);
	world_drain(&w);
	world_finish(&w);
}

static void test_names(void **state)
{
	static const char *const names[] = {"starting", "up", "retiring", "doomed", "lost"};
	(void)state;
	for (enum fp_worker_state s = FP_WORKER_STARTING; s <= FP_WORKER_LOST; s++)
		assert_string_equal(fp_worker_state_name(s), names[s]);
}

/* ---- statistics ---- */

static void test_statistics(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.max = 2;
	c.sched.load = 2;
	world_open(&w, c);
	world_submit(&w, "abcdef");
	struct fp_stats s = world_stats(&w);
	assert_true(s.calls == 6 && s.running == 4 && s.waiting == 2 && s.waiting_max == 2 && s.tx_bytes == 4 * 6 && s.rx_bytes == 0);
	assert_true(s.workers == 2 && s.busy == 2 && s.idle == 0 && s.ending == 0 && s.workers_max == 2 && s.workers_started == 2);
	world_answer(&w, 1, 'a');
	world_cancel(&w, 'f');
	s = world_stats(&w);
	assert_true(s.running == 4 && s.waiting == 0 && s.rx_bytes == 8 + 3 && s.tx_bytes == 5 * 6);
	assert_true(s.outcomes[FP_OK] == 1 && s.outcomes[FP_CANCELLED] == 1);
	world_close(&w);
	s = world_stats(&w);
	assert_true(s.workers == 0 && s.ending == 2 && s.busy == 0 && s.idle == 0 && s.running == 4);
	w.is_eager = true;
	for (const char *t = "bcde"; *t; t++)
		world_answer(&w, w.results['a'].worker == 1 && strchr("cd", *t) ? 2 : 1, *t);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_change_of_state),
		cmocka_unit_test(test_a_trace_tells_the_reason),
		cmocka_unit_test(test_a_lost_worker_is_lost_once),
		cmocka_unit_test(test_older_traces_are_lost),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_statistics),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
