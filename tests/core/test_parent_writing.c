/* core/parent: what it gives out to be written and from where: short frames gathered up to a batch, long ones in place,
 * under writes of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent_rig.h"

static size_t head_len(const struct mode *m)
{
	return m->async ? 8 : 4;
}

/* Where the frame of a call begins in its owner's memory. */
static const uint8_t *frame_of(const struct parent_rig *r, unsigned number)
{
	return r->jobs[number]->call.frame + FP_FRAME_HEAD_MAX - head_len(r->mode);
}

/* What should go out for a call, by its number and id: header by hand, payload as its owner has it. */
static void wire_call(struct wire *w, const struct parent_rig *r, unsigned number, uint32_t id)
{
	const struct fp_call *call = &r->jobs[number]->call;
	wire_request_head(w, r->mode, id, (uint32_t)call->payload_len);
	wire_octets(w, call->frame + FP_FRAME_HEAD_MAX, call->payload_len);
}

static void expect_span(struct parent_rig *r, const uint8_t *data, size_t len)
{
	struct fp_span out = fp_parent_tx_buf(&r->parent);
	assert_int_equal(out.len, len);
	if (len)
		assert_ptr_equal(out.data, data);
}

/* ---- in place ---- */

/* FP_COPY_BYTES is the longest payload that is copied. */
static void a_longer_payload_is_written_from_where_it_is(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_call_long(&r, 1, FP_COPY_BYTES);
	wire_call(&w, &r, 1, 1);
	const uint8_t *frame = frame_of(&r, 1);
	const uint8_t *out = fp_parent_tx_buf(&r.parent).data;
	assert_true(out + FP_COPY_BYTES < frame || out >= frame + head_len(r.mode) + FP_COPY_BYTES);
	parent_write_all(&r);
	parent_call_long(&r, 2, FP_COPY_BYTES + 1);
	wire_call(&w, &r, 2, 2);
	expect_span(&r, frame_of(&r, 2), head_len(r.mode) + FP_COPY_BYTES + 1);
	parent_write_all(&r);
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* One long frame, written in pieces of `piece` octets after a first one of `first`. */
static void write_in_pieces(const struct mode *m, uint8_t *frame, size_t first, size_t piece)
{
	struct test_alloc alloc;
	struct fp_parent p;
	struct fp_wire wire = {m->profile, m->async, PAYLOAD_MAX, &fp_string_serialiser};
	struct fp_call call = {.frame = frame, .payload_len = FP_COPY_BYTES + 1};
	size_t len = head_len(m) + call.payload_len;
	test_alloc_init(&alloc);
	fp_parent_init(&p, &alloc.alloc, &wire);
	assert_int_equal(fp_parent_call(&p, &call), FP_NONE);
	for (size_t done = 0, n = first; done < len; done += n, n = piece < len - done ? piece : len - done) {
		struct fp_span out = fp_parent_tx_buf(&p);
		if (out.data != frame + FP_FRAME_HEAD_MAX - head_len(m) + done || out.len != len - done)
			fail_msg("after %zu of %zu octets, pieces of %zu: %zu left", done, len, piece, out.len);
		fp_parent_tx_ack(&p, n);
	}
	assert_int_equal(fp_parent_tx_buf(&p).len, 0);
	fp_parent_fini(&p);
	assert_int_equal(alloc.held, 0);
}

static void a_long_frame_goes_out_in_pieces_of_any_size(void **state)
{
	const struct mode *m = *state;
	static uint8_t frame[FP_FRAME_HEAD_MAX + FP_COPY_BYTES + 1];
	size_t len = head_len(m) + FP_COPY_BYTES + 1;
	struct wire head = {0};
	for (size_t n = 1; n <= len; n++) {
		write_in_pieces(m, frame, n, len);
		write_in_pieces(m, frame, n, n);
	}
	wire_request_head(&head, m, 1, FP_COPY_BYTES + 1);
	assert_memory_equal(frame + FP_FRAME_HEAD_MAX - head_len(m), head.data, head.len);
	wire_free(&head);
}

static void nothing_written_is_no_progress(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	fp_parent_tx_ack(&r.parent, 0);
	parent_call(&r, 1, "short");
	parent_call_long(&r, 2, 20000);
	wire_call(&w, &r, 1, 1);
	wire_call(&w, &r, 2, 2);
	for (size_t left = w.len; left; left -= parent_write(&r, 10000))
		assert_int_equal(parent_write(&r, 0), 0);
	fp_parent_tx_ack(&r.parent, 0);
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* ---- order ---- */

/* Short and long calls mixed, written n octets at a time, a reply between: the stream is the calls in order. */
static void write_mixed(const struct mode *m, size_t n)
{
	static const size_t lens[] = {3, 0, 20000, 1, 16384, 16385, 30000, 7};
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, m);
	for (unsigned i = 0; i < 8; i++) {
		parent_call_long(&r, i + 1, lens[i]);
		wire_call(&w, &r, i + 1, i + 1);
	}
	bool is_answered = false;
	while (parent_write(&r, n)) {
		if (!is_answered && r.sent.len > 50000) {
			parent_feed_frame(&r, 1, "early bird");
			is_answered = true;
		}
	}
	assert_true(is_answered);
	expect_log(&r, "result 1 early bird\n");
	expect_sent(&r, &w);
	parent_stop(&r);
}

static void short_and_long_frames_keep_their_order(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 5, 7, 8, 9, 4095, 16383, 16384, 16385, 20008, 40000, SIZE_MAX};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		write_mixed(*state, sizes[i]);
}

/* ---- gathering ---- */

/* Frames of 64 octets, so that a whole number of them makes a batch. */
static void call_64(struct parent_rig *r, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		parent_call_long(r, i, 64 - head_len(r->mode));
}

static void calls_made_together_leave_in_one_write(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	call_64(&r, 1, 100);
	for (unsigned i = 1; i <= 100; i++)
		wire_call(&w, &r, i, i);
	assert_int_equal(parent_write(&r, SIZE_MAX), 6400);
	assert_int_equal(parent_write(&r, SIZE_MAX), 0);
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* What came while the peer did not read is gathered behind the rest. */
static void later_calls_join_what_is_unwritten(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	call_64(&r, 1, 2);
	assert_int_equal(parent_write(&r, 100), 100);
	call_64(&r, 3, 3);
	assert_int_equal(parent_write(&r, SIZE_MAX), 28 + 64);
	parent_stop(&r);
}

/* Exactly FP_BATCH_BYTES in one write, and nothing more is given out before something was written, so the rest can
 * still be withdrawn. */
static void a_batch_has_a_limit(void **state)
{
	struct parent_rig r;
	unsigned fit = FP_BATCH_BYTES / 64;
	parent_start(&r, *state);
	call_64(&r, 1, fit + 5);
	assert_int_equal(fp_parent_tx_buf(&r.parent).len, FP_BATCH_BYTES);
	assert_int_equal(fp_parent_tx_buf(&r.parent).len, FP_BATCH_BYTES);
	assert_false(parent_withdraw(&r, fit));
	assert_true(parent_withdraw(&r, fit + 1));
	assert_int_equal(parent_write(&r, SIZE_MAX), FP_BATCH_BYTES);
	assert_int_equal(parent_write(&r, SIZE_MAX), 4 * 64);
	assert_int_equal(parent_write(&r, SIZE_MAX), 0);
	parent_stop(&r);
}

/* Whatever the frames' sizes: a write carries more than one of them, and never a frame more than the batch. */
static void the_batch_limit_holds_for_any_frame(void **state)
{
	for (size_t len = 1; len <= FP_COPY_BYTES; len = len * 2 + 1) {
		struct parent_rig r;
		size_t frame_len = head_len(*state) + len;
		parent_start(&r, *state);
		unsigned n_calls = 4 * FP_BATCH_BYTES / frame_len < 1000 ? (unsigned)(4 * FP_BATCH_BYTES / frame_len) + 1 : 1000;
		for (unsigned i = 1; i <= n_calls; i++)
			parent_call_long(&r, i, len);
		for (size_t left = n_calls * frame_len; left;) {
			size_t n = parent_write(&r, SIZE_MAX);
			assert_true(n % frame_len == 0 && n < FP_BATCH_BYTES + frame_len);
			assert_true(n == left || n > FP_BATCH_BYTES - frame_len);
			left -= n;
		}
		parent_stop(&r);
	}
}

/* A call of which nothing was in what tx_buf answered was not given out. */
static void calls_behind_a_long_frame_can_be_withdrawn(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_call_long(&r, 1, 20000);
	parent_call(&r, 2, "b");
	parent_call(&r, 3, "c");
	wire_call(&w, &r, 1, 1);
	wire_call(&w, &r, 3, 2);
	assert_int_equal(parent_write(&r, 5), 5);
	assert_true(parent_withdraw(&r, 2));
	parent_write_all(&r);
	expect_sent(&r, &w);
	parent_stop(&r);
}

static void a_long_call_behind_short_ones_can_be_withdrawn(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_call(&r, 1, "a");
	parent_call_long(&r, 2, 20000);
	parent_call(&r, 3, "c");
	wire_call(&w, &r, 1, 1);
	wire_call(&w, &r, 3, 2);
	assert_true(fp_parent_tx_buf(&r.parent).len < 20000);
	assert_true(parent_withdraw(&r, 2));
	parent_write_all(&r);
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* ---- memory ---- */

/* No memory to gather in: everything is written from where it is. */
static void without_memory_short_frames_go_out_all_the_same(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	for (unsigned i = 1; i <= 3; i++) {
		parent_call(&r, i, "x,y");
		wire_call(&w, &r, i, i);
	}
	r.alloc.fail_at = r.alloc.requests + 1;
	r.alloc.fail_after = true;
	assert_false(fp_parent_is_half_close_due(&r.parent));
	fp_parent_close(&r.parent);
	while (parent_write(&r, 3))
		;
	assert_true(fp_parent_is_half_close_due(&r.parent));
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* Memory ends when a batch has begun. */
static void memory_may_end_inside_a_batch(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, *state);
	parent_call(&r, 1, "first");
	assert_true(fp_parent_tx_buf(&r.parent).len > 0);
	for (unsigned i = 2; i <= 4; i++)
		parent_call_long(&r, i, 10000);
	for (unsigned i = 1; i <= 4; i++)
		wire_call(&w, &r, i, i);
	r.alloc.fail_at = r.alloc.requests + 1;
	r.alloc.fail_after = true;
	parent_write_all(&r);
	expect_sent(&r, &w);
	parent_stop(&r);
}

/* What a connection with little to say may hold: a small room to read into, a short queue and its tables. */
#define QUIET_BYTES (2 * FP_KEEP_BYTES)

/* A burst's memory is given back when it was not needed FP_KEEP_TIMES in a row. */
static void after_a_burst_memory_is_given_back(void **state)
{
	struct parent_rig r;
	struct wire w = {0};
	unsigned number = 1;
	parent_start(&r, *state);
	for (; number <= 50; number++) {
		parent_call_long(&r, number, 10000);
		wire_frame(&w, r.mode, number, "ok");
	}
	parent_write_all(&r);
	parent_feed_wire(&r, &w);
	assert_true(r.alloc.held > QUIET_BYTES);
	for (unsigned i = 0; i <= FP_KEEP_TIMES; i++, number++) {
		parent_call(&r, number, "x");
		parent_write_all(&r);
		parent_feed_frame(&r, number, "ok");
	}
	assert_true(r.alloc.held <= QUIET_BYTES);
	parent_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ALL(a_longer_payload_is_written_from_where_it_is),
		IN_ALL(a_long_frame_goes_out_in_pieces_of_any_size),
		IN_ALL(nothing_written_is_no_progress),
		IN_ALL(short_and_long_frames_keep_their_order),
		IN_ALL(calls_made_together_leave_in_one_write),
		IN_ALL(later_calls_join_what_is_unwritten),
		IN_ALL(a_batch_has_a_limit),
		IN_ALL(the_batch_limit_holds_for_any_frame),
		IN_ALL(calls_behind_a_long_frame_can_be_withdrawn),
		IN_ALL(a_long_call_behind_short_ones_can_be_withdrawn),
		IN_ALL(without_memory_short_frames_go_out_all_the_same),
		IN_ALL(memory_may_end_inside_a_batch),
		IN_ALL(after_a_burst_memory_is_given_back),
	};
	return cmocka_run_group_tests_name("parent writing", tests, NULL, NULL);
}
