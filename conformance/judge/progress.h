/* A line on a terminal's standard error that says how far a run is. Elsewhere nothing. */
#ifndef FP_JUDGE_PROGRESS_H
#define FP_JUDGE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct fp_progress {
	bool is_shown;
	size_t n, played, failed;
};

void fp_progress_begin(struct fp_progress *p, size_t n);
void fp_progress_step(struct fp_progress *p, const char *id, bool has_failed);
void fp_progress_end(struct fp_progress *p);

#endif
