/* Whether a testee starts at all: a child reads the first octet of its connection, or sends one; a parent or a pool answers on
 * its control channel, and does nothing else. Must not know cases. */
#ifndef FP_JUDGE_START_H
#define FP_JUDGE_START_H

#include "testee.h"
#include "verdict.h"

/* Pass: it starts. Fail: it does not; `why` and `stderr_text` say more. Harness: it could not be tried.
 * *idle_bytes is the most memory that was resident of a child when it had read the octet. */
void fp_start_try(struct fp_verdict *v, const struct fp_testee *t, uint64_t *idle_bytes);

#endif
