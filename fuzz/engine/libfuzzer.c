/* Drives a target from libFuzzer, from AFL++ (afl-clang-fast -fsanitize=fuzzer) or from any $LIB_FUZZING_ENGINE. */
#include <stdio.h>
#include <stdlib.h>

#include "../target.h"

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
