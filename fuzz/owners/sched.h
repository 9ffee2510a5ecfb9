/* A world for one sched in a fuzz target: jobs, workers and time, as the input chooses; each decision and each deadline is
 * compared with the model. Must not know why something is decided. */
#ifndef FP_FUZZ_OWNER_SCHED_H
#define FP_FUZZ_OWNER_SCHED_H

#include "../models/sched.h"
#include "../rig/choices.h"
#include "../rig/memory.h"

struct fp_story;

/* A whole life: options first, then what happens, then the end of all. Tells what it does where a story is given. */
void fp_sched_life(struct fp_choices choices, struct fp_story *story);

#endif
