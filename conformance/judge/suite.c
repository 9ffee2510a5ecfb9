/* The clauses and the cases. See suite.h. */
#include "suite.h"

#include "base.h"

#include <stdlib.h>

/* Where SPEC.md and the cases are: installed with the program, or in the tree that it was built in. To be freed. */
static char *folder_find(const struct fp_cli *cli)
{
	static const char *const places[] = {"../share/forkpool/conformance", "../../conformance", "../../../conformance", NULL};
	char *folder = fp_cli_folder(cli, places, "SPEC.md");
	if (folder)
		return folder;
	fp_cli_say(cli, "SPEC.md is not found: neither in %s nor in %s, seen from the program", places[0], places[1]);
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
