/* What the rounds gave, as a table for people and as JSON. */
#ifndef FP_BENCH_REPORT_H
#define FP_BENCH_REPORT_H

#include "bench.h"

#define REPORT_ROUNDS_MAX 101u

enum report_target {
	REPORT_RATIO_AT_LEAST, /* forkpool's figure over the raw one */
	REPORT_RATIO_AT_MOST,
	REPORT_VALUE_BELOW /* forkpool's figure by itself; there is no raw one */
};

struct report_row {
	const char *name, *unit;
	enum report_target kind;
	double target;
	double raw[REPORT_ROUNDS_MAX], ours[REPORT_ROUNDS_MAX];
	unsigned n; /* rounds */
};

void report_table(const struct report_row *rows, size_t n);
void report_json(const char *path, const struct report_row *rows, size_t n);

#endif
