/* One case, in all its variants, to a verdict. Must not know other cases. */
#ifndef FP_JUDGE_JUDGE_H
#define FP_JUDGE_JUDGE_H

#include "catalogue.h"
#include "testee.h"
#include "verdict.h"

/* Plays the variants in order up to the first that is not kept; only the one of this name where `variant` is not NULL. */
void fp_judge_case(struct fp_verdict *v, const struct fp_case *c, const struct fp_testee *t, const char *variant);

#endif
