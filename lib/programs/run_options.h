/* run_options: what the command line of forkpool-run asks for. */
#ifndef FORKPOOL_RUN_OPTIONS_H
#define FORKPOOL_RUN_OPTIONS_H

#include "cli.h"

struct fp_run_options {
	struct fp_options pool; /* callbacks are left to the caller */
	const char *function;   /* NULL with a command */
	bool unordered, keep_going, stats;
	/* what `pool` points to */
	struct fp_cli_list require;
	struct fp_cli_list init_args;
	struct fp_item *init_items;
};

/* Does not return on wrong usage, --help and --version. */
void fp_run_options_get(struct fp_run_options *o, const struct fp_cli *cli, int argc, char **argv);
void fp_run_options_fini(struct fp_run_options *o);

extern const struct fp_cli fp_run_cli;

#endif
