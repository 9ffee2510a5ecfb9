/* run_report: what forkpool-run writes on standard error: failures, events, the progress line, the summary. */
#ifndef FORKPOOL_RUN_REPORT_H
#define FORKPOOL_RUN_REPORT_H

#include "cli.h"

struct fp_report {
	const struct fp_cli *cli;
	uint64_t start_ns;
	bool has_progress; /* standard error is a terminal */
	bool is_drawn;     /* the progress line stands there now */
};

/* How far the run is. */
struct fp_run_count {
	uint64_t lines;   /* read */
	uint64_t ended;   /* of them, with whatever outcome */
	uint64_t failed;  /* of them, not ok; lines that are no calls included */
	uint64_t dropped; /* of them, cancelled because an earlier one failed */
	bool is_whole;    /* all of the input was read */
};

void fp_report_init(struct fp_report *r, const struct fp_cli *cli);

void fp_report_progress(struct fp_report *r, const struct fp_run_count *count, const struct fp_stats *stats);
/* Erases the progress line; needed before anything else is written to the terminal. */
void fp_report_clear(struct fp_report *r);

void fp_report_line(struct fp_report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fp_report_failure(struct fp_report *r, uint64_t line, const struct fp_result *result);
void fp_report_stop(struct fp_report *r, uint64_t line, uint64_t dropped);
void fp_report_event(struct fp_report *r, const struct fp_event *event);
void fp_report_error(struct fp_report *r, const struct fp_error *error);
void fp_report_stats(struct fp_report *r, const struct fp_run_count *count, const struct fp_stats *stats);

#endif
