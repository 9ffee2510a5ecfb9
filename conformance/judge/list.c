/* `list`: the cases or the clauses, one a line. */
#include "command.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static const struct fp_cli cli = {"forkpool-conform list",
                                  "Usage: forkpool-conform list [OPTION ...] [cases|clauses]\n"
                                  "Prints one line for each case (the default) or clause.\n"
                                  "\n"
                                  "  --clause GLOB   only cases of these clauses; may be given several times\n"
                                  "  --case GLOB     only these cases; likewise\n"
                                  "  --cases PATH    a folder or file of cases instead of the suite's own\n"
                                  "  --help, --version\n"
                                  "\n"
                                  "Examples:\n"
                                  "  forkpool-conform list --clause 'SHUT-*'\n"
                                  "  forkpool-conform list clauses\n"};

static size_t list_clauses(const struct fp_suite *s)
{
	for (size_t i = 0; i < s->spec.n; i++)
		printf("%-9s %-11s %s\n", s->spec.clauses[i].id, fp_level_name(s->spec.clauses[i].level), s->spec.clauses[i].title);
	return s->spec.n;
}

static size_t list_cases(const struct fp_suite *s, struct fp_choice *choice)
{
	size_t n = 0;
	for (size_t i = 0; i < s->catalogue.n; i++) {
		const struct fp_case *c = &s->catalogue.cases[i];
		choice->side = c->of->side;
		if (!fp_case_is_chosen(c, choice))
			continue;
		printf("%s\t%s\t%s\t%s\n", c->id, c->clause ? c->clause->id : "-", fp_level_name(c->level), c->of->title ? c->of->title : "");
		n++;
	}
	return n;
}

int fp_command_list(int argc, char **argv)
{
	struct fp_choice choice = {0};
	struct fp_suite suite;
	struct fp_cli_list clauses = {0}, ids = {0};
	struct fp_fault fault;
	const char *cases = NULL;
	const struct fp_cli_option options[] = {
		{.name = "clause", .kind = FP_CLI_LIST, .to = &clauses},
		{.name = "case", .kind = FP_CLI_LIST, .to = &ids},
		{.name = "cases", .kind = FP_CLI_TEXT, .to = &cases}};
	int at = fp_cli_parse(&cli, options, sizeof options / sizeof *options, argc, argv);
	const char *what = at < argc ? argv[at] : "cases";
	bool is_cases = !strcmp(what, "cases");
	if (at + 1 < argc || (!is_cases && strcmp(what, "clauses") != 0))
		fp_cli_wrong(&cli, "%s: expected cases or clauses", at + 1 < argc ? argv[at + 1] : what);
	fp_split_make(&choice.clauses, &clauses);
	fp_split_make(&choice.ids, &ids);
	fp_suite_read(&suite, &cli, cases);
	if (!fp_choice_is_met(&choice, &suite.catalogue, &fault))
		fp_cli_wrong(&cli, "%s", fault.text);
	size_t n = is_cases ? list_cases(&suite, &choice) : list_clauses(&suite);
	fp_suite_fini(&suite);
	fp_choice_fini(&choice);
	fp_cli_list_fini(&clauses);
	fp_cli_list_fini(&ids);
	if (!n)
		fp_cli_say(&cli, "nothing is selected");
	return n ? FP_STATUS_CONFORMS : FP_STATUS_USAGE;
}
