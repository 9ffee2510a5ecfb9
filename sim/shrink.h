/* Makes a failing run small: no single choice can be dropped from what is left, and the failure stays the same. Must not know
 * how a run is made. */
#ifndef FP_SIM_SHRINK_H
#define FP_SIM_SHRINK_H

#include "plan.h"

/* Answers whether the plan still fails in the same way. */
typedef bool sim_is_failing(void *ctx, const struct sim_plan *p);

struct sim_shrunk {
	uint64_t tries;
	size_t choices_before;
};

/* The plan has seed 0 and fails. */
struct sim_shrunk sim_shrink(struct sim_plan *p, sim_is_failing *is_failing, void *ctx);

#endif
