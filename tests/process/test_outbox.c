/* The answers of a sync worker that wait to be written together: none is lost, however the worker dies, and none waits for a
 * job that runs on. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64u

/* One worker, up and idle: what is called together now it reads together. */
static void open_one_worker(struct rig *r, const char *function)
{
	r->options.max = 1;
	r->options.load = BATCH;
	rig_open(r, function);
	rig_until(r, rig_stats(r).idle == 1);
}

/* ---- nothing is lost ---- */

struct way {
	const char *verb, *arg;
	int exit_status, signal;
};

static const struct way ways[] = {{"kill", "9", -1, 9}, {"kill", "11", -1, 11}, {"exit", "3", 3, 0}, {"die", "", 1, 0}};

/* Calls of which the nth ends the worker: those before it were answered by the first worker and those behind it by the second. */
static void die_in_a_batch(const struct way *way, size_t fatal, const char *verb, const char *count)
{
	struct rig r;
	rig_init(&r);
	r.options.min = 1;
	open_one_worker(&r, "testworker");
	for (size_t i = 0; i < BATCH; i++) {
		if (i == fatal)
			rig_call(&r, way->verb, way->arg);
		else if (count)
			rig_call(&r, verb, count, numbered("", i));
		else
			rig_call(&r, verb, numbered("", i));
	}
	rig_until(&r, r.n_told == BATCH);
	for (size_t i = 0; i < BATCH; i++) {
		if (i == fatal) {
			assert_crashed(r.calls[i], way->exit_status, way->signal);
			continue;
		}
		size_t len = strlen(numbered("", i));
		assert_outcome(r.calls[i], FP_OK, FP_NONE);
		assert_int_equal(r.calls[i]->len, len * (count ? (size_t)atoi(count) : 1));
		assert_memory_equal(r.calls[i]->text, numbered("", i), len);
		assert_int_equal(r.calls[i]->result.worker, i < fatal ? 1 : 2);
	}
	assert_int_equal(rig_stats(&r).requeued, BATCH - 1 - fatal);
	assert_int_equal(r.errors.n, 1);
	rig_close(&r);
}

static void a_death_loses_no_answer_made_before(void **state)
{
	(void)state;
	static const size_t places[] = {0, 1, 31, 62, 63};
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++)
		for (size_t p = 0; p < sizeof places / sizeof places[0]; p++)
			die_in_a_batch(&ways[w], places[p], "echo", NULL);
}

/* Answers that fill the box more than once, and one that is longer than the box. */
static void nor_does_it_where_the_answers_do_not_fit(void **state)
{
	(void)state;
	static const char *const counts[] = {"1500", "5000", "50000"};
	for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
		die_in_a_batch(&ways[0], 63, "fill", counts[c]);
}

static unsigned times_in(const char *log, const char *name)
{
	char line[32];
	unsigned times = 0;
	int len = snprintf(line, sizeof line, "\n%s\n", name);
	times += strncmp(log, line + 1, (size_t)len - 1) == 0;
	for (const char *at = log; (at = strstr(at, line)); at++)
		times++;
	return times;
}

static void each_call_of_a_batch_runs_once(void **state)
{
	(void)state;
	for (size_t fatal = 0; fatal < BATCH; fatal += 21) {
		struct rig r;
		rig_init_witness(&r, NULL);
		r.options.min = 1;
		open_one_worker(&r, "witness");
		for (size_t i = 0; i < BATCH; i++)
			rig_call(&r, rig_file(&r, "log"), numbered("c", i), i == fatal ? "kill" : "say", "9");
		rig_until(&r, r.n_told == BATCH);
		char *log = read_file(rig_file(&r, "log"));
		for (size_t i = 0; i < BATCH; i++) {
			assert_int_equal(times_in(log, numbered("c", i)), 1);
			if (i == fatal)
				assert_crashed(r.calls[i], -1, 9);
			else
				assert_ok(r.calls[i], numbered("c", i));
		}
		free(log);
		rig_close(&r);
	}
}

/* ---- nothing waits long ---- */

static void an_answer_does_not_wait_for_the_job_behind_it(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.min = 1;
	open_one_worker(&r, "testworker");
	double begin = now_s();
	for (size_t i = 0; i < 10; i++)
		rig_call(&r, "echo", numbered("", i));
	struct call *longer = rig_call(&r, "spin", "300");
	rig_until(&r, r.n_told == 10);
	double waited_s = now_s() - begin;
	assert_false(longer->told);
	rig_until(&r, longer->told);
	assert_ok(longer, "spun");
	print_message("10 answers in front of a job of 300 ms: %.2f ms\n", 1e3 * waited_s);
	assert_true(waited_s < 0.3);
	rig_close(&r);
}

/* The same without a clock: the job behind ends only when the answers have come. */
static void an_answer_comes_while_the_job_behind_it_stands_still(void **state)
{
	(void)state;
	struct rig r;
	struct watched w;
	rig_init(&r);
	r.options.min = 1;
	open_one_worker(&r, "testworker");
	watch_process(&r, &w, rig_pid(&r));
	for (size_t i = 0; i < 10; i++)
		rig_call(&r, "echo", numbered("", i));
	struct call *endless = rig_call(&r, "sleep", "1000000");
	rig_until(&r, r.n_told == 11); /* rig_pid's and these */
	for (size_t i = 0; i < 10; i++)
		assert_ok(r.calls[i + 1], numbered("", i));
	assert_false(endless->told);
	kill_watched(&w, SIGKILL);
	rig_until(&r, endless->told);
	assert_crashed(endless, -1, 9);
	unwatch_process(&w);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_death_loses_no_answer_made_before),
		cmocka_unit_test(nor_does_it_where_the_answers_do_not_fit),
		cmocka_unit_test(each_call_of_a_batch_runs_once),
		cmocka_unit_test(an_answer_does_not_wait_for_the_job_behind_it),
		cmocka_unit_test(an_answer_comes_while_the_job_behind_it_stands_still),
	};
	return RUN(tests);
}
