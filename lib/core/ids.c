/* A hash table of ids with chains. See ids.h. */
#include "ids.h"

void fp_ids_init(struct fp_ids *t, const struct fp_alloc *alloc)
{
	*t = (struct fp_ids){.alloc = alloc};
}

void fp_ids_fini(struct fp_ids *t)
{
	fp_alloc_put(t->alloc, t->buckets, t->n_buckets * sizeof *t->buckets);
	*t = (struct fp_ids){.alloc = t->alloc};
}

/* The top bits of a product with 2^32 over the golden ratio: ids that count up spread evenly, and ids that agree in their
 * low bits do not meet. */
static struct fp_ids_node **bucket(const struct fp_ids *t, uint32_t id)
{
	uint32_t spread = id * 2654435769u;
	return &t->buckets[(uint64_t)spread * t->n_buckets >> 32];
}

static void push(struct fp_ids *t, struct fp_ids_node *node)
{
	struct fp_ids_node **b = bucket(t, node->id);
	node->chain = *b;
	*b = node;
}

enum fp_reason fp_ids_reserve(struct fp_ids *t, size_t n)
{
	if (n <= t->n_buckets)
		return FP_NONE;
	if (n > SIZE_MAX / 4 / sizeof *t->buckets)
		return FP_NOMEM;
	struct fp_ids old = *t;
	size_t n_buckets = old.n_buckets ? old.n_buckets : 4;
	while (n_buckets < n)
		n_buckets *= 2;
	struct fp_ids_node **buckets = fp_alloc_get(t->alloc, n_buckets * sizeof(struct fp_ids_node *));
	if (!buckets)
		return FP_NOMEM;
	memset(buckets, 0, n_buckets * sizeof(struct fp_ids_node *));
	t->buckets = buckets;
	t->n_buckets = n_buckets;
	for (size_t i = 0; i < old.n_buckets; i++) {
		for (struct fp_ids_node *node = old.buckets[i], *next; node; node = next) {
			next = node->chain;
			push(t, node);
		}
	}
	fp_alloc_put(t->alloc, old.buckets, old.n_buckets * sizeof *old.buckets);
	return FP_NONE;
}

void fp_ids_add(struct fp_ids *t, struct fp_ids_node *node, uint32_t id)
{
	FP_ASSERT(t->n < t->n_buckets && !fp_ids_find(t, id));
	node->id = id;
	push(t, node);
	t->n++;
}

struct fp_ids_node *fp_ids_find(const struct fp_ids *t, uint32_t id)
{
	if (!t->n)
		return NULL;
	struct fp_ids_node *node = *bucket(t, id);
	while (node && node->id != id)
		node = node->chain;
	return node;
}

void fp_ids_remove(struct fp_ids *t, struct fp_ids_node *node)
{
	struct fp_ids_node **at = bucket(t, node->id);
	while (*at && *at != node)
		at = &(*at)->chain;
	FP_ASSERT(*at == node);
	*at = node->chain;
	node->chain = NULL;
	t->n--;
}
