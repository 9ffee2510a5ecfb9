/* A run in a process of its own, so that an assertion that fails is a failure like any other. Must not know what is run for. */
#ifndef FP_SIM_ATTEMPT_H
#define FP_SIM_ATTEMPT_H

#include "plan.h"
#include "world.h"

#define SIM_RECORDED_MAX ((size_t)1 << 20) /* choices of a run that are taken down */
/* Of computing; a run that takes longer does not end. */
#define SIM_ATTEMPT_MS_MAX 60000u
#define SIM_RANDOM_MS_MAX 3000u /* random ones are short */

struct sim_attempt; /* memory shared with the processes */

struct sim_attempt *sim_attempt_new(uint64_t limit_ms); /* NULL: errno is set */
void sim_attempt_free(struct sim_attempt *a);

/* Runs the plan. What takes much longer than the runs before it, while it is made small, does not end either. The verdict is good until the next one. */
const struct sim_verdict *sim_attempt_run(struct sim_attempt *a, const struct sim_plan *p);
/* The same, and takes down the choices that were made: the plan becomes the same run with seed 0. */
const struct sim_verdict *sim_attempt_record(struct sim_attempt *a, struct sim_plan *p);

/* Every choice that the run of a plan meets, and how many alternatives each had. */
struct sim_met {
	enum sim_kind kind;
	uint32_t at;
	uint64_t n;
};
struct sim_met *sim_attempt_met(struct sim_attempt *a, const struct sim_plan *p, size_t *n); /* to be freed with free */

#endif
