/* What an application does with a list in a fuzz target: copies it, takes items off again, encodes it; the second encoder has to
 * see the same. Must not know where the list comes from. */
#ifndef FP_FUZZ_OWNER_ARGS_H
#define FP_FUZZ_OWNER_ARGS_H

#include "../rig/choices.h"
#include "../rig/memory.h"
#include "core/args.h"

/* A list of references that is good; it is shorter afterwards. */
void fp_args_use(struct fp_args *list, struct fp_memory *m, struct fp_choices choices);

#endif
