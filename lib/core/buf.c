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

enum fp_reason fp_buf_space(struct fp_buf *b, size_t n, struct fp_space *space)
{
	size_t len = fp_buf_len(b);
	if (len > b->bytes_max || n > b->bytes_max - len)
		return FP_TOO_LONG;
	if (b->cap - b->tail < n) {
		/* moving is worth it only where it frees more than it copies: that keeps the cost of an octet constant */
		if (b->cap - len >= n && b->head >= len)
			to_front(b);
		else if (n > SIZE_MAX - b->tail || grow(b, b->tail + n))
			return FP_NOMEM;
	}
	*space = (struct fp_space){b->data ? b->data + b->tail : NULL, b->cap - b->tail};
	size_t room = b->bytes_max - len;
	if (space->len > room)
		space->len = room;
	return FP_NONE;
}

void fp_buf_commit(struct fp_buf *b, size_t n)
{
	FP_ASSERT(n <= b->cap - b->tail && n <= b->bytes_max - fp_buf_len(b));
	b->tail += n;
}

enum fp_reason fp_buf_put(struct fp_buf *b, const void *data, size_t n)
{
	struct fp_space space;
	enum fp_reason r = fp_buf_space(b, n, &space);
	if (r)
		return r;
	fp_copy(space.data, data, n);
	fp_buf_commit(b, n);
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

struct fp_span fp_buf_front(const struct fp_buf *b)
{
	return (struct fp_span){b->data ? b->data + b->head : NULL, fp_buf_len(b)};
}

/* Memory that stays costs little; taking it anew for each large message costs a page fault a page. */
static void become_empty(struct fp_buf *b, size_t held)
{
	b->head = b->tail = 0;
	b->small = held < b->cap / 2 ? b->small + 1 : 0;
	if (b->cap > FP_KEEP_BYTES_MAX || (b->cap > FP_KEEP_BYTES && b->small >= FP_KEEP_TIMES))
		fp_buf_fini(b);
}

void fp_buf_drop(struct fp_buf *b, size_t n)
{
	FP_ASSERT(n <= fp_buf_len(b));
	size_t held = b->tail;
	b->head += n;
	if (b->head == b->tail && held)
		become_empty(b, held);
}

void fp_buf_cut(struct fp_buf *b, size_t n)
{
	FP_ASSERT(n <= fp_buf_len(b));
	size_t held = b->tail;
	b->tail = b->head + n;
	if (!n && held)
		become_empty(b, held);
}
