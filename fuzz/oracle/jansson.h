/* The second opinion on the json serialiser: jansson reads the whole payload. Where ours is another on purpose, is_ours_alone
 * says so. Must not know how the serialiser cuts a payload up. */
#ifndef FP_FUZZ_JANSSON_H
#define FP_FUZZ_JANSSON_H

#include "core/args.h"

/* A payload was taken as a list, or refused at `fault`; both end by fp_fuzz_found where jansson sees it otherwise. */
void fp_jansson_compare(const struct fp_args *a, enum fp_reason r, size_t fault, struct fp_span in);
/* What the encoder wrote. */
void fp_jansson_check(struct fp_span out);

#endif
