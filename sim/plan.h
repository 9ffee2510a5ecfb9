/* A run as text: the words NAME=VALUE, such as "pool.max=1 arrivals.jobs=3 crash-in.0=17 seed=0". A name is a number of the
 * scenario ("pool.max"; the section may be left out), a choice ("crash-in.0": the first of its kind), seed, random (the random
 * scenario of that seed, to begin with) or scenario (a file, to begin with). */
#ifndef FP_SIM_PLAN_H
#define FP_SIM_PLAN_H

#include "scenario.h"

struct sim_plan {
	struct sim_scenario scenario;
	uint64_t seed;
	struct sim_changes changes;
	bool has_begun; /* by a scenario, or by random: one of them, once */
};

void sim_plan_init(struct sim_plan *p, const struct fp_alloc *memory);
void sim_plan_fini(struct sim_plan *p);
/* One word. NULL: taken. Else what is wrong with it; good until the next call. */
const char *sim_plan_take(struct sim_plan *p, const char *word);
/* All words in order, separated by blanks or in several texts. */
const char *sim_plan_check(const struct sim_plan *p);
/* As text: what differs from a scenario with nothing set. Lists are not in it. */
char *sim_plan_print(const struct sim_plan *p); /* to be freed with free */

#endif
