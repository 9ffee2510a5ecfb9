/* The clauses and the cases. See suite.h. */
#include "suite.h"

#include "base.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where SPEC.md and the cases are: installed with the program, or in the tree that it was built in. To be freed. */
static char *folder_find(const struct fp_cli *cli)
{
	static const char *const places[] = {"../share/forkpool/conformance", "../../conformance", "../../../conformance"};
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
	program[len < 0 ? 0 : len] = '\0';
	char *slash = strrchr(program, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char *folder = fp_text("%s/%s", program, places[i]), *spec = fp_text("%s/SPEC.md", folder);
		bool is_there = access(spec, R_OK) == 0;
		free(spec);
		if (is_there)
			return folder;
		free(folder);
	}
	fp_cli_say(cli, "SPEC.md is not found: neither in %s/%s nor in %s/%s", program, places[0], program, places[1]);
	exit(FP_CLI_WRONG);
}

void fp_suite_read(struct fp_suite *s, const struct fp_cli *cli, const char *cases)
{
	struct fp_fault fault;
	char *folder = folder_find(cli), *spec = fp_text("%s/SPEC.md", folder), *own = fp_text("%s/cases", folder);
	if (!fp_spec_read(&s->spec, spec, &fault) || !fp_catalogue_read(&s->catalogue, cases ? cases : own, &s->spec, &fault)) {
		fp_cli_say(cli, "%s", fault.text);
		exit(FP_CLI_WRONG);
	}
	free(folder);
	free(spec);
	free(own);
}

void fp_suite_fini(struct fp_suite *s)
{
	fp_catalogue_fini(&s->catalogue);
	fp_spec_fini(&s->spec);
}
