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

/* Each writes everything; whether it could be written is seen by ferror(to). The same summary gives the same octets. */
void fp_report_text(const struct fp_run_summary *s, FILE *to);
void fp_report_tap(const struct fp_run_summary *s, FILE *to);   /* TAP 14 */
void fp_report_tap13(const struct fp_run_summary *s, FILE *to); /* the same for readers that refuse a later version */
void fp_report_junit(const struct fp_run_summary *s, FILE *to); /* XML as Jenkins and Surefire read it */
void fp_report_json(const struct fp_run_summary *s, FILE *to);  /* ../report.schema.json; without a time_ns, no key `times` */
void fp_report_html(const struct fp_run_summary *s, FILE *to);  /* one page that needs nothing else */

#endif
