/* Drives a target from libFuzzer, from AFL++ (afl-clang-fast -fsanitize=fuzzer) or from any $LIB_FUZZING_ENGINE. */
#include <stdio.h>
#include <stdlib.h>

#include "mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fp_fuzz_one(data, len);
	return 0;
}

_Noreturn void fp_fuzz_found(const char *oracle, const char *what)
{
	fprintf(stderr, "forkpool-fuzz: %s: %s: %s\n", fp_fuzz_target.name, oracle, what);
	abort();
}

#if defined __SANITIZE_ADDRESS__ || defined __clang__
/* A small quarantine keeps the process small and fast; what is used after it was freed is seen all the same. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:malloc_context_size=8";
}
#endif

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
