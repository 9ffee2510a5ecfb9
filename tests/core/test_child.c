/* core/child: requests in their order, one at a time or all at once; replies and events on the wire; ids and serials;
 * the end; back-pressure. What a peer does wrong and what cannot be sent is looked at in test_child_errors.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child_rig.h"

/* Requests with ids 1 to n and the argument "x", in one read. */
static void start_with_requests(struct child_rig *r, const struct mode *m, unsigned n)
{
	struct wire w = {0};
	child_start(r, m);
	for (unsigned i = 1; i <= n; i++)
		wire_request(&w, m, i, "x");
	child_feed_wire(r, &w);
}

/* ---- requests ---- */

/* ORD-1: the next one only after the reply, although it is here. */
static void a_sync_child_is_given_one_request_at_a_time(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, *state);
	assert_true(fp_child_wants_input(&r.child));
	wire_request(&w, r.mode, 1, "a");
	wire_request(&w, r.mode, 2, "b,c");
	wire_request(&w, r.mode, 3, NULL);
	child_feed_wire(&r, &w);
	expect_log(&r, "request 1 id 1 a\n");
	assert_int_equal(fp_child_outstanding(&r.child), 1);
	assert_false(fp_child_wants_input(&r.child));
	child_reply(&r, 1, 1, "ra");
	expect_log(&r, "request 2 id 1 b,c\n");
	child_reply(&r, 1, 2, NULL);
	expect_log(&r, "request 3 id 1 -\n");
	child_reply(&r, 1, 3, "");
	expect_log(&r, "");
	assert_int_equal(fp_child_outstanding(&r.child), 0);
	assert_true(fp_child_wants_input(&r.child));
	child_stop(&r);
}

/* ORD-4, ID-6: ids as they came, whatever they are. */
static void an_async_child_is_given_all_requests(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, *state);
	wire_request(&w, r.mode, 7, "a");
	wire_request(&w, r.mode, 4294967295u, "b");
	wire_request(&w, r.mode, 0x01000000u, NULL);
	wire_request(&w, r.mode, 1, "");
	child_feed_wire(&r, &w);
	expect_log(&r, "request 1 id 7 a\nrequest 2 id 4294967295 b\nrequest 3 id 16777216 -\nrequest 4 id 1 \n");
	assert_int_equal(fp_child_outstanding(&r.child), 4);
	assert_true(fp_child_wants_input(&r.child));
	child_stop(&r);
}

static void many_requests_are_outstanding(void **state)
{
	struct child_rig r;
	struct wire expected = {0};
	child_start(&r, *state);
	for (uint32_t i = 1; i <= 1000; i++) {
		child_ask(&r, i * 0x10001, "x");
		r.log.len = 0;
	}
	assert_int_equal(fp_child_outstanding(&r.child), 1000);
	for (uint32_t i = 1000; i >= 1; i--) {
		child_reply(&r, i * 0x10001, i, "y");
		wire_frame(&expected, r.mode, i * 0x10001, "y");
	}
	assert_int_equal(fp_child_outstanding(&r.child), 0);
	child_write_all(&r);
	expect_sent(&r, &expected);
	child_stop(&r);
}

static void items_stay_good_until_the_next_input(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	struct fp_child_event e;
	child_start(&r, *state);
	wire_request(&w, r.mode, 1, "first,one");
	wire_request(&w, r.mode, 2, "second");
	assert_int_equal(child_arrive(&r, w.data, w.len), w.len);
	wire_free(&w);
	assert_true(fp_child_next(&r.child, &e));
	assert_int_equal(e.kind, FP_CHILD_REQUEST);
	assert_int_equal(e.request.n, 2);
	assert_int_equal(e.request.items[1].kind, FP_STRING);
	assert_int_equal(e.request.items[1].len, 3);
	assert_memory_equal(e.request.items[1].data, "one", 3);
	child_stop(&r);
}

/* ---- replies and events on the wire ---- */

/* FRM-3, FRM-4, octet for octet; ID-4: a sync reply has id 1. */
static void replies_octet_for_octet(void **state)
{
	static const uint8_t octets[] = {0, 0, 0, 0, 0, 0, 0, 3, 2, 'e', 'v', 0, 0, 0, 1, 0, 0, 0, 4, 2, 'a', 'b', 0};
	struct child_rig r;
	struct wire w = {0};
	start_with_requests(&r, *state, 1);
	child_event(&r, "ev");
	child_reply(&r, 1, 1, "ab,");
	child_write_all(&r);
	if (r.mode->profile == FP_NETWORK) {
		wire_octets(&w, octets, sizeof octets);
	} else {
		wire_event(&w, r.mode, "ev");
		wire_frame(&w, r.mode, 1, "ab,");
	}
	expect_sent(&r, &w);
	child_stop(&r);
}

/* ORD-3, ORD-5, EVT-2: one stream, in the order of the calls, written n octets at a time while it grows. */
static void replies_and_events_are_one_stream(void **state)
{
	for (size_t n = 1; n <= 40; n++) {
		struct child_rig r;
		struct wire w = {0};
		start_with_requests(&r, *state, 2);
		child_event(&r, "before");
		wire_event(&w, r.mode, "before");
		child_write(&r, n);
		child_event(&r, NULL);
		wire_event(&w, r.mode, NULL);
		child_write(&r, n);
		child_reply(&r, 1, 1, "one,two");
		wire_frame(&w, r.mode, 1, "one,two");
		child_write(&r, n);
		child_event(&r, "between");
		wire_event(&w, r.mode, "between");
		child_reply(&r, r.mode->async ? 2 : 1, 2, "");
		wire_frame(&w, r.mode, r.mode->async ? 2 : 1, "");
		while (child_write(&r, n))
			;
		expect_sent(&r, &w);
		child_stop(&r);
	}
}

/* ORD-2. */
static void async_replies_go_out_in_any_order(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	start_with_requests(&r, *state, 3);
	child_reply(&r, 3, 3, "c");
	child_reply(&r, 1, 1, "a");
	child_event(&r, "ev");
	child_reply(&r, 2, 2, NULL);
	child_write_all(&r);
	wire_frame(&w, r.mode, 3, "c");
	wire_frame(&w, r.mode, 1, "a");
	wire_event(&w, r.mode, "ev");
	wire_frame(&w, r.mode, 2, NULL);
	expect_sent(&r, &w);
	child_stop(&r);
}

static void an_async_child_sends_events_at_any_time(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, *state);
	child_event(&r, "first of all");
	child_ask(&r, 1, "x");
	child_reply(&r, 1, 1, "y");
	child_event(&r, "after");
	child_write_all(&r);
	wire_event(&w, r.mode, "first of all");
	wire_frame(&w, r.mode, 1, "y");
	wire_event(&w, r.mode, "after");
	expect_sent(&r, &w);
	child_stop(&r);
}

/* ---- who may be answered ---- */

/* SHUT-7. */
static void answering_twice_is_refused(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	start_with_requests(&r, *state, 1);
	child_reply(&r, 1, 1, "once");
	assert_int_equal(child_try_reply(&r, 1, 1, "twice"), FP_CLOSED);
	child_write_all(&r);
	assert_int_equal(child_try_reply(&r, 1, 1, "thrice"), FP_CLOSED);
	child_write_all(&r);
	wire_frame(&w, r.mode, 1, "once");
	expect_sent(&r, &w);
	assert_int_equal(fp_child_outstanding(&r.child), 0);
	child_stop(&r);
}

/* A second answer does not count for another request (SHUT-7), nor end the child. */
static void answering_twice_while_another_is_outstanding(void **state)
{
	struct child_rig r;
	start_with_requests(&r, *state, 2);
	child_eof(&r);
	child_reply(&r, 1, 1, "once");
	assert_int_equal(child_try_reply(&r, 1, 1, "twice"), FP_CLOSED);
	assert_int_equal(fp_child_outstanding(&r.child), 1);
	expect_log(&r, "request 1 id 1 x\nrequest 2 id 2 x\n");
	child_reply(&r, 2, 2, "y");
	expect_log(&r, "ended\n");
	child_stop(&r);
}

static void requests_that_never_were_cannot_be_answered(void **state)
{
	struct child_rig r;
	child_start(&r, *state);
	assert_int_equal(child_try_reply(&r, 1, 1, "y"), FP_CLOSED);
	child_ask(&r, 1, "x");
	assert_int_equal(child_try_reply(&r, 1, 2, "y"), FP_CLOSED);
	assert_int_equal(child_try_reply(&r, 1, 0, "y"), FP_CLOSED);
	assert_int_equal(child_try_reply(&r, 2, 1, "y"), FP_CLOSED);
	assert_int_equal(child_try_reply(&r, 0, 1, "y"), FP_CLOSED);
	assert_int_equal(fp_child_outstanding(&r.child), 1);
	assert_int_equal(fp_child_tx_buf(&r.child).len, 0);
	child_reply(&r, 1, 1, "y");
	child_stop(&r);
}

/* The serial tells requests with the same id apart: an answer that comes too late does not hit the next one. */
static void a_stale_serial_is_refused(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, *state);
	child_ask(&r, 5, "x");
	child_reply(&r, r.mode->async ? 5 : 1, 1, "first");
	child_ask(&r, 5, "x");
	assert_int_equal(child_try_reply(&r, r.mode->async ? 5 : 1, 1, "stale"), FP_CLOSED);
	assert_int_equal(fp_child_outstanding(&r.child), 1);
	child_reply(&r, r.mode->async ? 5 : 1, 2, "second");
	child_write_all(&r);
	wire_frame(&w, r.mode, r.mode->async ? 5 : 1, "first");
	wire_frame(&w, r.mode, r.mode->async ? 5 : 1, "second");
	expect_sent(&r, &w);
	child_stop(&r);
}

/* ---- the end ---- */

static void end_of_file_while_idle(void **state)
{
	struct child_rig r;
	start_with_requests(&r, *state, 1);
	child_reply(&r, 1, 1, "y");
	expect_log(&r, "request 1 id 1 x\n");
	assert_true(fp_child_wants_input(&r.child));
	fp_child_rx_eof(&r.child);
	assert_false(fp_child_wants_input(&r.child));
	child_drain(&r);
	expect_log(&r, "ended\n");
	child_stop(&r);
}

/* SHUT-2, SHUT-3: everything that came whole is answered first; what is then unwritten is still there. */
static void end_of_file_with_requests_pending(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	start_with_requests(&r, *state, 3);
	child_eof(&r);
	assert_false(fp_child_wants_input(&r.child));
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t id = r.mode->async ? i : 1;
		child_event(&r, "ev");
		child_reply(&r, id, i, "y");
		wire_event(&w, r.mode, "ev");
		wire_frame(&w, r.mode, id, "y");
	}
	if (r.mode->async)
		expect_log(&r, "request 1 id 1 x\nrequest 2 id 2 x\nrequest 3 id 3 x\nended\n");
	else
		expect_log(&r, "request 1 id 1 x\nrequest 2 id 1 x\nrequest 3 id 1 x\nended\n");
	assert_int_equal(fp_child_tx_buf(&r.child).len, w.len);
	child_write_all(&r);
	expect_sent(&r, &w);
	child_stop(&r);
}

static void after_the_end_there_is_nothing(void **state)
{
	struct child_rig r;
	child_start(&r, *state);
	child_eof(&r);
	expect_log(&r, "ended\n");
	assert_false(fp_child_wants_input(&r.child));
	assert_int_equal(child_try_event(&r, "late"), FP_CLOSED);
	assert_int_equal(child_try_reply(&r, 1, 1, "late"), FP_CLOSED);
	assert_int_equal(fp_child_tx_buf(&r.child).len, 0);
	child_ask(&r, 1, "late");
	fp_child_rx_error(&r.child, FP_READ);
	child_drain(&r);
	child_eof(&r);
	expect_log(&r, "");
	child_stop(&r);
}

static void requests_never_answered_are_freed(void **state)
{
	struct child_rig r;
	start_with_requests(&r, *state, 20);
	child_eof(&r);
	assert_int_equal(fp_child_outstanding(&r.child), r.mode->async ? 20 : 1);
	assert_int_equal(r.terminals, 0);
	child_stop(&r);
}

/* ---- back-pressure ---- */

/* Queues exactly n octets of events, of which each has a frame of at most 70000. */
static void queue_events(struct child_rig *r, size_t n)
{
	static const uint8_t zeros[70000];
	while (n) {
		size_t len = n > 70000 ? 50000 : n; /* of the frame: 8 of head, 1 to 3 of the item's length */
		size_t item = len - 8 - (len - 8 <= 128 ? 1 : len - 8 <= 16385 ? 2 : 3);
		assert_int_equal(fp_child_event(&r->child, &(struct fp_item){zeros, item, FP_STRING}, 1), FP_NONE);
		n -= len;
	}
}

/* FP_CHILD_TX_BYTES_HIGH octets unsent are too many, one less is not. Written, the request that waits is given out. */
static void an_async_child_waits_for_its_peer_to_read(void **state)
{
	struct child_rig r;
	child_start(&r, *state);
	queue_events(&r, FP_CHILD_TX_BYTES_HIGH - 1 - 9);
	child_event(&r, "");
	assert_int_equal(fp_child_tx_buf(&r.child).len, FP_CHILD_TX_BYTES_HIGH - 1);
	assert_true(fp_child_wants_input(&r.child));
	child_ask(&r, 1, "a");
	expect_log(&r, "request 1 id 1 a\n");
	child_reply(&r, 1, 1, "y"); /* a frame of 10 octets */
	assert_false(fp_child_wants_input(&r.child));
	child_ask(&r, 2, "b");
	child_eof(&r);
	expect_log(&r, "");
	assert_int_equal(child_write(&r, 9), 9);
	assert_int_equal(fp_child_tx_buf(&r.child).len, FP_CHILD_TX_BYTES_HIGH);
	expect_log(&r, "");
	assert_int_equal(child_write(&r, 1), 1);
	expect_log(&r, "request 2 id 2 b\n");
	child_reply(&r, 2, 2, "y");
	child_write_all(&r);
	expect_log(&r, "ended\n");
	child_stop(&r);
}

static void wants_input_again_when_the_queue_is_shorter(void **state)
{
	struct child_rig r;
	child_start(&r, *state);
	queue_events(&r, FP_CHILD_TX_BYTES_HIGH);
	assert_false(fp_child_wants_input(&r.child));
	assert_int_equal(child_write(&r, 1), 1);
	assert_true(fp_child_wants_input(&r.child));
	child_stop(&r);
}

/* ---- memory ---- */

/* What a child with little to say may hold: a read's room, doubled at most, a short queue and its tables. */
#define QUIET_BYTES (2 * FP_READ_BYTES + FP_KEEP_BYTES + 4096)

/* A burst's memory is given back when it was not needed FP_KEEP_TIMES in a row. */
static void after_a_burst_memory_is_given_back(void **state)
{
	struct child_rig r;
	start_with_requests(&r, *state, 1);
	queue_events(&r, FP_CHILD_TX_BYTES_HIGH);
	child_reply(&r, 1, 1, "y");
	child_write_all(&r);
	assert_true(r.alloc.held > QUIET_BYTES);
	for (unsigned i = 2; i <= 2 + FP_KEEP_TIMES; i++) {
		child_ask(&r, 1, "x");
		child_reply(&r, 1, i, "y");
		child_write_all(&r);
	}
	assert_true(r.alloc.held <= QUIET_BYTES);
	child_stop(&r);
}

/* More than FP_KEEP_BYTES_MAX is given back at once. */
static void after_a_large_burst_memory_is_given_back_at_once(void **state)
{
	struct child_rig r;
	start_with_requests(&r, *state, 1);
	queue_events(&r, FP_KEEP_BYTES_MAX + 1000);
	child_write_all(&r);
	assert_true(r.alloc.held_max > FP_KEEP_BYTES_MAX);
	assert_true(r.alloc.held <= QUIET_BYTES);
	child_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SYNC(a_sync_child_is_given_one_request_at_a_time),
		IN_ASYNC(an_async_child_is_given_all_requests),
		IN_ASYNC(many_requests_are_outstanding),
		IN_ALL(items_stay_good_until_the_next_input),
		IN_ALL(replies_octet_for_octet),
		IN_ALL(replies_and_events_are_one_stream),
		IN_ASYNC(async_replies_go_out_in_any_order),
		IN_ASYNC(an_async_child_sends_events_at_any_time),
		IN_ALL(answering_twice_is_refused),
		IN_ASYNC(answering_twice_while_another_is_outstanding),
		IN_ALL(requests_that_never_were_cannot_be_answered),
		IN_ALL(a_stale_serial_is_refused),
		IN_ALL(end_of_file_while_idle),
		IN_ALL(end_of_file_with_requests_pending),
		IN_ALL(after_the_end_there_is_nothing),
		IN_ALL(requests_never_answered_are_freed),
		IN_ASYNC(an_async_child_waits_for_its_peer_to_read),
		IN_ASYNC(wants_input_again_when_the_queue_is_shorter),
		IN_ALL(after_a_burst_memory_is_given_back),
		IN_ALL(after_a_large_burst_memory_is_given_back_at_once),
	};
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
