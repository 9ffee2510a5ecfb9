/* Plays cases, each in a process of its own, several at a time. Must not know how a case is judged, or reports.
 *
 * A case's process adopts what its testee leaves behind, and ends it; when it dies itself, that is the suite's fault and a
 * verdict as well. */
#ifndef FP_JUDGE_RUNNER_H
#define FP_JUDGE_RUNNER_H

#include "verdict.h"

#define FP_JOBS_MAX 64u
#define FP_LATE_MAX 16u /* so many cases that ran into the time limit, and the rest is not played */

struct fp_runner {
	unsigned jobs;
	uint64_t seed;                                  /* of the order of play; 0: as they stand */
	void (*judge)(struct fp_verdict *v, size_t i, void *ctx); /* fills in the verdict i, in a process of its own */
	bool (*is_to_be_played)(size_t i, void *ctx);   /* those that are not have their verdict already */
	void (*progress)(size_t i, void *ctx);          /* verdict i is there */
	void *ctx;
};

/* Fills in n verdicts. On SIGINT, SIGTERM or SIGHUP everything that was started is ended, and this process too. */
void fp_runner_run(const struct fp_runner *r, struct fp_verdict *verdicts, size_t n);
/* Adopts what is left behind, and ends it when this process is told to end. */
void fp_runner_guard(void);

#endif
