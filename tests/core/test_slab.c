/* Tests of core/slab: which blocks are kept and given out again, and which go back to the allocator below. */
#include "../../lib/core/slab.h"
#include "unit.h"

#define KEPT_MAX (8 * FP_SLAB_BLOCK_MAX)

static struct fp_slab slab;
static const struct fp_alloc *alloc = &slab.alloc;

static int setup(void **state)
{
	(void)state;
	test_alloc_init(&mem);
	fp_slab_init(&slab, &mem.alloc, KEPT_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fp_slab_fini(&slab);
	assert_int_equal(mem.held, 0);
	return 0;
}

static void test_a_small_block_comes_back(void **state)
{
	(void)state;
	void *p = fp_alloc_get(alloc, 100);
	assert_non_null(p);
	fp_alloc_put(alloc, p, 100);
	uint64_t requests = mem.requests;
	assert_ptr_equal(fp_alloc_get(alloc, 112), p); /* of as many steps */
	assert_int_equal(mem.requests, requests);
	fp_alloc_put(alloc, p, 112);
}

static void test_the_last_one_comes_first(void **state)
{
	(void)state;
	void *p = fp_alloc_get(alloc, 16), *q = fp_alloc_get(alloc, 16);
	fp_alloc_put(alloc, p, 16);
	fp_alloc_put(alloc, q, 16);
	assert_ptr_equal(fp_alloc_get(alloc, 16), q);
	assert_ptr_equal(fp_alloc_get(alloc, 16), p);
	fp_alloc_put(alloc, p, 16);
	fp_alloc_put(alloc, q, 16);
}

static void test_another_size_is_another_block(void **state)
{
	(void)state;
	void *p = fp_alloc_get(alloc, 16);
	fp_alloc_put(alloc, p, 16);
	void *q = fp_alloc_get(alloc, 17);
	assert_ptr_not_equal(p, q);
	fp_alloc_put(alloc, q, 17);
}

static void test_a_large_block_is_not_kept(void **state)
{
	(void)state;
	void *p = fp_alloc_get(alloc, FP_SLAB_BLOCK_MAX + 1);
	assert_int_equal(mem.held, FP_SLAB_BLOCK_MAX + 1);
	fp_alloc_put(alloc, p, FP_SLAB_BLOCK_MAX + 1);
	assert_int_equal(mem.held, 0);
}

static void test_no_more_are_kept_than_it_says(void **state)
{
	enum { N = KEPT_MAX / FP_SLAB_BLOCK_MAX + 1 };
	void *blocks[N];
	(void)state;
	for (int i = 0; i < N; i++)
		blocks[i] = fp_alloc_get(alloc, FP_SLAB_BLOCK_MAX);
	for (int i = 0; i < N; i++)
		fp_alloc_put(alloc, blocks[i], FP_SLAB_BLOCK_MAX);
	assert_int_equal(mem.held, KEPT_MAX);
}

static void test_a_block_keeps_its_octets_as_it_grows(void **state)
{
	size_t sizes[] = {10, 16, 100, FP_SLAB_BLOCK_MAX, FP_SLAB_BLOCK_MAX + 1, 5000, 20};
	uint8_t *p = fp_alloc_get(alloc, 5);
	size_t len = 5;
	(void)state;
	memcpy(p, "abcde", 5);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; len = sizes[i++]) {
		p = alloc->resize(alloc->ctx, p, len, sizes[i]);
		assert_non_null(p);
		assert_memory_equal(p, "abcde", 5);
	}
	fp_alloc_put(alloc, p, len);
}

static void test_no_memory(void **state)
{
	(void)state;
	void *p = fp_alloc_get(alloc, 10), *q = fp_alloc_get(alloc, 5000);
	fp_alloc_put(alloc, p, 10);
	no_more_memory();
	assert_null(fp_alloc_get(alloc, 100));
	assert_null(alloc->resize(alloc->ctx, q, 5000, 6000));
	p = fp_alloc_get(alloc, 10); /* one that was kept needs none */
	assert_non_null(p);
	fp_alloc_put(alloc, p, 10);
	fp_alloc_put(alloc, q, 5000);
	assert_null(alloc->resize(alloc->ctx, NULL, 0, 0));
}

static void test_none_are_kept_where_none_may_be(void **state)
{
	struct fp_slab none;
	(void)state;
	fp_slab_init(&none, &mem.alloc, 0);
	void *p = fp_alloc_get(&none.alloc, 16);
	assert_non_null(p);
	fp_alloc_put(&none.alloc, p, 16);
	assert_int_equal(mem.held, 0);
	fp_slab_fini(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_small_block_comes_back),
		TEST(test_the_last_one_comes_first),
		TEST(test_another_size_is_another_block),
		TEST(test_a_large_block_is_not_kept),
		TEST(test_no_more_are_kept_than_it_says),
		TEST(test_a_block_keeps_its_octets_as_it_grows),
		TEST(test_none_are_kept_where_none_may_be),
		TEST(test_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
