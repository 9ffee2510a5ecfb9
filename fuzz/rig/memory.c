/* The allocator of the targets. See memory.h. Large blocks are kept for the next run, poisoned meanwhile: mapping them anew
 * would take most of a run's time. All memory is filled, so that what is read before it was written is always the same. */
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

#define LARGE_BYTES ((size_t)32 << 10) /* octets: a block from here on is kept */
#define KEPT_MAX 16u                   /* blocks */

static struct {
	void *p;
	size_t len;
} kept[KEPT_MAX];
static unsigned n_kept;

static void *get_kept(size_t len)
{
	for (unsigned i = 0; i < n_kept; i++) {
		if (kept[i].len != len)
			continue;
		void *p = kept[i].p;
		kept[i] = kept[--n_kept];
		ASAN_UNPOISON_MEMORY_REGION(p, len);
		return p;
	}
	return NULL;
}

static void *get(size_t len)
{
	void *p = len >= LARGE_BYTES ? get_kept(len) : NULL;
	if (!p)
		p = malloc(len);
	if (!p)
		abort();
	return memset(p, 0xa5, len);
}

static void put(void *p, size_t len)
{
	if (len < LARGE_BYTES || n_kept == KEPT_MAX) {
		free(p);
		return;
	}
	ASAN_POISON_MEMORY_REGION(p, len);
	kept[n_kept].p = p;
	kept[n_kept++].len = len;
}

static void check_bound(const struct fp_memory *m, size_t more)
{
	if (m->held + more > FP_MEMORY_FIXED_BYTES + m->arrived * FP_MEMORY_PER_OCTET)
		fp_fuzz_found("memory", "more memory is asked for than what has arrived can need");
}

static void *resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	struct fp_memory *m = ctx;
	if (new_len > old_len) {
		check_bound(m, new_len - old_len);
		if (++m->requests == m->fail_at)
			return NULL;
	}
	void *q = new_len ? get(new_len) : NULL;
	if (p) {
		fp_copy(q, p, old_len < new_len ? old_len : new_len);
		put(p, old_len);
	}
	m->held += new_len - old_len;
	return q;
}

void fp_memory_init(struct fp_memory *m, uint64_t fail_at)
{
	*m = (struct fp_memory){.alloc = {resize, m}, .fail_at = fail_at};
}

void fp_memory_fini(const struct fp_memory *m)
{
	if (m->held)
		fp_fuzz_found("memory", "memory is still held after fini");
}
