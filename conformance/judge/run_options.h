/* The options of `run` and `replay`. Must not know what is done with them. */
#ifndef FP_JUDGE_RUN_OPTIONS_H
#define FP_JUDGE_RUN_OPTIONS_H

#include "../../lib/programs/cli.h"
#include "catalogue.h"
#include "report.h"
#include "testee.h"

struct fp_report_wanted {
	const struct fp_report_format *format;
	const char *file; /* NULL: standard output */
	FILE *to;         /* the file, once it is open */
};

struct fp_run_options {
	const struct fp_cli *cli;
	struct fp_testee testee;
	struct fp_choice choice;
	const char *cases, *known, *variant;
	uint32_t jobs;
	uint64_t seed;
	struct fp_report_wanted *reports;
	size_t n_reports;
	struct fp_split can; /* that the testee points into */
};

/* Answers the index of the first argument that is none. Exits on wrong usage. */
int fp_run_options_parse(struct fp_run_options *o, const struct fp_cli *cli, int argc, char **argv);
/* The command that plays one variant of a case again. To be freed. */
char *fp_run_options_repeat(const struct fp_run_options *o, const char *id, const char *variant);
void fp_run_options_fini(struct fp_run_options *o);

#endif
