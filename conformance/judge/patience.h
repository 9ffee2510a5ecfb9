/* How long to wait for something to move: a limit for processes that sleep, more for those at work, which on a busy machine wait
 * for their turn. Must not know what is awaited. */
#ifndef FP_JUDGE_PATIENCE_H
#define FP_JUDGE_PATIENCE_H

#include "base.h"

struct fp_patience {
	uint64_t limit_ns;    /* FP_NEVER_NS: none */
	uint64_t deadline_ns; /* the time at which fp_patience_is_over may have something else to say */
	uint64_t stillness;   /* of all processes when they were looked at last; 0: not all were still */
	unsigned n_looks;
};

/* Something has moved, or the wait begins. */
void fp_patience_renew(struct fp_patience *p, uint64_t limit_ns);
/* Looks at the processes that descend from this one. At most five times the limit after it was renewed the answer is yes. */
bool fp_patience_is_over(struct fp_patience *p);

#endif
