/* How often a test repeats itself with what is drawn: a tenth under valgrind, which makes everything some thirty times slower. */
#ifndef FP_TESTS_ROUNDS_H
#define FP_TESTS_ROUNDS_H

#include <stdint.h>
#include <valgrind/valgrind.h>

static inline uint32_t rounds(uint32_t n)
{
	return RUNNING_ON_VALGRIND ? n / 10 + 1 : n;
}

/* For a loop over all of what there is. */
static inline uint32_t stride(void)
{
	return RUNNING_ON_VALGRIND ? 11 : 1;
}

#endif
