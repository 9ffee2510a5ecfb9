/* Workers that break the protocol (peers/hostile.py): each costs its own call, is told with the place of the fault, and the
 * others go on. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_KIB 8192 /* far below what is claimed, and above what a pool takes for a worker that is started in place */

/* A pool of two hostile workers; `once` is the file by which one of them knows that it is the first, or "". */
static void open_pool(struct rig *r, bool async, uint32_t load, const char *once)
{
	static char command[3 * PATH_MAX];
	snprintf(command, sizeof command, "exec /usr/bin/python3 -S -E '%s/peers/hostile.py' %s %s", source_dir(),
		 async ? "async" : "sync", once);
	r->options.require = NULL;
	r->options.command = command;
	r->options.async = async;
	r->options.load = load;
	r->options.max = 2;
	r->options.grace_ns = 20 * FP_MS;
	rig_open(r, NULL);
}

/* Octets of the answers that a worker has given: headers, and items with their lengths. */
static uint64_t octets_of(const struct rig *r, uint64_t worker)
{
	uint64_t octets = 0;
	for (size_t i = 0; i < r->n_calls; i++) {
		const struct call *c = r->calls[i];
		if (c->told && c->result.outcome == FP_OK && c->result.worker == worker)
			octets += 8 + 1 + c->len;
	}
	return octets;
}

/* A way to break the protocol, and what is told of it. */
struct trick {
	const char *verb;
	enum fp_outcome outcome; /* of the call */
	enum fp_reason reason;
	uint64_t offset;         /* of the fault, behind the answers given before */
	int exit_status, signal; /* FP_CRASHED */
	uint32_t load;           /* sync, 0: not at all; 1: those behind it may have run, too */
};

static const struct trick tricks[] = {
	{"too-long", FP_PROTOCOL, FP_TOO_LONG, 4, 0, 0, 1},     {"garbage", FP_PROTOCOL, FP_TOO_LONG, 4, 0, 0, 1},
	{"unknown-id", FP_PROTOCOL, FP_UNEXPECTED, 0, 0, 0, 0}, {"malformed", FP_PROTOCOL, FP_MALFORMED, 8 + 3, 0, 0, 1},
	{"truncated", FP_CRASHED, FP_TRUNCATED, 11, 0, 0, 4},   {"exit", FP_CRASHED, FP_EOF, 0, 3, 0, 4},
	{"half-close", FP_CRASHED, FP_EOF, 0, -1, SIGTERM, 4},
};

static void call_echoes(struct rig *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rig_call(r, numbered("echo ", r->n_calls));
}

static void assert_echoes_are_ok(const struct rig *r, const struct call *but)
{
	for (size_t i = 0; i < r->n_calls; i++)
		if (r->calls[i] != but)
			assert_ok(r->calls[i], numbered("echo ", i));
}

static void assert_one_error(const struct rig *r, uint64_t worker, enum fp_reason reason, uint64_t offset)
{
	char begin[32];
	assert_int_equal(r->errors.n, 1);
	const struct note *e = &r->errors.notes[0];
	snprintf(begin, sizeof begin, "worker %llu: ", (unsigned long long)worker);
	assert_int_equal(e->worker, worker);
	assert_string_equal(fp_reason_name(e->reason), fp_reason_name(reason));
	assert_int_equal(e->offset, offset);
	assert_int_equal(strncmp(e->text, begin, strlen(begin)), 0);
	assert_non_null(strstr(e->text, fp_reason_text(reason)));
	assert_null(strchr(e->text, '\n'));
}

static void play(const struct trick *t, bool async, uint32_t load)
{
	struct rig r;
	rig_init(&r);
	open_pool(&r, async, load, "");
	call_echoes(&r, 6);
	struct call *bad = rig_call(&r, t->verb);
	call_echoes(&r, 6);
	rig_until(&r, r.n_told == r.n_calls);
	assert_outcome(bad, t->outcome, t->reason);
	if (t->outcome == FP_CRASHED)
		assert_crashed(bad, t->exit_status, t->signal);
	assert_int_equal(bad->result.offset, octets_of(&r, bad->result.worker) + t->offset);
	assert_one_error(&r, bad->result.worker, t->reason, bad->result.offset);
	assert_echoes_are_ok(&r, bad);
	rig_close(&r);
}

static void a_broken_protocol_costs_one_call_and_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
		if (tricks[i].load)
			play(&tricks[i], false, tricks[i].load);
		play(&tricks[i], true, 1);
	}
}

/* The first answer counts; what is told of the second is no call's end. */
static void a_second_reply_ends_the_worker(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		open_pool(&r, async, 1, "");
		call_echoes(&r, 4);
		struct call *twice = rig_call(&r, "twice");
		call_echoes(&r, 4);
		rig_until(&r, r.n_told == r.n_calls && r.errors.n);
		assert_ok(twice, "twice");
		assert_one_error(&r, twice->result.worker, FP_UNEXPECTED, octets_of(&r, twice->result.worker));
		assert_echoes_are_ok(&r, twice);
		rig_close(&r);
	}
}

static void a_reply_to_nothing_ends_the_worker(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		r.options.min = 1; /* it speaks while nothing is asked */
		open_pool(&r, async, 2, rig_file(&r, "once"));
		rig_until(&r, r.errors.n);
		assert_one_error(&r, 1, FP_UNEXPECTED, 0);
		call_echoes(&r, 6);
		rig_until(&r, r.n_told == r.n_calls);
		assert_echoes_are_ok(&r, NULL);
		rig_close(&r);
	}
}

/* ---- memory ---- */

/* 4 GiB - 1 are announced, and allowed; a thousand octets come, and the end. */
static void what_is_announced_takes_no_memory(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.frame_bytes_max = UINT32_MAX;
	open_pool(&r, false, 1, "");
	call_echoes(&r, 4);
	rig_until(&r, r.n_told == 4);
	long before = memory_kib("VmHWM");
	struct call *bad = rig_call(&r, "announce");
	rig_until(&r, bad->told);
	assert_outcome(bad, FP_CRASHED, FP_TRUNCATED);
	assert_int_equal(bad->result.offset, octets_of(&r, bad->result.worker) + 8 + 1000);
	long more = memory_kib("VmHWM") - before;
	if (more > MEMORY_KIB)
		fail_msg("%ld KiB were taken for what was only announced", more);
	rig_close(&r);
}

static void a_length_beyond_the_limit_takes_no_memory(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	open_pool(&r, false, 1, "");
	call_echoes(&r, 4);
	rig_until(&r, r.n_told == 4);
	long before = memory_kib("VmHWM");
	struct call *bad = rig_call(&r, "too-long");
	rig_until(&r, bad->told);
	assert_outcome(bad, FP_PROTOCOL, FP_TOO_LONG);
	assert_true(memory_kib("VmHWM") - before <= MEMORY_KIB);
	rig_close(&r);
}

/* ---- without end ---- */

static void a_worker_that_never_answers_is_ended(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		struct fp_limits brief = {.run_timeout_ns = 100 * FP_MS};
		rig_init(&r);
		open_pool(&r, async, 1, "");
		call_echoes(&r, 4);
		struct call *silent = rig_call_within(&r, &brief, "silent");
		call_echoes(&r, 4);
		rig_until(&r, r.n_told == r.n_calls && rig_stats(&r).workers_exited);
		assert_outcome(silent, FP_TIMEOUT, FP_TIMED_OUT);
		assert_echoes_are_ok(&r, silent);
		rig_close(&r);
	}
}

/* The events of one worker neither keep another's answers back nor the pool from its end. */
static void events_without_end_hold_nobody_up(void **state)
{
	(void)state;
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		open_pool(&r, async, 1, "");
		struct call *endless = rig_call(&r, "events");
		rig_until(&r, r.events.n >= 1000);
		for (size_t i = 0; i < 20; i++)
			rig_ask(&r, "answer");
		rig_until(&r, r.events.n >= 100000);
		assert_int_equal(endless->told, 0);
		for (size_t i = 0; i < r.events.n; i++)
			assert_string_equal(r.events.notes[i].text, "event");
		rig_cancel(endless);
		rig_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_announced_takes_no_memory), /* first: VmHWM never falls */
		cmocka_unit_test(a_length_beyond_the_limit_takes_no_memory),
		cmocka_unit_test(a_broken_protocol_costs_one_call_and_is_told),
		cmocka_unit_test(a_second_reply_ends_the_worker),
		cmocka_unit_test(a_reply_to_nothing_ends_the_worker),
		cmocka_unit_test(a_worker_that_never_answers_is_ended),
		cmocka_unit_test(events_without_end_hold_nobody_up),
	};
	return RUN(tests);
}
