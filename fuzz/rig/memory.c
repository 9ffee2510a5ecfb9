/* The allocator of the targets. See memory.h. Blocks lie one behind the other in an arena that is begun anew once all are freed:
 * that takes a tenth of malloc's time, and a block that was freed stays poisoned to the end of the run. All memory is filled, so
 * that what is read before it was written is always the same. */
#include "memory.h"

#include <stdlib.h>

#include "../target.h"

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1 /* as gcc says it */
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#endif

#define ARENA_BYTES ((size_t)8 << 20) /* octets: what does not fit is malloc's */
#define GAP_BYTES 16u                 /* octets between blocks, at least; always poisoned */

static _Alignas(GAP_BYTES) uint8_t arena[ARENA_BYTES];
static size_t arena_used; /* octets */
static unsigned n_blocks; /* that are not freed */

static bool is_in_arena(const void *p)
{
	return (uintptr_t)p - (uintptr_t)arena < ARENA_BYTES;
}

static void *get(size_t len)
{
	size_t taken = (len + 2 * GAP_BYTES - 1) / GAP_BYTES * GAP_BYTES;
	n_blocks++;
	if (taken > ARENA_BYTES - arena_used) {
		void *p = malloc(len);
		if (!p)
			abort();
		return p;
	}
	uint8_t *p = arena + arena_used;
	arena_used += taken;
	ASAN_UNPOISON_MEMORY_REGION(p, len);
	return p;
}

static void put(void *p, size_t len)
{
	n_blocks--;
	if (is_in_arena(p))
		ASAN_POISON_MEMORY_REGION(p, len);
	else
		free(p);
}

static void begin_arena(void)
{
	static bool is_poisoned;
	if (n_blocks)
		return;
	arena_used = 0;
	if (!is_poisoned)
		ASAN_POISON_MEMORY_REGION(arena, ARENA_BYTES);
	is_poisoned = true;
}

static void check_bound(const struct fp_memory *m, size_t more)
{
	size_t most = FP_MEMORY_FIXED_BYTES + m->arrived * FP_MEMORY_PER_OCTET;
	if (more > most || m->held > most - more)
		fp_fuzz_found("memory", "more memory is asked for than what has arrived can need");
}

static void *resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	struct fp_memory *m = ctx;
	if (new_len > old_len) {
		if (++m->requests == m->fail_at)
			return NULL;
		check_bound(m, new_len - old_len);
	}
	uint8_t *q = new_len ? get(new_len) : NULL;
	size_t kept = old_len < new_len ? old_len : new_len;
	if (q)
		memset(q + kept, 0xa5, new_len - kept);
	if (p) {
		fp_copy(q, p, kept);
		put(p, old_len);
	}
	m->held += new_len - old_len;
	return q;
}

void fp_memory_init(struct fp_memory *m, uint64_t fail_at, size_t arrived)
{
	begin_arena();
	*m = (struct fp_memory){.alloc = {resize, m}, .arrived = arrived, .fail_at = fail_at};
}

void fp_memory_fini(const struct fp_memory *m)
{
	if (m->held)
		fp_fuzz_found("memory", "memory is still held after fini");
}
