/* Tests of core/args: lists of copies and of references, their memory, and what comes out of any serialiser. Knows
 * only args.h; the string serialiser has a test of its own. */
#include "args_rig.h"

/* ---- lists ------------------------------------------------------------------------------------------ */

static void test_empty_list(void **state)
{
	(void)state;
	fp_args_clear(&list);
	fp_args_seal(&list);
	assert_int_equal(list.n, 0);
	assert_int_equal(mem.requests, 0);
}

static void test_references_point_to_the_callers_octets(void **state)
{
	(void)state;
	char octets[1000];
	for (size_t i = 0; i < sizeof octets; i++) {
		const struct fp_item item = {octets + i, i % 3, i % 2 ? FP_VALUE : FP_STRING};
		assert_int_equal(fp_args_refer(&list, item), FP_NONE);
	}
	const struct fp_item *items = fp_args_seal(&list);
	assert_int_equal(list.n, sizeof octets);
	for (size_t i = 0; i < sizeof octets; i++) {
		assert_ptr_equal(items[i].data, octets + i);
		assert_int_equal(items[i].len, i % 3);
		assert_int_equal(items[i].kind, i % 2 ? FP_VALUE : FP_STRING);
	}
}

/* An item that i alone tells. Good until the next call. */
static struct fp_item distinct(size_t i)
{
	static char octets[64];
	memset(octets, (int)(i & 0xff), sizeof octets);
	return (struct fp_item){octets, i % 64, i % 2 ? FP_VALUE : FP_STRING};
}

/* The source changes and the text moves while the list grows: the copies are as they were. */
static void test_copies_are_copies(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(fp_args_copy(&list, distinct(i)), FP_NONE);
	assert_int_equal(list.n, 2000);
	for (size_t i = 0; i < 2000; i++)
		expect_item(i, distinct(i));
}

static void test_copies_of_nothing(void **state)
{
	(void)state;
	const struct fp_item nothing = {NULL, 0, FP_STRING};
	assert_int_equal(fp_args_copy(&list, nothing), FP_NONE);
	expect_item(0, nothing);
	assert_int_equal(fp_args_copy(&list, str("x")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, nothing), FP_NONE);
	expect_item(0, nothing);
	expect_item(1, str("x"));
	expect_item(2, nothing);
	assert_int_equal(list.n, 3);
}

static void test_a_sealed_list_goes_on(void **state)
{
	(void)state;
	assert_int_equal(fp_args_copy(&list, str("one")), FP_NONE);
	expect_item(0, str("one"));
	for (int i = 0; i < 300; i++)
		assert_int_equal(fp_args_copy(&list, str("another")), FP_NONE);
	expect_item(0, str("one"));
	expect_item(300, str("another"));
}

static void test_copies_and_references_do_not_mix(void **state)
{
	(void)state;
	assert_int_equal(fp_args_copy(&list, str("copy")), FP_NONE);
	assert_int_equal(fp_args_refer(&list, str("reference")), FP_NONE);
	expect_assert_failure(fp_args_seal(&list));
	fp_args_clear(&list);
	assert_int_equal(fp_args_refer(&list, str("reference")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, str("copy")), FP_NONE);
	expect_assert_failure(fp_args_seal(&list));
}

static void test_pop_takes_the_last(void **state)
{
	(void)state;
	assert_int_equal(fp_args_refer(&list, str("one")), FP_NONE);
	assert_int_equal(fp_args_refer(&list, str("two")), FP_NONE);
	fp_args_pop(&list);
	assert_int_equal(list.n, 1);
	expect_item(0, str("one"));
	assert_int_equal(fp_args_refer(&list, str("three")), FP_NONE);
	expect_item(1, str("three"));
	fp_args_pop(&list);
	fp_args_pop(&list);
	assert_int_equal(list.n, 0);
	expect_assert_failure(fp_args_pop(&list));
}

/* With the last copy its octets go, so that the next one is where it belongs and the bound counts what there is. */
static void test_pop_takes_the_last_copy(void **state)
{
	(void)state;
	fp_args_init(&list, &mem.alloc, 8);
	assert_int_equal(fp_args_copy(&list, str("one")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, str("")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, str("eight")), FP_NONE);
	expect_item(2, str("eight"));
	fp_args_pop(&list);
	assert_int_equal(fp_args_copy(&list, str("5ight")), FP_NONE);
	expect_item(0, str("one"));
	expect_item(1, str(""));
	expect_item(2, str("5ight"));
	for (int i = 0; i < 3; i++)
		fp_args_pop(&list);
	assert_int_equal(list.n, 0);
	assert_int_equal(fp_args_copy(&list, str("all of 8")), FP_NONE);
	expect_item(0, str("all of 8"));
	fp_args_pop(&list);
	assert_int_equal(fp_args_refer(&list, str("no copy is left")), FP_NONE);
	expect_item(0, str("no copy is left"));
}

static void test_text_is_bounded(void **state)
{
	(void)state;
	fp_args_init(&list, &mem.alloc, 5);
	assert_int_equal(fp_args_copy(&list, str("abc")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, str("def")), FP_TOO_LONG);
	assert_int_equal(list.n, 1);
	assert_int_equal(fp_args_copy(&list, str("de")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, str("")), FP_NONE);
	assert_int_equal(fp_args_copy(&list, str("f")), FP_TOO_LONG);
	expect_item(0, str("abc"));
	expect_item(1, str("de"));
	expect_item(2, str(""));
	assert_int_equal(list.n, 3);
	fp_args_clear(&list);
	assert_int_equal(fp_args_copy(&list, str("again")), FP_NONE);
	expect_item(0, str("again"));
	fp_args_clear(&list);
	assert_int_equal(fp_args_refer(&list, str("references are not bounded")), FP_NONE);
}

static void test_clear_keeps_small_memory(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 8; i++)
			assert_int_equal(fp_args_copy(&list, str("some octets")), FP_NONE);
		expect_item(7, str("some octets"));
		fp_args_clear(&list);
		assert_int_equal(list.n, 0);
		no_more_memory();
	}
}

static void test_clear_gives_large_memory_back(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(fp_args_copy(&list, str("some octets")), FP_NONE);
	for (unsigned i = 0; i <= FP_KEEP_TIMES; i++) {
		fp_args_clear(&list);
		assert_int_equal(fp_args_copy(&list, str("again")), FP_NONE);
	}
	assert_true(mem.held <= 2 * FP_KEEP_BYTES);
	expect_item(0, str("again"));
}

static struct fp_item digits(size_t i)
{
	return str(&"0123456789"[i % 10]);
}

/* Copies, asking again wherever memory is refused; the number of refusals. */
static size_t copy_stubbornly(void)
{
	size_t refused = 0;
	for (size_t i = 0; i < 300; i++) {
		enum fp_reason r;
		while ((r = fp_args_copy(&list, digits(i))) != FP_NONE) {
			assert_int_equal(r, FP_NOMEM);
			assert_int_equal(list.n, i);
			refused++;
		}
	}
	return refused;
}

static void test_nth_allocation_of_a_list_fails(void **state)
{
	(void)state;
	uint64_t n = 1;
	for (size_t refused = 1; refused; n++) {
		setup(NULL);
		mem.fail_at = n;
		refused = copy_stubbornly();
		assert_true(refused <= 1);
		for (size_t i = 0; i < 300; i++)
			expect_item(i, digits(i));
		fp_args_fini(&list);
		assert_int_equal(mem.held, 0);
	}
	assert_true(n > 6);
}

static void test_refused_reference_changes_nothing(void **state)
{
	(void)state;
	size_t n = 0;
	no_more_memory();
	assert_int_equal(fp_args_refer(&list, str("x")), FP_NOMEM);
	assert_int_equal(list.n, 0);
	mem.fail_at = mem.requests + 2;
	while (fp_args_refer(&list, str("y")) == FP_NONE)
		n++;
	assert_true(n > 0);
	assert_int_equal(list.n, n);
	expect_item(n - 1, str("y"));
}

/* ---- fp_args_thaw and any serialiser ---------------------------------------------------------------- */

/* A serialiser that copies each octet as an item; ctx is the octet it cannot read. */
static enum fp_reason letters_thaw(void *ctx, struct fp_span payload, struct fp_args *to, size_t *fault)
{
	assert_int_equal(to->n, 0);
	for (size_t i = 0; i < payload.len; i++) {
		*fault = i;
		if (payload.data[i] == *(const uint8_t *)ctx)
			return FP_MALFORMED;
		enum fp_reason r = fp_args_copy(to, (struct fp_item){payload.data + i, 1, FP_VALUE});
		if (r)
			return r;
	}
	return FP_NONE;
}

static void test_thaw_clears_and_seals(void **state)
{
	(void)state;
	const struct fp_serialiser letters = {"letters", "!", NULL, NULL, letters_thaw};
	size_t fault = 77;
	assert_int_equal(fp_args_refer(&list, str("left over")), FP_NONE);
	assert_int_equal(fp_args_thaw(&list, &letters, span("abc", 3), &fault), FP_NONE);
	assert_int_equal(list.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(list.items[i].data, &"abc"[i], 1);
	assert_int_equal(fp_args_thaw(&list, &letters, span("de!", 3), &fault), FP_MALFORMED);
	assert_int_equal(fault, 2);
	thaw(span("\x01z", 2));
	assert_int_equal(list.n, 1);
	assert_memory_equal(list.items[0].data, "z", 1);
	no_more_memory();
	fp_args_fini(&list);
	assert_int_equal(fp_args_thaw(&list, &letters, span("abc", 3), &fault), FP_NOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty_list),
		TEST(test_references_point_to_the_callers_octets),
		TEST(test_copies_are_copies),
		TEST(test_copies_of_nothing),
		TEST(test_a_sealed_list_goes_on),
		TEST(test_copies_and_references_do_not_mix),
		TEST(test_pop_takes_the_last),
		TEST(test_pop_takes_the_last_copy),
		TEST(test_text_is_bounded),
		TEST(test_clear_keeps_small_memory),
		TEST(test_clear_gives_large_memory_back),
		TEST(test_nth_allocation_of_a_list_fails),
		TEST(test_refused_reference_changes_nothing),
		TEST(test_thaw_clears_and_seals),
	};
	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
