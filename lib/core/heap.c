/* An indexed binary min-heap. See heap.h. */
#include "heap.h"

void fp_heap_init(struct fp_heap *h, const struct fp_alloc *alloc)
{
	*h = (struct fp_heap){.alloc = alloc};
}

void fp_heap_fini(struct fp_heap *h)
{
	fp_alloc_put(h->alloc, h->nodes, h->cap * sizeof *h->nodes);
	*h = (struct fp_heap){.alloc = h->alloc};
}

enum fp_reason fp_heap_reserve(struct fp_heap *h)
{
	if (h->reserved == h->cap) {
		size_t size = sizeof *h->nodes, cap = h->cap ? h->cap * 2 : 8;
		struct fp_heap_node **nodes = h->alloc->resize(h->alloc->ctx, h->nodes, h->cap * size, cap * size);
		if (!nodes)
			return FP_NOMEM;
		h->nodes = nodes;
		h->cap = cap;
	}
	h->reserved++;
	return FP_NONE;
}

void fp_heap_release(struct fp_heap *h)
{
	FP_ASSERT(h->reserved > h->n);
	h->reserved--;
}

static void place(struct fp_heap *h, size_t at, struct fp_heap_node *n)
{
	h->nodes[at] = n;
	n->index = at;
}

static size_t parent_of(size_t at)
{
	return (at - 1) / 2;
}

static void move_up(struct fp_heap *h, size_t at)
{
	struct fp_heap_node *n = h->nodes[at];
	for (; at && h->nodes[parent_of(at)]->key > n->key; at = parent_of(at))
		place(h, at, h->nodes[parent_of(at)]);
	place(h, at, n);
}

static void move_down(struct fp_heap *h, size_t at)
{
	struct fp_heap_node *n = h->nodes[at];
	for (size_t child; (child = 2 * at + 1) < h->n; at = child) {
		if (child + 1 < h->n && h->nodes[child]->key > h->nodes[child + 1]->key)
			child++;
		if (n->key <= h->nodes[child]->key)
			break;
		place(h, at, h->nodes[child]);
	}
	place(h, at, n);
}

static void move(struct fp_heap *h, size_t at)
{
	if (at && h->nodes[at]->key <= h->nodes[parent_of(at)]->key)
		move_up(h, at);
	else
		move_down(h, at);
}

void fp_heap_add(struct fp_heap *h, struct fp_heap_node *n, uint64_t key)
{
	FP_ASSERT(!fp_heap_is_in(n) && h->n < h->reserved);
	n->key = key;
	place(h, h->n, n);
	move_up(h, h->n++);
}

void fp_heap_remove(struct fp_heap *h, struct fp_heap_node *n)
{
	size_t at = n->index;
	FP_ASSERT(at < h->n && h->nodes[at] == n);
	struct fp_heap_node *last = h->nodes[--h->n];
	fp_heap_node_init(n);
	if (last == n)
		return;
	place(h, at, last);
	move(h, at);
}

void fp_heap_change(struct fp_heap *h, struct fp_heap_node *n, uint64_t key)
{
	FP_ASSERT(n->index < h->n && h->nodes[n->index] == n);
	n->key = key;
	move(h, n->index);
}

void fp_heap_set(struct fp_heap *h, struct fp_heap_node *n, uint64_t key)
{
	if (key == FP_NEVER) {
		if (fp_heap_is_in(n))
			fp_heap_remove(h, n);
	} else if (fp_heap_is_in(n)) {
		fp_heap_change(h, n, key);
	} else {
		fp_heap_add(h, n, key);
	}
}
