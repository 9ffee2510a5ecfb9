/* What a pool leaves behind: no descriptor, no zombie, no process; and what it gives to a worker: nothing but what it must. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A worker's end takes a hundredth of a second where it looks for leaks. */
#ifdef __SANITIZE_ADDRESS__
#define WORKERS 200u
#else
#define WORKERS 2000u
#endif

/* ---- left behind ---- */

static void thousands_of_workers_leave_nothing(void **state)
{
	(void)state;
	unsigned before = open_fds();
	struct rig r;
	rig_init(&r);
	r.options.max = 4;
	r.options.load = 1;
	r.options.calls_max = 1;
	rig_open(&r, "testworker");
	pid_t template = rig_template_pid(&r);
	for (unsigned i = 1; i < WORKERS; i++)
		rig_call(&r, i % 10 == 3 ? "kill" : "echo", "9");
	rig_until(&r, r.n_told == WORKERS && rig_stats(&r).workers + rig_stats(&r).ending == 0);
	assert_int_equal(rig_stats(&r).workers_started, WORKERS);
	assert_int_equal(rig_stats(&r).outcomes[FP_CRASHED], WORKERS / 10);
	assert_int_equal(zombies_of(template), 0);
	assert_int_equal(zombies_of(getpid()), 0);
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed);
	rig_await_end(&r);
	assert_int_equal(open_fds(), before);
}

static void a_hundred_pools_leave_nothing(void **state)
{
	(void)state;
	unsigned before = open_fds();
	for (int i = 0; i < 100; i++) {
		struct rig r;
		rig_init(&r);
		rig_open(&r, "testworker");
		rig_ask(&r, "echo");
		if (i % 2)
			rig_abort(&r);
		else
			rig_close(&r);
	}
	assert_int_equal(open_fds(), before);
	assert_int_equal(zombies_of(getpid()), 0);
}

static void the_template_ends_with_its_pool(void **state)
{
	(void)state;
	struct rig r, other;
	struct watched w;
	rig_init(&r);
	rig_init(&other);
	rig_open(&other, "testworker");
	rig_open(&r, "testworker");
	watch_process(&other, &w, rig_template_pid(&r));
	rig_close(&r);
	rig_until(&other, w.gone);
	unwatch_process(&w);
	rig_close(&other);
}

/* ---- given ---- */

/* 0, 1, 2, the connection, the lifeline and the outbox of a worker with a load above 1; an async worker's loop has its own. */
static void a_sync_worker_holds_no_descriptor_of_the_host_programs(void **state)
{
	(void)state;
	struct rig r;
	int mine[20];
	rig_init(&r);
	for (int i = 0; i < 20; i++)
		mine[i] = open("/dev/null", O_RDONLY); /* the host program's, not even close-on-exec */
	r.options.min = r.options.max = 8;
	r.options.load = 1;
	rig_open(&r, "testworker");
	for (int i = 0; i < 40; i++)
		rig_call(&r, "fds");
	rig_until(&r, r.n_told == 40);
	for (size_t i = 0; i < 40; i++) {
		assert_outcome(r.calls[i], FP_OK, FP_NONE);
		if (r.calls[i]->result.n > 6)
			fail_msg("a worker has the descriptors %s", r.calls[i]->text);
	}
	for (int i = 0; i < 20; i++)
		close(mine[i]);
	rig_close(&r);
}

static void later_workers_hold_no_more_than_earlier_ones(void **state)
{
	(void)state;
	static const char *const functions[] = {"testworker", "testworker_async"};
	for (int async = 0; async < 2; async++) {
		struct rig r;
		rig_init(&r);
		r.options.async = async;
		r.options.max = 3;
		r.options.load = 1;
		r.options.calls_max = 2;
		rig_open(&r, functions[async]);
		for (int i = 0; i < 60; i++)
			rig_call(&r, "fds");
		rig_until(&r, r.n_told == 60);
		for (size_t i = 1; i < 60; i++)
			assert_int_equal(r.calls[i]->result.n, r.calls[0]->result.n);
		rig_close(&r);
	}
}

/* 0, 1, 2 and the lifeline's two */
static void a_worker_of_a_command_holds_five_descriptors(void **state)
{
	(void)state;
	struct rig r;
	char command[PATH_MAX + 200];
	rig_init(&r);
	const char *fds = rig_file(&r, "fds");
	snprintf(command, sizeof command, "ls -l /proc/self/fd > %s.part; mv %s.part %s; exec sleep 1000", fds, fds, fds);
	r.options.command = command;
	r.options.grace_ns = 10 * FP_MS;
	r.options.min = r.options.max = 1;
	rig_open(&r, NULL);
	struct call *c = rig_call(&r, "never answered");
	struct fp_stats before = rig_stats(&r);
	rig_until(&r, rig_stats(&r).tx_bytes > before.tx_bytes);
	while (access(fds, F_OK) < 0)
		ev_run(r.loop, EVRUN_NOWAIT);
	char *text = read_file(fds);
	unsigned lines = 0;
	for (char *at = text; (at = strstr(at, " -> ")); at++)
		lines++;
	if (lines != 6) /* and ls's own */
		fail_msg("a command has more than it should:\n%s", text);
	free(text);
	assert_int_equal(c->told, 0);
	rig_abort(&r);
}

/* ---- too few ---- */

static void without_descriptors_starts_fail_and_recover(void **state)
{
	(void)state;
	struct rig r;
	struct rlimit limit, low;
	rig_init(&r);
	r.options.max = 4;
	r.options.load = 1;
	rig_open(&r, "testworker");
	assert_string_equal(rig_ask(&r, "echo", "one"), "one");
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	low.rlim_cur = 3; /* no new descriptor at all */
	setrlimit(RLIMIT_NOFILE, &low);
	for (int i = 0; i < 8; i++)
		rig_call(&r, "sleep", "50");
	rig_until(&r, r.errors.n >= 2);
	setrlimit(RLIMIT_NOFILE, &limit);
	for (size_t i = 0; i < r.errors.n; i++) {
		assert_int_equal(r.errors.notes[i].reason, FP_START);
		assert_int_equal(r.errors.notes[i].system_errno, EMFILE);
	}
	rig_until(&r, r.n_told == 9);
	assert_int_equal(rig_stats(&r).outcomes[FP_OK], 9);
	for (int i = 0; i < 20; i++)
		rig_call(&r, "sleep", "20");
	rig_until(&r, rig_stats(&r).workers == 4);
	rig_close(&r);
}

/* The pidfd of a new worker comes from the template, and the kernel drops it where this process has no number left for it. */
static void a_report_whose_descriptor_was_dropped_is_survived(void **state)
{
	(void)state;
	struct rig r;
	struct rlimit limit, low;
	rig_init(&r);
	r.options.max = 2;
	r.options.load = 1;
	rig_open(&r, "testworker");
	assert_string_equal(rig_ask(&r, "echo", "one"), "one");
	rig_call(&r, "sleep", "200");
	rig_call(&r, "echo", "two");
	ev_run(r.loop, EVRUN_NOWAIT); /* the second worker is asked for */
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	low.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &low);
	rig_until(&r, r.n_told == 3);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(rig_stats(&r).outcomes[FP_OK], 3);
	for (int i = 0; i < 10; i++)
		rig_call(&r, "echo", "x");
	rig_until(&r, r.n_told == 13);
	assert_int_equal(rig_stats(&r).outcomes[FP_OK], 13);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_workers_leave_nothing),
		cmocka_unit_test(a_hundred_pools_leave_nothing),
		cmocka_unit_test(the_template_ends_with_its_pool),
		cmocka_unit_test(a_sync_worker_holds_no_descriptor_of_the_host_programs),
		cmocka_unit_test(later_workers_hold_no_more_than_earlier_ones),
		cmocka_unit_test(a_worker_of_a_command_holds_five_descriptors),
		cmocka_unit_test(without_descriptors_starts_fail_and_recover),
		cmocka_unit_test(a_report_whose_descriptor_was_dropped_is_survived),
	};
	return RUN(tests);
}
