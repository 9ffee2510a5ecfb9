/* Limits: of the queue, in time, of calls per worker; and calls that are cancelled, in every state they can be in. */
#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a worker that is kept waiting ---- */

/* A pool of one worker, which runs a call that waits at a gate; answers that call, once it runs. */
static struct call *run_to_the_gate(struct rig *r)
{
	mkfifo(rig_file(r, "gate"), 0600);
	r->options.max = 1;
	rig_open(r, "witness");
	struct call *c = rig_call(r, rig_file(r, "log"), "first", "gate", rig_file(r, "gate"));
	rig_until(r, notes_has(&r->events, "first"));
	return c;
}

static void open_the_gate(struct rig *r)
{
	int fd = open(rig_file(r, "gate"), O_WRONLY | O_CLOEXEC); /* waits for the worker */
	assert_true(fd >= 0);
	close(fd);
}

static struct call *call_witness(struct rig *r, const struct fp_limits *limits, const char *name)
{
	return rig_call_within(r, limits, rig_file(r, "log"), name, "say");
}

/* ---- the queue ---- */

static void past_queue_max_calls_are_refused_until_there_is_room(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.load = 1;
	r.options.queue_max = 2;
	run_to_the_gate(&r);
	call_witness(&r, NULL, "a");
	call_witness(&r, NULL, "b");
	assert_int_equal(rig_refused(&r, "given"), FP_FULL);
	assert_int_equal(rig_refused(&r, "given"), FP_FULL);
	assert_int_equal(rig_stats(&r).waiting, 2);
	assert_int_equal(r.rooms, 0);
	open_the_gate(&r);
	rig_until(&r, r.rooms == 1);
	call_witness(&r, NULL, "c");
	rig_until(&r, r.n_told == 4);
	assert_int_equal(r.rooms, 1);
	assert_int_equal(rig_stats(&r).outcomes[FP_REJECTED], 2);
	assert_int_equal(rig_stats(&r).waiting_max, 2);
	rig_close(&r);
}

static void past_queue_bytes_max_calls_are_refused(void **state)
{
	(void)state;
	struct rig r;
	char octets[100] = "";
	struct fp_item item = {octets, 99, FP_STRING}; /* 100 with its length */
	rig_init_witness(&r, NULL);
	r.options.load = 1;
	r.options.queue_bytes_max = 250;
	run_to_the_gate(&r);
	struct call *a = rig_call_items(&r, NULL, &item, 1), *b = rig_call_items(&r, NULL, &item, 1);
	assert_int_equal(fp_pool_call(r.pool, &item, 1, NULL, NULL, NULL, NULL), FP_FULL);
	item.len = 49;
	struct call *c = rig_call_items(&r, NULL, &item, 1); /* 250: no more than the limit */
	item.len = 0;
	assert_int_equal(fp_pool_call(r.pool, &item, 1, NULL, NULL, NULL, NULL), FP_FULL);
	rig_cancel(a);
	rig_cancel(b);
	rig_cancel(c);
	rig_until(&r, r.rooms == 1 && r.n_told == 3);
	open_the_gate(&r);
	rig_close(&r);
}

static void cancelling_makes_room(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.load = 1;
	r.options.queue_max = 1;
	run_to_the_gate(&r);
	struct call *a = call_witness(&r, NULL, "a");
	assert_int_equal(rig_refused(&r, "given"), FP_FULL);
	rig_cancel(a);
	rig_until(&r, r.rooms == 1);
	call_witness(&r, NULL, "b");
	open_the_gate(&r);
	rig_close(&r);
}

/* ---- time ---- */

static void a_call_waits_no_longer_than_queue_timeout(void **state)
{
	(void)state;
	struct rig r;
	struct fp_limits patient = {0}, short_tempered = {.queue_timeout_ns = 30 * FP_MS};
	rig_init_witness(&r, NULL);
	r.options.load = 1;
	r.options.queue_timeout_ns = 60 * FP_MS;
	struct call *first = run_to_the_gate(&r);
	struct call *by_pool = call_witness(&r, NULL, "pool's");
	struct call *by_call = call_witness(&r, &short_tempered, "its own");
	struct call *never = call_witness(&r, &patient, "none");
	rig_until(&r, by_pool->told && by_call->told);
	assert_outcome(by_pool, FP_TIMEOUT, FP_TIMED_OUT);
	assert_outcome(by_call, FP_TIMEOUT, FP_TIMED_OUT);
	assert_true(by_pool->result.queued_ns >= 60 * FP_MS);
	assert_true(by_call->result.queued_ns >= 30 * FP_MS);
	assert_int_equal(by_call->turn, 1);
	assert_int_equal(by_call->result.worker, 0);
	assert_false(first->told || never->told);
	open_the_gate(&r);
	rig_until(&r, r.n_told == 4);
	assert_ok(first, "first");
	assert_ok(never, "none");
	assert_false(file_has_line(rig_file(&r, "log"), "pool's"));
	rig_close(&r);
}

static void a_sync_worker_that_runs_too_long_is_killed(void **state)
{
	(void)state;
	static const char *const verbs[] = {"spin", "sleep"};
	for (size_t i = 0; i < 2; i++) {
		struct rig r;
		struct watched w;
		struct fp_limits brief = {.run_timeout_ns = 40 * FP_MS};
		rig_init(&r);
		r.options.max = 1;
		r.options.load = 3;
		rig_open(&r, "testworker");
		watch_process(&r, &w, rig_pid(&r));
		struct call *endless = rig_call_within(&r, &brief, verbs[i], "1000000");
		struct call *behind = rig_call(&r, "echo", "behind");
		rig_until(&r, endless->told && behind->told && w.gone);
		assert_outcome(endless, FP_TIMEOUT, FP_TIMED_OUT);
		assert_true(endless->result.run_ns >= 40 * FP_MS);
		assert_ok(behind, "behind");
		assert_int_equal(behind->result.worker, 2);
		unwatch_process(&w);
		rig_close(&r);
	}
}

static void a_worker_that_ignores_sigterm_is_killed_after_grace(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	struct fp_limits brief = {.run_timeout_ns = 20 * FP_MS};
	rig_init(&r);
	r.options.max = 1;
	r.options.grace_ns = 150 * FP_MS;
	rig_open(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	rig_ask(&r, "ignore-term");
	struct call *c = rig_call_within(&r, &brief, "spin", "1000000");
	double begin = now_s();
	rig_until(&r, c->told);
	assert_outcome(c, FP_TIMEOUT, FP_TIMED_OUT);
	rig_until(&r, w.gone);
	assert_true(now_s() - begin >= 0.17);
	unwatch_process(&w);
	rig_close(&r);
}

static void a_stopped_worker_is_killed_as_well(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	struct fp_limits brief = {.run_timeout_ns = 20 * FP_MS};
	rig_init(&r);
	r.options.max = 1;
	r.options.grace_ns = 20 * FP_MS;
	rig_open(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	kill_watched(&w, SIGSTOP);
	struct call *c = rig_call_within(&r, &brief, "echo", "x");
	rig_until(&r, c->told && w.gone);
	assert_outcome(c, FP_TIMEOUT, FP_TIMED_OUT);
	assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	unwatch_process(&w);
	rig_close(&r);
}

static void an_async_worker_with_a_call_too_long_is_retired(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	struct fp_limits brief = {.run_timeout_ns = 50 * FP_MS};
	rig_init_async(&r);
	r.options.max = 1;
	r.options.load = 4;
	r.options.grace_ns = 50 * FP_MS;
	rig_open(&r, "testworker_async");
	watch_process(&r, &w, rig_pid(&r));
	struct call *other = rig_call(&r, "later", "200", "done");
	struct call *endless = rig_call_within(&r, &brief, "never");
	rig_until(&r, endless->told);
	assert_outcome(endless, FP_TIMEOUT, FP_TIMED_OUT);
	assert_string_equal(rig_ask(&r, "echo", "elsewhere"), "elsewhere");
	assert_int_equal(r.calls[r.n_calls - 1]->result.worker, 2);
	rig_until(&r, other->told && w.gone);
	assert_ok(other, "done"); /* it was not killed for what another call did */
	unwatch_process(&w);
	rig_close(&r);
}

static void the_time_limit_counts_from_when_a_call_runs(void **state)
{
	(void)state;
	struct rig r;
	struct fp_limits brief = {.run_timeout_ns = 2 * FP_S};
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 8;
	rig_open(&r, "testworker");
	for (int i = 0; i < 4; i++)
		rig_call_within(&r, &brief, "sleep", "600"); /* all are given at once; the last ends after 2.4 s */
	rig_until(&r, r.n_told == 4);
	for (int i = 0; i < 4; i++)
		assert_ok(r.calls[i], "slept");
	rig_close(&r);
}

/* ---- calls per worker ---- */

static void a_worker_retires_after_calls_max(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 2;
	r.options.calls_max = 3;
	rig_open(&r, "testworker");
	for (size_t i = 0; i < 10; i++)
		rig_call(&r, "echo", numbered("", i));
	rig_until(&r, r.n_told == 10);
	for (size_t i = 0; i < 10; i++) {
		assert_ok(r.calls[i], numbered("", i));
		assert_int_equal(r.calls[i]->result.worker, 1 + i / 3);
	}
	assert_int_equal(r.errors.n, 0);
	rig_close(&r);
}

static void a_worker_that_asks_to_retire_gets_no_more_calls(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 2;
	rig_open(&r, "testworker");
	for (unsigned i = 0; i < 20; i++) {
		assert_string_equal(rig_ask(&r, "retire"), "retiring");
		assert_int_equal(r.calls[i]->result.worker, i + 1);
	}
	assert_int_equal(r.errors.n, 0);
	assert_int_equal(r.events.n, 0);
	rig_close(&r);
}

/* ---- cancelling ---- */

static void a_waiting_call_can_be_cancelled(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.load = 1;
	run_to_the_gate(&r);
	struct call *a = call_witness(&r, NULL, "a"), *b = call_witness(&r, NULL, "b");
	rig_cancel(a);
	assert_int_equal(a->told, 0); /* later, from the loop */
	rig_until(&r, a->told);
	assert_outcome(a, FP_CANCELLED, FP_NONE);
	open_the_gate(&r);
	rig_until(&r, b->told);
	assert_ok(b, "b");
	assert_false(file_has_line(rig_file(&r, "log"), "a"));
	rig_close(&r);
}

static void a_call_given_to_a_busy_worker_can_be_cancelled(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.load = 3;
	struct call *first = run_to_the_gate(&r);
	struct call *second = call_witness(&r, NULL, "second");
	rig_until(&r, rig_stats(&r).running == 2);
	rig_cancel(second);
	rig_until(&r, second->told);
	assert_outcome(second, FP_CANCELLED, FP_NONE);
	struct call *third = call_witness(&r, NULL, "third");
	open_the_gate(&r);
	rig_until(&r, first->told && third->told);
	assert_ok(first, "first");
	assert_ok(third, "third");
	assert_int_equal(rig_stats(&r).workers_started, 1);
	rig_close(&r);
}

static void a_running_call_goes_on_when_cancelled_and_its_answer_is_dropped(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.load = 1;
	struct call *first = run_to_the_gate(&r);
	struct call *second = call_witness(&r, NULL, "second");
	rig_cancel(first);
	rig_until(&r, first->told);
	assert_outcome(first, FP_CANCELLED, FP_NONE);
	assert_false(second->told); /* the worker is still busy with the first */
	open_the_gate(&r);
	rig_until(&r, second->told);
	assert_ok(second, "second");
	assert_int_equal(second->result.worker, 1);
	rig_close(&r);
}

static void a_call_not_yet_written_can_be_cancelled(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 4;
	rig_open(&r, "testworker");
	struct call *calls[4];
	for (size_t i = 0; i < 4; i++)
		calls[i] = rig_call(&r, "echo", numbered("", i)); /* given to a worker that is not even started */
	rig_cancel(calls[0]);
	rig_cancel(calls[2]);
	rig_until(&r, r.n_told == 4);
	assert_outcome(calls[0], FP_CANCELLED, FP_NONE);
	assert_ok(calls[1], "1");
	assert_outcome(calls[2], FP_CANCELLED, FP_NONE);
	assert_ok(calls[3], "3");
	rig_close(&r);
}

static void a_cancelled_call_whose_worker_dies_is_told_once(void **state)
{
	(void)state;
	struct rig r;
	struct fp_limits again = {.retries = 5};
	rig_init_witness(&r, NULL);
	r.options.max = 1;
	rig_open(&r, "witness");
	mkfifo(rig_file(&r, "gate"), 0600);
	struct call *c = rig_call_within(&r, &again, rig_file(&r, "log"), "c", "gate", rig_file(&r, "gate"));
	rig_until(&r, r.events.n == 1);
	rig_cancel(c);
	struct call *next = call_witness(&r, NULL, "next");
	rig_until(&r, c->told);
	open_the_gate(&r);
	rig_until(&r, next->told);
	struct call *fatal = rig_call_within(&r, &again, rig_file(&r, "log"), "fatal", "kill", "9");
	rig_until(&r, notes_has(&r.events, "fatal"));
	rig_cancel(fatal); /* dying, and perhaps lost already: then it is not tried again */
	rig_until(&r, fatal->told);
	assert_outcome(fatal, FP_CANCELLED, FP_NONE);
	assert_ok(next, "next");
	rig_close(&r);
}

static struct call *other_call;

static void cancel_the_other(struct call *c)
{
	if (c != other_call && other_call->job)
		rig_cancel(other_call);
}

static void a_call_can_be_cancelled_from_the_callback_of_another(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	r.options.load = 4;
	r.on_told = cancel_the_other;
	rig_open(&r, "testworker");
	/* both answers arrive in one read: the second is here when the first is told */
	rig_call(&r, "echo", "a");
	other_call = rig_call(&r, "echo", "b");
	rig_until(&r, r.n_told == 2);
	assert_outcome(other_call, FP_CANCELLED, FP_NONE);
	assert_string_equal(rig_ask(&r, "echo", "c"), "c");
	rig_close(&r);
}

/* ---- options ---- */

static void wrong_options_are_refused_with_a_reason(void **state)
{
	(void)state;
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	char why[256];
	struct fp_options o;
#define REFUSED(function, change, word) \
	do { \
		fp_options_init(&o); \
		change; \
		strcpy(why, ""); \
		assert_null(fp_pool_new(loop, function, &o, why)); \
		assert_non_null(strstr(why, word)); \
		assert_null(strchr(why, '\n')); \
		assert_null(fp_pool_new(loop, function, &o, NULL)); \
	} while (0)
	REFUSED("f", o.max = 0, "max");
	REFUSED("f", o.load = 0, "load");
	REFUSED("f", o.min = 9, "min");
	REFUSED("f", o.min_idle = 9, "min_idle");
	REFUSED("f", o.frame_bytes_max = (uint64_t)1 << 32, "frame_bytes_max");
	REFUSED("f", o.serialiser = "yaml", "serialiser");
	REFUSED("f", o.serialiser = NULL, "serialiser");
	REFUSED(NULL, (void)0, "function");
	REFUSED("", (void)0, "function");
#undef REFUSED
	unsigned before = open_fds();
	const char *const nothing[] = {"/nonexistent/template", NULL};
	fp_options_init(&o);
	o.template_command = nothing;
	assert_null(fp_pool_new(loop, "f", &o, why));
	assert_true(strlen(why) > 0);
	assert_int_equal(open_fds(), before);
	ev_loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(past_queue_max_calls_are_refused_until_there_is_room),
		cmocka_unit_test(past_queue_bytes_max_calls_are_refused),
		cmocka_unit_test(cancelling_makes_room),
		cmocka_unit_test(a_call_waits_no_longer_than_queue_timeout),
		cmocka_unit_test(a_sync_worker_that_runs_too_long_is_killed),
		cmocka_unit_test(a_worker_that_ignores_sigterm_is_killed_after_grace),
		cmocka_unit_test(a_stopped_worker_is_killed_as_well),
		cmocka_unit_test(an_async_worker_with_a_call_too_long_is_retired),
		cmocka_unit_test(the_time_limit_counts_from_when_a_call_runs),
		cmocka_unit_test(a_worker_retires_after_calls_max),
		cmocka_unit_test(a_worker_that_asks_to_retire_gets_no_more_calls),
		cmocka_unit_test(a_waiting_call_can_be_cancelled),
		cmocka_unit_test(a_call_given_to_a_busy_worker_can_be_cancelled),
		cmocka_unit_test(a_running_call_goes_on_when_cancelled_and_its_answer_is_dropped),
		cmocka_unit_test(a_call_not_yet_written_can_be_cancelled),
		cmocka_unit_test(a_cancelled_call_whose_worker_dies_is_told_once),
		cmocka_unit_test(a_call_can_be_cancelled_from_the_callback_of_another),
		cmocka_unit_test(wrong_options_are_refused_with_a_reason),
	};
	return RUN(tests);
}
