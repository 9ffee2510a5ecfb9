/* An allocator for tests of the core: counts what is held and fails at the nth request. Header only, so that a test links
 * with nothing but what it tests. */
#ifndef FP_TESTS_ALLOC_H
#define FP_TESTS_ALLOC_H

#include "../lib/core/base.h"

#include <stdlib.h>

struct test_alloc {
	struct fp_alloc alloc;
	size_t held, held_max; /* octets now, and the most ever */
	uint64_t requests;     /* that wanted more memory */
	uint64_t fail_at;      /* this request fails, from 1; 0: none */
	bool fail_after;       /* and all after it */
};

static inline void *test_alloc_resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	struct test_alloc *t = ctx;
	if (new_len == 0) {
		t->held -= old_len;
		free(p);
		return NULL;
	}
	if (new_len > old_len) {
		t->requests++;
		if (t->fail_at && (t->requests == t->fail_at || (t->fail_after && t->requests > t->fail_at)))
			return NULL;
	}
	/* always a new block, filled with rubbish behind: a pointer kept too long is seen by the memory checkers */
	void *q = malloc(new_len);
	if (!q)
		return NULL;
	memset(q, 0xa5, new_len);
	if (p)
		memcpy(q, p, old_len < new_len ? old_len : new_len);
	free(p);
	t->held += new_len - old_len;
	if (t->held > t->held_max)
		t->held_max = t->held;
	return q;
}

static inline void test_alloc_init(struct test_alloc *t)
{
	*t = (struct test_alloc){.alloc = {test_alloc_resize, t}};
}

#endif
