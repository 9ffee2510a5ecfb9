/* The mutator as a library for AFL++ (AFL_CUSTOM_MUTATOR_LIBRARY): the functions that afl-fuzz looks for by name. */
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

#define OUT_BYTES_MAX ((size_t)1 << 20)

struct mutator {
	uint32_t seed;
	uint8_t out[OUT_BYTES_MAX];
};

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *mutator, uint8_t *in, size_t len, uint8_t **out, uint8_t *other, size_t other_len, size_t len_max);
void afl_custom_deinit(void *mutator);

void *afl_custom_init(void *afl, unsigned seed)
{
	(void)afl;
	struct mutator *m = calloc(1, sizeof *m);
	if (m)
		m->seed = seed;
	return m;
}

size_t afl_custom_fuzz(void *mutator, uint8_t *in, size_t len, uint8_t **out, uint8_t *other, size_t other_len, size_t len_max)
{
	struct mutator *m = mutator;
	size_t max = len_max < OUT_BYTES_MAX ? len_max : OUT_BYTES_MAX;
	uint32_t seed = m->seed++ * 2654435769u;
	enum fp_fuzz_shape shape = seed >> 31 ? FP_SHAPE_LIST : FP_SHAPE_FRAMES; /* it is not told the target */
	*out = m->out;
	if (other && other_len && seed % 4 == 0)
		return fp_mutate_cross(shape, in, len, other, other_len, m->out, max, seed);
	len = len < max ? len : max;
	memcpy(m->out, in, len);
	return fp_mutate(shape, m->out, len, max, seed);
}

void afl_custom_deinit(void *mutator)
{
	free(mutator);
}
