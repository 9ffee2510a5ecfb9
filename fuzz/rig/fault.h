/* What a reader of texts says of a wrong one: NAME:LINE:COLUMN: what was expected. Must not know the language. */
#ifndef FP_FUZZ_FAULT_H
#define FP_FUZZ_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* Ends by fp_fuzz_found where it is not one line of that form, or its place is not in the text. */
void fp_fault_check(const char *said, const char *name, const uint8_t *text, size_t len);

#endif
