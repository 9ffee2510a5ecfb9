/* A bounded queue of octets: one block, in which the queue moves to the front when room runs out behind it. */
#include "buf.h"

void fp_buf_init(struct fp_buf *b, const struct fp_alloc *alloc, size_t bytes_max)
{
	*b = (struct fp_buf){.alloc = alloc, .bytes_max = bytes_max};
}

void fp_buf_fini(struct fp_buf *b)
{
	fp_alloc_put(b->alloc, b->data, b->cap);
	*b = (struct fp_buf){.alloc = b->alloc, .bytes_max = b->bytes_max};
}

static void to_front(struct fp_buf *b)
{
	if (b->head && b->tail > b->head)
		memmove(b->data, b->data + b->head, b->tail - b->head);
	b->tail -= b->head;
	b->head = 0;
}

/* A block for `need` octets, and at least twice the present one. */
static enum fp_reason grow(struct fp_buf *b, size_t need)
{
	size_t cap = b->cap > SIZE_MAX / 2 ? need : 2 * b->cap;
	if (cap < 256)
		cap = 256;
	if (cap < need)
		cap = need;
	uint8_t *data = b->alloc->resize(b->alloc->ctx, b->data, b->cap, cap);
	if (!data)
		return FP_NOMEM;
	b->data = data;
	b->cap = cap;
	return FP_NONE;
}

/* Moving is worth it only where it frees more than it copies: that keeps the cost of an octet constant. */
enum fp_reason fp_buf_make_room(struct fp_buf *b, size_t n)
{
	size_t len = fp_buf_len(b);
	if (b->cap - len >= n && b->head >= len)
		to_front(b);
	else if (n > SIZE_MAX - b->tail || grow(b, b->tail + n))
		return FP_NOMEM;
	return FP_NONE;
}

uint8_t *fp_buf_release(struct fp_buf *b, size_t *size)
{
	uint8_t *block = b->data;
	to_front(b);
	*size = b->cap;
	*b = (struct fp_buf){.alloc = b->alloc, .bytes_max = b->bytes_max};
	return block;
}

void fp_buf_adopt(struct fp_buf *b, uint8_t *block, size_t size)
{
	FP_ASSERT(!b->data);
	b->data = block;
	b->cap = size;
}

/* Memory that stays costs little; taking it anew for each large message costs a page fault a page. */
void fp_buf_keep_or_free(struct fp_buf *b, size_t held)
{
	b->small = held < b->cap / 2 ? b->small + 1 : 0;
	if (b->cap > FP_KEEP_BYTES_MAX || b->small >= FP_KEEP_TIMES)
		fp_buf_fini(b);
}
