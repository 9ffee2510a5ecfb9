/* `explain`: a clause with the cases that are about it, or a case with the clauses it is about. */
#include "command.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct fp_cli cli = {"forkpool-conform explain",
                                  "Usage: forkpool-conform explain [OPTION ...] CLAUSE|CASE\n"
                                  "Prints what a clause says and the cases about it, or a case and its clauses.\n"
                                  "\n"
                                  "  --cases PATH    a folder or file of cases instead of the suite's own\n"
                                  "  --help, --version\n"
                                  "\n"
                                  "Examples:\n"
                                  "  forkpool-conform explain FRM-1\n"
                                  "  forkpool-conform explain child-framing/sync/echo\n"};

static void print_clause(const struct fp_clause *c)
{
	printf("%s %s\n%s\n\n%s\n", c->id, c->title, c->binds, c->text);
}

static void explain_clause(const struct fp_suite *s, const struct fp_clause *clause)
{
	print_clause(clause);
	for (size_t i = 0, n = 0; i < s->catalogue.n; i++) {
		const struct fp_case *c = &s->catalogue.cases[i];
		if (fp_case_has_clause(c, clause->id))
			printf("%s  %s: %s\n", n++ ? "" : "\nCases:\n", c->id, c->of->title ? c->of->title : "");
	}
}

static void explain_case(const struct fp_suite *s, const struct fp_case *c)
{
	fp_transcript_print(c->of, stdout);
	for (size_t i = 0; i < c->of->n_clauses; i++) {
		fputc('\n', stdout);
		print_clause(fp_spec_find(&s->spec, c->of->clauses[i]));
	}
}

static const struct fp_case *case_find(const struct fp_suite *s, const char *id)
{
	for (size_t i = 0; i < s->catalogue.n; i++)
		if (!strcmp(s->catalogue.cases[i].id, id))
			return &s->catalogue.cases[i];
	return NULL;
}

int fp_command_explain(int argc, char **argv)
{
	struct fp_suite suite;
	const char *cases = NULL;
	const struct fp_cli_option options[] = {{.name = "cases", .kind = FP_CLI_TEXT, .to = &cases}};
	int at = fp_cli_parse(&cli, options, 1, argc, argv);
	if (at + 1 != argc)
		fp_cli_wrong(&cli, "one CLAUSE or CASE is expected");
	fp_suite_read(&suite, &cli, cases);
	const struct fp_clause *clause = fp_spec_find(&suite.spec, argv[at]);
	const struct fp_case *c = case_find(&suite, argv[at]);
	if (!clause && !c)
		fp_cli_wrong(&cli, "%s: there is no such clause or case; 'forkpool-conform list' has all", argv[at]);
	if (clause)
		explain_clause(&suite, clause);
	else
		explain_case(&suite, c);
	fp_suite_fini(&suite);
	return FP_STATUS_CONFORMS;
}
