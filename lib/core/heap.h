/* An indexed binary min-heap of nodes that their owners embed. Must not know what its keys mean.
 *
 * Ties fall as in the original's heap (clause POOL-3): a new node is appended and moved up; a node whose key changed is
 * moved up if its key is not greater than its parent's, else down; a removed one is replaced by the last one, which is
 * then moved likewise. Nodes change places only where the keys differ strictly; on the way down the left child is taken
 * unless its key is greater than the right one's. */
#ifndef FP_CORE_HEAP_H
#define FP_CORE_HEAP_H

#include "base.h"

#define FP_HEAP_OUT SIZE_MAX

struct fp_heap_node {
	uint64_t key;
	size_t index; /* FP_HEAP_OUT: in no heap */
};

struct fp_heap {
	const struct fp_alloc *alloc;
	struct fp_heap_node **nodes;
	size_t n, cap, reserved;
};

void fp_heap_init(struct fp_heap *h, const struct fp_alloc *alloc);
void fp_heap_fini(struct fp_heap *h);

/* Makes sure that one more node than reserved before can be added without memory; release takes that back. FP_NOMEM. */
enum fp_reason fp_heap_reserve(struct fp_heap *h);
void fp_heap_release(struct fp_heap *h);

static inline void fp_heap_node_init(struct fp_heap_node *n)
{
	n->index = FP_HEAP_OUT;
}
static inline bool fp_heap_is_in(const struct fp_heap_node *n)
{
	return n->index != FP_HEAP_OUT;
}
static inline struct fp_heap_node *fp_heap_top(const struct fp_heap *h) /* NULL: empty */
{
	return h->n ? h->nodes[0] : NULL;
}

void fp_heap_add(struct fp_heap *h, struct fp_heap_node *n, uint64_t key); /* within what was reserved */
void fp_heap_remove(struct fp_heap *h, struct fp_heap_node *n);
void fp_heap_change(struct fp_heap *h, struct fp_heap_node *n, uint64_t key);
void fp_heap_set(struct fp_heap *h, struct fp_heap_node *n, uint64_t key); /* add or change; FP_NEVER takes it out */

#endif
