/* Tests of the string serialiser in core/args, octet by octet and against a slow second decoder. Knows only args.h and
 * clauses SER-1 to SER-10; a fault is at the first octet of a length that cannot be right. */
#include "args_rig.h"

#include <time.h>

static enum fp_reason freeze(const struct fp_item *items, size_t n)
{
	return fp_args_freeze(&fp_string_serialiser, items, n, &out);
}

static void expect_out(const void *octets, size_t n)
{
	assert_int_equal(fp_buf_len(&out), n);
	if (n)
		assert_memory_equal(fp_buf_front(&out).data, octets, n);
}

static void expect_fault(struct fp_span payload, size_t at)
{
	size_t fault = SIZE_MAX;
	assert_int_equal(fp_args_thaw(&list, &fp_string_serialiser, payload, &fault), FP_MALFORMED);
	assert_int_equal(fault, at);
}

/* ---- freeze ----------------------------------------------------------------------------------------- */

/* Lengths where the form gets longer, and the shortest form of each (SER-2, SER-4). */
static const struct {
	uint64_t len;
	const char *ber;
	size_t ber_len;
} shortest[] = {
	{0, "\x00", 1},
	{1, "\x01", 1},
	{127, "\x7f", 1},
	{128, "\x81\x00", 2},
	{129, "\x81\x01", 2},
	{255, "\x81\x7f", 2},
	{256, "\x82\x00", 2},
	{16383, "\xff\x7f", 2},
	{16384, "\x81\x80\x00", 3},
	{2097151, "\xff\xff\x7f", 3},
	{2097152, "\x81\x80\x80\x00", 4},
};

static void test_each_length_both_ways(void **state)
{
	(void)state;
	uint8_t *octets = malloc(2097152);
	assert_non_null(octets);
	for (size_t i = 0; i < 2097152; i++)
		octets[i] = (uint8_t)(i * 31 + i / 256);
	for (size_t i = 0; i < sizeof shortest / sizeof *shortest; i++) {
		const struct fp_item item = {octets, shortest[i].len, FP_STRING};
		assert_int_equal(freeze(&item, 1), FP_NONE);
		struct fp_span payload = fp_buf_front(&out);
		assert_int_equal(payload.len, shortest[i].ber_len + item.len);
		assert_memory_equal(payload.data, shortest[i].ber, shortest[i].ber_len);
		thaw(payload);
		assert_int_equal(list.n, 1);
		expect_item(0, item);
		fp_buf_drop(&out, payload.len);
	}
	free(octets);
}

/* Lengths that no memory holds: a bound that is one octet too small says how many octets the length takes. */
static void test_forms_of_unthinkable_lengths(void **state)
{
	(void)state;
	for (size_t ber_len = 1; ber_len <= 9; ber_len++) {
		const uint64_t least = ber_len == 1 ? 1 : (uint64_t)1 << (7 * (ber_len - 1));
		const uint64_t most = ((uint64_t)1 << (7 * ber_len)) - 1;
		const struct fp_item items[] = {{"", least, FP_STRING}, {"", most, FP_STRING}};
		for (size_t i = 0; i < 2; i++) {
			fp_buf_fini(&out);
			fp_buf_init(&out, &mem.alloc, ber_len + items[i].len - 1);
			mem.fail_at = 0;
			assert_int_equal(fp_buf_put(&out, "x", 1), FP_NONE); /* the first block is there */
			fp_buf_drop(&out, 1);
			no_more_memory();
			enum fp_reason r = freeze(&items[i], 1); /* too long, or it finds no memory before that is known */
			assert_true(r == FP_TOO_LONG || r == FP_NOMEM);
			expect_out(NULL, 0);
			out.bytes_max++;
			if (items[i].len > 16384) {
				assert_int_equal(freeze(&items[i], 1), FP_NOMEM);
				expect_out(NULL, 0);
			}
		}
	}
}

static void test_lists_in_octets(void **state)
{
	(void)state;
	const struct fp_item items[] = {
		str("one"), str(""), {"\0\xff\x80", 3, FP_STRING}, {NULL, 0, FP_STRING}, {"[1,2]", 5, FP_VALUE},
	};
	assert_string_equal(fp_string_serialiser.name, "string");
	assert_int_equal(freeze(NULL, 0), FP_NONE);
	expect_out(NULL, 0);
	assert_int_equal(freeze(items, 5), FP_NONE);
	expect_out("\x03one\x00\x03\x00\xff\x80\x00\x05[1,2]", 16);
	thaw(fp_buf_front(&out));
	assert_int_equal(list.n, 5);
	for (size_t i = 0; i < 4; i++)
		expect_item(i, items[i]);
	expect_item(4, str("[1,2]")); /* the string serialiser knows octet strings only */
}

static void test_freeze_appends(void **state)
{
	(void)state;
	const struct fp_item items[] = {str("a"), str("bc")};
	assert_int_equal(fp_buf_put(&out, "head", 4), FP_NONE);
	assert_int_equal(freeze(items, 2), FP_NONE);
	assert_int_equal(freeze(items, 1), FP_NONE);
	expect_out("head\x01" "a\x02" "bc\x01" "a", 11);
}

static void test_payload_past_the_bound(void **state)
{
	(void)state;
	const struct fp_item items[] = {str("one"), str("two"), str("")};
	for (size_t bound = 4; bound < 13; bound++) {
		fp_buf_fini(&out);
		fp_buf_init(&out, &mem.alloc, bound);
		assert_int_equal(fp_buf_put(&out, "head", 4), FP_NONE);
		assert_int_equal(freeze(items, 3), FP_TOO_LONG);
		expect_out("head", 4);
	}
	out.bytes_max = 13;
	assert_int_equal(freeze(items, 3), FP_NONE);
	expect_out("head\x03one\x03two\x00", 13);
}

static void test_nth_allocation_of_freeze_fails(void **state)
{
	(void)state;
	static const char octets[10000] = "some";
	const struct fp_item items[] = {str("one"), {octets, 1000, FP_STRING}, {octets, 10000, FP_STRING}};
	size_t refused = 0;
	for (;; refused++) {
		setup(NULL);
		mem.fail_at = refused + 1;
		enum fp_reason r = freeze(items, 3);
		assert_int_equal(mem.requests < mem.fail_at, r == FP_NONE);
		if (r == FP_NONE)
			break;
		assert_int_equal(r, FP_NOMEM);
		expect_out(NULL, 0);
		fp_buf_fini(&out);
		assert_int_equal(mem.held, 0);
	}
	assert_int_equal(refused, 1); /* room for all of the list is taken at once */
	assert_int_equal(fp_buf_len(&out), 4 + 1002 + 10002);
}

/* ---- thaw ------------------------------------------------------------------------------------------- */

static void test_empty_payload_and_empty_strings(void **state)
{
	(void)state;
	thaw(span(NULL, 0));
	assert_int_equal(list.n, 0);
	thaw(span("", 0));
	assert_int_equal(list.n, 0);
	thaw(span("\x00", 1));
	assert_int_equal(list.n, 1);
	expect_item(0, str(""));
	thaw(span("\x01" "a\x00", 3));
	assert_int_equal(list.n, 2);
	expect_item(0, str("a"));
	expect_item(1, str(""));
}

static void test_very_many_items(void **state)
{
	(void)state;
	static const uint8_t zeros[200000] = {0};
	thaw(span(zeros, sizeof zeros));
	assert_int_equal(list.n, sizeof zeros);
	expect_item(0, str(""));
	expect_item(sizeof zeros - 1, str(""));
}

/* n octets 80, then `rest`. Good until the next call. */
static struct fp_span padded(size_t n, const char *rest, size_t rest_len)
{
	static uint8_t octets[1000000 + 200];
	memset(octets, 0x80, n);
	memcpy(octets + n, rest, rest_len);
	return span(octets, n + rest_len);
}

static void test_longer_forms(void **state)
{
	(void)state;
	static const size_t counts[] = {1, 2, 3, 8, 9, 10, 11, 20, 1000, 1000000};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		thaw(padded(counts[i], "\x03one\x80\x80\x02hi\x00", 10));
		assert_int_equal(list.n, 3);
		expect_item(0, str("one"));
		expect_item(1, str("hi"));
		expect_item(2, str(""));
		thaw(padded(counts[i], "\x00", 1));
		assert_int_equal(list.n, 1);
		expect_item(0, str(""));
	}
}

static void test_a_longer_form_of_two_octets(void **state)
{
	(void)state;
	char rest[2 + 128];
	memset(rest, 'x', sizeof rest);
	memcpy(rest, "\x81\x00", 2);
	thaw(padded(100, rest, sizeof rest));
	assert_int_equal(list.n, 1);
	expect_item(0, (struct fp_item){rest + 2, 128, FP_STRING});
}

/* ODD-5: the original takes quadratic time. A million octets in a square are many minutes, in a line a few ms. */
static void test_linear_time(void **state)
{
	(void)state;
	clock_t begin = clock();
	thaw(padded(1000000, "\x01" "a", 2));
	assert_int_equal(list.n, 1);
	expect_item(0, str("a"));
	expect_fault(padded(1000000, "", 0), 0);
	expect_fault(padded(1000000, "\x01", 1), 0);
	assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

static void test_unterminated(void **state)
{
	(void)state;
	static const size_t counts[] = {1, 2, 9, 10, 11, 100};
	uint8_t octets[110];
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		memset(octets, 0x80, sizeof octets);
		expect_fault(span(octets, counts[i]), 0);
		memset(octets, 0xff, sizeof octets);
		expect_fault(span(octets, counts[i]), 0);
		memcpy(octets, "\x01" "a\x00\x02" "bc", 6);
		expect_fault(span(octets, 6 + counts[i]), 6);
	}
	expect_fault(span("\x81", 1), 0);
	expect_fault(span("\x01" "a\x81", 3), 2);
}

static void test_beyond_the_end(void **state)
{
	(void)state;
	char octets[2 + 127] = "\x81\x00";
	expect_fault(span("\x01", 1), 0);
	expect_fault(span("\x02" "a", 2), 0);
	expect_fault(span("\x7f" "0123456789", 11), 0);
	expect_fault(span(octets, sizeof octets), 0);
	expect_fault(span("\x03one\x09", 5), 4);
	expect_fault(span("\x01" "a\x02" "bc\x04" "de", 8), 5);
	expect_fault(span("\x00\x00\x00\x01", 4), 3);
	expect_fault(span("\x00\x80\x80\x01", 4), 1);
	expect_fault(span("\x80\x80\x80\x01" "a\x80\x02" "b", 8), 5);
	expect_fault(span("\xff\xff\x7f" "abc", 6), 0);
}

/* 2^power + more, as BER with so many octets 80 in front; the number of octets. more < 128 <= 2^power. */
static size_t put_power(uint8_t *octets, size_t padding, unsigned power, uint8_t more)
{
	size_t last = padding + power / 7;
	memset(octets, 0x80, last);
	octets[padding] = (uint8_t)(octets[padding] | 1U << power % 7);
	octets[last] = more;
	return last + 1;
}

/* 2^power - 1 for a power that 7 divides, likewise. */
static size_t put_ones(uint8_t *octets, size_t padding, unsigned power)
{
	memset(octets, 0x80, padding);
	memset(octets + padding, 0xff, power / 7 - 1);
	octets[padding + power / 7 - 1] = 0x7f;
	return padding + power / 7;
}

/* SER-7, SER-8: nothing wraps. Were 2^power + 2 taken for 2, both octets behind would make a good item. */
static void test_lengths_past_every_type(void **state)
{
	(void)state;
	static const uint8_t more[] = {0, 1, 2, 127};
	uint8_t octets[2 + 12 + 50 + 127] = "\x01" "a";
	for (unsigned power = 8; power <= 300; power++) {
		for (size_t i = 0; i < 4 * 12; i++) {
			size_t n = 2 + put_power(octets + 2, i / 4, power, more[i % 4]);
			memset(octets + n, 'x', more[i % 4]);
			expect_fault(span(octets, n + more[i % 4]), 2);
			expect_fault(span(octets + 2, n + more[i % 4] - 2), 0);
		}
		if (power % 7 == 0) {
			size_t n = 2 + put_ones(octets + 2, power % 12, power);
			expect_fault(span(octets, n + 127), 2);
		}
	}
}

static void test_named_lengths(void **state)
{
	(void)state;
	expect_fault(span("\x87\xff\xff\xff\x7f" "ab", 7), 0);                             /* 2^31 - 1 */
	expect_fault(span("\x88\x80\x80\x80\x00" "ab", 7), 0);                             /* 2^31 */
	expect_fault(span("\x8f\xff\xff\xff\x7f" "ab", 7), 0);                             /* 2^32 - 1 */
	expect_fault(span("\x90\x80\x80\x80\x00" "ab", 7), 0);                             /* 2^32 */
	expect_fault(span("\x90\x80\x80\x80\x02" "ab", 7), 0);                             /* 2^32 + 2 */
	expect_fault(span("\xff\xff\xff\xff\xff\xff\xff\xff\x7f" "ab", 11), 0);            /* 2^63 - 1 */
	expect_fault(span("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00" "ab", 12), 0);        /* 2^63 */
	expect_fault(span("\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f" "ab", 12), 0);        /* 2^64 - 1 */
	expect_fault(span("\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00" "ab", 12), 0);        /* 2^64 */
	expect_fault(span("\x82\x80\x80\x80\x80\x80\x80\x80\x80\x02" "ab", 12), 0);        /* 2^64 + 2 */
	expect_fault(span("\x01" "a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x02" "ab", 14), 2); /* behind an item */
	expect_fault(span("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02" "ab", 13), 0);    /* 2^70 + 2 */
	expect_fault(span("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f" "ab", 13), 0);    /* 2^77 - 1 */
}

static void test_nth_allocation_of_thaw_fails(void **state)
{
	(void)state;
	static const uint8_t zeros[1000] = {0};
	size_t refused = 0, fault;
	for (;; refused++) {
		setup(NULL);
		mem.fail_at = refused + 1;
		enum fp_reason r = fp_args_thaw(&list, &fp_string_serialiser, span(zeros, sizeof zeros), &fault);
		assert_int_equal(mem.requests < mem.fail_at, r == FP_NONE);
		if (r == FP_NONE)
			break;
		assert_int_equal(r, FP_NOMEM);
		thaw(span("\x01" "a", 2)); /* the list can be used again */
		assert_int_equal(list.n, 1);
		fp_args_fini(&list);
		assert_int_equal(mem.held, 0);
	}
	assert_true(refused >= 2);
	assert_int_equal(list.n, sizeof zeros);
}

/* ---- pseudo-random lists and payloads --------------------------------------------------------------- */

static size_t some_length(void)
{
	static const size_t near[] = {0, 1, 127, 128, 129, 300, 16383, 16384};
	uint32_t which = draw(40);
	return which < 8 ? near[which] : draw(20);
}

static void test_round_trips(void **state)
{
	(void)state;
	static uint8_t octets[20000];
	struct fp_item items[20];
	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)draw(256);
	for (int round = 0; round < 3000; round++) {
		size_t n = draw(21);
		for (size_t i = 0; i < n; i++)
			items[i] = (struct fp_item){octets + draw(3000), some_length(), FP_STRING};
		assert_int_equal(freeze(items, n), FP_NONE);
		thaw(fp_buf_front(&out));
		assert_int_equal(list.n, n);
		for (size_t i = 0; i < n; i++)
			expect_item(i, items[i]);
		fp_buf_drop(&out, fp_buf_len(&out));
	}
}

/* A length by the letter of SER-5 to SER-8: the value, or `all` where it is all of `all` or more; 0 octets: no end. */
static size_t slow_length(struct fp_span in, size_t all, size_t *value)
{
	size_t n = 0;
	*value = 0;
	for (;;) {
		if (n == in.len)
			return 0;
		for (int bit = 6; bit >= 0; bit--) {
			*value = *value * 2 + (in.data[n] >> bit & 1);
			*value = *value > all ? all : *value;
		}
		if (in.data[n++] < 0x80)
			return n;
	}
}

/* The second decoder: what has to come out of a payload, compared with what did. */
static void expect_as_slow(struct fp_span in)
{
	size_t fault = SIZE_MAX, n = 0;
	enum fp_reason r = fp_args_thaw(&list, &fp_string_serialiser, in, &fault);
	for (size_t at = 0, len; at < in.len; at += len) {
		size_t head = slow_length(span(in.data + at, in.len - at), in.len + 1, &len);
		if (head == 0 || len > in.len - at - head) {
			assert_int_equal(r, FP_MALFORMED);
			assert_int_equal(fault, at);
			return;
		}
		at += head;
		if (r == FP_NONE)
			expect_item(n++, (struct fp_item){in.data + at, len, FP_STRING});
	}
	assert_int_equal(r, FP_NONE);
	assert_int_equal(list.n, n);
}

static void test_garbage(void **state)
{
	(void)state;
	static const uint8_t likely[] = {0, 1, 2, 3, 0x80, 0x80, 0x81, 0x7f, 0xff};
	uint8_t octets[30];
	for (int round = 0; round < 200000; round++) {
		size_t n = draw(sizeof octets + 1);
		for (size_t i = 0; i < n; i++)
			octets[i] = draw(8) ? likely[draw(sizeof likely)] : (uint8_t)draw(256);
		expect_as_slow(span(octets, n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_length_both_ways),
		TEST(test_forms_of_unthinkable_lengths),
		TEST(test_lists_in_octets),
		TEST(test_freeze_appends),
		TEST(test_payload_past_the_bound),
		TEST(test_nth_allocation_of_freeze_fails),
		TEST(test_empty_payload_and_empty_strings),
		TEST(test_very_many_items),
		TEST(test_longer_forms),
		TEST(test_a_longer_form_of_two_octets),
		TEST(test_linear_time),
		TEST(test_unterminated),
		TEST(test_beyond_the_end),
		TEST(test_lengths_past_every_type),
		TEST(test_named_lengths),
		TEST(test_nth_allocation_of_thaw_fails),
		TEST(test_round_trips),
		TEST(test_garbage),
	};
	return cmocka_run_group_tests_name("args string", tests, NULL, NULL);
}
