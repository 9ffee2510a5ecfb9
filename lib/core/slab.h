/* An allocator that keeps small blocks for the next who asks for as much, on top of another one. Must not know what is in them.
 *
 * What a call needs is given back when it ends and asked for again by the next one: then it is the same block, and still in
 * the processor's cache. */
#ifndef FP_CORE_SLAB_H
#define FP_CORE_SLAB_H

#include "base.h"

#define FP_SLAB_STEP ((size_t)16)        /* octets: sizes are multiples of this */
#define FP_SLAB_BLOCK_MAX ((size_t)512) /* octets: a larger block is not kept */

struct fp_slab_spare {
	struct fp_slab_spare *next;
};

struct fp_slab {
	struct fp_alloc alloc; /* to be given to others, while the slab stays where it is */
	const struct fp_alloc *under;
	struct fp_slab_spare *spares[FP_SLAB_BLOCK_MAX / FP_SLAB_STEP]; /* by size: of one step, of two, … */
	size_t kept, kept_bytes_max; /* octets */
};

/* kept_bytes_max: no more is kept than this; 0: nothing is. */
void fp_slab_init(struct fp_slab *s, const struct fp_alloc *under, size_t kept_bytes_max);
void fp_slab_fini(struct fp_slab *s); /* after all that was taken from it was given back */

#endif
