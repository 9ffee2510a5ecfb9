/* What every file of the core stands on: the words of forkpool.h, spans, the allocator, named limits, assertions.
 *
 * The core decides and does nothing else: it has no descriptor, clock, errno, stdio, global or allocator of its own.
 * Functions that can fail return enum fp_reason, FP_NONE (0) for success; a failed call has changed nothing. */
#ifndef FP_CORE_BASE_H
#define FP_CORE_BASE_H

#include "../forkpool.h"

#include <string.h>

/* Octets that somebody else owns. */
struct fp_span {
	const uint8_t *data;
	size_t len;
};

/* Room to write octets into; len is what there is. */
struct fp_space {
	uint8_t *data;
	size_t len;
};

/* The caller's allocator. `resize` is realloc that is told the old size: p NULL and old_len 0 allocate, new_len 0 frees
 * and returns NULL; NULL for another new_len means no memory, and p is as before. */
struct fp_alloc {
	void *(*resize)(void *ctx, void *p, size_t old_len, size_t new_len);
	void *ctx;
};

static inline void *fp_alloc_get(const struct fp_alloc *a, size_t len)
{
	return a->resize(a->ctx, NULL, 0, len);
}

static inline void fp_alloc_put(const struct fp_alloc *a, void *p, size_t len)
{
	if (p)
		(void)a->resize(a->ctx, p, len, 0);
}

/* memcpy for spans that may be empty and then have no address. */
static inline void fp_copy(void *to, const void *from, size_t len)
{
	if (len)
		memcpy(to, from, len);
}

/* Octets as a text that ends in a zero, cut off where there is no room. */
static inline void fp_copy_text(char *to, size_t size, const void *from, size_t len)
{
	size_t n = len < size ? len : size - 1;
	fp_copy(to, from, n);
	to[n] = '\0';
}

/* An assertion that stays on: a state that cannot be, so this side's own fault and never a peer's. */
void abort(void);
#define FP_ASSERT(truth) ((truth) ? (void)0 : abort())

/* Named limits. */
#define FP_FRAME_BYTES_MAX_DEFAULT ((uint64_t)256 << 20) /* octets: longest payload */
#define FP_READ_BYTES ((size_t)64 << 10)                 /* octets: room offered for one read, at most */
#define FP_READ_BYTES_MIN ((size_t)256)                  /* octets: and at first: many connections never need more */
#define FP_READ_GROWTH 4u                                /* times more, once a read has filled it */
#define FP_KEEP_BYTES ((size_t)16 << 10)                 /* octets: an empty buffer larger than this may give its memory back */
#define FP_KEEP_BYTES_MAX ((size_t)4 << 20)              /* octets: a larger one does so at once */
#define FP_KEEP_TIMES 16u                                /* a smaller one when it was filled to less than half so often in a row */
#define FP_BATCH_BYTES ((size_t)64 << 10)                /* octets: frames are gathered into one write up to this */
#define FP_COPY_BYTES ((size_t)16 << 10)                 /* octets: a longer payload is written from where it is */
#define FP_CHILD_TX_BYTES_HIGH ((size_t)1 << 20)         /* octets unsent: a child takes no further request */
#define FP_EXIT_WAIT_MIN_NS (1 * FP_S)                     /* at least so long the exit of a killed process is waited for */
#define FP_START_FAILURES_MAX 5u                         /* failures in a row after which a closing pool gives up */
#define FP_START_PAUSE_MIN_NS (100 * FP_MS)              /* pause after the second failure in a row; it doubles */
#define FP_START_PAUSE_MAX_NS (10 * FP_S)                /* the longest pause between failing starts */

#define FP_NEVER UINT64_MAX /* a time that does not come */

/* now + after, without wrapping: the sum of a time and a limit may be FP_NEVER. */
static inline uint64_t fp_after(uint64_t now, uint64_t after)
{
	return after > FP_NEVER - now ? FP_NEVER : now + after;
}

#endif
