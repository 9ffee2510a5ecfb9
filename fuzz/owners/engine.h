/* A host for one engine in a fuzz target: calls, processes, octets and time, as the input chooses, in any order that the engine's
 * contract allows, and perhaps an end in the middle of it all. It knows that each call has one outcome and that nothing stays;
 * what is decided, and when, the simulator's oracle judges. Must not know why something is decided. */
#ifndef FP_FUZZ_OWNER_ENGINE_H
#define FP_FUZZ_OWNER_ENGINE_H

#include "../rig/choices.h"

/* A whole life: options first, then what happens, then the end. */
void fp_engine_life(struct fp_choices choices);

#endif
