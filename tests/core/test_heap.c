/* Tests of core/heap: the order of its array after every operation, ties included, against a slow transcription of
 * clause POOL-3, and its reservations. Knows only heap.h. */
#include "../../lib/core/heap.h"
#include "../rounds.h"
#include "unit.h"

#define NODES 64

static struct fp_heap heap;
static struct fp_heap_node nodes[NODES];

/* ---- the rules of POOL-3, to the letter: node numbers in an array, exchanged one pair at a time ------ */

static size_t slow[NODES]; /* numbers of nodes, in the order of the heap's array */
static size_t slow_n;
static uint64_t slow_key[NODES]; /* by number of node */

static uint64_t key_at(size_t at)
{
	return slow_key[slow[at]];
}

static void exchange(size_t a, size_t b)
{
	size_t was = slow[a];
	slow[a] = slow[b];
	slow[b] = was;
}

static void slow_up(size_t at)
{
	while (at > 0 && key_at((at - 1) / 2) > key_at(at)) {
		exchange((at - 1) / 2, at);
		at = (at - 1) / 2;
	}
}

static void slow_down(size_t at)
{
	for (;;) {
		size_t left = 2 * at + 1, right = 2 * at + 2, child = left;
		if (left >= slow_n)
			return;
		if (right < slow_n && key_at(left) > key_at(right))
			child = right;
		if (!(key_at(at) > key_at(child)))
			return;
		exchange(at, child);
		at = child;
	}
}

static void slow_move(size_t at)
{
	if (at > 0 && !(key_at(at) > key_at((at - 1) / 2)))
		slow_up(at);
	else
		slow_down(at);
}

static size_t slow_find(size_t node)
{
	size_t at = 0;
	while (at < slow_n && slow[at] != node)
		at++;
	return at;
}

static void slow_add(size_t node, uint64_t key)
{
	slow_key[node] = key;
	slow[slow_n++] = node;
	slow_up(slow_n - 1);
}

static void slow_change(size_t node, uint64_t key)
{
	slow_key[node] = key;
	slow_move(slow_find(node));
}

static void slow_remove(size_t node)
{
	size_t at = slow_find(node);
	slow[at] = slow[--slow_n];
	if (at < slow_n)
		slow_move(at);
}

/* ---- both at once ----------------------------------------------------------------------------------- */

static void reserve(size_t n)
{
	while (n--)
		assert_int_equal(fp_heap_reserve(&heap), FP_NONE);
}

static void add(size_t node, uint64_t key)
{
	fp_heap_add(&heap, &nodes[node], key);
	slow_add(node, key);
}

static void change(size_t node, uint64_t key)
{
	fp_heap_change(&heap, &nodes[node], key);
	slow_change(node, key);
}

static void take_out(size_t node)
{
	fp_heap_remove(&heap, &nodes[node]);
	slow_remove(node);
}

static void expect_same(void)
{
	uint64_t least = UINT64_MAX;
	assert_int_equal(heap.n, slow_n);
	for (size_t i = 0; i < slow_n; i++) {
		assert_ptr_equal(heap.nodes[i], &nodes[slow[i]]);
		assert_int_equal(heap.nodes[i]->index, i);
		assert_int_equal(heap.nodes[i]->key, key_at(i));
		least = key_at(i) < least ? key_at(i) : least;
	}
	struct fp_heap_node *top = fp_heap_top(&heap);
	assert_ptr_equal(top, slow_n ? &nodes[slow[0]] : NULL);
	if (top)
		assert_int_equal(top->key, least);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(fp_heap_is_in(&nodes[i]), slow_find(i) < slow_n);
}

/* The array, by the numbers of the nodes, as one worked it out on paper. */
static void expect(const char *order)
{
	expect_same();
	assert_int_equal(heap.n, strlen(order));
	for (size_t i = 0; order[i]; i++)
		assert_ptr_equal(heap.nodes[i], &nodes[order[i] - '0']);
}

static int setup(void **state)
{
	(void)state;
	test_alloc_init(&mem);
	fp_heap_init(&heap, &mem.alloc);
	slow_n = 0;
	for (size_t i = 0; i < NODES; i++)
		fp_heap_node_init(&nodes[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fp_heap_fini(&heap);
	return mem.held == 0 ? 0 : -1;
}

/* ---- order, by hand --------------------------------------------------------------------------------- */

static void test_empty(void **state)
{
	(void)state;
	expect("");
	assert_int_equal(nodes[0].index, FP_HEAP_OUT);
	assert_int_equal(mem.requests, 0);
}

static void test_equal_keys_stay_as_added(void **state)
{
	(void)state;
	reserve(5);
	for (size_t i = 0; i < 5; i++)
		add(i, 7);
	expect("01234");
}

static void test_smaller_moves_up_past_strictly_greater(void **state)
{
	(void)state;
	reserve(5);
	add(0, 1);
	add(1, 1);
	add(2, 1);
	add(3, 0);
	expect("3021");
	add(4, 0);
	expect("34210");
}

static void test_greater_moves_down_left_on_a_tie(void **state)
{
	(void)state;
	reserve(4);
	for (size_t i = 0; i < 4; i++)
		add(i, 1);
	change(0, 1);
	expect("0123");
	change(0, 2);
	expect("1320");
	change(3, 9);
	expect("1023");
}

static void test_down_takes_the_right_one_if_strictly_less(void **state)
{
	(void)state;
	reserve(3);
	add(0, 1);
	add(1, 3);
	add(2, 2);
	change(0, 9);
	expect("210");
}

static void test_removed_is_replaced_by_the_last(void **state)
{
	(void)state;
	reserve(4);
	for (size_t i = 0; i < 4; i++)
		add(i, 1);
	take_out(0);
	expect("312");
	take_out(2);
	expect("31");
	take_out(1);
	expect("3");
	take_out(3);
	expect("");
}

/* The last one comes from another branch and is less than its new parent. */
static void test_replacement_moves_up(void **state)
{
	(void)state;
	static const uint64_t keys[] = {0, 10, 1, 11, 12, 2, 3};
	reserve(7);
	for (size_t i = 0; i < 7; i++)
		add(i, keys[i]);
	expect("0123456");
	take_out(3);
	expect("062145");
}

static void test_set(void **state)
{
	(void)state;
	reserve(2);
	fp_heap_set(&heap, &nodes[0], FP_NEVER);
	expect("");
	fp_heap_set(&heap, &nodes[0], 5);
	slow_add(0, 5);
	expect("0");
	fp_heap_set(&heap, &nodes[1], FP_NEVER - 1);
	slow_add(1, FP_NEVER - 1);
	expect("01");
	fp_heap_set(&heap, &nodes[1], 0);
	slow_change(1, 0);
	expect("10");
	fp_heap_set(&heap, &nodes[1], FP_NEVER);
	slow_remove(1);
	expect("0");
	fp_heap_set(&heap, &nodes[1], FP_NEVER);
	expect("0");
}

static void test_least_and_greatest_key(void **state)
{
	(void)state;
	reserve(3);
	add(0, UINT64_MAX);
	add(1, UINT64_MAX);
	add(2, 0);
	expect("210");
	change(2, UINT64_MAX);
	expect("210");
}

/* ---- order, by the thousand ------------------------------------------------------------------------- */

/* Keys are drawn from so many; a change is to another one of them, or by one, as a load changes. */
static void play(uint32_t operations, uint32_t nodes_max, uint32_t keys, bool by_one)
{
	setup(NULL);
	reserve(nodes_max);
	for (operations = rounds(operations); operations; operations--) {
		size_t node = draw(nodes_max);
		uint64_t key = draw(keys), was = nodes[node].key;
		if (!fp_heap_is_in(&nodes[node]))
			add(node, key);
		else if (draw(3) == 0)
			take_out(node);
		else if (by_one)
			change(node, was && draw(2) ? was - 1 : was + 1);
		else
			change(node, key);
		expect_same();
	}
	fp_heap_fini(&heap);
	assert_int_equal(mem.held, 0);
}

static void test_against_the_rules(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 16; n++)
		play(2000, n, 3, false);
	play(30000, NODES, 1, false);
	play(30000, NODES, 2, false);
	play(30000, NODES, 4, false);
	play(30000, NODES, UINT32_MAX, false);
	play(30000, NODES, 3, true);
	play(30000, 7, 3, true);
}

static void test_comes_out_sorted(void **state)
{
	(void)state;
	reserve(NODES);
	for (size_t i = 0; i < NODES; i++)
		add(i, draw(50));
	for (uint64_t last = 0; heap.n;) {
		struct fp_heap_node *top = fp_heap_top(&heap);
		assert_true(top->key >= last);
		last = top->key;
		take_out((size_t)(top - nodes));
		expect_same();
	}
}

/* ---- reservations ----------------------------------------------------------------------------------- */

static void test_add_takes_no_memory(void **state)
{
	(void)state;
	reserve(NODES);
	no_more_memory();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < NODES; i++)
			add(i, i % 5);
		expect_same();
		for (size_t i = 0; i < NODES; i++)
			take_out(i);
	}
}

static void test_add_beyond_what_was_reserved_cannot_be(void **state)
{
	(void)state;
	expect_assert_failure(fp_heap_add(&heap, &nodes[0], 1));
	reserve(2);
	add(0, 1);
	fp_heap_release(&heap);
	expect_assert_failure(fp_heap_add(&heap, &nodes[1], 1));
	expect_assert_failure(fp_heap_release(&heap));
	expect("0");
}

static void test_release_and_reserve_again(void **state)
{
	(void)state;
	reserve(3);
	add(0, 1);
	fp_heap_release(&heap);
	fp_heap_release(&heap);
	reserve(1);
	add(1, 0);
	expect("10");
}

static void test_what_cannot_be(void **state)
{
	(void)state;
	reserve(3);
	add(0, 1);
	expect_assert_failure(fp_heap_add(&heap, &nodes[0], 2));
	expect_assert_failure(fp_heap_remove(&heap, &nodes[1]));
	expect_assert_failure(fp_heap_change(&heap, &nodes[1], 2));
	expect("0");
}

/* Fills the heap, asking again wherever memory is refused; the number of refusals. */
static size_t fill_stubbornly(void)
{
	size_t refused = 0;
	for (size_t i = 0; i < NODES; i++) {
		enum fp_reason r;
		while ((r = fp_heap_reserve(&heap)) != FP_NONE) {
			assert_int_equal(r, FP_NOMEM);
			expect_same();
			refused++;
		}
		add(i, NODES - i);
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
		expect_same();
		fp_heap_fini(&heap);
		assert_int_equal(mem.held, 0);
	}
	assert_true(n > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_equal_keys_stay_as_added),
		TEST(test_smaller_moves_up_past_strictly_greater),
		TEST(test_greater_moves_down_left_on_a_tie),
		TEST(test_down_takes_the_right_one_if_strictly_less),
		TEST(test_removed_is_replaced_by_the_last),
		TEST(test_replacement_moves_up),
		TEST(test_set),
		TEST(test_least_and_greatest_key),
		TEST(test_against_the_rules),
		TEST(test_comes_out_sorted),
		TEST(test_add_takes_no_memory),
		TEST(test_add_beyond_what_was_reserved_cannot_be),
		TEST(test_release_and_reserve_again),
		TEST(test_what_cannot_be),
		TEST(test_nth_allocation_fails),
	};
	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
