/* A stream whose frames are known and a reader that is fed pieces of it. The stream is written by another way than the
 * code under test; exactly the frames whose last octet has arrived may come out, and they must. */
#ifndef FP_TESTS_FRAME_RIG_H
#define FP_TESTS_FRAME_RIG_H

#include "../../lib/core/frame.h"
#include "unit.h"

/* Requests of synchronous parents have no id, all else has one. */
static const struct fp_frame_format formats[] = {
	{FP_NETWORK, false},
	{FP_NETWORK, true},
	{FP_NATIVE, false},
	{FP_NATIVE, true},
};
#define FOR_EACH_FORMAT(f) \
	for (const struct fp_frame_format *f = formats; f < formats + sizeof formats / sizeof *formats; f++)

static inline int setup(void **state)
{
	(void)state;
	test_alloc_init(&mem);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	return mem.held == 0 ? 0 : -1;
}

/* The number in the byte order of the profile. */
static inline void write32(enum fp_profile profile, uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
	if (profile == FP_NATIVE)
		memcpy(to, &v, 4);
}

#define FRAMES_MAX 8

struct stream {
	struct fp_frame_format format;
	uint8_t *octets;
	size_t len;
	size_t n;
	size_t end[FRAMES_MAX]; /* of the stream, after each frame */
	uint32_t id[FRAMES_MAX];
};

static inline void stream_add(struct stream *s, uint32_t id, uint32_t len)
{
	size_t head = s->format.with_id ? 8 : 4;
	s->octets = realloc(s->octets, s->len + head + len);
	assert_non_null(s->octets);
	if (s->format.with_id)
		write32(s->format.profile, s->octets + s->len, id);
	write32(s->format.profile, s->octets + s->len + head - 4, len);
	for (size_t i = 0; i < len; i++)
		s->octets[s->len + head + i] = (uint8_t)(s->n * 50 + i);
	s->len += head + len;
	s->id[s->n] = s->format.with_id ? id : 0;
	s->end[s->n++] = s->len;
}

static inline struct stream short_stream(struct fp_frame_format f)
{
	struct stream s = {.format = f};
	stream_add(&s, 1, 0);
	stream_add(&s, 0x01020304, 3);
	stream_add(&s, 0, 0);
	stream_add(&s, UINT32_MAX, 1);
	stream_add(&s, 7, 9);
	return s;
}

struct check {
	struct fp_reader reader;
	const struct stream *stream;
	size_t fed, taken;
};

static inline void check_init(struct check *c, const struct stream *s, uint32_t payload_max)
{
	*c = (struct check){.stream = s};
	fp_reader_init(&c->reader, &mem.alloc, s->format, payload_max);
}

/* n octets arrive. */
static inline void give(struct fp_reader *r, const uint8_t *octets, size_t n)
{
	while (n) {
		struct fp_space space;
		assert_int_equal(fp_reader_buf(r, &space), FP_NONE);
		assert_true(space.len >= FP_READ_BYTES_MIN);
		size_t some = n < space.len ? n : space.len;
		memcpy(space.data, octets, some);
		fp_reader_ack(r, some);
		octets += some;
		n -= some;
	}
}

static inline void feed(struct check *c, size_t n)
{
	give(&c->reader, c->stream->octets + c->fed, n);
	c->fed += n;
}

static inline void expect_frame(struct check *c)
{
	const struct stream *s = c->stream;
	size_t at = c->taken ? s->end[c->taken - 1] : 0, head = s->format.with_id ? 8 : 4;
	struct fp_frame frame;
	assert_true(fp_reader_next(&c->reader, &frame));
	assert_int_equal(frame.offset, at);
	assert_int_equal(frame.id, s->id[c->taken]);
	assert_int_equal(frame.payload.len, s->end[c->taken] - at - head);
	assert_memory_equal(frame.payload.data, s->octets + at + head, frame.payload.len);
	assert_int_equal(c->reader.state, FP_READER_OPEN);
	c->taken++;
}

/* Exactly the frames whose last octet has arrived come out, then none, and `state` is what it is. */
static inline void expect(struct check *c, enum fp_reader_state state)
{
	struct fp_frame frame;
	while (c->taken < c->stream->n && c->stream->end[c->taken] <= c->fed)
		expect_frame(c);
	assert_false(fp_reader_next(&c->reader, &frame));
	assert_int_equal(c->reader.state, state);
	assert_false(fp_reader_next(&c->reader, &frame));
	assert_int_equal(c->reader.state, state);
}

static inline void expect_failure(struct check *c, enum fp_reason reason, uint64_t offset)
{
	expect(c, FP_READER_FAILED);
	assert_int_equal(c->reader.reason, reason);
	assert_int_equal(c->reader.reason_offset, offset);
}

static inline void check_end(struct check *c)
{
	fp_reader_eof(&c->reader);
	expect(c, FP_READER_ENDED);
	assert_int_equal(c->taken, c->stream->n);
	fp_reader_fini(&c->reader);
}

#endif
