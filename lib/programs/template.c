/* forkpool-template: the process that a pool starts and forks its workers from. It speaks the command stream of the
 * original, so it stands where AnyEvent::Fork would start a perl. Must not know pools. */
#include "../io/module.h"
#include "../io/serve.h"
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <fcntl.h>

static const struct fp_cli cli = {"forkpool-template",
                                  "Usage: forkpool-template [OPTION ...] FD [PID]\n"
                                  "Serves the command stream of AnyEvent::Fork on the inherited socket FD: loads\n"
                                  "shared objects, takes arguments and descriptors, forks workers. Pools start it\n"
                                  "by themselves; PID, the owner's number, is taken and not used.\n"
                                  "\n"
                                  "  --require NAME          load NAME.so first; a NAME that ends in .so is a path;\n"
                                  "                          may be repeated\n"
                                  "  --profile WORD          byte order of frames: network (default) or native\n"
                                  "  --frame-max SIZE        longest payload a worker takes or makes [256M]\n"
                                  "  --lifeline FD           end when the other end of this pipe is closed, and all\n"
                                  "                          that was forked with it\n"
                                  "  --report                report forks and exits on FD to a pool of forkpool's\n"
                                  "  --help, --version\n"
                                  "\n"
                                  "Modules are looked for in FORKPOOL_PATH, then where forkpool's own are.\n"
                                  "Exit status: 0 after end of file, 1 after an error in the stream, 2 wrong usage.\n"
                                  "\n"
                                  "Example, in a perl program that uses AnyEvent::Fork:\n"
                                  "  $AnyEvent::Fork::PERL = \"/usr/bin/forkpool-template\";\n"
                                  "  my $process = AnyEvent::Fork->new_exec;\n"};

static int descriptor(const char *text)
{
	uint64_t fd;
	if (fp_cli_count(text, 0, INT32_MAX, &fd) || fcntl((int)fd, F_GETFD) < 0)
		fp_cli_wrong(&cli, "'%s' is not an open descriptor", text);
	return (int)fd;
}

/* perl is started as `perl -MAnyEvent::Fork::Serve -e AnyEvent::Fork::Serve::me FD PID`, also where its path was replaced. */
static void skip_perl_words(int *argc, char ***argv)
{
	if (*argc < 4 || strcmp((*argv)[1], "-MAnyEvent::Fork::Serve") != 0 || strcmp((*argv)[2], "-e") != 0)
		return;
	(*argv)[3] = (*argv)[0];
	*argc -= 3;
	*argv += 3;
}

static void require(const struct fp_cli_list *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *why = fp_module_load(names->items[i]);
		if (why) {
			fp_cli_say(&cli, "--require %s: %s", names->items[i], why);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	static const char *const profiles[] = {"network", "native", NULL};
	struct fp_serve_options o = {.lifeline = -1};
	struct fp_cli_list names = {NULL, 0};
	uint64_t frame_max = (uint64_t)256 << 20;
	unsigned profile = FP_NETWORK;
	const char *lifeline = NULL;
	const struct fp_cli_option options[] = {
		{.name = "require", .kind = FP_CLI_LIST, .to = &names},
		{.name = "profile", .kind = FP_CLI_WORD, .to = &profile, .words = profiles},
		{.name = "frame-max", .kind = FP_CLI_SIZE, .to = &frame_max, .least = 0, .most = UINT32_MAX},
		{.name = "lifeline", .kind = FP_CLI_TEXT, .to = &lifeline},
		{.name = "report", .kind = FP_CLI_FLAG, .to = &o.report}};
	skip_perl_words(&argc, &argv);
	int at = fp_cli_parse(&cli, options, sizeof options / sizeof options[0], argc, argv);
	if (argc - at < 1 || argc - at > 2)
		fp_cli_wrong(&cli, "one descriptor and perhaps a process number are expected");
	o.fd = descriptor(argv[at]);
	o.profile = profile == FP_NATIVE ? FP_NATIVE : FP_NETWORK;
	o.payload_max = (uint32_t)frame_max;
	if (lifeline)
		o.lifeline = descriptor(lifeline);
	require(&names);
	fp_cli_list_fini(&names);
	return fp_serve(&o);
}
