/* A bounded queue of octets. Must not know what is in it (frames).
 *
 * put or space/commit at the end, front/drop at the beginning. Memory grows with what is put in, by doubling, never
 * with what a peer announces; an empty queue gives back what it has not needed for a while.
 *
 * A call does dozens of these, most of which only move a number: so they stand here, and in buf.c what takes memory. */
#ifndef FP_CORE_BUF_H
#define FP_CORE_BUF_H

#include "base.h"

struct fp_buf {
	const struct fp_alloc *alloc;
	uint8_t *data;
	size_t head, tail, cap; /* octets head..tail are queued */
	size_t bytes_max;       /* never more than this queued */
	unsigned small;         /* times in a row that it became empty and had held less than half its memory */
};

void fp_buf_init(struct fp_buf *b, const struct fp_alloc *alloc, size_t bytes_max);
void fp_buf_fini(struct fp_buf *b);

static inline size_t fp_buf_len(const struct fp_buf *b)
{
	return b->tail - b->head;
}

/* For the functions below alone. */
enum fp_reason fp_buf_make_room(struct fp_buf *b, size_t n);
void fp_buf_keep_or_free(struct fp_buf *b, size_t held);

/* At least n octets of room behind the queue, good until the next call for b. FP_NOMEM; FP_TOO_LONG past bytes_max. */
static inline enum fp_reason fp_buf_space(struct fp_buf *b, size_t n, struct fp_space *space)
{
	size_t len = fp_buf_len(b);
	if (len > b->bytes_max || n > b->bytes_max - len)
		return FP_TOO_LONG;
	if (b->cap - b->tail < n && fp_buf_make_room(b, n))
		return FP_NOMEM;
	size_t room = b->bytes_max - len, behind = b->cap - b->tail;
	*space = (struct fp_space){b->data ? b->data + b->tail : NULL, behind < room ? behind : room};
	return FP_NONE;
}

static inline void fp_buf_commit(struct fp_buf *b, size_t n) /* n octets of that room were filled */
{
	FP_ASSERT(n <= b->cap - b->tail && n <= b->bytes_max - fp_buf_len(b));
	b->tail += n;
}

static inline enum fp_reason fp_buf_put(struct fp_buf *b, const void *data, size_t n)
{
	struct fp_space space;
	enum fp_reason r = fp_buf_space(b, n, &space);
	if (r)
		return r;
	fp_copy(space.data, data, n);
	b->tail += n;
	return FP_NONE;
}

/* The block of memory that holds the queue, taken out of b, which is then empty and has none; its first octet is the first
 * queued one. fp_buf_adopt gives such a block, of the same allocator, to a buffer that has none. */
uint8_t *fp_buf_release(struct fp_buf *b, size_t *size);
void fp_buf_adopt(struct fp_buf *b, uint8_t *block, size_t size);

static inline struct fp_span fp_buf_front(const struct fp_buf *b) /* all that is queued; good until space, put, drop */
{
	return (struct fp_span){b->data ? b->data + b->head : NULL, fp_buf_len(b)};
}

static inline void fp_buf_become_empty(struct fp_buf *b) /* drop and cut do it */
{
	size_t held = b->tail;
	b->head = b->tail = 0;
	if (b->cap > FP_KEEP_BYTES)
		fp_buf_keep_or_free(b, held);
}

static inline void fp_buf_drop(struct fp_buf *b, size_t n) /* takes the first n octets off */
{
	FP_ASSERT(n <= fp_buf_len(b));
	b->head += n;
	if (b->head == b->tail && b->tail)
		fp_buf_become_empty(b);
}

static inline void fp_buf_cut(struct fp_buf *b, size_t n) /* takes all but the first n octets off */
{
	FP_ASSERT(n <= fp_buf_len(b));
	if (n)
		b->tail = b->head + n;
	else if (b->tail)
		fp_buf_become_empty(b);
}

#endif
