/* Tests of core/frame: the headers, and a reader whose stream arrives in every division and ends at every place. Knows
 * only frame.h and clauses FRM-1 to FRM-6. */
#include "frame_rig.h"

/* ---- headers ---------------------------------------------------------------------------------------- */

static void test_head_lengths(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f)
		assert_int_equal(fp_frame_head_len(*f), f->with_id ? 8 : 4);
}

static void test_network_octets(void **state)
{
	(void)state;
	uint8_t head[FP_FRAME_HEAD_MAX + 1] = {[4] = 0xee, [8] = 0xee};
	fp_frame_put((struct fp_frame_format){FP_NETWORK, false}, head, 9, 0x01020384);
	assert_memory_equal(head, "\x01\x02\x03\x84\xee", 5);
	fp_frame_put((struct fp_frame_format){FP_NETWORK, true}, head, 0x01020384, 0xfffefdfc);
	assert_memory_equal(head, "\x01\x02\x03\x84\xff\xfe\xfd\xfc\xee", 9);
}

static void test_native_octets(void **state)
{
	(void)state;
	uint8_t head[FP_FRAME_HEAD_MAX + 1] = {[4] = 0xee, [8] = 0xee};
	const uint32_t id = 0x01020384, len = 0xfffefdfc;
	fp_frame_put((struct fp_frame_format){FP_NATIVE, false}, head, 9, len);
	assert_memory_equal(head, &len, 4);
	assert_int_equal(head[4], 0xee);
	fp_frame_put((struct fp_frame_format){FP_NATIVE, true}, head, id, len);
	assert_memory_equal(head, &id, 4);
	assert_memory_equal(head + 4, &len, 4);
	assert_int_equal(head[8], 0xee);
}

static void test_get_reads_what_was_put(void **state)
{
	(void)state;
	static const uint32_t some[] = {0, 1, 0xff, 0x100, 0x80, 0x01020304, 0x7fffffff, 0x80000000, UINT32_MAX};
	const size_t n = sizeof some / sizeof *some;
	FOR_EACH_FORMAT(f) {
		for (size_t i = 0; i < n * n; i++) {
			uint8_t head[FP_FRAME_HEAD_MAX];
			uint32_t id = 77, len = 77;
			fp_frame_put(*f, head, some[i % n], some[i / n]);
			fp_frame_get(*f, head, &id, &len);
			assert_int_equal(id, f->with_id ? some[i % n] : 0);
			assert_int_equal(len, some[i / n]);
		}
	}
}

/* ---- divisions -------------------------------------------------------------------------------------- */

static void test_no_octet_at_all(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		struct stream s = {.format = *f};
		struct check c;
		check_init(&c, &s, 0);
		expect(&c, FP_READER_OPEN);
		check_end(&c);
		assert_int_equal(mem.requests, 0);
	}
}

static void test_octet_by_octet(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		struct stream s = short_stream(*f);
		struct check c;
		check_init(&c, &s, 9);
		while (c.fed < s.len) {
			feed(&c, 1);
			expect(&c, FP_READER_OPEN);
		}
		check_end(&c);
		free(s.octets);
	}
}

/* Into one, two and three pieces at every place; an empty piece is none. */
static void test_every_split_in_three(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		struct stream s = short_stream(*f);
		for (size_t a = 0; a <= s.len; a++) {
			for (size_t b = a; b <= s.len; b++) {
				struct check c;
				check_init(&c, &s, 9);
				feed(&c, a);
				expect(&c, FP_READER_OPEN);
				feed(&c, b - a);
				expect(&c, FP_READER_OPEN);
				feed(&c, s.len - b);
				check_end(&c);
			}
		}
		free(s.octets);
	}
}

/* Feeds the stream cut behind each octet whose bit is set. */
static void feed_cut(struct check *c, uint32_t cuts)
{
	size_t n = 0;
	for (size_t i = 0; i < c->stream->len; i++) {
		n++;
		if (cuts >> i & 1) {
			feed(c, n);
			expect(c, FP_READER_OPEN);
			n = 0;
		}
	}
	feed(c, n);
}

/* Each of the 4096 divisions of 13 octets: two frames without id, or one with. */
static void test_every_division(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		struct stream s = {.format = *f};
		if (!f->with_id)
			stream_add(&s, 0, 0);
		stream_add(&s, 3, 5);
		assert_int_equal(s.len, 13);
		for (uint32_t cuts = 0; cuts < 1U << 12; cuts++) {
			struct check c;
			check_init(&c, &s, 5);
			feed_cut(&c, cuts);
			check_end(&c);
		}
		free(s.octets);
	}
}

/* Frames that are already there may be taken between two arrivals, one at a time. */
static void test_one_frame_between_arrivals(void **state)
{
	(void)state;
	struct stream s = short_stream(formats[1]);
	struct check c;
	check_init(&c, &s, 9);
	feed(&c, s.end[2]);
	expect_frame(&c);
	feed(&c, 5);
	expect_frame(&c);
	feed(&c, s.len - c.fed);
	expect_frame(&c);
	check_end(&c);
	free(s.octets);
}

static void test_offsets_past_32_bits(void **state)
{
	(void)state;
	struct stream s = {.format = formats[1]};
	struct check c;
	struct fp_frame frame;
	const uint64_t behind = ((uint64_t)1 << 32) - 3; /* as if this many octets had gone by */
	stream_add(&s, 1, 5);
	stream_add(&s, 2, 5);
	check_init(&c, &s, 5);
	c.reader.offset = behind;
	feed(&c, s.len - 1);
	assert_true(fp_reader_next(&c.reader, &frame));
	assert_int_equal(frame.offset, behind);
	fp_reader_eof(&c.reader);
	assert_false(fp_reader_next(&c.reader, &frame));
	assert_int_equal(c.reader.reason_offset, behind + s.len - 1);
	fp_reader_fini(&c.reader);
	free(s.octets);
}

/* ---- end of file ------------------------------------------------------------------------------------ */

static void end_after(const struct stream *s, size_t cut, bool taken_before)
{
	bool between = cut == 0;
	for (size_t i = 0; i < s->n; i++)
		between = between || s->end[i] == cut;
	struct check c;
	check_init(&c, s, 9);
	feed(&c, cut);
	if (taken_before)
		expect(&c, FP_READER_OPEN);
	fp_reader_eof(&c.reader);
	if (between)
		expect(&c, FP_READER_ENDED);
	else
		expect_failure(&c, FP_TRUNCATED, cut);
	fp_reader_fini(&c.reader);
}

static void test_end_at_every_place(void **state)
{
	(void)state;
	FOR_EACH_FORMAT(f) {
		struct stream s = short_stream(*f);
		for (size_t cut = 0; cut <= s.len; cut++) {
			end_after(&s, cut, true);
			end_after(&s, cut, false);
		}
		free(s.octets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_head_lengths),
		TEST(test_network_octets),
		TEST(test_native_octets),
		TEST(test_get_reads_what_was_put),
		TEST(test_no_octet_at_all),
		TEST(test_octet_by_octet),
		TEST(test_every_split_in_three),
		TEST(test_every_division),
		TEST(test_one_frame_between_arrivals),
		TEST(test_offsets_past_32_bits),
		TEST(test_end_at_every_place),
	};
	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
