/* Changes an input that is made of frames or lists so that it stays one, but for the one thing that was changed: what random
 * changes to octets seldom do. Must not know an engine, nor use lib/core. */
#ifndef FP_FUZZ_MUTATE_H
#define FP_FUZZ_MUTATE_H

#include "../target.h"

/* Changes `len` octets in a block of `len_max`; the new length. The same seed makes the same change. */
size_t fp_mutate(enum fp_fuzz_shape shape, uint8_t *data, size_t len, size_t len_max, uint32_t seed);
/* Frames or items of one input put between those of another, into `out`; its length. */
size_t fp_mutate_cross(enum fp_fuzz_shape shape, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t *out,
                       size_t out_max, uint32_t seed);

#endif
