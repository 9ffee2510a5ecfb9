/* Makes a life in which something is found as short as it goes: no session, no request and no octet can be taken out
 * without the finding becoming another one. Must not know how sessions are made. */
#ifndef FP_TARGET_SHRINK_H
#define FP_TARGET_SHRINK_H

#include "play.h"

struct fp_shrunk {
	unsigned plays;
	bool is_found_again; /* in a child of its own; else the life is as it was */
	bool is_minimal;     /* else the plays or the time ended first */
};

/* Changes *l, and *f to what is found in the end. */
struct fp_shrunk fp_shrink(struct fp_player *p, struct fp_life *l, struct fp_finding *f);

#endif
