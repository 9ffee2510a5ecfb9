/* Where making a failing run small leaves much: another run, with less in it, that breaks the same promise. Must not know what
 * the promises are. */
#ifndef FP_SIM_SMALLER_H
#define FP_SIM_SMALLER_H

#include "attempt.h"

/* At most so many of each. A drawn number, such as how long a call takes, is no fault. */
#define SIM_SMALL_CALLS 3u
#define SIM_SMALL_WORKERS 2u
#define SIM_SMALL_FAULTS 3u

bool sim_plan_is_small(const struct sim_plan *p);

/* Looks among random runs that are like it, then among any, each changed by the n words NAME=VALUE. The plan, which fails and has
 * seed 0, becomes the smallest that was found; where none is smaller it stays as it is. */
bool sim_smaller_is_found(struct sim_attempt *a, struct sim_plan *p, int n, char **words);

#endif
