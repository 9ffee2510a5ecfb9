/* The allocator of the targets: exact blocks, so that the sanitizers see a step too far; a count that must end at 0; a
 * bound that grows only with what arrived; and a request that fails on demand. Must not know who asks. */
#ifndef FP_FUZZ_MEMORY_H
#define FP_FUZZ_MEMORY_H

#include "core/base.h"

#define FP_MEMORY_FIXED_BYTES ((size_t)512 << 10) /* octets that may be held before anything arrived */
#define FP_MEMORY_PER_OCTET 96u                   /* octets more for each that arrived: a list item for an octet, doubled */

struct fp_memory {
	struct fp_alloc alloc;
	size_t held, arrived; /* octets */
	uint64_t requests;    /* for more memory */
	uint64_t fail_at;     /* this request fails, counted from 1; 0: none */
};

/* arrived: octets that are there already. */
void fp_memory_init(struct fp_memory *m, uint64_t fail_at, size_t arrived);
void fp_memory_fini(const struct fp_memory *m); /* all was given back */

/* Whether a request failed. */
static inline bool fp_memory_has_failed(const struct fp_memory *m)
{
	return m->fail_at && m->requests >= m->fail_at;
}

#endif
