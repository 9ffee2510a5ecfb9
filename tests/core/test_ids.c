/* Tests of core/ids: what is in and what is not, room and memory, and an array as reference. Knows only ids.h. */
#define _POSIX_C_SOURCE 200809L /* alarm */
#include "../../lib/core/ids.h"
#include "unit.h"

#include <unistd.h>

#define NODES 1024

static struct fp_ids ids;
static struct fp_ids_node nodes[NODES];

static int setup(void **state)
{
	(void)state;
	memset(nodes, 0, sizeof nodes);
	test_alloc_init(&mem);
	fp_ids_init(&ids, &mem.alloc);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fp_ids_fini(&ids);
	return mem.held == 0 ? 0 : -1;
}

static void reserve(size_t n)
{
	assert_int_equal(fp_ids_reserve(&ids, n), FP_NONE);
}

static void test_empty(void **state)
{
	(void)state;
	assert_null(fp_ids_find(&ids, 0));
	assert_null(fp_ids_find(&ids, 1));
	assert_null(fp_ids_find(&ids, UINT32_MAX));
	assert_int_equal(ids.n, 0);
	reserve(0);
	assert_int_equal(mem.requests, 0);
	reserve(1);
	assert_null(fp_ids_find(&ids, 0));
	assert_null(fp_ids_find(&ids, UINT32_MAX));
}

static void test_add_find_remove(void **state)
{
	(void)state;
	static const uint32_t some[] = {0, 1, 2, 0x7fffffff, 0x80000000, UINT32_MAX};
	const size_t n = sizeof some / sizeof *some;
	reserve(n);
	for (size_t i = 0; i < n; i++)
		fp_ids_add(&ids, &nodes[i], some[i]);
	assert_int_equal(ids.n, n);
	assert_null(fp_ids_find(&ids, 3));
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(fp_ids_find(&ids, some[i]), &nodes[i]);
		assert_int_equal(nodes[i].id, some[i]);
	}
	for (size_t i = 0; i < n; i++) {
		fp_ids_remove(&ids, &nodes[i]);
		assert_null(fp_ids_find(&ids, some[i]));
		for (size_t k = i + 1; k < n; k++)
			assert_ptr_equal(fp_ids_find(&ids, some[k]), &nodes[k]);
	}
	assert_int_equal(ids.n, 0);
}

/* Ids that are equal in any 16 bits of theirs: low, high, or in the middle. */
static void test_ids_alike(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift <= 16; shift += 8) {
		reserve(256);
		for (uint32_t i = 0; i < 256; i++)
			fp_ids_add(&ids, &nodes[i], i << shift);
		for (uint32_t i = 0; i < 256; i++)
			assert_ptr_equal(fp_ids_find(&ids, i << shift), &nodes[i]);
		assert_null(fp_ids_find(&ids, 256U << shift));
		for (uint32_t i = 0; i < 256; i++)
			fp_ids_remove(&ids, &nodes[(i * 7) % 256]); /* each once: 7 is odd */
		assert_int_equal(ids.n, 0);
	}
}

static void test_a_node_goes_in_again_under_another_id(void **state)
{
	(void)state;
	reserve(1);
	fp_ids_add(&ids, &nodes[0], 5);
	fp_ids_remove(&ids, &nodes[0]);
	fp_ids_add(&ids, &nodes[0], 6);
	assert_null(fp_ids_find(&ids, 5));
	assert_ptr_equal(fp_ids_find(&ids, 6), &nodes[0]);
}

static void test_reserve_keeps_what_is_in(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < NODES; i++) {
		reserve(i + 1);
		fp_ids_add(&ids, &nodes[i], i * 3);
		for (uint32_t k = 0; k <= i; k += 37)
			assert_ptr_equal(fp_ids_find(&ids, k * 3), &nodes[k]);
	}
	for (uint32_t i = 0; i < NODES; i++)
		assert_ptr_equal(fp_ids_find(&ids, i * 3), &nodes[i]);
	assert_int_equal(ids.n, NODES);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static void test_only_reserve_takes_memory(void **state)
{
	(void)state;
	for (size_t room = 1; room <= NODES; room = room * 3 + 1) {
		setup(NULL);
		reserve(room);
		no_more_memory();
		for (uint32_t i = 0; i < room; i++)
			fp_ids_add(&ids, &nodes[i], i);
		for (size_t less = 0; less <= room; less++)
			reserve(less);
		fp_ids_remove(&ids, &nodes[room - 1]);
		fp_ids_add(&ids, &nodes[room - 1], 99999);
		fp_ids_fini(&ids);
		assert_int_equal(mem.held, 0);
	}
}

static void test_room_is_for_all_nodes_together(void **state)
{
	(void)state;
	reserve(3);
	reserve(3);
	assert_int_equal(mem.requests, 1);
}

static void test_fini_leaves_the_nodes(void **state)
{
	(void)state;
	reserve(1);
	fp_ids_add(&ids, &nodes[0], 77);
	fp_ids_fini(&ids);
	assert_int_equal(mem.held, 0);
	assert_int_equal(nodes[0].id, 77);
}

/* Fills the table, asking again wherever memory is refused; the number of refusals. */
static size_t fill_stubbornly(void)
{
	size_t refused = 0;
	for (uint32_t i = 0; i < NODES; i++) {
		enum fp_reason r;
		while ((r = fp_ids_reserve(&ids, i + 1)) != FP_NONE) {
			assert_int_equal(r, FP_NOMEM);
			assert_int_equal(ids.n, i);
			for (uint32_t k = 0; k < i; k++)
				assert_ptr_equal(fp_ids_find(&ids, k), &nodes[k]);
			refused++;
		}
		fp_ids_add(&ids, &nodes[i], i);
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
		fp_ids_fini(&ids);
		assert_int_equal(mem.held, 0);
	}
	assert_true(n > 3);
}

/* More than there can be is refused; the alarm is for a size that wraps to 0 and is doubled for ever. */
static void test_room_for_too_many(void **state)
{
	(void)state;
	static const size_t wanted[] = {
		SIZE_MAX / 8, SIZE_MAX / 8 + 2, SIZE_MAX / 4, SIZE_MAX / 2, SIZE_MAX / 2 + 2, SIZE_MAX,
	};
	reserve(1);
	fp_ids_add(&ids, &nodes[0], 1);
	no_more_memory();
	alarm(10);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		assert_int_equal(fp_ids_reserve(&ids, wanted[i]), FP_NOMEM);
		assert_ptr_equal(fp_ids_find(&ids, 1), &nodes[0]);
	}
	alarm(0);
}

static void test_what_cannot_be(void **state)
{
	(void)state;
	reserve(2);
	fp_ids_add(&ids, &nodes[0], 1);
	expect_assert_failure(fp_ids_add(&ids, &nodes[1], 1));
	nodes[2].id = 1;
	expect_assert_failure(fp_ids_remove(&ids, &nodes[2]));
	nodes[3].id = 2;
	expect_assert_failure(fp_ids_remove(&ids, &nodes[3]));
	assert_int_equal(ids.n, 1);
	assert_ptr_equal(fp_ids_find(&ids, 1), &nodes[0]);
}

static void test_add_without_room_cannot_be(void **state)
{
	(void)state;
	expect_assert_failure(fp_ids_add(&ids, &nodes[0], 1));
	assert_null(fp_ids_find(&ids, 1));
}

/* ---- pseudo-random operations against an array ------------------------------------------------------ */

static void test_against_an_array(void **state)
{
	(void)state;
	bool in[NODES] = {false};
	size_t n = 0;
	for (int step = 0; step < 200000; step++) {
		uint32_t i = draw(NODES), id = i * 0x9e3779b1; /* odd: different ids, all 32 bits */
		assert_ptr_equal(fp_ids_find(&ids, id), in[i] ? &nodes[i] : NULL);
		if (in[i]) {
			fp_ids_remove(&ids, &nodes[i]);
			n--;
		} else {
			reserve(n + 1);
			fp_ids_add(&ids, &nodes[i], id);
			n++;
		}
		in[i] = !in[i];
		assert_int_equal(ids.n, n);
	}
	for (uint32_t i = 0; i < NODES; i++)
		assert_ptr_equal(fp_ids_find(&ids, i * 0x9e3779b1), in[i] ? &nodes[i] : NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_add_find_remove),
		TEST(test_ids_alike),
		TEST(test_a_node_goes_in_again_under_another_id),
		TEST(test_reserve_keeps_what_is_in),
		TEST(test_only_reserve_takes_memory),
		TEST(test_room_is_for_all_nodes_together),
		TEST(test_fini_leaves_the_nodes),
		TEST(test_nth_allocation_fails),
		TEST(test_what_cannot_be),
		TEST(test_add_without_room_cannot_be),
		TEST(test_against_an_array),
		TEST(test_room_for_too_many),
	};
	return cmocka_run_group_tests_name("ids", tests, NULL, NULL);
}
