/* A run: options and a suite in, reports and an exit status out. */
#ifndef FP_JUDGE_RUN_H
#define FP_JUDGE_RUN_H

#include "run_options.h"
#include "suite.h"

int fp_run(struct fp_run_options *o, const struct fp_suite *suite);

#endif
