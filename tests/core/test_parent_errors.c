/* core/parent: what a broken or hostile peer, a failing descriptor and a failing allocator come to: one FAILED with its
 * reason and offset, after the complete frames before it, and nothing after it, however the octets were cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent_rig.h"

/* Everything an owner could still do wrong or right after a failure: nothing comes of it. */
static void expect_silence(struct parent_rig *r)
{
	r->log.len = 0;
	r->log.s[0] = 0;
	parent_feed_frame(r, 0, "late");
	parent_feed_frame(r, 1, "late");
	fp_parent_rx_error(&r->parent, FP_READ);
	parent_drain(r);
	parent_eof(r);
	fp_parent_tx_error(&r->parent);
	parent_drain(r);
	fp_parent_close(&r->parent);
	parent_drain(r);
	assert_int_equal(parent_try_list(r, JOBS_MAX - 1, "y"), FP_CLOSED);
	assert_int_equal(fp_parent_tx_buf(&r->parent).len, 0);
	assert_false(fp_parent_is_half_close_due(&r->parent));
	assert_int_equal(r->terminals, 1);
	expect_log(r, "");
}

/* The connection failed like this; then silence, and the outstanding calls can be taken. */
#define expect_failure(r, lines, taken) \
	do { \
		expect_log(r, lines); \
		expect_silence(r); \
		parent_take_all(r); \
		expect_log(r, taken); \
		parent_stop(r); \
	} while (0)

/* ---- replies that match no request ---- */

static void a_reply_without_a_request(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	parent_feed_frame(&r, 0, "ev");
	parent_feed_frame(&r, 1, "what");
	expect_failure(&r, "event ev\nfailed unexpected 11\n", "");
}

static void an_unknown_id_among_outstanding_ones(void **state)
{
	static const uint32_t unknown[] = {3, 0x01000000u, 0x80000001u, 4294967295u};
	for (size_t i = 0; i < 4; i++) {
		struct parent_rig r;
		parent_start_calls(&r, *state, 2);
		parent_feed_frame(&r, unknown[i], "what");
		expect_failure(&r, "failed unexpected 0\n", "take 1 may-have-run\ntake 2 may-have-run\n");
	}
}

/* ERR-2, but nothing good behind it is delivered. */
static void frames_behind_a_bad_one_are_dropped(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start_calls(&r, *state, 2);
	wire_frame(&w, r.mode, 1, "good");
	wire_frame(&w, r.mode, 7, "bad");
	wire_frame(&w, r.mode, 2, "good");
	wire_event(&w, r.mode, "good");
	parent_feed_wire(&r, &w);
	expect_failure(&r, "result 1 good\nfailed unexpected 13\n", "take 2 may-have-run\n");
}

static void a_second_reply(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 1);
	parent_feed_frame(&r, 1, "a");
	parent_feed_frame(&r, 1, "b");
	expect_failure(&r, "result 1 a\nfailed unexpected 10\n", "");
}

static void a_second_reply_while_another_is_outstanding(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 2);
	parent_feed_frame(&r, 2, "a");
	parent_feed_frame(&r, 2, "b");
	expect_failure(&r, "result 2 a\nfailed unexpected 10\n", "take 1 may-have-run\n");
}

/* A reply to a call of `len` octets of payload of which n octets of the frame are written: good only with the last. */
static void reply_after(const struct mode *m, size_t len, size_t n)
{
	struct parent_rig r;
	bool is_whole = n == (m->async ? 8 : 4) + len;
	parent_start(&r, m);
	parent_call_long(&r, 1, len);
	while (r.sent.len < n && parent_write(&r, n - r.sent.len))
		;
	assert_int_equal(r.sent.len, n);
	parent_feed_frame(&r, 1, "ok");
	if (is_whole) {
		expect_log(&r, "result 1 ok\n");
		parent_stop(&r);
	} else {
		expect_failure(&r, "failed unexpected 0\n", "take 1\n");
	}
}

static void a_reply_before_its_request_is_written(void **state)
{
	const struct mode *m = *state;
	size_t head = m->async ? 8 : 4;
	for (size_t n = 0; n <= head + 3; n++)
		reply_after(m, 3, n);
	for (size_t n = 0; n <= 2; n++)
		reply_after(m, 20000, head + 20000 - n);
}

static void a_reply_to_a_call_not_given_out(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 1);
	parent_call(&r, 2, "unsent");
	parent_feed_frame(&r, 1, "ok");
	parent_feed_frame(&r, 2, "early");
	expect_failure(&r, "result 1 ok\nfailed unexpected 11\n", "take 2\n");
}

/* ---- payloads and lengths ---- */

struct bad_payload {
	const char *octets;
	size_t len, fault; /* octets of the payload before the faulty item */
};

static const struct bad_payload bad_payloads[] = {
	{"\x80", 1, 0},                                          /* SER-6 */
	{"\x01" "a" "\xff", 3, 2},
	{"\x05" "abcd", 5, 0},                                   /* SER-7 */
	{"\x00\x01" "a" "\x01", 4, 3},
	{"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, 0},     /* SER-8: 2^63 */
	{"\x82\x80\x80\x80\x80\x80\x80\x80\x80\x01" "a", 11, 0}, /* 2^64 + 1 */
};

static void wire_bad(struct wire *w, const struct mode *m, uint32_t id, const struct bad_payload *b)
{
	wire_head(w, m->profile, id, (uint32_t)b->len);
	wire_octets(w, b->octets, b->len);
}

static void malformed_payloads(void **state)
{
	for (size_t i = 0; i < sizeof bad_payloads / sizeof *bad_payloads; i++)
		for (uint32_t id = 0; id < 2; id++) {
			struct parent_rig r;
			struct wire w = {0};
			struct text expected = {.len = 0};
			parent_start_calls(&r, *state, 1);
			wire_event(&w, r.mode, "ev");
			wire_bad(&w, r.mode, id, &bad_payloads[i]);
			wire_frame(&w, r.mode, 1, "good");
			parent_feed_wire(&r, &w);
			text_add(&expected, "event ev\n");
			text_add_failed(&expected, FP_MALFORMED, 11 + 8 + bad_payloads[i].fault);
			expect_failure(&r, expected.s, "take 1 may-have-run\n");
		}
}

static void a_malformed_reply_to_nothing_is_unexpected(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	wire_bad(&w, r.mode, 1, &bad_payloads[0]);
	parent_feed_wire(&r, &w);
	expect_failure(&r, "failed unexpected 0\n", "");
}

/* FRM-7: as soon as the header is complete; the fault is the length field. */
static void a_length_above_the_limit(void **state)
{
	static const uint32_t lens[] = {51, 0x80000000u, 4294967295u};
	for (size_t i = 0; i < 3; i++) {
		struct parent_rig r;
		struct wire w = {0};
		parent_start_max(&r, *state, 50);
		wire_event(&w, r.mode, "ev");
		wire_head(&w, r.mode->profile, 0, lens[i]);
		parent_feed(&r, w.data, w.len - 1);
		expect_log(&r, "event ev\n");
		parent_feed(&r, w.data + w.len - 1, 1);
		wire_free(&w);
		expect_failure(&r, "failed too-long 15\n", "");
	}
}

static void a_length_at_the_limit(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	char item[49] = {0};
	parent_start_max(&r, *state, 50);
	wire_head(&w, r.mode->profile, 0, 50);
	wire_item(&w, item, 49);
	parent_feed_wire(&r, &w);
	expect_log(&r, "event [49]\n");
	parent_stop(&r);
}

/* ODD-2: a header may claim what it wants, memory is taken for what arrives: one read's room behind the octets that are
 * here, in a block that at most doubled. */
static void a_header_takes_no_memory(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	static uint8_t zeros[1000];
	size_t arrived = 8;
	parent_start_max(&r, *state, UINT32_MAX);
	wire_head(&w, r.mode->profile, 0, UINT32_MAX);
	parent_feed_wire(&r, &w);
	assert_true(r.alloc.held_max <= 2 * FP_READ_BYTES);
	while (arrived < 1000000) {
		arrived += parent_feed(&r, zeros, sizeof zeros);
		assert_true(r.alloc.held_max <= 2 * (arrived + FP_READ_BYTES));
	}
	parent_eof(&r);
	expect_failure(&r, "failed truncated 1000008\n", "");
}

/* ---- end of file ---- */

/* SHUT-6: an event of 13 octets behind another of 11, cut after n: every octet that came is counted. */
static void end_of_file_inside_a_frame(void **state)
{
	for (size_t n = 1; n < 13; n++)
		for (unsigned calls = 0; calls < 2; calls++) {
			struct parent_rig r;
			struct wire w = {0};
			struct text expected = {.len = 0};
			parent_start_calls(&r, *state, calls);
			fp_parent_close(&r.parent);
			wire_event(&w, r.mode, "ev");
			wire_event(&w, r.mode, "ab,c");
			parent_feed(&r, w.data, 11 + n);
			expect_log(&r, "event ev\n");
			wire_free(&w);
			parent_eof(&r);
			text_add_failed(&expected, FP_TRUNCATED, 11 + n);
			expect_failure(&r, expected.s, calls ? "take 1 may-have-run\n" : "");
		}
}

/* SHUT-4, SHUT-5: an end that was not asked for, or comes too early. */
static void end_of_file_that_is_not_due(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		bool is_closed = i & 1, is_outstanding = i & 2 || is_closed;
		struct parent_rig r;
		parent_start_calls(&r, *state, is_outstanding);
		parent_feed_frame(&r, 0, "ev");
		if (is_closed)
			fp_parent_close(&r.parent);
		parent_eof(&r);
		expect_failure(&r, "event ev\nfailed eof 11\n", is_outstanding ? "take 1 may-have-run\n" : "");
	}
}

static void end_of_file_before_the_last_request_is_written(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	parent_call(&r, 1, "x");
	fp_parent_close(&r.parent);
	parent_eof(&r);
	expect_failure(&r, "failed eof 0\n", "take 1\n");
}

/* ---- errors of the descriptor ---- */

/* Two frames and 5 octets of a third are here, not looked at yet. */
static void start_with_frames(struct parent_rig *r, const struct mode *m)
{
	struct wire w = {0};
	parent_start_calls(r, m, 3);
	wire_frame(&w, m, 1, "ok");
	wire_event(&w, m, "ev");
	wire_frame(&w, m, 2, "cut");
	assert_int_equal(parent_arrive(r, w.data, 27), 27);
	wire_free(&w);
}

/* Of what was read to its end the oldest alone can have begun; else answers may lie unread. */
#define TAKEN(m, reason) ((m)->async || (reason) != FP_EOF ? "take 2 may-have-run\ntake 3 may-have-run\n" : "take 2 may-have-run\ntake 3\n")

static void a_read_error_comes_after_complete_frames(void **state)
{
	static const enum fp_reason reasons[] = {FP_READ, FP_EOF, FP_NOMEM};
	for (size_t i = 0; i < 3; i++) {
		struct parent_rig r;
		struct text expected = {.len = 0};
		start_with_frames(&r, *state);
		fp_parent_rx_error(&r.parent, reasons[i]);
		parent_drain(&r);
		text_add(&expected, "result 1 ok\nevent ev\n");
		text_add_failed(&expected, reasons[i], 27);
		expect_failure(&r, expected.s, TAKEN(r.mode, reasons[i]));
	}
}

static void a_write_error_comes_after_complete_frames(void **state)
{
	struct parent_rig r;
	start_with_frames(&r, *state);
	fp_parent_tx_error(&r.parent);
	assert_int_equal(fp_parent_tx_buf(&r.parent).len, 0);
	parent_drain(&r);
	expect_failure(&r, "result 1 ok\nevent ev\nfailed write 27\n", TAKEN(r.mode, FP_WRITE));
}

static void a_write_error_inside_a_request(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	parent_call(&r, 1, "x");
	parent_call_long(&r, 2, 20000);
	parent_call(&r, 3, "x");
	parent_write(&r, SIZE_MAX);
	assert_int_equal(parent_write(&r, 7), 7);
	fp_parent_tx_error(&r.parent);
	assert_int_equal(fp_parent_tx_buf(&r.parent).len, 0);
	parent_drain(&r);
	expect_failure(&r, "failed write 0\n", "take 1 may-have-run\ntake 2\ntake 3\n");
}

/* A fault among the frames that are here wins: it is what came first. */
static void a_fault_before_the_error_is_the_one_reported(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start_calls(&r, *state, 1);
	wire_event(&w, r.mode, "ev");
	wire_bad(&w, r.mode, 1, &bad_payloads[1]);
	assert_int_equal(parent_arrive(&r, w.data, w.len), w.len);
	wire_free(&w);
	fp_parent_rx_error(&r.parent, FP_READ);
	parent_drain(&r);
	expect_failure(&r, "event ev\nfailed malformed 21\n", "take 1 may-have-run\n");
}

/* ---- failing allocations ---- */

static void no_room_to_read_counts_what_came(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	struct text expected = {.len = 0};
	size_t arrived;
	parent_start_calls(&r, *state, 1);
	wire_event(&w, r.mode, "ev");
	wire_head(&w, r.mode->profile, 0, 90000);
	memset(wire_room(&w, 89999), 0, 89999);
	assert_int_equal(parent_feed(&r, w.data, 24), 24);
	expect_log(&r, "event ev\n");
	r.alloc.fail_at = r.alloc.requests + 1;
	r.alloc.fail_after = true;
	for (arrived = 24; arrived < w.len && parent_feed(&r, w.data + arrived, 1); arrived++)
		;
	assert_true(arrived < w.len);
	wire_free(&w);
	text_add_failed(&expected, FP_NOMEM, arrived);
	expect_failure(&r, expected.s, "take 1 may-have-run\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ALL(a_reply_without_a_request),
		IN_ASYNC(an_unknown_id_among_outstanding_ones),
		IN_ASYNC(frames_behind_a_bad_one_are_dropped),
		IN_ALL(a_second_reply),
		IN_ASYNC(a_second_reply_while_another_is_outstanding),
		IN_ALL(a_reply_before_its_request_is_written),
		IN_ALL(a_reply_to_a_call_not_given_out),
		IN_ALL(malformed_payloads),
		IN_ALL(a_malformed_reply_to_nothing_is_unexpected),
		IN_ALL(a_length_above_the_limit),
		IN_ALL(a_length_at_the_limit),
		IN_ALL(a_header_takes_no_memory),
		IN_ALL(end_of_file_inside_a_frame),
		IN_ALL(end_of_file_that_is_not_due),
		IN_ALL(end_of_file_before_the_last_request_is_written),
		IN_ALL(a_read_error_comes_after_complete_frames),
		IN_ALL(a_write_error_comes_after_complete_frames),
		IN_ALL(a_write_error_inside_a_request),
		IN_ALL(a_fault_before_the_error_is_the_one_reported),
		IN_ALL(no_room_to_read_counts_what_came),
	};
	return cmocka_run_group_tests_name("parent errors", tests, NULL, NULL);
}
