/* What the tests of the transcript's files share: cmocka, numbers that look random and are the same each time, and what
 * prints into memory. Included by the one .c file of a test. */
#ifndef FP_TESTS_TRANSCRIPT_RIG_H
#define FP_TESTS_TRANSCRIPT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline uint32_t draw(uint32_t below)
{
	static uint64_t seed = 1;
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % below;
}

/* One text that is printed: begun, taken, and to be freed by whoever took it. */
struct printed {
	FILE *to;
	char *text;
	size_t len;
};

static inline void printed_begin(struct printed *p)
{
	p->to = open_memstream(&p->text, &p->len);
	assert_non_null(p->to);
}

static inline char *printed_take(struct printed *p)
{
	assert_int_equal(fclose(p->to), 0);
	return p->text;
}

#endif
