/* core/child: what a broken or hostile peer and a failing descriptor come to: one FAILED with its reason and offset,
 * after the complete requests before it, and nothing after it; and replies that cannot be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child_rig.h"

static size_t head_len(const struct mode *m)
{
	return m->async ? 8 : 4;
}

/* One request with the argument "x" and id 1, answered or not; its frame has head_len + 2 octets. */
static void start_with_request(struct child_rig *r, const struct mode *m, bool is_answered)
{
	child_start(r, m);
	child_ask(r, 1, "x");
	expect_log(r, "request 1 id 1 x\n");
	if (is_answered)
		child_reply(r, 1, 1, "y");
}

/* The log ends with a failure; then no input does anything, and nothing but what was there is written. */
static void expect_failure(struct child_rig *r, const char *before, enum fp_reason reason, uint64_t offset)
{
	struct text expected = {.len = 0};
	size_t unsent = fp_child_tx_buf(&r->child).len;
	text_add(&expected, "%s", before);
	text_add_failed(&expected, reason, offset);
	expect_log(r, expected.s);
	assert_false(fp_child_wants_input(&r->child));
	assert_int_equal(child_try_event(r, "late"), FP_CLOSED);
	child_ask(r, 77, "late");
	fp_child_rx_error(&r->child, FP_READ);
	child_drain(r);
	child_eof(r);
	assert_int_equal(r->terminals, 1);
	expect_log(r, "");
	assert_int_equal(fp_child_tx_buf(&r->child).len, unsent);
	child_write_all(r);
	child_stop(r);
}

/* ---- ids ---- */

static void id_0_is_refused(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	start_with_request(&r, *state, true);
	wire_request(&w, r.mode, 0, "bad");
	wire_request(&w, r.mode, 2, "good");
	child_feed_wire(&r, &w);
	expect_failure(&r, "", FP_BAD_ID, 10);
}

static void the_id_of_an_outstanding_request_is_refused(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, *state);
	wire_request(&w, r.mode, 9, "a");
	wire_request(&w, r.mode, 4, "b");
	wire_request(&w, r.mode, 9, "c");
	wire_request(&w, r.mode, 5, "d");
	child_feed_wire(&r, &w);
	expect_failure(&r, "request 1 id 9 a\nrequest 2 id 4 b\n", FP_BAD_ID, 20);
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
	{"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, 0},     /* SER-8: 2^63 */
	{"\x82\x80\x80\x80\x80\x80\x80\x80\x80\x01" "a", 11, 0}, /* 2^64 + 1 */
};

static void wire_bad(struct wire *w, const struct mode *m, uint32_t id, const struct bad_payload *b)
{
	wire_request_head(w, m, id, (uint32_t)b->len);
	wire_octets(w, b->octets, b->len);
}

static void malformed_payloads(void **state)
{
	for (size_t i = 0; i < sizeof bad_payloads / sizeof *bad_payloads; i++) {
		struct child_rig r;
		struct wire w = {0};
		start_with_request(&r, *state, true);
		wire_bad(&w, r.mode, 2, &bad_payloads[i]);
		wire_request(&w, r.mode, 3, "good");
		child_feed_wire(&r, &w);
		expect_failure(&r, "", FP_MALFORMED, 2 * head_len(r.mode) + 2 + bad_payloads[i].fault);
	}
}

/* FRM-7: as soon as the header is complete; the fault is the length field. */
static void a_length_above_the_limit(void **state)
{
	static const uint32_t lens[] = {PAYLOAD_MAX + 1, 0x80000000u, 4294967295u};
	for (size_t i = 0; i < 3; i++) {
		struct child_rig r;
		struct wire w = {0};
		start_with_request(&r, *state, true);
		wire_request_head(&w, r.mode, 2, lens[i]);
		child_feed(&r, w.data, w.len - 1);
		expect_log(&r, "");
		child_feed(&r, w.data + w.len - 1, 1);
		wire_free(&w);
		expect_failure(&r, "", FP_TOO_LONG, 2 * head_len(r.mode) + 2 - 4);
	}
}

static void a_length_at_the_limit(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	static const uint8_t item[PAYLOAD_MAX - 3];
	child_start(&r, *state);
	wire_request_head(&w, r.mode, 1, PAYLOAD_MAX);
	wire_item(&w, item, sizeof item);
	child_feed_wire(&r, &w);
	expect_log(&r, "request 1 id 1 [99997]\n");
	child_stop(&r);
}

/* A sync child looks at what is behind a request when it has answered it; an async one has failed by then. */
static void fault_behind_request(const struct mode *m, struct wire *w, enum fp_reason reason, uint64_t offset)
{
	struct child_rig r;
	start_with_request(&r, m, false);
	child_feed_wire(&r, w);
	if (!m->async) {
		expect_log(&r, "");
		child_reply(&r, 1, 1, "y");
	}
	expect_failure(&r, "", reason, offset);
}

static void a_fault_behind_a_request(void **state)
{
	const struct mode *m = *state;
	struct wire w = {0};
	uint64_t payload = 2 * head_len(m) + 2;
	wire_bad(&w, m, 2, &bad_payloads[1]);
	fault_behind_request(m, &w, FP_MALFORMED, payload + 2);
	wire_request_head(&w, m, 2, PAYLOAD_MAX + 1);
	fault_behind_request(m, &w, FP_TOO_LONG, payload - 4);
}

static void a_header_takes_no_memory(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	static const uint8_t zeros[1000];
	child_start_with(&r, *state, UINT32_MAX, &fp_string_serialiser);
	wire_request_head(&w, r.mode, 1, UINT32_MAX);
	size_t arrived = w.len, head = w.len;
	child_feed_wire(&r, &w);
	assert_true(r.alloc.held_max <= 2 * FP_READ_BYTES);
	while (arrived < 1000000) {
		arrived += child_feed(&r, zeros, sizeof zeros);
		assert_true(r.alloc.held_max <= 2 * (arrived + FP_READ_BYTES));
	}
	child_eof(&r);
	expect_failure(&r, "", FP_TRUNCATED, 1000000 + head);
}

/* ---- end of file and errors of the descriptor ---- */

/* SHUT-6: every octet that came is counted; a request that came whole is answered first. */
static void end_of_file_inside_a_request(void **state)
{
	size_t len = head_len(*state) + 4;
	for (size_t n = 1; n < len; n++)
		for (unsigned is_answered = 0; is_answered < 2; is_answered++) {
			struct child_rig r;
			struct wire w = {0};
			start_with_request(&r, *state, is_answered);
			wire_request(&w, r.mode, 2, "ab,");
			child_feed(&r, w.data, n);
			wire_free(&w);
			child_eof(&r);
			if (!is_answered) {
				expect_log(&r, "");
				assert_false(fp_child_wants_input(&r.child));
				child_event(&r, "ev");
				child_reply(&r, 1, 1, "y");
			}
			expect_failure(&r, "", FP_TRUNCATED, head_len(r.mode) + 2 + n);
		}
}

static void a_read_error_comes_after_complete_requests(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, *state);
	wire_request(&w, r.mode, 1, "x");
	wire_request(&w, r.mode, 2, "y");
	wire_request(&w, r.mode, 3, "cut");
	size_t n = w.len - 1;
	assert_int_equal(child_arrive(&r, w.data, n), n);
	wire_free(&w);
	fp_child_rx_error(&r.child, FP_READ);
	child_drain(&r);
	if (r.mode->async) {
		expect_failure(&r, "request 1 id 1 x\nrequest 2 id 2 y\n", FP_READ, n);
		return;
	}
	expect_log(&r, "request 1 id 1 x\n");
	child_reply(&r, 1, 1, NULL);
	expect_log(&r, "request 2 id 1 y\n");
	child_reply(&r, 1, 2, NULL);
	expect_failure(&r, "", FP_READ, n);
}

static void no_room_to_read_counts_what_came(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	size_t arrived;
	start_with_request(&r, *state, true);
	wire_request_head(&w, r.mode, 2, 90000);
	memset(wire_room(&w, 89999), 0, 89999);
	assert_int_equal(child_feed(&r, w.data, 3), 3);
	r.alloc.fail_at = r.alloc.requests + 1;
	r.alloc.fail_after = true;
	for (arrived = 3; arrived < w.len && child_feed(&r, w.data + arrived, 1); arrived++)
		;
	assert_true(arrived < w.len);
	wire_free(&w);
	expect_failure(&r, "", FP_NOMEM, head_len(r.mode) + 2 + arrived);
}

/* ---- replies that cannot be sent ---- */

/* A reply of a payload as long as the limit; one octet more is refused, leaves nothing behind, and the request is still
 * to be answered. The same for events. */
static void replies_have_a_limit(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	static const uint8_t octets[PAYLOAD_MAX];
	struct fp_item item = {octets, PAYLOAD_MAX - 2, FP_STRING}, fits = {octets, PAYLOAD_MAX - 3, FP_STRING};
	start_with_request(&r, *state, false);
	child_event(&r, "ev");
	assert_int_equal(fp_child_reply(&r.child, 1, 1, &item, 1), FP_TOO_LONG);
	assert_int_equal(fp_child_event(&r.child, &item, 1), FP_TOO_LONG);
	assert_int_equal(fp_child_outstanding(&r.child), 1);
	assert_int_equal(fp_child_event(&r.child, &fits, 1), FP_NONE);
	assert_int_equal(fp_child_reply(&r.child, 1, 1, &fits, 1), FP_NONE);
	assert_int_equal(fp_child_outstanding(&r.child), 0);
	child_write_all(&r);
	wire_event(&w, r.mode, "ev");
	for (uint32_t id = 0; id < 2; id++) {
		wire_head(&w, r.mode->profile, id, PAYLOAD_MAX);
		wire_item(&w, octets, fits.len);
	}
	expect_sent(&r, &w);
	child_stop(&r);
}

/* An empty buffer above FP_KEEP_BYTES_MAX gives its memory back at once, also where nothing of it ever went out. */
static void a_refused_reply_keeps_no_memory(void **state)
{
	struct child_rig r;
	static const uint8_t octets[FP_KEEP_BYTES_MAX + 1];
	struct fp_item item = {octets, sizeof octets, FP_STRING};
	start_with_request(&r, *state, false);
	assert_int_equal(fp_child_reply(&r.child, 1, 1, &item, 1), FP_TOO_LONG);
	assert_int_equal(fp_child_tx_buf(&r.child).len, 0);
	assert_true(r.alloc.held < FP_KEEP_BYTES_MAX);
	child_stop(&r);
}

/* A serialiser that writes something before it finds that an item cannot be expressed, and reads nothing but "ok". */
static enum fp_reason picky_add(void *ctx, const struct fp_item *item, size_t n, struct fp_buf *out)
{
	(void)ctx;
	(void)n;
	enum fp_reason reason = fp_buf_put(out, item->data, item->len);
	return reason || item->kind == FP_STRING ? reason : FP_MALFORMED;
}

static enum fp_reason picky_close(void *ctx, size_t n, struct fp_buf *out)
{
	(void)ctx;
	(void)n;
	(void)out;
	return FP_NONE;
}

static enum fp_reason picky_thaw(void *ctx, struct fp_span payload, struct fp_args *list, size_t *fault)
{
	(void)ctx;
	for (*fault = 0; *fault < payload.len; ++*fault)
		if (payload.data[*fault] == '?')
			return FP_MALFORMED;
	return fp_args_refer(list, (struct fp_item){payload.data, payload.len, FP_VALUE});
}

static const struct fp_serialiser picky = {"picky", NULL, picky_add, picky_close, picky_thaw};

static void ask_picky(struct child_rig *r, uint32_t id, const char *payload)
{
	struct wire w = {0};
	wire_request_head(&w, r->mode, id, (uint32_t)strlen(payload));
	wire_octets(&w, payload, strlen(payload));
	child_feed_wire(r, &w);
}

static void items_that_cannot_be_expressed(void **state)
{
	struct child_rig r;
	struct wire w = {0};
	struct fp_item items[] = {{"good", 4, FP_STRING}, {"bad", 3, FP_VALUE}};
	child_start_with(&r, *state, PAYLOAD_MAX, &picky);
	ask_picky(&r, 1, "ok");
	expect_log(&r, "request 1 id 1 ok\n");
	assert_int_equal(fp_child_event(&r.child, items, 1), FP_NONE);
	assert_int_equal(fp_child_event(&r.child, items, 2), FP_MALFORMED);
	assert_int_equal(fp_child_reply(&r.child, 1, 1, items, 2), FP_MALFORMED);
	assert_int_equal(fp_child_outstanding(&r.child), 1);
	assert_int_equal(fp_child_reply(&r.child, 1, 1, items, 1), FP_NONE);
	child_write_all(&r);
	for (uint32_t id = 0; id < 2; id++) {
		wire_head(&w, r.mode->profile, id, 4);
		wire_octets(&w, "good", 4);
	}
	expect_sent(&r, &w);
	child_stop(&r);
}

/* The serialiser says where in the payload the fault is. */
static void the_fault_is_where_the_serialiser_says(void **state)
{
	struct child_rig r;
	child_start_with(&r, *state, PAYLOAD_MAX, &picky);
	ask_picky(&r, 1, "hm... ?");
	expect_failure(&r, "", FP_MALFORMED, head_len(r.mode) + 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ASYNC(id_0_is_refused),
		IN_ASYNC(the_id_of_an_outstanding_request_is_refused),
		IN_ALL(malformed_payloads),
		IN_ALL(a_length_above_the_limit),
		IN_ALL(a_length_at_the_limit),
		IN_ALL(a_fault_behind_a_request),
		IN_ALL(a_header_takes_no_memory),
		IN_ALL(end_of_file_inside_a_request),
		IN_ALL(a_read_error_comes_after_complete_requests),
		IN_ALL(no_room_to_read_counts_what_came),
		IN_ALL(replies_have_a_limit),
		IN_ALL(a_refused_reply_keeps_no_memory),
		IN_ALL(items_that_cannot_be_expressed),
		IN_ALL(the_fault_is_where_the_serialiser_says),
	};
	return cmocka_run_group_tests_name("child errors", tests, NULL, NULL);
}
