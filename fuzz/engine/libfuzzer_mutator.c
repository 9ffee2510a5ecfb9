/* Gives the mutator to libFuzzer. A program without this file is fuzzed by libFuzzer's own changes alone. */
#include "mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t len_max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t len_max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t *out, size_t out_max,
                                 unsigned seed);

/* Half of the changes are libFuzzer's own: they know nothing, and so find what nobody thought of. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t len_max, unsigned seed)
{
	return seed & 1 ? LLVMFuzzerMutate(data, len, len_max) : fp_mutate(fp_fuzz_target.shape, data, len, len_max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t *out, size_t out_max,
                                 unsigned seed)
{
	return fp_mutate_cross(fp_fuzz_target.shape, a, a_len, b, b_len, out, out_max, seed);
}
