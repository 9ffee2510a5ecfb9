/* The reports of a run, each from the verdicts alone. */
#ifndef FP_JUDGE_REPORT_H
#define FP_JUDGE_REPORT_H

#include "verdict.h"

#include <stdio.h>

struct fp_report_format {
	const char *name;
	void (*write)(const struct fp_run_summary *, FILE *);
};

/* Ends with one that has no name. */
extern const struct fp_report_format fp_report_formats[];

void fp_report_text(const struct fp_run_summary *s, FILE *to);

#endif
