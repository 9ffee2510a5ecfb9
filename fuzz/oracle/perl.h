/* The oracle that the wire comes from: what Perl's unpack "(w/a*)*" makes of a list (STRICTER.md says where we differ on
 * purpose). Linked with perl.c where libperl can be embedded, else with perl_none.c. Must not use lib/core. */
#ifndef FP_FUZZ_PERL_H
#define FP_FUZZ_PERL_H

#include "second.h"

/* Compares with what the second decoder found; ends by fp_fuzz_found("perl", ...) where they differ unexpectedly. */
void fp_perl_compare(const uint8_t *in, size_t len, enum fp_second_verdict verdict);

#endif
