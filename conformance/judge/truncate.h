/* A script cut short: end of file in the middle. Must not know how it is played. */
#ifndef FP_JUDGE_TRUNCATE_H
#define FP_JUDGE_TRUNCATE_H

#include "script.h"

/* Ends what is sent after `len` octets, fewer than there are. Expected is then what requests that were sent in full lead to
 * (each by itself), and the end. */
void fp_script_truncate(struct fp_script *s, const struct fp_testee *t, size_t len);

#endif
