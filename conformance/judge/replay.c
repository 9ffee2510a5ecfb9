/* `replay`: plays the transcripts of a file. What they say about mode, profile and serialiser holds, and no capability is
 * asked for. */
#include "command.h"
#include "run.h"

static const struct fp_cli cli = {"forkpool-conform replay",
                                  "Usage: forkpool-conform replay FILE --child CMD [OPTION ...]\n"
                                  "Plays the transcripts of FILE: the parent's lines are done, the child's are\n"
                                  "expected. Mode, profile and serialiser are those of the first one; the other\n"
                                  "options are those of 'forkpool-conform run'.\n"
                                  "\n"
                                  "Examples:\n"
                                  "  forkpool-conform record -o seen.transcript -- ./worker\n"
                                  "  forkpool-conform replay seen.transcript --child 'exec ./other' --stdio\n"};

static void settings_take(struct fp_testee *t, const struct fp_transcript *c)
{
	t->is_capable_of_all = true;
	t->is_json = c->is_json;
	if (c->mode != FP_BOTH)
		t->is_async = c->mode == FP_SECOND;
	if (c->profile != FP_BOTH)
		t->is_native = c->profile == FP_SECOND;
}

int fp_command_replay(int argc, char **argv)
{
	struct fp_run_options o;
	struct fp_suite suite;
	const char *file = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	if (file && argc > 2 && argv[2][0] != '-')
		fp_cli_wrong(&cli, "one FILE is expected, not also %s", argv[2]);
	int skipped = file ? 1 : 0, at = fp_run_options_parse(&o, &cli, argc - skipped, argv + skipped) + skipped;
	if (!file && at < argc)
		file = argv[at++];
	if (!file || at < argc)
		fp_cli_wrong(&cli, "one FILE is expected%s%s", at < argc ? ", not also " : "", at < argc ? argv[at] : "");
	o.cases = file;
	fp_suite_read(&suite, &cli, file);
	if (suite.catalogue.n)
		settings_take(&o.testee, suite.catalogue.cases[0].of);
	int status = fp_run(&o, &suite);
	fp_suite_fini(&suite);
	fp_run_options_fini(&o);
	return status;
}
