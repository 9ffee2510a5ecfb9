/* A hash table of 32-bit ids, for the requests of one connection that are outstanding. Must not know what a request is.
 * Nodes are embedded by their owners; only the table takes memory, and only in reserve. */
#ifndef FP_CORE_IDS_H
#define FP_CORE_IDS_H

#include "base.h"

struct fp_ids_node {
	struct fp_ids_node *chain;
	uint32_t id;
};

struct fp_ids {
	const struct fp_alloc *alloc;
	struct fp_ids_node **buckets;
	size_t n_buckets; /* a power of two, or 0 */
	size_t n;
};

void fp_ids_init(struct fp_ids *t, const struct fp_alloc *alloc);
void fp_ids_fini(struct fp_ids *t);                        /* the nodes stay their owners' */
enum fp_reason fp_ids_reserve(struct fp_ids *t, size_t n); /* room for n nodes in all. FP_NOMEM */
void fp_ids_add(struct fp_ids *t, struct fp_ids_node *node, uint32_t id); /* id is not in, there is room */
struct fp_ids_node *fp_ids_find(const struct fp_ids *t, uint32_t id);     /* NULL: not in */
void fp_ids_remove(struct fp_ids *t, struct fp_ids_node *node);

#endif
