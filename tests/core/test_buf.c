/* Tests of core/buf: the queue, its bound, its memory, its failures. Knows only buf.h. */
#include "../../lib/core/buf.h"
#include "../rounds.h"
#include "unit.h"

static struct fp_buf buf;

static int setup(void **state)
{
	(void)state;
	test_alloc_init(&mem);
	fp_buf_init(&buf, &mem.alloc, SIZE_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fp_buf_fini(&buf);
	return mem.held == 0 ? 0 : -1;
}

static void expect(const void *octets, size_t n)
{
	struct fp_span front = fp_buf_front(&buf);
	assert_int_equal(front.len, n);
	assert_int_equal(fp_buf_len(&buf), n);
	if (n)
		assert_memory_equal(front.data, octets, n);
}

static void put(const char *text)
{
	assert_int_equal(fp_buf_put(&buf, text, strlen(text)), FP_NONE);
}

static void put_zeros(size_t n)
{
	struct fp_space space = {0};
	assert_int_equal(fp_buf_space(&buf, n, &space), FP_NONE);
	assert_true(space.len >= n);
	memset(space.data, 0, n);
	fp_buf_commit(&buf, n);
}

static void test_new_one_is_empty_and_has_no_memory(void **state)
{
	(void)state;
	expect(NULL, 0);
	fp_buf_drop(&buf, 0);
	fp_buf_cut(&buf, 0);
	assert_int_equal(mem.requests, 0);
}

static void test_first_in_first_out(void **state)
{
	(void)state;
	put("one");
	put("two");
	expect("onetwo", 6);
	fp_buf_drop(&buf, 2);
	expect("etwo", 4);
	put("three");
	expect("etwothree", 9);
	fp_buf_drop(&buf, 9);
	expect(NULL, 0);
	put("x");
	expect("x", 1);
}

static void test_put_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(fp_buf_put(&buf, NULL, 0), FP_NONE);
	expect(NULL, 0);
	put("ab");
	assert_int_equal(fp_buf_put(&buf, NULL, 0), FP_NONE);
	expect("ab", 2);
}

static void test_all_octet_values(void **state)
{
	(void)state;
	uint8_t all[256];
	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(fp_buf_put(&buf, all, 256), FP_NONE);
	expect(all, 256);
}

/* The room is at least what was asked for, all of it can be written, what was queued stays. */
static void test_space(void **state)
{
	(void)state;
	static const size_t wanted[] = {0, 1, 2, 255, 256, 257, 1000, 65535, 65536, 65537, 1000000};
	put("head");
	fp_buf_drop(&buf, 1);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		struct fp_space space = {0};
		assert_int_equal(fp_buf_space(&buf, wanted[i], &space), FP_NONE);
		assert_true(space.len >= wanted[i]);
		memset(space.data, 0x5a, space.len);
		expect("ead", 3);
	}
}

static void test_commit_takes_what_was_filled(void **state)
{
	(void)state;
	struct fp_space space = {0};
	put("a");
	assert_int_equal(fp_buf_space(&buf, 100, &space), FP_NONE);
	memcpy(space.data, "bcdef", 5);
	fp_buf_commit(&buf, 0);
	expect("a", 1);
	fp_buf_commit(&buf, 2);
	expect("abc", 3);
	fp_buf_commit(&buf, 3); /* the same room goes on behind what was taken of it */
	expect("abcdef", 6);
}

static void test_cut_keeps_the_beginning(void **state)
{
	(void)state;
	put("abcdef");
	fp_buf_drop(&buf, 1);
	fp_buf_cut(&buf, 5);
	expect("bcdef", 5);
	fp_buf_cut(&buf, 2);
	expect("bc", 2);
	put("XY");
	expect("bcXY", 4);
	fp_buf_cut(&buf, 0);
	expect(NULL, 0);
	put("Z");
	expect("Z", 1);
}

/* ---- the bound -------------------------------------------------------------------------------------- */

static void test_bound(void **state)
{
	(void)state;
	struct fp_space space = {0};
	fp_buf_init(&buf, &mem.alloc, 10);
	assert_int_equal(fp_buf_put(&buf, "0123456789x", 11), FP_TOO_LONG);
	expect(NULL, 0);
	put("0123456");
	assert_int_equal(fp_buf_put(&buf, "789x", 4), FP_TOO_LONG);
	expect("0123456", 7);
	put("789");
	assert_int_equal(fp_buf_put(&buf, "x", 1), FP_TOO_LONG);
	assert_int_equal(fp_buf_space(&buf, 1, &space), FP_TOO_LONG);
	assert_int_equal(fp_buf_put(&buf, NULL, 0), FP_NONE);
	expect("0123456789", 10);
	fp_buf_drop(&buf, 4);
	assert_int_equal(fp_buf_put(&buf, "abcde", 5), FP_TOO_LONG);
	put("abcd");
	expect("456789abcd", 10);
}

/* What is offered never leads past the bound, or a full read would. */
static void test_room_ends_at_the_bound(void **state)
{
	(void)state;
	fp_buf_init(&buf, &mem.alloc, 10);
	for (size_t len = 0; len <= 10; len++) {
		struct fp_space space = {0};
		assert_int_equal(fp_buf_space(&buf, 0, &space), FP_NONE);
		assert_true(space.len <= 10 - len);
		assert_int_equal(fp_buf_space(&buf, 10 - len, &space), FP_NONE);
		assert_int_equal(space.len, 10 - len);
		if (len < 10)
			put("x");
	}
}

static void test_bound_of_nothing(void **state)
{
	(void)state;
	fp_buf_init(&buf, &mem.alloc, 0);
	assert_int_equal(fp_buf_put(&buf, "x", 1), FP_TOO_LONG);
	assert_int_equal(fp_buf_put(&buf, NULL, 0), FP_NONE);
	expect(NULL, 0);
}

/* Sizes whose sums wrap are refused, for one reason or the other, and never taken for small ones. */
static void test_sizes_that_wrap(void **state)
{
	(void)state;
	struct fp_space space = {0};
	put("abcdefgh");
	fp_buf_drop(&buf, 3);
	no_more_memory();
	assert_int_equal(fp_buf_space(&buf, SIZE_MAX, &space), FP_TOO_LONG);
	assert_int_equal(fp_buf_space(&buf, SIZE_MAX - 4, &space), FP_TOO_LONG);
	assert_int_equal(fp_buf_space(&buf, SIZE_MAX - 5, &space), FP_NOMEM);
	assert_int_equal(fp_buf_space(&buf, SIZE_MAX - 7, &space), FP_NOMEM);
	assert_int_equal(fp_buf_space(&buf, SIZE_MAX - 8, &space), FP_NOMEM);
	assert_int_equal(fp_buf_space(&buf, SIZE_MAX / 2 + 1, &space), FP_NOMEM);
	expect("defgh", 5);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static void test_memory_doubles(void **state)
{
	(void)state;
	for (size_t len = 1; len <= (1 << 20); len++) {
		put("x");
		assert_true(mem.held <= (len < 256 ? 512 : 2 * len));
	}
	assert_true(mem.requests <= 21);
}

/* A queue that never runs empty and never grows needs no more memory, however much goes through. */
static void test_memory_of_a_steady_queue(void **state)
{
	(void)state;
	put_zeros(1000);
	for (uint32_t i = 0; i < rounds(200000); i++) {
		uint32_t seen;
		assert_int_equal(fp_buf_put(&buf, &i, 4), FP_NONE);
		fp_buf_drop(&buf, 4);
		if (i >= 250) {
			memcpy(&seen, fp_buf_front(&buf).data, 4);
			assert_int_equal(seen, i - 249);
		}
	}
	assert_true(mem.held_max <= 4096);
	assert_true(mem.requests <= 6);
}

static void test_small_memory_is_kept_when_empty(void **state)
{
	(void)state;
	put_zeros(FP_KEEP_BYTES);
	fp_buf_drop(&buf, FP_KEEP_BYTES);
	no_more_memory();
	put_zeros(FP_KEEP_BYTES);
}

static void use(size_t n)
{
	put_zeros(n);
	fp_buf_drop(&buf, n);
}

/* A buffer with more than FP_KEEP_BYTES keeps them until it was used for little FP_KEEP_TIMES in a row. */
static void test_large_memory_is_given_back_when_not_needed(void **state)
{
	(void)state;
	use(FP_KEEP_BYTES + 1);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 1; i < FP_KEEP_TIMES; i++)
			use(1);
		assert_true(mem.held > FP_KEEP_BYTES);
		use(FP_KEEP_BYTES + 1); /* needed again: the count begins anew */
	}
	for (unsigned i = 0; i < FP_KEEP_TIMES; i++)
		use(1);
	assert_int_equal(mem.held, 0);
	expect(NULL, 0);
	put("again");
	expect("again", 5);
}

static void test_very_large_memory_is_given_back_at_once(void **state)
{
	(void)state;
	put_zeros(FP_KEEP_BYTES_MAX + 1);
	fp_buf_drop(&buf, FP_KEEP_BYTES_MAX);
	assert_true(mem.held > FP_KEEP_BYTES_MAX);
	fp_buf_drop(&buf, 1);
	assert_int_equal(mem.held, 0);
}

static void test_failed_call_changes_nothing(void **state)
{
	(void)state;
	struct fp_space space = {0};
	put("abc");
	fp_buf_drop(&buf, 1);
	no_more_memory();
	assert_int_equal(fp_buf_space(&buf, 100000, &space), FP_NOMEM);
	expect("bc", 2);
	mem.fail_at = 0;
	put("d");
	expect("bcd", 3);
}

/* Puts 1, 2, 4, … octets, each until it succeeds; the number of refusals. */
static size_t fill_stubbornly(void)
{
	static const uint8_t octets[1 << 14] = {1, 2, 3, 4};
	size_t refused = 0;
	for (size_t n = 1; n <= sizeof octets; n *= 2) {
		size_t before = fp_buf_len(&buf);
		enum fp_reason r;
		while ((r = fp_buf_put(&buf, octets, n)) != FP_NONE) {
			assert_int_equal(r, FP_NOMEM);
			assert_int_equal(fp_buf_len(&buf), before);
			refused++;
		}
		assert_memory_equal(fp_buf_front(&buf).data + before, octets, n);
	}
	return refused;
}

static void test_nth_allocation_fails(void **state)
{
	(void)state;
	uint64_t n = 1;
	for (size_t refused = 1; refused; n++) {
		setup(NULL);
		mem.fail_at = n;
		refused = fill_stubbornly();
		assert_true(refused <= 1);
		assert_int_equal(fp_buf_len(&buf), (1 << 15) - 1);
		fp_buf_fini(&buf);
		assert_int_equal(mem.held, 0);
	}
	assert_true(n > 3);
}

static void test_what_cannot_be(void **state)
{
	(void)state;
	struct fp_space space = {0};
	put("abc");
	expect_assert_failure(fp_buf_drop(&buf, 4));
	expect_assert_failure(fp_buf_cut(&buf, 4));
	assert_int_equal(fp_buf_space(&buf, 1, &space), FP_NONE);
	expect_assert_failure(fp_buf_commit(&buf, space.len + 1));
	expect("abc", 3);
}

static void test_commit_past_the_bound_cannot_be(void **state)
{
	(void)state;
	struct fp_space space = {0};
	fp_buf_init(&buf, &mem.alloc, 10);
	put("abc");
	assert_int_equal(fp_buf_space(&buf, 7, &space), FP_NONE);
	expect_assert_failure(fp_buf_commit(&buf, 8));
	expect("abc", 3);
}

/* ---- pseudo-random operations against an array ------------------------------------------------------ */

#define MODEL_MAX 3000

static uint8_t model[MODEL_MAX];
static size_t model_len;

static void model_put(const uint8_t *octets, size_t n)
{
	enum fp_reason r = fp_buf_put(&buf, octets, n);
	if (n > MODEL_MAX - model_len) {
		assert_int_equal(r, FP_TOO_LONG);
	} else if (r) {
		assert_int_equal(r, FP_NOMEM);
		assert_int_equal(mem.requests, mem.fail_at);
	} else {
		fp_copy(model + model_len, octets, n);
		model_len += n;
	}
}

static void model_drop(size_t n)
{
	fp_buf_drop(&buf, n);
	model_len -= n;
	memmove(model, model + n, model_len);
}

static void test_against_an_array(void **state)
{
	(void)state;
	uint8_t octets[1024];
	model_len = 0;
	fp_buf_init(&buf, &mem.alloc, MODEL_MAX);
	for (uint32_t step = 0; step < rounds(100000); step++) {
		size_t n = draw(1024);
		if (step % 8 == 0)
			mem.fail_at = mem.requests + 1;
		memset(octets, (int)(step & 0xff), sizeof octets);
		if (draw(2)) {
			model_put(octets, n);
		} else if (draw(8)) {
			model_drop(n < model_len ? n : model_len);
		} else {
			model_len = n < model_len ? n : model_len;
			fp_buf_cut(&buf, model_len);
		}
		expect(model, model_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_one_is_empty_and_has_no_memory),
		TEST(test_first_in_first_out),
		TEST(test_put_of_nothing),
		TEST(test_all_octet_values),
		TEST(test_space),
		TEST(test_commit_takes_what_was_filled),
		TEST(test_cut_keeps_the_beginning),
		TEST(test_bound),
		TEST(test_room_ends_at_the_bound),
		TEST(test_bound_of_nothing),
		TEST(test_sizes_that_wrap),
		TEST(test_memory_doubles),
		TEST(test_memory_of_a_steady_queue),
		TEST(test_small_memory_is_kept_when_empty),
		TEST(test_large_memory_is_given_back_when_not_needed),
		TEST(test_very_large_memory_is_given_back_at_once),
		TEST(test_failed_call_changes_nothing),
		TEST(test_nth_allocation_fails),
		TEST(test_what_cannot_be),
		TEST(test_commit_past_the_bound_cannot_be),
		TEST(test_against_an_array),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
