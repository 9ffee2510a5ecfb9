/* The limits of the queue: FP_FULL, and ROOM once when a call would be accepted again. */
#include "engine_play.h"

static struct fp_engine_config config(uint64_t queue_max, uint64_t queue_bytes_max)
{
	struct fp_engine_config c = world_config_one(false, 1);
	c.queue_max = queue_max;
	c.queue_bytes_max = queue_bytes_max;
	return c;
}

/* The limit is on what waits: the one in the worker does not count. */
static void test_queue_max(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, config(2, 0));
	world_submit(&w, "abc");
	world_expect_refused(&w, 'd', 1, FP_FULL);
	world_expect_refused(&w, 'd', 1, FP_FULL);
	world_expect(&w, "@0 start 1, got 1 a");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 a ok ra, got 1 b, room");
	assert_true(world_stats(&w).outcomes[FP_REJECTED] == 2 && world_stats(&w).waiting_max == 2);
	world_submit(&w, "d");
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 b ok rb, got 1 c"); /* nobody was refused since */
	world_answer(&w, 1, 'c');
	world_answer(&w, 1, 'd');
	world_finish(&w);
}

static void test_no_room_without_a_refusal(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, config(1, 0));
	world_submit(&w, "ab");
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, got 1 a, a ok ra, got 1 b, b ok rb");
	world_finish(&w);
}

/* Whatever empties the queue makes room: cancelling, a time limit. */
static void test_room_by_cancel_and_by_timeout(void **state)
{
	struct world w;
	struct fp_engine_config c = config(1, 0);
	(void)state;
	c.limits.queue_timeout_ns = 5 * FP_MS;
	world_open(&w, c);
	world_submit(&w, "ab");
	world_expect_refused(&w, 'c', 1, FP_FULL);
	world_cancel(&w, 'b');
	world_expect(&w, "@0 start 1, got 1 a, b cancelled, room");
	world_submit(&w, "c");
	world_expect_refused(&w, 'd', 1, FP_FULL);
	world_run(&w, 100);
	world_expect(&w, "@5 c timeout, room");
	world_answer(&w, 1, 'a');
	world_finish(&w);
}

/* In octets of payloads: an item of 9 is 10. */
static void test_queue_bytes_max(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, config(0, 20));
	world_expect_refused(&w, 'z', 20, FP_TOO_LONG); /* and one octet of its length: there will never be room */
	world_submit(&w, "a");
	world_submit_long(&w, 'b', 9);
	world_submit_long(&w, 'c', 9);
	world_expect_refused(&w, 'd', 1, FP_FULL);
	world_expect(&w, "@0 start 1, got 1 a");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 a ok ra, got 1 b, room");
	world_submit_long(&w, 'd', 9);
	world_expect_refused(&w, 'e', 0 + 1, FP_FULL);
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 b ok rb, got 1 c, room");
	world_answer(&w, 1, 'c');
	world_answer(&w, 1, 'd');
	world_finish(&w);
}

/* A call that was refused for its length would be refused again while the queue is as it was: room is told when not. */
static void test_room_is_for_the_call_that_was_refused(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, config(0, 20));
	world_submit(&w, "a");
	world_submit_long(&w, 'b', 9);
	world_expect_refused(&w, 'c', 15, FP_FULL);
	world_expect(&w, "@0 start 1, got 1 a");
	world_answer(&w, 1, 'a');
	world_expect(&w, "@0 a ok ra, got 1 b, room");
	world_submit_long(&w, 'c', 15);
	world_answer(&w, 1, 'b');
	world_answer(&w, 1, 'c');
	world_finish(&w);
}

/* What comes back from a lost worker is over the limit, and nothing is refused for that. */
static void test_what_comes_back_may_exceed_the_limit(void **state)
{
	struct world w;
	struct fp_engine_config c = config(1, 0);
	(void)state;
	c.sched.load = 3;
	world_open(&w, c);
	world_submit(&w, "abcd");
	w.holds_starts = true;
	world_die(&w, 1, 3, 0);
	world_cancel(&w, 'b');
	world_expect_refused(&w, 'e', 1, FP_NONE); /* c and d went to the next worker */
	world_expect_refused(&w, 'f', 1, FP_NONE);
	world_expect_refused(&w, 'g', 1, FP_FULL);
	world_failed(&w, 2, EAGAIN);
	world_expect_refused(&w, 'g', 1, FP_FULL);
	assert_true(world_stats(&w).waiting == 4);
	w.is_quiet = true;
	world_abort(&w);
	world_finish(&w);
}

/* Octets that come back count as those that never left, so that none are left when they leave again. */
static void test_octets_that_come_back_fill_the_queue(void **state)
{
	struct world w;
	struct fp_engine_config c = config(0, 20);
	(void)state;
	c.sched.load = 3;
	world_open(&w, c);
	world_submit(&w, "a");
	world_submit_long(&w, 'b', 9);
	world_submit_long(&w, 'c', 9);
	w.holds_starts = true;
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, got 1 c, error 1 eof, a crashed eof exit 3, close 1, gone 1, start 2");
	world_failed(&w, 2, EAGAIN);
	world_expect_refused(&w, 'd', 1, FP_FULL);
	world_cancel(&w, 'b');
	world_cancel(&w, 'c');
	world_expect_refused(&w, 'd', 19, FP_NONE);
	world_expect_refused(&w, 'e', 1, FP_FULL);
	w.is_quiet = true;
	world_abort(&w);
	world_finish(&w);
}

static void test_no_room_once_closed(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, config(1, 0));
	world_submit(&w, "ab");
	world_expect_refused(&w, 'c', 1, FP_FULL);
	world_close(&w);
	world_expect_refused(&w, 'c', 1, FP_CLOSED);
	world_answer(&w, 1, 'a');
	world_answer(&w, 1, 'b');
	world_expect(&w, "@0 start 1, got 1 a, a ok ra, got 1 b, b ok rb, half-close 1, close 1, gone 1, destroyed");
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_max),
		cmocka_unit_test(test_no_room_without_a_refusal),
		cmocka_unit_test(test_room_by_cancel_and_by_timeout),
		cmocka_unit_test(test_queue_bytes_max),
		cmocka_unit_test(test_room_is_for_the_call_that_was_refused),
		cmocka_unit_test(test_what_comes_back_may_exceed_the_limit),
		cmocka_unit_test(test_octets_that_come_back_fill_the_queue),
		cmocka_unit_test(test_no_room_once_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
