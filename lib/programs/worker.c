/* forkpool-worker: one worker that serves the protocol for any parent in any language, on an inherited descriptor or on
 * standard input and output. Must not know pools. */
#include "../io/module.h"
#include "../io/serialiser.h"
#include "../io/sys.h"
#include "../io/worker.h"
#include "cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct fp_cli cli = {"forkpool-worker",
                                  "Usage: forkpool-worker [OPTION ...] MODULE.so FUNCTION [ARG ...]\n"
                                  "Loads MODULE.so and serves calls of its FUNCTION until end of file.\n"
                                  "\n"
                                  "  --stdio                 requests from standard input, answers to standard\n"
                                  "                          output; the default\n"
                                  "  --fd N                  both on the inherited descriptor N; 0 is as --stdio\n"
                                  "  --async                 the function may answer later, in any order\n"
                                  "  --profile WORD          byte order of frames: network (default) or native\n"
                                  "  --serialiser WORD       string (default) or json\n"
                                  "  --init FN               call FN of the module first, with the ARGs\n"
                                  "  --done FN               call FN of the module last, after end of file\n"
                                  "  --frame-max SIZE        longest payload taken or made [256M]\n"
                                  "  --help, --version\n"
                                  "\n"
                                  "MODULE without .so is looked for in FORKPOOL_PATH, then where forkpool's own\n"
                                  "are. Exit status: 0 after end of file, 1 after a fault (one line on standard\n"
                                  "error), 2 wrong usage.\n"
                                  "\n"
                                  "Examples:\n"
                                  "  forkpool-worker --stdio echo echo\n"
                                  "  forkpool-run --command 'ssh host forkpool-worker --stdio echo echo' < lines\n"};

struct options {
	struct fp_work_options work;
	const char *fd, *init, *done;
	unsigned profile, serialiser;
	uint64_t frame_max;
	bool stdio;
};

static int parse(struct options *o, int argc, char **argv)
{
	static const char *const profiles[] = {"network", "native", NULL};
	static const char *const serialisers[] = {"string", "json", NULL};
	const struct fp_cli_option options[] = {
		{.name = "stdio", .kind = FP_CLI_FLAG, .to = &o->stdio},
		{.name = "fd", .kind = FP_CLI_TEXT, .to = &o->fd},
		{.name = "async", .kind = FP_CLI_FLAG, .to = &o->work.async},
		{.name = "profile", .kind = FP_CLI_WORD, .to = &o->profile, .words = profiles},
		{.name = "serialiser", .kind = FP_CLI_WORD, .to = &o->serialiser, .words = serialisers},
		{.name = "init", .kind = FP_CLI_TEXT, .to = &o->init},
		{.name = "done", .kind = FP_CLI_TEXT, .to = &o->done},
		{.name = "frame-max", .kind = FP_CLI_SIZE, .to = &o->frame_max, .most = UINT32_MAX}};
	int at = fp_cli_parse(&cli, options, sizeof options / sizeof options[0], argc, argv);
	if (argc - at < 2)
		fp_cli_wrong(&cli, "a MODULE.so and a FUNCTION are expected");
	o->work.serialiser = fp_serialiser_by_name(serialisers[o->serialiser]);
	o->work.profile = o->profile == FP_NATIVE ? FP_NATIVE : FP_NETWORK;
	o->work.payload_max = (uint32_t)o->frame_max;
	return at;
}

/* Descriptor 0 means standard input and output (INI-4). Those are moved out of the way of a function that prints. */
static void set_descriptors(struct options *o)
{
	uint64_t fd = 0;
	if (o->fd && o->stdio)
		fp_cli_wrong(&cli, "--stdio and --fd exclude each other");
	if (o->fd && (fp_cli_count(o->fd, 0, INT32_MAX, &fd) || fcntl((int)fd, F_GETFD) < 0))
		fp_cli_wrong(&cli, "--fd %s: not an open descriptor", o->fd);
	o->work.rfd = o->work.wfd = (int)fd;
	if (fd)
		return;
	o->work.rfd = fp_sys_dup(0);
	o->work.wfd = fp_sys_dup(1);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(2, 1);
	fp_sys_close(null);
}

static void set_name(char to[256], const char *option, const char *name)
{
	if (name && snprintf(to, 256, "%s", name) >= 256)
		fp_cli_wrong(&cli, "%s: the name is longer than 255 octets", option);
}

static struct fp_item *arguments(char **argv, int n)
{
	struct fp_item *items = fp_cli_realloc(&cli, NULL, ((size_t)n + 1) * sizeof *items);
	for (int i = 0; i < n; i++)
		items[i] = fp_item_str(argv[i]);
	return items;
}

int main(int argc, char **argv)
{
	struct options o = {.frame_max = FP_FRAME_BYTES_MAX_DEFAULT};
	fp_cli_open_standard(&cli);
	int at = parse(&o, argc, argv);
	set_descriptors(&o);
	set_name(o.work.function, "FUNCTION", argv[at + 1]);
	set_name(o.work.init, "--init", o.init);
	set_name(o.work.done, "--done", o.done);
	const char *why = fp_module_load(argv[at]);
	if (why) {
		fp_cli_say(&cli, "%s: %s", argv[at], why);
		return 1;
	}
	o.work.n_args = (size_t)(argc - at - 2);
	struct fp_item *args = arguments(argv + at + 2, argc - at - 2);
	o.work.args = args;
	int status = fp_work_run(&o.work);
	free(args);
	return status;
}
