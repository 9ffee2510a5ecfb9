/* Tests of core/frame: a reader past its limit, its memory, faults that its owner finds, and what arrives too late.
 * Knows only frame.h and clauses FRM-7 and FRM-8. */
#include "frame_rig.h"

/* ---- the limit -------------------------------------------------------------------------------------- */

static void test_limit(void **state)
{
	(void)state;
	static const uint32_t limits[] = {0, 1, 2, 300, 70000};
	FOR_EACH_FORMAT(f) {
		for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
			struct stream s = {.format = *f};
			struct check c;
			stream_add(&s, 1, limits[i]);
			stream_add(&s, 2, 0);
			check_init(&c, &s, limits[i]);
			feed(&c, s.len);
			check_end(&c);
			free(s.octets);
		}
	}
}

/* One octet of payload too many: known from the header's last octet on and not before, at the length's offset. */
static void one_too_many(struct fp_frame_format f, uint32_t limit, uint32_t announced)
{
	struct stream s = {.format = f};
	stream_add(&s, 1, 0);
	stream_add(&s, 2, limit < 9 ? limit : 9);
	size_t good = s.len, head = f.with_id ? 8 : 4;
	stream_add(&s, 3, 0);
	write32(f.profile, s.octets + s.len - 4, announced);
	s.n--;
	struct check c;
	check_init(&c, &s, limit);
	feed(&c, good + head - 1);
	expect(&c, FP_READER_OPEN);
	feed(&c, 1);
	expect_failure(&c, FP_TOO_LONG, good + head - 4);
	fp_reader_eof(&c.reader);
	expect_failure(&c, FP_TOO_LONG, good + head - 4);
	fp_reader_fini(&c.reader);
	check_init(&c, &s, limit);
	feed(&c, s.len);
	fp_reader_eof(&c.reader);
	expect_failure(&c, FP_TOO_LONG, good + head - 4);
	fp_reader_fini(&c.reader);
	free(s.octets);
}

static void test_past_the_limit(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		one_too_many(*f, 0, 1);
		one_too_many(*f, 9, 10);
		one_too_many(*f, 9, 0x80000000);
		one_too_many(*f, 9, UINT32_MAX);
		one_too_many(*f, 0x7fffffff, 0x80000000);
		one_too_many(*f, UINT32_MAX - 1, UINT32_MAX);
	}
}

/* FRM-8: a small length in the other byte order is past any sensible limit. */
static void test_other_byte_order(void **state)
{
	(void)state;
	static const uint8_t little_endian[] = {1, 0, 0, 0, 1, 0, 0, 0, 0xff};
	struct stream s = {.format = {FP_NETWORK, true}};
	struct check c;
	check_init(&c, &s, 1 << 20);
	give(&c.reader, little_endian, sizeof little_endian);
	expect_failure(&c, FP_TOO_LONG, 4);
	fp_reader_fini(&c.reader);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

/* The most that is held when 20 octets of a payload arrive one by one and then the end. */
static size_t held_max(struct fp_frame_format f, uint32_t announced)
{
	struct stream s = {.format = f};
	struct check c;
	stream_add(&s, 1, 20);
	write32(f.profile, s.octets + s.len - 24, announced);
	s.n = 0;
	setup(NULL);
	check_init(&c, &s, UINT32_MAX);
	while (c.fed < s.len) {
		feed(&c, 1);
		expect(&c, FP_READER_OPEN);
	}
	fp_reader_eof(&c.reader);
	expect_failure(&c, FP_TRUNCATED, s.len);
	fp_reader_fini(&c.reader);
	free(s.octets);
	return mem.held_max;
}

static void test_announced_length_takes_no_memory(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		size_t usual = held_max(*f, 21);
		assert_true(usual <= 4 * FP_READ_BYTES);
		assert_int_equal(held_max(*f, 0x80000000), usual);
		assert_int_equal(held_max(*f, UINT32_MAX), usual);
	}
}

static void test_memory_follows_what_arrived(void **state)
{
	(void)state;
	struct stream s = {.format = formats[0]};
	struct check c;
	stream_add(&s, 0, 1 << 20);
	stream_add(&s, 0, 1);
	check_init(&c, &s, UINT32_MAX);
	while (c.fed + 1000 < s.end[0]) {
		feed(&c, 1000);
		expect(&c, FP_READER_OPEN);
		assert_true(mem.held <= 2 * (c.fed + FP_READ_BYTES));
	}
	feed(&c, s.len - c.fed);
	expect(&c, FP_READER_OPEN);
	assert_true(mem.held <= 2 * ((1 << 20) + FP_READ_BYTES));
	check_end(&c);
	free(s.octets);
}

/* 64 MiB go through in small frames that are taken as they come; never more is held than for a few reads. */
static void test_memory_of_a_long_stream(void **state)
{
	(void)state;
	struct stream s = {.format = formats[1]};
	struct fp_reader r;
	struct fp_frame frame;
	uint64_t frames = 0, fed = 0;
	for (uint32_t i = 0; i < 8; i++)
		stream_add(&s, i % 4, 1000 + i % 4);
	const size_t period = s.end[3], piece = period - 5; /* twice in s, so that a piece may begin anywhere */
	fp_reader_init(&r, &mem.alloc, s.format, 1003);
	for (; fed < 64 << 20; fed += piece) {
		give(&r, s.octets + fed % period, piece);
		for (; fp_reader_next(&r, &frame); frames++)
			assert_int_equal(frame.id, frames % 4);
	}
	size_t rest = 0;
	while (s.end[rest] <= fed % period)
		rest++;
	assert_int_equal(frames, fed / period * 4 + rest);
	assert_true(mem.held_max <= 4 * FP_READ_BYTES);
	fp_reader_fini(&r);
	free(s.octets);
}

/* Feeds octet by octet, asking again wherever memory is refused; the number of refusals. */
static size_t feed_stubbornly(struct check *c)
{
	size_t refused = 0;
	while (c->fed < c->stream->len) {
		struct fp_space space;
		enum fp_reason r = fp_reader_buf(&c->reader, &space);
		if (r) {
			assert_int_equal(r, FP_NOMEM);
			refused++;
		} else {
			*space.data = c->stream->octets[c->fed++];
			fp_reader_ack(&c->reader, 1);
		}
		expect(c, FP_READER_OPEN);
	}
	return refused;
}

static void test_nth_allocation_fails(void **state)
{
	(void)state;
	struct stream s = short_stream(formats[1]);
	stream_add(&s, 9, 100000);
	uint64_t n = 1;
	for (size_t refused = 1; refused; n++) {
		struct check c;
		setup(NULL);
		check_init(&c, &s, 100000);
		mem.fail_at = n;
		refused = feed_stubbornly(&c);
		assert_true(refused <= 1);
		check_end(&c);
		assert_int_equal(mem.held, 0);
	}
	assert_true(n > 3);
	free(s.octets);
}

/* ---- faults of the owner's, and what comes after the last state -------------------------------------- */

static void test_owner_finds_a_fault(void **state)
{
	(void)state;
	struct stream s = short_stream(formats[1]);
	struct check c;
	check_init(&c, &s, 9);
	feed(&c, s.len);
	expect_frame(&c);
	expect_frame(&c);
	fp_reader_fail(&c.reader, FP_MALFORMED, 17);
	c.fed = 0; /* nothing more is to come out */
	expect_failure(&c, FP_MALFORMED, 17);
	fp_reader_fail(&c.reader, FP_BAD_ID, 3);
	fp_reader_eof(&c.reader);
	expect_failure(&c, FP_MALFORMED, 17);
	fp_reader_fini(&c.reader);
	free(s.octets);
}

/* A peer that goes on sending is read and dropped; that takes no more memory than reads do. */
static void drop_all(struct check *c, enum fp_reader_state state)
{
	static const uint8_t octets[5000] = {0};
	for (int i = 0; i < 2000; i++) {
		give(&c->reader, octets, sizeof octets);
		assert_int_equal(fp_buf_len(&c->reader.buf), 0);
	}
	c->fed = 0;
	expect(c, state);
}

static void test_what_arrives_after_a_failure_is_dropped(void **state)
{
	(void)state;
	struct stream s = short_stream(formats[3]);
	struct check c;
	check_init(&c, &s, 8);
	feed(&c, s.len);
	c.fed = s.end[3];
	expect_failure(&c, FP_TOO_LONG, s.end[3] + 4);
	drop_all(&c, FP_READER_FAILED);
	expect_failure(&c, FP_TOO_LONG, s.end[3] + 4);
	assert_true(mem.held_max <= 4 * FP_READ_BYTES);
	fp_reader_fini(&c.reader);
	free(s.octets);
}

static void test_what_arrives_after_the_end_is_dropped(void **state)
{
	(void)state;
	struct stream s = short_stream(formats[2]);
	struct check c;
	check_init(&c, &s, 9);
	feed(&c, s.len);
	fp_reader_eof(&c.reader);
	expect(&c, FP_READER_ENDED);
	drop_all(&c, FP_READER_ENDED);
	assert_true(mem.held_max <= 4 * FP_READ_BYTES);
	fp_reader_fini(&c.reader);
	free(s.octets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limit),
		TEST(test_past_the_limit),
		TEST(test_other_byte_order),
		TEST(test_announced_length_takes_no_memory),
		TEST(test_memory_follows_what_arrived),
		TEST(test_memory_of_a_long_stream),
		TEST(test_nth_allocation_fails),
		TEST(test_owner_finds_a_fault),
		TEST(test_what_arrives_after_a_failure_is_dropped),
		TEST(test_what_arrives_after_the_end_is_dropped),
	};
	return cmocka_run_group_tests_name("frame bounds", tests, NULL, NULL);
}
