/* Allocators that fail when that is chosen. See memory.h. */
#include "memory.h"

#define FREED 0xa5 /* what is freed holds nothing that could still be of use */

static void *resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	struct sim_memory *m = ctx;
	if (new_len > old_len && sim_choose(m->choice, m->kind, 2))
		return NULL;
	if (new_len < old_len)
		memset((uint8_t *)p + new_len, FREED, old_len - new_len);
	void *q = m->source->resize(m->source->ctx, p, old_len, new_len);
	if (new_len && !q)
		return NULL;
	m->held += new_len - old_len;
	if (m->held > m->held_max)
		m->held_max = m->held;
	return q;
}

void sim_memory_init(struct sim_memory *m, const struct fp_alloc *source, struct sim_choice *choice, enum sim_kind kind)
{
	*m = (struct sim_memory){.alloc = {resize, m}, .source = source, .choice = choice, .kind = kind};
}

void *sim_get(const struct fp_alloc *memory, size_t len)
{
	void *p = fp_alloc_get(memory, len);
	FP_ASSERT(p);
	return memset(p, 0, len);
}

void *sim_grow(const struct fp_alloc *memory, void *array, size_t *cap, size_t n, size_t item_len)
{
	if (n < *cap)
		return array;
	size_t more = *cap ? 2 * *cap : 16;
	void *p = memory->resize(memory->ctx, array, *cap * item_len, more * item_len);
	FP_ASSERT(p);
	*cap = more;
	return p;
}
