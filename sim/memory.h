/* Memory of the world, and allocators that count what is held and fail when that is chosen. Must not know who holds it. */
#ifndef FP_SIM_MEMORY_H
#define FP_SIM_MEMORY_H

#include "choice.h"

/* An allocator for something under test. */
struct sim_memory {
	struct fp_alloc alloc;
	const struct fp_alloc *source;
	struct sim_choice *choice;
	enum sim_kind kind;
	uint64_t held, held_max; /* octets now, and the most ever */
};

void sim_memory_init(struct sim_memory *m, const struct fp_alloc *source, struct sim_choice *choice, enum sim_kind kind);

/* The world's own memory: without it there is no world, so these end the process where there is none. */
void *sim_get(const struct fp_alloc *memory, size_t len); /* zeroed */
/* An array with room for one more than n. */
void *sim_grow(const struct fp_alloc *memory, void *array, size_t *cap, size_t n, size_t item_len);

#endif
