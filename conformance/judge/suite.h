/* What every command works with: the clauses, and the cases. Must not know commands. */
#ifndef FP_JUDGE_SUITE_H
#define FP_JUDGE_SUITE_H

#include "../../lib/programs/cli.h"
#include "catalogue.h"

struct fp_suite {
	struct fp_spec spec;
	struct fp_catalogue catalogue;
};

/* Reads SPEC.md, and the cases of a folder or file; NULL: the suite's own. Where something is wrong it says so, and exits with
 * FP_CLI_WRONG. */
void fp_suite_read(struct fp_suite *s, const struct fp_cli *cli, const char *cases);
void fp_suite_fini(struct fp_suite *s);

#endif
