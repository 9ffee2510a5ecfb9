/* core/parent: ids, matching of replies, events, the half-close, the end, limits of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent_rig.h"

/* The id of a reply to the nth call: a sync child answers with 1 (ID-4). */
static uint32_t reply_id(const struct mode *m, uint32_t n)
{
	return m->async ? n : 1;
}

static void feed_reply(struct parent_rig *r, uint32_t n, const char *list)
{
	parent_feed_frame(r, reply_id(r->mode, n), list);
}

/* ---- ids ---- */

/* ID-1, FRM-1, FRM-2: octet for octet. */
static void requests_have_ids_from_1(void **state)
{
	static const uint8_t sync_octets[] = {0, 0, 0, 4, 2, 'a', 'b', 0, 0, 0, 0, 0};
	static const uint8_t async_octets[] = {0, 0, 0, 1, 0, 0, 0, 4, 2, 'a', 'b', 0, 0, 0, 0, 2, 0, 0, 0, 0};
	const struct mode *m = *state;
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, m);
	parent_call(&r, 1, "ab,");
	parent_call(&r, 2, NULL);
	parent_write_all(&r);
	if (m->profile == FP_NETWORK && m->async)
		wire_octets(&w, async_octets, sizeof async_octets);
	else if (m->profile == FP_NETWORK)
		wire_octets(&w, sync_octets, sizeof sync_octets);
	else {
		wire_request(&w, m, 1, "ab,");
		wire_request(&w, m, 2, NULL);
	}
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* Starts with a counter that stands as if many calls had been made. */
static void start_at(struct parent_rig *r, const struct mode *m, uint32_t last_id)
{
	parent_start(r, m);
	r->parent.last_id = last_id;
}

static void expect_request(struct parent_rig *r, unsigned number, uint32_t id)
{
	struct wire w = {0};
	parent_call(r, number, "x");
	parent_write_all(r);
	wire_request(&w, r->mode, id, "x");
	expect_sent(r, &w);
}

/* ID-2. */
static void after_the_highest_id_comes_1(void **state)
{
	struct parent_rig r;
	start_at(&r, *state, 4294967293u);
	expect_request(&r, 1, 4294967294u);
	expect_request(&r, 2, 4294967295u);
	expect_request(&r, 3, 1);
	expect_request(&r, 4, 2);
	parent_feed_frame(&r, 4294967295u, "a");
	parent_feed_frame(&r, 1, "b");
	parent_feed_frame(&r, 4294967294u, "c");
	expect_log(&r, "result 2 a\nresult 3 b\nresult 1 c\n");
	parent_stop(&r);
}

/* ID-3, at the wrap-around and in the middle; an answered id is free again. */
static void outstanding_ids_are_skipped(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 4);
	r.sent.len = 0;
	parent_feed_frame(&r, 3, NULL);
	r.parent.last_id = 4294967294u;
	expect_request(&r, 5, 4294967295u);
	expect_request(&r, 6, 3);
	expect_request(&r, 7, 5);
	parent_feed_frame(&r, 3, "six");
	r.parent.last_id = 4294967294u;
	expect_request(&r, 8, 3);
	expect_log(&r, "result 3 -\nresult 6 six\n");
	parent_stop(&r);
}

static void a_withdrawn_call_uses_no_id(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	parent_call(&r, 1, "x");
	assert_true(parent_withdraw(&r, 1));
	expect_request(&r, 2, 1);
	parent_stop(&r);
}

/* ---- replies and events ---- */

/* ID-5: any id but 0 answers the oldest. */
static void sync_replies_may_have_any_id(void **state)
{
	static const uint32_t ids[] = {1, 2, 7, 0x80000000u, 4294967295u};
	struct parent_rig r;
	parent_start_calls(&r, *state, 5);
	for (size_t i = 0; i < 5; i++)
		parent_feed_frame(&r, ids[i], "y");
	expect_log(&r, "result 1 y\nresult 2 y\nresult 3 y\nresult 4 y\nresult 5 y\n");
	parent_stop(&r);
}

/* ORD-2. */
static void async_replies_come_in_any_order(void **state)
{
	static const uint32_t ids[] = {3, 1, 5, 4, 2};
	struct parent_rig r;
	parent_start_calls(&r, *state, 5);
	for (size_t i = 0; i < 5; i++)
		parent_feed_frame(&r, ids[i], "y");
	expect_log(&r, "result 3 y\nresult 1 y\nresult 5 y\nresult 4 y\nresult 2 y\n");
	parent_stop(&r);
}

/* EVT-1, EVT-2, ORD-3: with nothing outstanding, between replies, after close. */
static void events_come_anywhere(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_feed_frame(&r, 0, "before");
	parent_call(&r, 1, "x");
	parent_feed_frame(&r, 0, "unsent");
	parent_call(&r, 2, "x");
	parent_write_all(&r);
	wire_event(&w, r.mode, "one,more");
	wire_frame(&w, r.mode, reply_id(r.mode, 1), "r1");
	wire_event(&w, r.mode, NULL);
	wire_event(&w, r.mode, "");
	wire_frame(&w, r.mode, reply_id(r.mode, 2), "r2");
	parent_feed_wire(&r, &w);
	fp_parent_close(&r.parent);
	parent_feed_frame(&r, 0, "after");
	expect_log(&r, "event before\nevent unsent\nevent one,more\nresult 1 r1\nevent -\nevent \nresult 2 r2\nevent after\n");
	parent_stop(&r);
}

/* FRM-6, SER-3. */
static void empty_list_and_empty_string_differ(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 3);
	feed_reply(&r, 1, NULL);
	feed_reply(&r, 2, "");
	feed_reply(&r, 3, ",");
	expect_log(&r, "result 1 -\nresult 2 \nresult 3 ,\n");
	parent_stop(&r);
}

/* Also while more frames wait behind. */
static void items_stay_good_until_the_next_input(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	struct fp_space space;
	struct fp_parent_event e;
	parent_start(&r, *state);
	wire_event(&w, r.mode, "first,one");
	wire_event(&w, r.mode, "second");
	assert_int_equal(fp_parent_rx_buf(&r.parent, &space), FP_NONE);
	memcpy(space.data, w.data, w.len);
	fp_parent_rx_ack(&r.parent, w.len);
	assert_true(fp_parent_next(&r.parent, &e));
	assert_int_equal(e.kind, FP_PARENT_EVENT);
	assert_int_equal(e.n, 2);
	assert_int_equal(e.items[0].kind, FP_STRING);
	assert_int_equal(e.items[1].len, 3);
	assert_memory_equal(e.items[1].data, "one", 3);
	parent_drain(&r);
	expect_log(&r, "event second\n");
	wire_free(&w);
	parent_stop(&r);
}

/* ---- close and the end ---- */

static void half_close_is_due_at_once_with_nothing_to_write(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	assert_false(fp_parent_is_half_close_due(&r.parent));
	fp_parent_close(&r.parent);
	assert_true(fp_parent_is_half_close_due(&r.parent));
	parent_stop(&r);
}

/* SHUT-1: exactly with the last octet, whatever the writes; results outstanding do not matter. */
static void half_close_is_due_exactly_when_all_is_written(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_call(&r, 1, "x");
	parent_call(&r, 2, "x");
	wire_request(&w, r.mode, 1, "x");
	wire_request(&w, r.mode, 2, "x");
	fp_parent_close(&r.parent);
	for (size_t n = 0; n < w.len; n++) {
		assert_false(fp_parent_is_half_close_due(&r.parent));
		assert_int_equal(parent_write(&r, 1), 1);
	}
	assert_true(fp_parent_is_half_close_due(&r.parent));
	assert_int_equal(parent_write(&r, 1), 0);
	expect_sent(&r, &w);
	feed_reply(&r, 1, NULL);
	feed_reply(&r, 2, NULL);
	assert_true(fp_parent_is_half_close_due(&r.parent));
	parent_eof(&r);
	expect_log(&r, "result 1 -\nresult 2 -\nended\n");
	assert_false(fp_parent_is_half_close_due(&r.parent));
	parent_stop(&r);
}

static void half_close_is_not_due_without_close_or_after_failure(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 1);
	assert_false(fp_parent_is_half_close_due(&r.parent));
	fp_parent_close(&r.parent);
	fp_parent_tx_error(&r.parent);
	assert_false(fp_parent_is_half_close_due(&r.parent));
	parent_drain(&r);
	assert_false(fp_parent_is_half_close_due(&r.parent));
	expect_log(&r, "failed write 0\n");
	parent_stop(&r);
}

static void calls_are_refused_after_close(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_call(&r, 1, "x");
	fp_parent_close(&r.parent);
	assert_int_equal(parent_try_list(&r, 2, "y"), FP_CLOSED);
	parent_write_all(&r);
	wire_request(&w, r.mode, 1, "x");
	expect_sent(&r, &w);
	feed_reply(&r, 1, "ok");
	parent_eof(&r);
	assert_int_equal(parent_try_list(&r, 3, "z"), FP_CLOSED);
	expect_log(&r, "result 1 ok\nended\n");
	parent_stop(&r);
}

static void after_the_end_there_is_nothing(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	fp_parent_close(&r.parent);
	parent_eof(&r);
	parent_feed_frame(&r, 0, "late");
	fp_parent_rx_error(&r.parent, FP_READ);
	fp_parent_tx_error(&r.parent);
	parent_eof(&r);
	assert_int_equal(fp_parent_tx_buf(&r.parent).len, 0);
	parent_take_all(&r);
	expect_log(&r, "ended\n");
	parent_stop(&r);
}

/* The end comes with the end of file and not with the last reply (SHUT-4). */
static void no_end_before_end_of_file(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 1);
	fp_parent_close(&r.parent);
	feed_reply(&r, 1, NULL);
	expect_log(&r, "result 1 -\n");
	parent_feed_frame(&r, 0, "still here");
	expect_log(&r, "event still here\n");
	parent_eof(&r);
	expect_log(&r, "ended\n");
	parent_stop(&r);
}

/* ---- limits of a call ---- */

static void a_payload_may_be_as_long_as_the_limit(void **state)
{
	struct parent_rig r;
	uint8_t payload[51] = {0};
	parent_start_max(&r, *state, 50);
	assert_int_equal(parent_try(&r, 1, payload, 51), FP_TOO_LONG);
	assert_int_equal(parent_try(&r, 1, payload, 50), FP_NONE);
	parent_write_all(&r);
	assert_int_equal(r.sent.len, (r.mode->async ? 8 : 4) + 50);
	parent_stop(&r);
}

/* FRM-9: a length that does not fit 32 bits is refused although its low half would. */
static void a_length_is_never_wrapped(void **state)
{
	struct parent_rig r;
	uint8_t frame[FP_FRAME_HEAD_MAX];
	struct fp_call call = {.frame = frame, .payload_len = (size_t)UINT32_MAX + 6};
	parent_start_max(&r, *state, UINT32_MAX);
	assert_int_equal(fp_parent_call(&r.parent, &call), FP_TOO_LONG);
	assert_int_equal(fp_parent_tx_buf(&r.parent).len, 0);
	parent_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ALL(requests_have_ids_from_1),
		IN_ASYNC(after_the_highest_id_comes_1),
		IN_ASYNC(outstanding_ids_are_skipped),
		IN_ASYNC(a_withdrawn_call_uses_no_id),
		IN_SYNC(sync_replies_may_have_any_id),
		IN_ASYNC(async_replies_come_in_any_order),
		IN_ALL(events_come_anywhere),
		IN_ALL(empty_list_and_empty_string_differ),
		IN_ALL(items_stay_good_until_the_next_input),
		IN_ALL(half_close_is_due_at_once_with_nothing_to_write),
		IN_ALL(half_close_is_due_exactly_when_all_is_written),
		IN_ALL(half_close_is_not_due_without_close_or_after_failure),
		IN_ALL(calls_are_refused_after_close),
		IN_ALL(after_the_end_there_is_nothing),
		IN_ALL(no_end_before_end_of_file),
		IN_ALL(a_payload_may_be_as_long_as_the_limit),
		IN_ALL(a_length_is_never_wrapped),
	};
	return cmocka_run_group_tests_name("parent", tests, NULL, NULL);
}
