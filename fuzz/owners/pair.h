/* A parent and a child against each other: what each side does, and how much is moved between them, is chosen; all that is
 * sent arrives once, whole, and in the order in which it was sent. Must not know how either end works. */
#ifndef FP_FUZZ_OWNER_PAIR_H
#define FP_FUZZ_OWNER_PAIR_H

#include "../rig/choices.h"
#include "../rig/modes.h"

/* A whole session, to a clean end of both. */
void fp_pair_session(const struct fp_mode *mode, struct fp_choices choices);

#endif
