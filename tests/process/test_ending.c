/* The end of a pool: destroyed or aborted, busy or idle, with workers that end willingly, slowly, or not by themselves. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- destroy ---- */

static void a_pool_without_calls_ends(void **state)
{
	(void)state;
	for (uint32_t min = 0; min < 3; min++) {
		struct rig r;
		rig_init(&r);
		r.options.min = min;
		rig_open(&r, "testworker");
		rig_close(&r); /* the template is just being started */
	}
}

static void what_is_queued_is_done_before_the_end(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		r.options.async = async;
		r.options.max = 2;
		rig_open(&r, async ? "testworker_async" : "testworker");
		for (size_t i = 0; i < 500; i++)
			rig_call(&r, "echo", numbered("", i));
		fp_pool_destroy(r.pool);
		fp_pool_destroy(r.pool); /* harmless when repeated */
		rig_until(&r, r.destroyed);
		for (size_t i = 0; i < 500; i++)
			assert_ok(r.calls[i], numbered("", i));
		rig_await_end(&r);
	}
}

static void a_closing_pool_replaces_workers_that_crash(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 2;
	r.options.load = 2;
	rig_open(&r, "testworker");
	for (size_t i = 0; i < 40; i++)
		rig_call(&r, i % 10 == 5 ? "kill" : "echo", "9");
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed);
	assert_int_equal(r.last.outcomes[FP_OK], 36);
	assert_int_equal(r.last.outcomes[FP_CRASHED], 4);
	rig_await_end(&r);
}

static void running_calls_may_take_their_time(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 2;
	r.options.load = 1;
	r.options.grace_ns = 20 * FP_MS;
	rig_open(&r, "testworker");
	struct call *a = rig_call(&r, "sleep", "300"), *b = rig_call(&r, "spin", "300");
	rig_until(&r, rig_stats(&r).running == 2);
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed);
	assert_ok(a, "slept");
	assert_ok(b, "spun");
	rig_await_end(&r);
}

static void what_was_cancelled_may_not(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	rig_init(&r);
	r.options.max = 1;
	r.options.grace_ns = 20 * FP_MS;
	rig_open(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	struct call *endless = rig_call(&r, "spin", "1000000");
	uint64_t before = rig_stats(&r).tx_bytes;
	rig_until(&r, rig_stats(&r).tx_bytes > before);
	rig_cancel(endless);
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed && w.gone);
	unwatch_process(&w);
	rig_await_end(&r);
}

static void a_worker_that_goes_on_after_its_connection_ended_is_terminated(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.require = NULL;
	r.options.command = "exec 0</dev/null 1>&0 2>&0; sleep 1000"; /* closes at once and stays */
	r.options.min = r.options.max = 1;
	r.options.grace_ns = 20 * FP_MS;
	rig_open(&r, NULL);
	rig_until(&r, r.errors.n > 0);
	rig_close(&r);
}

static void large_init_arguments_may_still_be_on_their_way_at_the_end(void **state)
{
	(void)state;
	struct rig r;
	size_t len = 4 << 20;
	char *octets = calloc(len, 1);
	struct fp_item arg = {octets, len, FP_STRING};
	rig_init_witness(&r, "witness_init");
	r.options.init_args = &arg;
	r.options.init_args_n = 1;
	r.options.min = 2;
	catch_stderr(&r);
	rig_open(&r, "witness");
	rig_until(&r, rig_stats(&r).workers_started == 2);
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed);
	char *text = caught_stderr(&r);
	assert_string_equal(text, ""); /* nothing went wrong, so nothing is told */
	assert_int_equal(r.errors.n, 0);
	free(text);
	free(octets);
	rig_await_end(&r);
}

/* ---- abort ---- */

static void abort_ends_calls_as_shutdown_and_workers_at_once(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		r.options.async = async;
		r.options.max = 2;
		r.options.grace_ns = 20 * FP_S;
		rig_open(&r, async ? "testworker_async" : "testworker");
		struct call *done = rig_call(&r, "echo", "x");
		rig_until(&r, done->told);
		for (int i = 0; i < 10; i++)
			rig_call(&r, "sleep", "1000000");
		rig_until(&r, rig_stats(&r).running == 4 && rig_stats(&r).workers_started == 2);
		double begin = now_s();
		fp_pool_abort(r.pool);
		fp_pool_abort(r.pool);
		assert_int_equal(r.n_told, 1); /* the others later, from the loop */
		rig_until(&r, r.destroyed);
		assert_true(now_s() - begin < 20); /* none had to be killed */
		assert_int_equal(r.last.outcomes[FP_SHUTDOWN], 10);
		for (size_t i = 1; i < 11; i++)
			assert_outcome(r.calls[i], FP_SHUTDOWN, FP_CLOSED);
		rig_await_end(&r);
	}
}

static void abort_after_destroy_ends_at_once(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	rig_open(&r, "testworker");
	rig_ask(&r, "echo");
	for (int i = 0; i < 4; i++)
		rig_call(&r, "spin", "1000000");
	fp_pool_destroy(r.pool);
	rig_until(&r, rig_stats(&r).running == 2);
	fp_pool_abort(r.pool);
	assert_int_equal(rig_refused(&r, "echo"), FP_CLOSED);
	rig_until(&r, r.destroyed);
	assert_int_equal(r.last.outcomes[FP_SHUTDOWN], 4);
	rig_await_end(&r);
}

static void workers_that_ignore_sigterm_are_killed_after_grace(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.min = r.options.max = 3;
	r.options.load = 1;
	r.options.grace_ns = 100 * FP_MS;
	rig_open(&r, "testworker");
	for (int i = 0; i < 3; i++)
		rig_call(&r, "sleep", "100"); /* so that each of the three gets one of the next */
	for (int i = 0; i < 3; i++)
		rig_call(&r, "ignore-term");
	rig_until(&r, r.n_told == 6);
	for (int i = 0; i < 3; i++)
		rig_call(&r, "spin", "1000000");
	rig_until(&r, rig_stats(&r).running == 3);
	double begin = now_s();
	fp_pool_abort(r.pool);
	rig_until(&r, r.destroyed);
	assert_true(now_s() - begin >= 0.1);
	rig_await_end(&r);
}

/* Workers that are still being forked have to be asked to end, too, as soon as that can be done. */
static void abort_while_workers_start_does_not_wait_for_grace(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.min = 4;
	r.options.grace_ns = 60 * FP_S; /* longer than the test's patience */
	rig_open(&r, "testworker");
	for (int i = 0; i < 4; i++)
		rig_call(&r, "echo", "x");
	ev_run(r.loop, EVRUN_NOWAIT); /* they are asked for, and not there yet */
	rig_abort(&r);
}

static void abort_before_the_loop_ran(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.min = 2;
	r.options.grace_ns = 60 * FP_S;
	rig_open(&r, "testworker");
	for (int i = 0; i < 4; i++)
		rig_call(&r, "echo", "x");
	rig_abort(&r);
}

static void abort_in_callback(struct call *c)
{
	if (c->turn == 3)
		fp_pool_abort(c->rig->pool);
}

static void abort_from_a_callback(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 8;
	r.on_told = abort_in_callback;
	rig_open(&r, "testworker");
	for (int i = 0; i < 8; i++)
		rig_call(&r, "echo", "x");
	rig_until(&r, r.destroyed);
	assert_int_equal(r.last.outcomes[FP_OK], 3);
	assert_int_equal(r.last.outcomes[FP_SHUTDOWN], 5);
	rig_await_end(&r);
}

static void abort_with_a_call_that_would_be_retried(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 2;
	r.options.load = 1;
	r.options.retries = 1000000;
	rig_open(&r, "testworker");
	rig_call(&r, "kill", "9");
	rig_call(&r, "exit", "1");
	rig_until(&r, rig_stats(&r).requeued >= 4);
	rig_abort(&r);
}

/* ---- many at once ---- */

static void ten_pools_live_and_end_side_by_side(void **state)
{
	(void)state;
	struct rig rigs[10];
	for (int i = 0; i < 10; i++) {
		rig_init(&rigs[i]);
		rigs[i].options.max = 2;
		rig_open(&rigs[i], "testworker");
		rig_call(&rigs[i], "echo", "x");
		rig_call(&rigs[i], "kill", "9");
	}
	for (int i = 0; i < 10; i++)
		rig_close(&rigs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_without_calls_ends),
		cmocka_unit_test(what_is_queued_is_done_before_the_end),
		cmocka_unit_test(a_closing_pool_replaces_workers_that_crash),
		cmocka_unit_test(running_calls_may_take_their_time),
		cmocka_unit_test(what_was_cancelled_may_not),
		cmocka_unit_test(a_worker_that_goes_on_after_its_connection_ended_is_terminated),
		cmocka_unit_test(large_init_arguments_may_still_be_on_their_way_at_the_end),
		cmocka_unit_test(abort_ends_calls_as_shutdown_and_workers_at_once),
		cmocka_unit_test(abort_after_destroy_ends_at_once),
		cmocka_unit_test(workers_that_ignore_sigterm_are_killed_after_grace),
		cmocka_unit_test(abort_while_workers_start_does_not_wait_for_grace),
		cmocka_unit_test(abort_before_the_loop_ran),
		cmocka_unit_test(abort_from_a_callback),
		cmocka_unit_test(abort_with_a_call_that_would_be_retried),
		cmocka_unit_test(ten_pools_live_and_end_side_by_side),
	};
	return RUN(tests);
}
