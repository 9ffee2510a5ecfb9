/* Each accepted call is told once, as what it was, and from the loop; on_destroy comes once, last. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- results ---- */

static void results_belong_to_their_calls(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	rig_open(&r, "testworker");
	struct call *echo = rig_call(&r, "echo", "one", "", "three");
	struct call *none = rig_call(&r, "void");
	struct call *counted = rig_call(&r, "nargs", "a", "b");
	struct call *bare = rig_call_items(&r, NULL, NULL, 0);
	rig_until(&r, r.n_told == 4);
	assert_ok(echo, "one\t\tthree");
	assert_int_equal(echo->result.n, 3);
	assert_ok(none, "");
	assert_int_equal(none->result.n, 0);
	assert_ok(counted, "2");
	assert_ok(bare, "noargs");
	rig_close(&r);
}

static void octets_of_any_value_and_any_length_come_back(void **state)
{
	(void)state;
	static const size_t lengths[] = {1, 127, 128, 16383, 16384, 16385, 65535, 65536, 65537, 1 << 20, (3 << 20) + 1};
	struct rig r;
	uint64_t seed = 1;
	rig_init(&r);
	rig_open(&r, "testworker");
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		char *octets = malloc(lengths[i]);
		for (size_t k = 0; k < lengths[i]; k++)
			octets[k] = (char)draw(&seed, 256);
		struct fp_item items[] = {fp_item_str("echo"), {octets, lengths[i], FP_STRING}};
		struct call *c = rig_call_items(&r, NULL, items, 2);
		rig_until(&r, c->told);
		assert_outcome(c, FP_OK, FP_NONE);
		assert_int_equal(c->len, lengths[i]);
		assert_memory_equal(c->text, octets, c->len);
		free(octets);
	}
	rig_close(&r);
}

static void json_values_keep_their_kind(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.serialiser = "json";
	rig_open(&r, "testworker");
	struct fp_item items[] = {{"nargs", 5, FP_STRING}, {"[1,2]", 5, FP_VALUE}, {"\"", 1, FP_STRING}};
	struct call *c = rig_call_items(&r, NULL, items, 3);
	rig_until(&r, c->told);
	assert_ok(c, "2");
	items[0] = fp_item_str("echo");
	c = rig_call_items(&r, NULL, items, 3);
	rig_until(&r, c->told);
	assert_ok(c, "[1,2]\t\"");
	rig_close(&r);
}

static void the_native_profile_reaches_the_worker(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		r.options.async = async;
		r.options.profile = FP_NATIVE;
		rig_open(&r, async ? "testworker_async" : "testworker");
		assert_string_equal(rig_ask(&r, "echo", "x"), "x");
		rig_close(&r);
	}
}

static void one_worker_runs_calls_in_the_order_they_were_made(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 3;
	rig_open(&r, "testworker");
	for (size_t i = 0; i < 200; i++)
		rig_call(&r, "event", numbered("", i));
	rig_until(&r, r.n_told == 200);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(r.calls[i]->turn, i + 1);
		assert_string_equal(r.events.notes[i].text, numbered("", i));
		assert_int_equal(r.events.notes[i].turn, i); /* before the result of its call */
		assert_int_equal(r.events.notes[i].worker, r.calls[i]->result.worker);
	}
	rig_close(&r);
}

static void times_and_the_worker_are_told(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 1;
	rig_open(&r, "testworker");
	struct call *first = rig_call(&r, "sleep", "120");
	struct call *second = rig_call(&r, "echo");
	rig_until(&r, r.n_told == 2);
	assert_int_equal(first->result.worker, 1);
	assert_int_equal(second->result.worker, 1);
	assert_in_range(first->result.run_ns, 120 * FP_MS, 10 * FP_S);
	assert_in_range(second->result.queued_ns, 120 * FP_MS, 10 * FP_S);
	rig_close(&r);
}

/* ---- async ---- */

static void async_answers_come_in_any_order(void **state)
{
	(void)state;
	struct rig r;
	rig_init_async(&r);
	r.options.max = 1;
	r.options.load = 8;
	rig_open(&r, "testworker_async");
	struct call *a = rig_call(&r, "hold", "k1", "first"), *b = rig_call(&r, "hold", "k2", "second");
	struct call *c = rig_call(&r, "hold", "k3", "third");
	struct call *opener = rig_call(&r, "free", "k3", "k1", "k2");
	rig_until(&r, r.n_told == 4);
	assert_ok(a, "first");
	assert_ok(b, "second");
	assert_ok(c, "third");
	assert_ok(opener, "freed\t3");
	assert_int_equal(c->turn, 1);
	assert_int_equal(a->turn, 2);
	assert_int_equal(b->turn, 3);
	assert_int_equal(opener->turn, 4);
	rig_close(&r);
}

static void answering_twice_is_answering_once(void **state)
{
	(void)state;
	struct rig r;
	rig_init_async(&r);
	r.options.max = 1;
	rig_open(&r, "testworker_async");
	for (int i = 0; i < 50; i++)
		rig_call(&r, "twice", "x");
	rig_until(&r, r.n_told == 50);
	assert_string_equal(rig_ask(&r, "echo", "still here"), "still here");
	for (size_t i = 0; i < 50; i++)
		assert_ok(r.calls[i], "x");
	assert_int_equal(r.errors.n, 0);
	assert_int_equal(rig_stats(&r).workers_started, 1);
	rig_close(&r);
}

static void async_events_come_before_between_and_after_answers(void **state)
{
	(void)state;
	struct rig r;
	rig_init_async(&r);
	r.options.max = 1;
	rig_open(&r, "testworker_async");
	assert_string_equal(rig_ask(&r, "latev", "1", "late"), "ok");
	rig_until(&r, r.events.n == 1);
	assert_string_equal(r.events.notes[0].text, "late");
	assert_string_equal(rig_ask(&r, "events", "3", "e"), "e");
	assert_int_equal(r.events.n, 4);
	assert_string_equal(r.events.notes[3].text, "3\te");
	rig_close(&r);
}

/* ---- calls from callbacks ---- */

static void call_again(struct call *c)
{
	unsigned *left = c->rig->data;
	if ((*left)-- > 0)
		rig_call(c->rig, "echo", "again");
	else
		fp_pool_destroy(c->rig->pool);
}

static void a_result_callback_may_call_and_destroy(void **state)
{
	(void)state;
	struct rig r;
	unsigned left = 30;
	rig_init(&r);
	r.data = &left;
	r.on_told = call_again;
	rig_open(&r, "testworker");
	rig_call(&r, "echo", "again");
	rig_await_end(&r);
}

static void call_on_event(struct rig *r, const struct note *n)
{
	(void)n;
	if (r->n_calls < 20)
		rig_call(r, "event", "and another");
}

static void an_event_callback_may_call(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.on_noted = call_on_event;
	rig_open(&r, "testworker");
	rig_call(&r, "event", "one");
	rig_until(&r, r.n_told == 20);
	rig_close(&r);
}

/* Two pools in one loop that hand each other calls from their callbacks, whichever of them the loop looks at first. */
struct chain {
	struct fp_pool *pools[2];
	unsigned left, destroyed;
	bool has_hung;
};

static void pass_on(void *data, const struct fp_result *result)
{
	struct chain *c = data;
	struct fp_item word = fp_item_str("echo");
	assert_int_equal(result->outcome, FP_OK);
	if (c->left-- > 0) {
		assert_int_equal(fp_pool_call(c->pools[c->left % 2], &word, 1, NULL, pass_on, c, NULL), FP_NONE);
		return;
	}
	fp_pool_destroy(c->pools[0]);
	fp_pool_destroy(c->pools[1]);
}

static void count_destroyed(void *data)
{
	((struct chain *)data)->destroyed++;
}

static void give_up(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	((struct chain *)timer->data)->has_hung = true;
	ev_break(loop, EVBREAK_ALL);
}

static void pools_may_call_each_other_from_callbacks(void **state)
{
	(void)state;
	struct chain c = {.left = 20};
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct fp_options o;
	struct fp_item word = fp_item_str("echo");
	ev_timer hang;
	fp_options_init(&o);
	o.require = (const char *const[]){"testworker", NULL};
	o.data = &c;
	o.on_destroy = count_destroyed;
	for (int i = 0; i < 2; i++)
		c.pools[i] = fp_pool_new(loop, "testworker", &o, NULL);
	ev_timer_init(&hang, give_up, HANG_S, 0);
	hang.data = &c;
	ev_timer_start(loop, &hang);
	ev_unref(loop); /* it does not keep the loop alive */
	fp_pool_call(c.pools[1], &word, 1, NULL, pass_on, &c, NULL);
	ev_run(loop, 0); /* not rig_until, which would wake the pools once more after each callback */
	assert_false(c.has_hung);
	assert_int_equal(c.destroyed, 2);
	ev_loop_destroy(loop);
}

/* ---- refusals ---- */

static void refused_calls_are_counted_and_never_told(void **state)
{
	(void)state;
	struct rig r;
	char octets[1025] = "";
	rig_init(&r);
	r.options.frame_bytes_max = 1024;
	rig_open(&r, "testworker");
	/* an item of 1,012 octets has two octets of length before it; "echo" and its length are five */
	struct fp_item items[] = {fp_item_str("nargs"), {octets, 1016, FP_STRING}};
	struct call *longest = rig_call_items(&r, NULL, items, 2);
	items[1].len++;
	assert_int_equal(fp_pool_call(r.pool, items, 2, NULL, NULL, NULL, NULL), FP_TOO_LONG);
	rig_until(&r, longest->told);
	assert_ok(longest, "1");
	fp_pool_destroy(r.pool);
	assert_int_equal(rig_refused(&r, "echo"), FP_CLOSED);
	rig_until(&r, r.destroyed);
	assert_int_equal(r.last.outcomes[FP_REJECTED], 2);
	rig_await_end(&r);
}

static void what_json_cannot_say_is_refused(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.serialiser = "json";
	rig_open(&r, "testworker");
	struct fp_item broken = {"[1,", 3, FP_VALUE};
	assert_int_equal(fp_pool_call(r.pool, &broken, 1, NULL, NULL, NULL, NULL), FP_MALFORMED);
	assert_string_equal(rig_ask(&r, "echo", "x"), "x");
	rig_close(&r);
}

/* ---- errors without on_error ---- */

static void without_on_error_errors_are_events(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.on_error = NULL;
	rig_open(&r, "testworker");
	struct call *c = rig_call(&r, "kill", "9");
	struct call *fake = rig_call(&r, "event", "error", "a worker's own words");
	rig_until(&r, c->told && fake->told && r.events.n == 2);
	for (size_t i = 0; i < 2; i++) {
		struct note *n = &r.events.notes[i];
		assert_true(strncmp(n->text, "error\t", 6) == 0);
		assert_int_equal(n->is_error, n->worker == c->result.worker);
	}
	rig_close(&r);
}

static void without_any_callback_errors_are_lines_on_standard_error(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.on_error = NULL;
	r.options.on_event = NULL;
	rig_open(&r, "testworker");
	assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	catch_stderr(&r);
	struct call *c = rig_call(&r, "kill", "9");
	rig_until(&r, c->told);
	char *text = caught_stderr(&r);
	assert_non_null(strstr(text, "worker 1: "));
	assert_true(strchr(text, '\n') == text + strlen(text) - 1);
	free(text);
	assert_crashed(c, -1, 9);
	rig_close(&r);
}

/* ---- the end ---- */

static void on_destroy_sees_the_final_counts(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	rig_open(&r, "testworker");
	for (int i = 0; i < 10; i++)
		rig_call(&r, i == 5 ? "kill" : "echo", "9");
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed);
	assert_int_equal(r.last.calls, 10);
	assert_int_equal(r.last.outcomes[FP_OK], 9);
	assert_int_equal(r.last.outcomes[FP_CRASHED], 1);
	assert_int_equal(r.last.workers_started, r.last.workers_exited);
	assert_true(r.last.rx_bytes > 0 && r.last.tx_bytes > 0);
	rig_await_end(&r);
}

static void traces_tell_of_changes_of_state(void *data, uint64_t now_ns, const char *line)
{
	struct rig *r = data;
	unsigned *seen = r->data;
	assert_true(now_ns > 0);
	*seen += strcmp(line, "worker 1 starting -> up") == 0;
}

static void the_trace_hook_is_called(void **state)
{
	(void)state;
	struct rig r;
	unsigned seen = 0;
	rig_init(&r);
	r.data = &seen;
	r.options.on_trace = traces_tell_of_changes_of_state;
	rig_open(&r, "testworker");
	rig_ask(&r, "echo");
	assert_int_equal(seen, 1);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_belong_to_their_calls),
		cmocka_unit_test(octets_of_any_value_and_any_length_come_back),
		cmocka_unit_test(json_values_keep_their_kind),
		cmocka_unit_test(the_native_profile_reaches_the_worker),
		cmocka_unit_test(one_worker_runs_calls_in_the_order_they_were_made),
		cmocka_unit_test(times_and_the_worker_are_told),
		cmocka_unit_test(async_answers_come_in_any_order),
		cmocka_unit_test(answering_twice_is_answering_once),
		cmocka_unit_test(async_events_come_before_between_and_after_answers),
		cmocka_unit_test(a_result_callback_may_call_and_destroy),
		cmocka_unit_test(an_event_callback_may_call),
		cmocka_unit_test(pools_may_call_each_other_from_callbacks),
		cmocka_unit_test(refused_calls_are_counted_and_never_told),
		cmocka_unit_test(what_json_cannot_say_is_refused),
		cmocka_unit_test(without_on_error_errors_are_events),
		cmocka_unit_test(without_any_callback_errors_are_lines_on_standard_error),
		cmocka_unit_test(on_destroy_sees_the_final_counts),
		cmocka_unit_test(the_trace_hook_is_called),
	};
	return RUN(tests);
}
