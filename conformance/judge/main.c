/* forkpool-conform: finds out whether an implementation keeps the protocol's clauses. The commands are in files of their
 * own. */
#include "../../lib/programs/cli.h"
#include "command.h"

#include <stdio.h>
#include <string.h>

static const struct fp_cli cli = {"forkpool-conform",
                                  "Usage: forkpool-conform COMMAND [ARGUMENT ...]\n"
                                  "Finds out whether a worker, a parent or a pool, in any language, is right.\n"
                                  "\n"
                                  "  run --child CMD         judge what CMD starts\n"
                                  "  replay FILE --child CMD play the transcripts of a file with it\n"
                                  "  record -- CMD           write a transcript of a parent that starts CMD\n"
                                  "  list [cases|clauses]    what there is to play, or to keep\n"
                                  "  explain CLAUSE|CASE     what a clause says, or what a case does\n"
                                  "  --help, --version       also of each command\n"
                                  "\n"
                                  "Examples:\n"
                                  "  forkpool-conform run --child 'exec ./worker --fd {fd}'\n"
                                  "  forkpool-conform explain FRM-1\n"};

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", fp_command_run},       {"replay", fp_command_replay}, {"record", fp_command_record},
	{"list", fp_command_list},     {"explain", fp_command_explain}, {"worker", fp_command_worker},
};

int main(int argc, char **argv)
{
	fp_cli_open_standard(&cli);
	int at = fp_cli_parse(&cli, NULL, 0, argc, argv);
	if (at == argc)
		fp_cli_wrong(&cli, "a command is expected");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(argv[at], commands[i].name))
			return commands[i].run(argc - at, argv + at);
	fp_cli_wrong(&cli, "%s: there is no such command", argv[at]);
}
