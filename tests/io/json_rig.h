/* What both tests of io/json stand on: items and payloads as literals, and a serialiser run on a counting allocator. */
#ifndef FP_TESTS_JSON_RIG_H
#define FP_TESTS_JSON_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../lib/io/json.h"
#include "../alloc.h"

#define S(text) {text, sizeof text - 1, FP_STRING}
#define V(text) {text, sizeof text - 1, FP_VALUE}
#define P(text) {(const uint8_t *)(text), sizeof text - 1}

/* Both buffers and the list that a test needs, on one counting allocator. */
struct rig {
	struct test_alloc memory;
	struct fp_buf out;
	struct fp_args list;
	size_t fault;
};

static inline void rig_init(struct rig *r)
{
	test_alloc_init(&r->memory);
	fp_buf_init(&r->out, &r->memory.alloc, SIZE_MAX);
	fp_args_init(&r->list, &r->memory.alloc, SIZE_MAX);
	r->fault = SIZE_MAX;
}

static inline void rig_fini(struct rig *r)
{
	fp_buf_fini(&r->out);
	fp_args_fini(&r->list);
	assert_int_equal(r->memory.held, 0);
}

static inline enum fp_reason freeze(struct rig *r, const struct fp_item *items, size_t n)
{
	return fp_args_freeze(&fp_json_serialiser, items, n, &r->out);
}

/* The payload is copied to a block of its own length, so that reading past it is seen by the memory checkers. */
static inline enum fp_reason thaw(struct rig *r, struct fp_span payload)
{
	uint8_t *copy = malloc(payload.len + !payload.len);
	assert_non_null(copy);
	fp_copy(copy, payload.data, payload.len);
	enum fp_reason reason =
		fp_args_thaw(&r->list, &fp_json_serialiser, (struct fp_span){copy, payload.len}, &r->fault);
	free(copy);
	return reason;
}

static inline void expect_octets(struct fp_span got, struct fp_span wanted)
{
	if (got.len != wanted.len || (got.len && memcmp(got.data, wanted.data, got.len)))
		print_error("got    %.*s\nwanted %.*s\n", (int)got.len, (const char *)got.data, (int)wanted.len,
		            (const char *)wanted.data);
	assert_int_equal(got.len, wanted.len);
	if (got.len)
		assert_memory_equal(got.data, wanted.data, got.len);
}

static inline void expect_list(const struct rig *r, const struct fp_item *items, size_t n)
{
	assert_int_equal(r->list.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct fp_item *got = &r->list.items[i];
		assert_int_equal(got->kind, items[i].kind);
		expect_octets((struct fp_span){got->data, got->len}, (struct fp_span){items[i].data, items[i].len});
	}
}

static inline void expect_frozen(const struct fp_item *items, size_t n, struct fp_span payload)
{
	struct rig r;
	rig_init(&r);
	assert_int_equal(freeze(&r, items, n), FP_NONE);
	expect_octets(fp_buf_front(&r.out), payload);
	rig_fini(&r);
}

static inline void expect_unfreezable(struct fp_item item)
{
	struct fp_item items[] = {S("before"), item, S("behind")};
	struct rig r;
	rig_init(&r);
	assert_int_equal(fp_buf_put(&r.out, "kept", 4), FP_NONE);
	assert_int_equal(freeze(&r, items, 3), FP_MALFORMED);
	expect_octets(fp_buf_front(&r.out), (struct fp_span)P("kept"));
	rig_fini(&r);
}

static inline void expect_thawed(struct fp_span payload, const struct fp_item *items, size_t n)
{
	struct rig r;
	rig_init(&r);
	assert_int_equal(thaw(&r, payload), FP_NONE);
	expect_list(&r, items, n);
	rig_fini(&r);
}

static inline void expect_malformed(struct fp_span payload, size_t fault)
{
	struct rig r;
	rig_init(&r);
	assert_int_equal(thaw(&r, payload), FP_MALFORMED);
	assert_int_equal(r.fault, fault);
	rig_fini(&r);
}

#endif
