/* What the tests of the lower core share: cmocka, memory that is counted and can run out, assertions that can be
 * expected to fail, and numbers that look random and are the same each time. Included by the one .c file of a test. */
#ifndef FP_TESTS_UNIT_H
#define FP_TESTS_UNIT_H

#include "../alloc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* FP_ASSERT ends here, so that expect_assert_failure sees it; an unexpected one fails the test. */
void abort(void)
{
	mock_assert(0, "FP_ASSERT", __FILE__, __LINE__);
	__builtin_trap();
}

static struct test_alloc mem;

/* From now on no request for memory is granted. */
static inline void no_more_memory(void)
{
	mem.fail_at = mem.requests + 1;
	mem.fail_after = true;
}

static inline uint32_t draw(uint32_t below)
{
	static uint64_t seed = 1;
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % below;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
