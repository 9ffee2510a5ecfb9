/* Starts a testee with a connection to it: on an inherited descriptor, or on standard input and output. */
#ifndef FP_JUDGE_CONNECT_H
#define FP_JUDGE_CONNECT_H

#include "link.h"
#include "process.h"
#include "testee.h"

/* For a case, or NULL. 0 or a negative errno; then nothing is open. */
int fp_connect(struct fp_link *l, struct fp_process *p, const struct fp_testee *t, const struct fp_transcript *c);

#endif
