/* How often a test repeats itself with what is drawn: less where a tool looks at each access to memory. valgrind makes everything
 * some thirty times slower, ASan three times. */
#ifndef FP_TESTS_ROUNDS_H
#define FP_TESTS_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>
#include <valgrind/valgrind.h>

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

static inline bool is_watched(void)
{
	return IS_SANITIZED || RUNNING_ON_VALGRIND;
}

static inline uint32_t rounds(uint32_t n)
{
	return RUNNING_ON_VALGRIND ? n / 10 + 1 : IS_SANITIZED ? n / 3 + 1 : n;
}

/* For a loop over all of what there is. */
static inline uint32_t stride(void)
{
	return RUNNING_ON_VALGRIND ? 11 : 1;
}

#endif
