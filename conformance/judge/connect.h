/* Starts a testee with what its side has: a connection, on an inherited descriptor or on standard input and output, and a
 * control channel. Must not know what goes over them. */
#ifndef FP_JUDGE_CONNECT_H
#define FP_JUDGE_CONNECT_H

#include "link.h"
#include "process.h"
#include "testee.h"

/* For a case, or NULL. `wire` NULL: it has no connection; `control` NULL: no channel. 0 or a negative errno; then nothing is
 * open. */
int fp_connect(struct fp_link *wire, struct fp_link *control, struct fp_process *p, const struct fp_testee *t,
               const struct fp_transcript *c);

#endif
