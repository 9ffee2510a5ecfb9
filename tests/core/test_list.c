/* Tests of core/list: every function, the ends, and pseudo-random operations against an array. Knows only list.h. */
#include "../../lib/core/list.h"
#include "unit.h"

#define ITEMS 16

struct item {
	uint32_t number;
	struct fp_link link;
};

static struct fp_list list;
static struct item items[ITEMS];

static int setup(void **state)
{
	(void)state;
	memset(items, 0, sizeof items);
	for (uint32_t i = 0; i < ITEMS; i++)
		items[i].number = i;
	fp_list_init(&list);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return 0;
}

static struct item *owner(struct fp_link *k)
{
	return k ? FP_OWNER(k, struct item, link) : NULL;
}

/* Exactly these items, in this order, read forwards and backwards. */
static void expect(const struct item *const *want, size_t n)
{
	assert_int_equal(fp_list_is_empty(&list), n == 0);
	assert_ptr_equal(owner(fp_list_first(&list)), n ? want[0] : NULL);
	assert_ptr_equal(owner(fp_list_last(&list)), n ? want[n - 1] : NULL);
	struct fp_link *k = fp_list_first(&list);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(owner(k), want[i]);
		assert_true(fp_link_is_in(k));
		assert_ptr_equal(k->next->prev, k);
		assert_ptr_equal(k->prev->next, k);
		k = fp_list_after(&list, k);
	}
	assert_null(k);
}

#define EXPECT(...)                                                       \
	do {                                                              \
		const struct item *const want[] = {__VA_ARGS__};          \
		expect(want, sizeof want / sizeof *want);                 \
	} while (0)

static void test_empty(void **state)
{
	(void)state;
	expect(NULL, 0);
	assert_null(fp_list_pop(&list));
	assert_false(fp_link_is_in(&items[0].link));
}

static void test_owner(void **state)
{
	(void)state;
	assert_ptr_equal(FP_OWNER(&items[3].link, struct item, link), &items[3]);
}

static void test_push_at_both_ends(void **state)
{
	(void)state;
	fp_list_push(&list, &items[1].link);
	EXPECT(&items[1]);
	fp_list_push(&list, &items[2].link);
	EXPECT(&items[1], &items[2]);
	fp_list_push_front(&list, &items[0].link);
	EXPECT(&items[0], &items[1], &items[2]);
}

static void test_push_front_of_an_empty_list(void **state)
{
	(void)state;
	fp_list_push_front(&list, &items[5].link);
	EXPECT(&items[5]);
}

static void test_insert_before(void **state)
{
	(void)state;
	fp_list_push(&list, &items[0].link);
	fp_list_push(&list, &items[2].link);
	fp_list_insert(&items[2].link, &items[1].link);
	EXPECT(&items[0], &items[1], &items[2]);
	fp_list_insert(&items[0].link, &items[3].link);
	EXPECT(&items[3], &items[0], &items[1], &items[2]);
}

static void test_remove_first_middle_last_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		fp_list_push(&list, &items[i].link);
	fp_list_remove(&items[1].link);
	EXPECT(&items[0], &items[2], &items[3]);
	fp_list_remove(&items[0].link);
	EXPECT(&items[2], &items[3]);
	fp_list_remove(&items[3].link);
	EXPECT(&items[2]);
	fp_list_remove(&items[2].link);
	expect(NULL, 0);
	for (size_t i = 0; i < 4; i++)
		assert_false(fp_link_is_in(&items[i].link));
}

static void test_a_removed_link_goes_in_again(void **state)
{
	(void)state;
	fp_list_push(&list, &items[0].link);
	fp_list_push(&list, &items[1].link);
	fp_list_remove(&items[0].link);
	fp_list_push(&list, &items[0].link);
	EXPECT(&items[1], &items[0]);
}

static void test_pop_takes_the_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		fp_list_push(&list, &items[i].link);
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(owner(fp_list_pop(&list)), &items[i]);
		assert_false(fp_link_is_in(&items[i].link));
	}
	assert_null(fp_list_pop(&list));
}

static void test_two_lists_are_apart(void **state)
{
	(void)state;
	struct fp_list other;
	fp_list_init(&other);
	fp_list_push(&list, &items[0].link);
	fp_list_push(&other, &items[1].link);
	EXPECT(&items[0]);
	assert_ptr_equal(owner(fp_list_pop(&other)), &items[1]);
	assert_true(fp_list_is_empty(&other));
	EXPECT(&items[0]);
}

static void test_a_link_is_in_one_list_at_most(void **state)
{
	(void)state;
	fp_list_push(&list, &items[0].link);
	expect_assert_failure(fp_list_push(&list, &items[0].link));
	expect_assert_failure(fp_list_push_front(&list, &items[0].link));
	expect_assert_failure(fp_list_remove(&items[1].link));
	EXPECT(&items[0]);
}

/* ---- pseudo-random operations against an array ------------------------------------------------------ */

static const struct item *model[ITEMS];
static size_t model_n;

static size_t model_find(const struct item *it)
{
	size_t i = 0;
	while (i < model_n && model[i] != it)
		i++;
	return i;
}

static void model_insert(size_t at, const struct item *it)
{
	memmove(&model[at + 1], &model[at], (model_n - at) * sizeof *model);
	model[at] = it;
	model_n++;
}

static void model_remove(size_t at)
{
	model_n--;
	memmove(&model[at], &model[at + 1], (model_n - at) * sizeof *model);
}

static void put_somewhere(struct item *it, uint32_t how, size_t before)
{
	if (how == 0) {
		fp_list_push(&list, &it->link);
		model_insert(model_n, it);
	} else if (how == 1 || model_n == 0) {
		fp_list_push_front(&list, &it->link);
		model_insert(0, it);
	} else {
		struct item *next = &items[model[before % model_n]->number];
		fp_list_insert(&next->link, &it->link);
		model_insert(before % model_n, it);
	}
}

static void test_against_an_array(void **state)
{
	(void)state;
	model_n = 0;
	for (int step = 0; step < 50000; step++) {
		struct item *it = &items[draw(ITEMS)];
		size_t at = model_find(it);
		assert_int_equal(fp_link_is_in(&it->link), at < model_n);
		if (at == model_n) {
			put_somewhere(it, draw(3), draw(ITEMS));
		} else if (draw(4) == 0) {
			assert_ptr_equal(owner(fp_list_pop(&list)), model[0]);
			model_remove(0);
		} else {
			fp_list_remove(&it->link);
			model_remove(at);
		}
		expect(model, model_n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_owner),
		TEST(test_push_at_both_ends),
		TEST(test_push_front_of_an_empty_list),
		TEST(test_insert_before),
		TEST(test_remove_first_middle_last_only),
		TEST(test_a_removed_link_goes_in_again),
		TEST(test_pop_takes_the_first),
		TEST(test_two_lists_are_apart),
		TEST(test_a_link_is_in_one_list_at_most),
		TEST(test_against_an_array),
	};
	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
