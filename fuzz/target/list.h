/* What an echo child makes of a payload, from the clauses SER, JSN and the verb `echo` of TESTEE.md alone. Must not know
 * frames, nor lib/core. */
#ifndef FP_TARGET_LIST_H
#define FP_TARGET_LIST_H

#include "../../conformance/judge/base.h"

enum fp_list_verdict {
	FP_LIST_GOOD,
	FP_LIST_MALFORMED,  /* and every child MUST see it */
	FP_LIST_DOUBTFUL,   /* malformed, but a child only SHOULD see it (SER-7, JSN-3b, JSN-5e) */
	FP_LIST_OTHER_VERB, /* a good list that does not begin with `echo`: what it means is the child's own */
	FP_LIST_UNSPECIFIED /* JSON of which the clauses do not say how it comes back */
};

/* GOOD: the payload of the answer was put at the end of `answer`. Else `answer` is as it was. */
enum fp_list_verdict fp_list_echo(bool is_json, const uint8_t *payload, size_t len, struct fp_bytes *answer);

#endif
