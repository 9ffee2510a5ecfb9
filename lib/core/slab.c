/* An allocator that keeps small blocks. See slab.h. */
#include "slab.h"

/* What a block of len octets really takes. */
static size_t size_of(size_t len)
{
	return len <= FP_SLAB_BLOCK_MAX ? (len + FP_SLAB_STEP - 1) / FP_SLAB_STEP * FP_SLAB_STEP : len;
}

static struct fp_slab_spare **spares_of(struct fp_slab *s, size_t size)
{
	return &s->spares[size / FP_SLAB_STEP - 1];
}

static void *get(struct fp_slab *s, size_t size)
{
	struct fp_slab_spare **first = spares_of(s, size), *block = *first;
	if (!block)
		return fp_alloc_get(s->under, size);
	*first = block->next;
	s->kept -= size;
	return block;
}

static void put(struct fp_slab *s, void *p, size_t size)
{
	if (s->kept + size > s->kept_bytes_max) {
		fp_alloc_put(s->under, p, size);
		return;
	}
	struct fp_slab_spare **first = spares_of(s, size), *block = p;
	block->next = *first;
	*first = block;
	s->kept += size;
}

static void *resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	struct fp_slab *s = ctx;
	if (!p && new_len && new_len <= FP_SLAB_BLOCK_MAX)
		return get(s, size_of(new_len));
	if (!p || new_len || old_len > FP_SLAB_BLOCK_MAX)
		return s->under->resize(s->under->ctx, p, size_of(old_len), size_of(new_len));
	put(s, p, size_of(old_len));
	return NULL;
}

void fp_slab_init(struct fp_slab *s, const struct fp_alloc *under, size_t kept_bytes_max)
{
	*s = (struct fp_slab){.alloc = {resize, s}, .under = under, .kept_bytes_max = kept_bytes_max};
}

void fp_slab_fini(struct fp_slab *s)
{
	for (size_t i = 0; i < FP_SLAB_BLOCK_MAX / FP_SLAB_STEP; i++)
		for (struct fp_slab_spare *block; (block = s->spares[i]);) {
			s->spares[i] = block->next;
			fp_alloc_put(s->under, block, (i + 1) * FP_SLAB_STEP);
		}
	s->kept = 0;
}
