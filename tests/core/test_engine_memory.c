/* Memory: every allocation may fail, for n = 1, 2, ... the nth, and nothing is lost; what a job costs; nothing stays held. */
#include "engine_play.h"

/* A session with something of everything. Jobs may be refused for want of memory; those accepted are told once. */
static void offer(struct world *w, char tag, size_t len, const struct fp_limits *limits)
{
	enum fp_reason r = world_offer(w, tag, len, limits);
	assert_true(r == FP_NONE || r == FP_NOMEM);
	world_drain(w);
}

static void answer_oldest(struct world *w, uint64_t n)
{
	struct puppet *p = &w->puppets[n];
	for (size_t i = 0; i < p->n_jobs; i++)
		if (p->jobs[i].tag && p->worker && !p->is_exited && !p->is_closed) {
			puppet_answer(w, p, i);
			break;
		}
	world_drain(w);
}

static void die(struct world *w, uint64_t n)
{
	struct puppet *p = &w->puppets[n];
	if (p->worker && p->is_started && !p->is_exited)
		world_die(w, n, 3, 0);
}

static void play(struct world *w, bool async, uint64_t fail_at, bool fail_after)
{
	const struct fp_limits limits = {.queue_timeout_ns = 50 * FP_MS, .run_timeout_ns = 20 * FP_MS, .retries = 1};
	struct fp_engine_config c = world_config();
	struct wire event = {0};
	c.wire.async = async;
	c.sched.load = 3;
	c.sched.max = 2;
	c.sched.min = 1;
	world_init(w, c);
	w->is_quiet = true;
	w->alloc.fail_at = fail_at;
	w->alloc.fail_after = fail_after;
	world_drain(w);
	for (char tag = 'a'; tag <= 'f'; tag++)
		offer(w, tag, 1, NULL);
	for (char tag = 'g'; tag <= 'j'; tag++)
		offer(w, tag, 20000 + (size_t)tag, &limits);
	world_tick(w, FP_MS);
	wire_event(&event, &w->mode, "an,event");
	if (w->puppets[1].worker && !w->puppets[1].is_exited)
		puppet_say(w, &w->puppets[1], &event);
	wire_free(&event);
	answer_oldest(w, 1);
	if (w->jobs['e'])
		world_cancel(w, 'e');
	die(w, 1);
	world_tick(w, 100 * FP_MS);
	answer_oldest(w, 2);
	answer_oldest(w, 3);
	die(w, 2);
	offer(w, 'k', 1, NULL);
}

/* Memory is there again: a pool that met its lack goes on as if nothing had been. */
static void recover_and_finish(struct world *w)
{
	w->alloc.fail_at = 0;
	w->is_eager = true;
	world_tick(w, w->now_ns + 20 * FP_S);
	for (uint64_t n = 1; n <= w->n_puppets; n++)
		answer_oldest(w, n);
	for (uint64_t n = 1; n <= w->n_puppets; n++)
		if (w->puppets[n].is_broken)
			die(w, n);
	if (!w->jobs['z'])
		offer(w, 'z', 1, NULL);
	world_tick(w, w->now_ns + 20 * FP_S);
	assert_int_equal(w->results['z'].outcome, FP_OK);
	assert_int_equal(w->told['z'], 1);
	world_finish(w);
}

static uint64_t run_failing(bool async, uint64_t fail_at, bool fail_after)
{
	struct world w;
	play(&w, async, fail_at, fail_after);
	uint64_t requests = w.alloc.requests;
	recover_and_finish(&w);
	return requests;
}

static void fail_each(bool async, bool fail_after)
{
	uint64_t n = 1;
	while (run_failing(async, n, fail_after) >= n)
		n++;
	assert_true(n > 30); /* that many were needed when none failed */
}

static void test_each_allocation_fails(void **state)
{
	(void)state;
	fail_each(false, false);
	fail_each(true, false);
}

static void test_all_allocations_fail_from_one_on(void **state)
{
	(void)state;
	fail_each(false, true);
	fail_each(true, true);
}

/* ---- each by itself ---- */

static void test_no_memory_for_a_worker(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config());
	assert_int_equal(world_offer(&w, 'a', 1, NULL), FP_NONE); /* the buffers for making jobs are there now */
	world_drain(&w);
	w.alloc.fail_at = w.alloc.requests + 2; /* the first is the job */
	assert_int_equal(world_offer(&w, 'b', 1, NULL), FP_NONE);
	world_drain(&w);
	world_expect(&w, "@0 start 1, got 1 a, error 0 nomem, start 2, got 2 b");
	world_answer(&w, 1, 'a');
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* Told at once, also where an answer that nobody waits for any more was all that came. */
static void test_no_memory_for_a_worker_after_a_cancelled_call(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 1));
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_retire(&w, 1);
	world_cancel(&w, 'a');
	world_forget(&w);
	w.alloc.fail_at = w.alloc.requests + 2; /* the first is for reading */
	w.alloc.fail_after = true;
	world_answer(&w, 1, 'a');
	w.alloc.fail_at = 0;
	world_expect(&w, "@0 error 0 nomem");
	w.is_stubborn = false;
	w.is_eager = true;
	world_die(&w, 1, 0, 0);
	world_finish(&w);
}

/* Reading fails: that worker is told to end, and all that it has is lost with it: answers may lie unread. */
static void test_no_memory_for_reading(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	world_forget(&w);
	w.alloc.fail_at = w.alloc.requests + 1;
	world_say_frame(&w, 1, 1, "ra");
	assert_true(w.puppets[1].is_broken);
	world_expect(&w, "@0 error 1 nomem, term 1, a crashed nomem signal 15, b crashed nomem signal 15, close 1, gone 1");
	world_finish(&w);
}

/* Also of one that was to end: it may have said something that nobody will ever hear. */
static void test_no_memory_for_last_words(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 1;
	world_init(&w, c);
	w.is_stubborn = true;
	world_drain(&w);
	world_close(&w);
	world_forget(&w);
	w.alloc.fail_at = w.alloc.requests + 1;
	world_say_frame(&w, 1, 0, "last,words");
	world_expect(&w, "@0 error 1 nomem, term 1, close 1");
	world_exit(&w, 1, 0, SIGTERM);
	world_expect(&w, "@0 gone 1, destroyed");
	world_finish(&w);
}

/* Writing needs none that could fail: a frame that cannot be gathered is written from where it is. */
static void test_no_memory_for_writing(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 3));
	w.holds_starts = true;
	world_submit(&w, "abc");
	w.alloc.fail_at = w.alloc.requests + 1;
	w.alloc.fail_after = true;
	world_started(&w, 1);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c");
	w.alloc.fail_at = 0;
	w.is_eager = true;
	for (const char *t = "abc"; *t; t++)
		world_answer(&w, 1, *t);
	world_finish(&w);
}

/* Ending needs no memory: crash, cancel, timeout, abort with nothing to be had. */
static void test_no_memory_for_ending(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.load = 4;
	c.sched.max = 2;
	c.wire.async = true;
	c.limits.queue_timeout_ns = c.limits.run_timeout_ns = 5 * FP_MS;
	world_open(&w, c);
	world_submit(&w, "abcdefghijklm");
	w.alloc.fail_at = w.alloc.requests + 1;
	w.alloc.fail_after = true;
	world_cancel(&w, 'a');
	world_cancel(&w, 'k');
	world_die(&w, 1, 3, 0);
	world_run(&w, 5);
	world_abort(&w);
	world_finish(&w);
}

/* ---- what a job costs ---- */

/* At most 300 octets each above the payload; cancelling and closing then is clean. */
static void test_a_hundred_thousand_waiting_calls(void **state)
{
	enum { CALLS = 100000, LEN = 64 };
	static struct fp_job *jobs[CALLS];
	struct world w;
	char octets[LEN] = {0};
	struct fp_op op;
	uint64_t told = 0;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	size_t before = w.alloc.held;
	for (size_t i = 0; i < CALLS; i++)
		assert_int_equal(fp_engine_submit(&w.engine, &(struct fp_item){octets, LEN, FP_STRING}, 1, NULL, &jobs[i]), FP_NONE);
	assert_true(w.alloc.held - before <= (size_t)CALLS * (LEN + 300));
	for (size_t i = 0; i < CALLS; i += 2)
		fp_engine_cancel(&w.engine, jobs[i]);
	fp_engine_abort(&w.engine);
	while (fp_engine_next_op(&w.engine, &op))
		told += op.kind == FP_OP_OUTCOME;
	assert_int_equal(told, CALLS);
	struct fp_stats s = world_stats(&w);
	assert_true(s.outcomes[FP_CANCELLED] == CALLS / 2 && s.outcomes[FP_SHUTDOWN] == CALLS / 2 && s.waiting == 0);
	world_free(&w);
}

/* The time limits of as many cost room in a heap, no more. */
static void test_time_limits_cost_little(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	char octets[64] = {0};
	struct fp_job *job;
	(void)state;
	c.limits = (struct fp_limits){.queue_timeout_ns = FP_S, .run_timeout_ns = FP_S};
	world_init(&w, c);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(fp_engine_submit(&w.engine, &(struct fp_item){octets, 64, FP_STRING}, 1, NULL, &job), FP_NONE);
	assert_true(w.alloc.held <= (size_t)100000 * (64 + 300));
	world_free(&w);
}

/* A long call keeps the block it was frozen into: its octets are there once. */
static void test_a_long_call_is_there_once(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.holds_starts = true;
	world_submit_long(&w, 'a', 1000000);
	assert_true(w.alloc.held < 1000000 + 20000);
	world_submit_long(&w, 'b', 1000000);
	assert_true(w.alloc.held < 2000000 + 20000);
	world_abort(&w);
	world_started(&w, 1);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_allocation_fails),
		cmocka_unit_test(test_all_allocations_fail_from_one_on),
		cmocka_unit_test(test_no_memory_for_a_worker),
		cmocka_unit_test(test_no_memory_for_a_worker_after_a_cancelled_call),
		cmocka_unit_test(test_no_memory_for_reading),
		cmocka_unit_test(test_no_memory_for_last_words),
		cmocka_unit_test(test_no_memory_for_writing),
		cmocka_unit_test(test_no_memory_for_ending),
		cmocka_unit_test(test_a_hundred_thousand_waiting_calls),
		cmocka_unit_test(test_time_limits_cost_little),
		cmocka_unit_test(test_a_long_call_is_there_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
