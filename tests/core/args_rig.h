/* A list and a buffer under test, and what the tests of lists and of the string serialiser ask of them. */
#ifndef FP_TESTS_ARGS_RIG_H
#define FP_TESTS_ARGS_RIG_H

#include "../../lib/core/args.h"
#include "unit.h"

static struct fp_buf out;
static struct fp_args list;

static inline int setup(void **state)
{
	(void)state;
	test_alloc_init(&mem);
	fp_buf_init(&out, &mem.alloc, SIZE_MAX);
	fp_args_init(&list, &mem.alloc, SIZE_MAX);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	fp_buf_fini(&out);
	fp_args_fini(&list);
	return mem.held == 0 ? 0 : -1;
}

static inline struct fp_item str(const char *s)
{
	return (struct fp_item){s, strlen(s), FP_STRING};
}

static inline struct fp_span span(const void *octets, size_t n)
{
	return (struct fp_span){octets, n};
}

static inline void expect_item(size_t i, struct fp_item want)
{
	const struct fp_item *items = fp_args_seal(&list);
	assert_true(i < list.n);
	assert_int_equal(items[i].kind, want.kind);
	assert_int_equal(items[i].len, want.len);
	if (want.len)
		assert_memory_equal(items[i].data, want.data, want.len);
}

/* A payload in the string serialiser's form, into the list. */
static inline void thaw(struct fp_span payload)
{
	size_t fault;
	assert_int_equal(fp_args_thaw(&list, &fp_string_serialiser, payload, &fault), FP_NONE);
}

#endif
