/* Workers that get no more jobs: by their own wish (EVT-4, POOL-9), after calls_max, or because they are not needed. */
#include "engine_play.h"

/* ---- the event ---- */

static void test_the_octets_of_the_event(void **state)
{
	struct fp_item items[FP_RETIRE_ITEMS];
	static const uint8_t head[46] = {
		0x3a, 0x74, 0x36, 0x5a, 0x40, 0x48, 0x4b, 0x31, 0x4e, 0x25, 0x44, 0x78, 0x40, 0x5f, 0x37, 0x3f, 0x3d, 0x7e, 0x2d, 0x37,
		0x4e, 0x51, 0x67, 0x57, 0x44, 0x64, 0x41, 0x73, 0x36, 0x61, 0x2c, 0x6a, 0x46, 0x4e, 0x3d, 0x77, 0x4c, 0x4f, 0x30, 0x2a,
		0x6a, 0x44, 0x2a, 0x31, 0x25, 0x50};
	static const uint8_t tail[62] = {
		0x3c, 0x7e, 0x35, 0x33, 0x72, 0x65, 0x78, 0x7a, 0x2e, 0x55, 0x60, 0x21, 0x5d, 0x58, 0x5b, 0x41, 0x32, 0x33, 0x35, 0x5e,
		0x22, 0x66, 0x79, 0x45, 0x6f, 0x69, 0x54, 0x46, 0x5c, 0x54, 0x7e, 0x6f, 0x48, 0x31, 0x6c, 0x2f, 0x4e, 0x36, 0x2b, 0x44,
		0x6a, 0x65, 0x70, 0x39, 0x62, 0x7e, 0x62, 0x49, 0x39, 0x60, 0x5c, 0x31, 0x78, 0x25, 0x42, 0x7e, 0x76, 0x57, 0x4f, 0x31,
		0x71, 0x2a};
	(void)state;
	fp_retire_make(items);
	assert_true(items[0].len == 46 && items[1].len == 4 && items[2].len == 62);
	assert_memory_equal(items[0].data, head, 46);
	assert_memory_equal(items[1].data, "quit", 4);
	assert_memory_equal(items[2].data, tail, 62);
	for (unsigned i = 0; i < FP_RETIRE_ITEMS; i++)
		assert_int_equal(items[i].kind, FP_STRING);
}

static void test_what_is_taken_for_it(void **state)
{
	struct fp_item good[4], bad[4];
	(void)state;
	fp_retire_make(good);
	assert_int_equal(fp_retire_look(good, 3), FP_RETIRE_YES);
	assert_int_equal(fp_retire_look(good, 2), FP_RETIRE_NO);
	assert_int_equal(fp_retire_look(good, 0), FP_RETIRE_NO);
	good[3] = good[1];
	assert_int_equal(fp_retire_look(good, 4), FP_RETIRE_NO);
	for (unsigned i = 0; i < 3; i++) {
		memcpy(bad, good, sizeof bad);
		bad[i].len--;
		assert_int_equal(fp_retire_look(bad, 3), i == 1 ? FP_RETIRE_OTHER : FP_RETIRE_NO);
		bad[i] = (struct fp_item){NULL, 0, FP_STRING};
		assert_int_equal(fp_retire_look(bad, 3), i == 1 ? FP_RETIRE_OTHER : FP_RETIRE_NO);
		bad[i] = good[2 - i]; /* in the wrong place; the word in the middle is at home */
		assert_int_equal(fp_retire_look(bad, 3), i == 1 ? FP_RETIRE_YES : FP_RETIRE_NO);
		bad[i] = good[i];
		bad[i].kind = FP_VALUE;
		assert_int_equal(fp_retire_look(bad, 3), i == 1 ? FP_RETIRE_OTHER : FP_RETIRE_NO);
	}
}

/* ---- in a pool ---- */

/* No more jobs, those it has are answered; what waits gets a new one, at the next look (POOL-9). */
static void test_retire_busy(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "abc");
	world_forget(&w);
	world_retire(&w, 1);
	world_expect(&w, "@0 half-close 1");
	struct fp_stats s = world_stats(&w);
	assert_true(s.workers == 0 && s.ending == 1 && s.running == 2 && s.waiting == 1 && s.events == 0);
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 a ok ra, start 2, got 2 c");
	world_answer(&w, 1, 'b');
	world_answer(&w, 2, 'c');
	world_expect(&w, "@0 b ok rb, close 1, gone 1, c ok rc");
	world_finish(&w);
}

static void test_retire_idle(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	w.is_eager = true;
	world_submit(&w, "a");
	world_forget(&w);
	world_retire(&w, 1);
	world_expect(&w, "@0 half-close 1, close 1, gone 1");
	world_run(&w, 10000);
	world_expect(&w, "");
	world_submit(&w, "b");
	world_expect(&w, "@10000 start 2, got 2 b, b ok rb");
	world_finish(&w);
}

/* Repeated it has no effect, not even when it is late. */
static void test_retire_repeated(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	world_forget(&w);
	world_retire(&w, 1);
	world_retire(&w, 1);
	world_answer(&w, 1, 'a');
	world_retire(&w, 1);
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 half-close 1, a ok ra, b ok rb, close 1, gone 1");
	world_finish(&w);
}

static void test_a_doomed_worker_cannot_retire(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_abort(&w);
	world_forget(&w);
	world_retire(&w, 1);
	world_run(&w, 1000);
	world_expect(&w, "@1000 kill 1");
	world_die(&w, 1, -1, SIGKILL);
	world_finish(&w);
}

static void test_another_word_is_swallowed(void **state)
{
	struct world w;
	struct wire out = {0};
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "a");
	wire_retire(&out, &w.mode);
	memcpy(out.data + 8 + 1 + 46 + 1, "Quit", 4);
	world_say(&w, 1, &out);
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 start 1, got 1 a, a ok ra");
	assert_true(world_stats(&w).events == 0 && world_stats(&w).workers == 1);
	world_finish(&w);
}

/* A crash after it counts as any other. */
static void test_retire_then_crash(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	world_retire(&w, 1);
	world_forget(&w);
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 eof at 123, a crashed eof at 123 exit 3, close 1, gone 1, start 2, got 2 b");
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* With `min` a worker that never answers and always retires must not make the pool start one after the other. */
static void test_retiring_without_an_answer_counts_as_a_failed_start(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.sched.min = 1;
	world_open(&w, c);
	world_retire(&w, 1);
	world_retire(&w, 2);
	world_expect(&w, "@0 start 1, half-close 1, close 1, gone 1, start 2, half-close 2, close 2, gone 2");
	world_run(&w, 100);
	world_expect(&w, "@100 start 3");
	world_finish(&w);
}

/* ---- calls_max ---- */

static void test_calls_max(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 2);
	(void)state;
	c.sched.calls_max = 3;
	world_init(&w, c);
	w.is_eager = true;
	world_submit(&w, "abcdefg");
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, a ok ra, b ok rb, got 1 c, c ok rc, half-close 1, close 1, gone 1, "
	                 "start 2, got 2 d, got 2 e, d ok rd, e ok re, got 2 f, f ok rf, half-close 2, close 2, gone 2, "
	                 "start 3, got 3 g, g ok rg");
	world_finish(&w);
}

/* Its last job was taken back before it was written: there is nothing to write any more. */
static void test_calls_max_of_a_job_taken_back(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.sched.calls_max = 2;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_answer(&w, 1, 'a');
	assert_int_equal(world_offer(&w, 'b', 1, NULL), FP_NONE);
	world_cancel(&w, 'b');
	world_expect(&w, "@0 start 1, got 1 a, a ok ra, b cancelled, half-close 1");
	world_die(&w, 1, 0, 0);
	world_expect(&w, "@0 close 1, gone 1");
	world_finish(&w);
}

/* ---- not needed ---- */

/* max_idle may stay; of more, the one idle longest is stopped after idle_time, one at a time, never below min. */
static void test_the_idle_are_stopped_one_at_a_time(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.max_idle = 1;
	world_open(&w, c);
	world_submit(&w, "abcd");
	world_tick(&w, 100 * FP_MS);
	world_answer(&w, 3, 'c');
	world_tick(&w, 200 * FP_MS);
	world_answer(&w, 1, 'a');
	world_answer(&w, 2, 'b');
	world_answer(&w, 4, 'd');
	world_forget(&w);
	world_run(&w, 100000);
	world_expect(&w, "@1200 half-close 3, close 3, gone 3, @2200 half-close 1, close 1, gone 1, @3200 half-close 2, close 2, gone 2");
	world_expect_rest(&w);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_octets_of_the_event),
		cmocka_unit_test(test_what_is_taken_for_it),
		cmocka_unit_test(test_retire_busy),
		cmocka_unit_test(test_retire_idle),
		cmocka_unit_test(test_retire_repeated),
		cmocka_unit_test(test_a_doomed_worker_cannot_retire),
		cmocka_unit_test(test_another_word_is_swallowed),
		cmocka_unit_test(test_retire_then_crash),
		cmocka_unit_test(test_retiring_without_an_answer_counts_as_a_failed_start),
		cmocka_unit_test(test_calls_max),
		cmocka_unit_test(test_calls_max_of_a_job_taken_back),
		cmocka_unit_test(test_the_idle_are_stopped_one_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
