/* The one outcome of a call: what it tells, what a call is refused for, and cancelling it in each of its states. */
#include "engine_play.h"

/* ---- answers ---- */

static void test_an_outcome_tells_worker_and_times(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit(&w, "ab");
	world_tick(&w, 7 * FP_MS);
	world_started(&w, 1);
	world_tick(&w, 10 * FP_MS);
	world_answer(&w, 1, 'a');
	world_tick(&w, 14 * FP_MS);
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, @7 got 1 a, @10 a ok ra, got 1 b, @14 b ok rb");
	const struct fp_result *a = &w.results['a'], *b = &w.results['b'];
	assert_true(a->worker == 1 && a->queued_ns == 0 && a->run_ns == 10 * FP_MS && a->reason == FP_NONE);
	assert_true(b->worker == 1 && b->queued_ns == 10 * FP_MS && b->run_ns == 4 * FP_MS && b->reason == FP_NONE);
	world_finish(&w);
}

static void test_results_are_lists(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 3));
	world_submit(&w, "abc");
	world_say_frame(&w, 1, 1, NULL);
	world_say_frame(&w, 1, 1, "");
	world_say_frame(&w, 1, 1, "x,,yz");
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c, a ok -, b ok , c ok x,,yz");
	w.puppets[1].n_jobs = 0;
	world_finish(&w);
}

static void test_results_are_long(void **state)
{
	struct world w;
	struct wire out = {0}, payload = {0};
	(void)state;
	world_open(&w, world_config());
	world_submit_long(&w, 'a', 300000);
	memset(wire_room(&payload, 300000), 'x', 300000);
	wire_head(&out, FP_NETWORK, 1, 300003);
	wire_item(&out, payload.data, 300000);
	wire_free(&payload);
	world_say(&w, 1, &out);
	world_expect(&w, "@0 start 1, got 1 a, a ok [300000]");
	w.puppets[1].n_jobs = 0;
	world_finish(&w);
}

/* ORD-3; and events come without a call, too. */
static void test_results_and_events_come_in_their_order(void **state)
{
	struct world w;
	struct wire out = {0};
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	wire_event(&out, &w.mode, "e1");
	wire_frame(&out, &w.mode, 1, "x");
	wire_event(&out, &w.mode, "e2,e3");
	wire_event(&out, &w.mode, NULL);
	wire_frame(&out, &w.mode, 1, "y");
	wire_event(&out, &w.mode, "e4");
	world_say(&w, 1, &out);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, event 1 e1, a ok x, event 1 e2,e3, event 1 -, b ok y, event 1 e4");
	assert_true(world_stats(&w).events == 4);
	w.puppets[1].n_jobs = 0;
	world_finish(&w);
}

static void test_cuts_change_nothing(void **state)
{
	struct world w;
	struct wire all = {0};
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	wire_event(&all, &w.mode, "event");
	wire_frame(&all, &w.mode, 1, "x");
	wire_frame(&all, &w.mode, 1, "y");
	for (size_t i = 0; i < all.len; i++)
		world_say_octets(&w, 1, all.data + i, 1);
	wire_free(&all);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, event 1 event, a ok x, b ok y");
	w.puppets[1].n_jobs = 0;
	world_finish(&w);
}

static void test_async_answers_come_in_any_order(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(true, 3));
	world_submit(&w, "abcd");
	world_answer(&w, 1, 'c');
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'd');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c, c ok rc, got 1 d, a ok ra, d ok rd, b ok rb");
	world_finish(&w);
}

static void test_a_call_is_a_frame(void **state)
{
	struct world w;
	struct wire expected = {0};
	struct mode native_async = {"", FP_NATIVE, true};
	struct fp_engine_config c = world_config_one(true, 2);
	(void)state;
	c.wire.profile = FP_NATIVE;
	world_init(&w, c);
	w.holds_starts = true;
	world_submit(&w, "ab");
	w.puppets[1].is_started = true;
	fp_engine_worker_started(&w.engine, w.puppets[1].worker);
	wire_request(&expected, &native_async, 1, "a");
	wire_request(&expected, &native_async, 2, "b");
	struct fp_span out = fp_engine_tx_buf(&w.engine, w.puppets[1].worker);
	assert_int_equal(out.len, expected.len);
	assert_memory_equal(out.data, expected.data, out.len);
	wire_free(&expected);
	world_drain(&w);
	world_abort(&w);
	world_finish(&w);
}

/* Two workers' inputs before one drain: each is told, and the workers come in turn. */
static void test_inputs_may_be_many_before_a_drain(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config());
	world_submit(&w, "ab");
	puppet_answer(&w, &w.puppets[2], 0);
	puppet_answer(&w, &w.puppets[1], 0);
	world_offer(&w, 'c', 1, NULL);
	world_drain(&w);
	world_expect(&w, "@0 start 1, got 1 a, start 2, got 2 b, b ok rb, a ok ra, start 3, got 3 c");
	world_answer(&w, 3, 'c');
	world_finish(&w);
}

/* ---- refusals ---- */

static void test_refusals(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.wire.payload_max = 100;
	world_open(&w, c);
	world_expect_refused(&w, 'a', 100, FP_TOO_LONG); /* and one octet of its length */
	assert_int_equal(world_offer(&w, 'a', 99, NULL), FP_NONE);
	w.alloc.fail_at = w.alloc.requests + 1;
	w.alloc.fail_after = true;
	world_expect_refused(&w, 'b', 90, FP_NOMEM);
	w.alloc.fail_at = 0;
	world_close(&w);
	world_expect_refused(&w, 'b', 1, FP_CLOSED);
	world_expect(&w, "@0 start 1, got 1 a, half-close 1");
	struct fp_stats s = world_stats(&w);
	assert_true(s.calls == 1 && s.outcomes[FP_REJECTED] == 3);
	world_answer(&w, 1, 'a');
	world_finish(&w);
}

static void test_closed_after_abort(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config());
	world_abort(&w);
	world_expect(&w, "@0 destroyed");
	assert_int_equal(world_offer(&w, 'a', 1, NULL), FP_CLOSED);
	world_free(&w);
}

/* ---- cancelling ---- */

static void test_cancel_waiting(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "abc");
	world_tick(&w, 3 * FP_MS);
	world_cancel(&w, 'b');
	world_expect(&w, "@0 start 1, got 1 a, @3 b cancelled");
	assert_true(w.results['b'].worker == 0 && w.results['b'].queued_ns == 3 * FP_MS && w.results['b'].run_ns == 0);
	assert_true(world_stats(&w).waiting == 1);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'c');
	world_expect(&w, "@3 a ok ra, got 1 c, c ok rc");
	world_finish(&w);
}

/* Nothing of it was given out: the worker never hears of it, and its place is free. */
static void test_cancel_given_unwritten(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.holds_starts = true;
	world_submit(&w, "abcd");
	world_cancel(&w, 'b');
	world_cancel(&w, 'a');
	struct fp_stats s = world_stats(&w);
	assert_true(s.running == 2 && s.waiting == 0);
	world_started(&w, 1);
	world_expect(&w, "@0 start 1, b cancelled, a cancelled, got 1 c, got 1 d");
	assert_true(w.results['b'].worker == 1);
	world_answer(&w, 1, 'c');
	world_answer(&w, 1, 'd');
	world_finish(&w);
}

/* What is cut off cannot be taken back: the rest is still written, the answer is dropped. */
static void test_cancel_partly_written(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.window = 3;
	world_submit(&w, "abc");
	world_cancel(&w, 'a');
	world_expect(&w, "@0 start 1, a cancelled");
	assert_true(world_stats(&w).running == 1 && world_stats(&w).waiting == 1);
	world_read(&w, 1, 100);
	world_expect(&w, "@0 got 1 a, got 1 b");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 got 1 c");
	world_answer(&w, 1, 'b');
	world_answer(&w, 1, 'c');
	world_expect(&w, "@0 b ok rb, c ok rc");
	world_finish(&w);
}

/* A peer that has said its last is given no more, though the host was told before that there is something to write. */
static void test_nothing_is_given_before_what_came_is_read(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.window = 7;
	world_submit(&w, "ab");
	struct puppet *p = world_puppet(&w, 1);
	puppet_eof(&w, p);
	p->window = 100;
	puppet_read(&w, p);
	world_expect(&w, "@0 start 1, got 1 a");
	w.is_quiet = true;
	world_abort(&w);
	world_finish(&w);
}

static void cancel_running(bool async)
{
	struct world w;
	world_open(&w, world_config_one(async, 2));
	world_submit(&w, "abc");
	world_cancel(&w, 'a');
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, a cancelled");
	assert_true(world_stats(&w).running == 1);
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 got 1 c");
	world_answer(&w, 1, 'b');
	world_answer(&w, 1, 'c');
	world_expect(&w, "@0 b ok rb, c ok rc");
	assert_true(world_stats(&w).outcomes[FP_OK] == 2 && world_stats(&w).outcomes[FP_CANCELLED] == 1);
	world_finish(&w);
}

static void test_cancel_running(void **state)
{
	(void)state;
	cancel_running(false);
	cancel_running(true);
}

/* It may have run, so nobody else gets it; the others are as ever. */
static void test_cancel_running_then_a_crash(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 3));
	w.is_stubborn = true;
	world_submit(&w, "abc");
	world_cancel(&w, 'a');
	world_eof(&w, 1);
	world_exit(&w, 1, 3, 0);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c, a cancelled, error 1 eof, close 1, start 2, got 2 b, got 2 c, gone 1");
	w.is_stubborn = false;
	world_answer(&w, 2, 'b');
	world_answer(&w, 2, 'c');
	world_finish(&w);
}

/* Its worker is lost and its exit status not known yet. */
static void test_cancel_victim(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_eof(&w, 1);
	world_expect(&w, "@0 start 1, got 1 a, error 1 eof, close 1");
	world_cancel(&w, 'a');
	world_expect(&w, "@0 a cancelled");
	world_exit(&w, 1, 3, 0);
	world_expect(&w, "@0 gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

/* Decided but not told, or told at this moment: the outcome stays. */
static void test_cancel_ended(void **state)
{
	struct world w;
	struct fp_op op;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "a");
	world_forget(&w);
	fp_engine_cancel(&w.engine, w.jobs['a']);
	fp_engine_cancel(&w.engine, w.jobs['a']);
	world_drain(&w);
	world_expect(&w, "@0 a cancelled");
	world_answer(&w, 1, 'a');
	world_submit(&w, "b");
	puppet_answer(&w, &w.puppets[1], 1);
	assert_true(fp_engine_next_op(&w.engine, &op) && op.kind == FP_OP_OUTCOME);
	fp_engine_cancel(&w.engine, op.job);
	world_on_op(&w, &op);
	world_drain(&w);
	world_expect(&w, "@0 got 1 b, b ok rb");
	world_finish(&w);
}

/* ---- what an operation points to ---- */

/* submit, cancel, close and abort do not disturb it. */
static void test_pointers_stay_good(void **state)
{
	struct world w;
	struct fp_op op;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	world_forget(&w);
	puppet_answer(&w, &w.puppets[1], 0);
	assert_true(fp_engine_next_op(&w.engine, &op) && op.kind == FP_OP_OUTCOME);
	for (char tag = 'c'; tag < 'h'; tag++)
		assert_int_equal(world_offer(&w, tag, 20000, NULL), FP_NONE);
	fp_engine_cancel(&w.engine, w.jobs['c']);
	fp_engine_cancel(&w.engine, w.jobs['b']);
	fp_engine_close(&w.engine);
	fp_engine_abort(&w.engine);
	world_on_op(&w, &op);
	world_expect(&w, "@0 a ok ra");
	world_drain(&w);
	world_expect(&w, "@0 c cancelled, b cancelled, d shutdown, e shutdown, f shutdown, g shutdown, term 1, close 1, gone 1, "
	                 "destroyed");
	world_finish(&w);
}

static void test_an_event_stays_good(void **state)
{
	struct world w;
	struct fp_op op;
	struct wire out = {0};
	(void)state;
	world_open(&w, world_config());
	world_submit(&w, "a");
	world_forget(&w);
	wire_event(&out, &w.mode, "one,two");
	puppet_say(&w, &w.puppets[1], &out);
	assert_true(fp_engine_next_op(&w.engine, &op) && op.kind == FP_OP_EVENT);
	assert_int_equal(world_offer(&w, 'b', 20000, NULL), FP_NONE);
	fp_engine_abort(&w.engine);
	world_on_op(&w, &op);
	world_expect(&w, "@0 event 1 one,two");
	world_drain(&w);
	world_expect(&w, "@0 a shutdown, b shutdown, term 1, close 1, gone 1, gone 2, destroyed");
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_outcome_tells_worker_and_times),
		cmocka_unit_test(test_results_are_lists),
		cmocka_unit_test(test_results_are_long),
		cmocka_unit_test(test_results_and_events_come_in_their_order),
		cmocka_unit_test(test_cuts_change_nothing),
		cmocka_unit_test(test_async_answers_come_in_any_order),
		cmocka_unit_test(test_a_call_is_a_frame),
		cmocka_unit_test(test_inputs_may_be_many_before_a_drain),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_closed_after_abort),
		cmocka_unit_test(test_cancel_waiting),
		cmocka_unit_test(test_cancel_given_unwritten),
		cmocka_unit_test(test_cancel_partly_written),
		cmocka_unit_test(test_nothing_is_given_before_what_came_is_read),
		cmocka_unit_test(test_cancel_running),
		cmocka_unit_test(test_cancel_running_then_a_crash),
		cmocka_unit_test(test_cancel_victim),
		cmocka_unit_test(test_cancel_ended),
		cmocka_unit_test(test_pointers_stay_good),
		cmocka_unit_test(test_an_event_stays_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
