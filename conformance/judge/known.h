/* Failures that are known: a file of lines `CASE-GLOB  reason`; # starts a comment. Must not know how cases are played. */
#ifndef FP_JUDGE_KNOWN_H
#define FP_JUDGE_KNOWN_H

#include "verdict.h"

struct fp_known_line {
	char *glob, *reason;
	unsigned number;    /* in the file */
	bool is_of_a_case;  /* it matches one */
};

struct fp_known {
	struct fp_known_line *lines;
	size_t n;
};

bool fp_known_read(struct fp_known *k, const char *file, struct fp_fault *fault);
/* A verdict of failure that a line is about gets its reason, a pass becomes an unexpected one. */
void fp_known_apply(struct fp_known *k, struct fp_verdict *v);
void fp_known_meet(struct fp_known *k, const char *id); /* a case of this id exists, played or not */
void fp_known_fini(struct fp_known *k);

#endif
