/* A bounded queue of octets. Must not know what is in it (frames).
 *
 * put or space/commit at the end, front/drop at the beginning. Memory grows with what is put in, by doubling, never
 * with what a peer announces; an empty queue gives back what it has not needed for a while. */
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

/* At least n octets of room behind the queue, good until the next call for b. FP_NOMEM; FP_TOO_LONG past bytes_max. */
enum fp_reason fp_buf_space(struct fp_buf *b, size_t n, struct fp_space *space);
void fp_buf_commit(struct fp_buf *b, size_t n); /* n octets of that room were filled */
enum fp_reason fp_buf_put(struct fp_buf *b, const void *data, size_t n);

/* The block of memory that holds the queue, taken out of b, which is then empty and has none; its first octet is the first
 * queued one. fp_buf_adopt gives such a block, of the same allocator, to a buffer that has none. */
uint8_t *fp_buf_release(struct fp_buf *b, size_t *size);
void fp_buf_adopt(struct fp_buf *b, uint8_t *block, size_t size);

struct fp_span fp_buf_front(const struct fp_buf *b); /* all that is queued; good until space, put, drop */
void fp_buf_drop(struct fp_buf *b, size_t n);        /* takes the first n octets off */
void fp_buf_cut(struct fp_buf *b, size_t n);         /* takes all but the first n octets off */
static inline size_t fp_buf_len(const struct fp_buf *b)
{
	return b->tail - b->head;
}

#endif
