/* run_options: the options of forkpool-run and its help.
 * Must never know how they are carried out. */
#include "run_options.h"

#include <stdlib.h>
#include <string.h>

static const char HELP[] = "Usage: forkpool-run [OPTION ...] MODULE FUNCTION\n"
			   "       forkpool-run [OPTION ...] --command CMD\n"
			   "\n"
			   "Each line of standard input is a call of FUNCTION, run by a pool of worker\n"
			   "processes. Its results come out as a line, in input order. MODULE exports\n"
			   "FUNCTION: the path of a shared object that ends in .so, or a name that is\n"
			   "looked for in FORKPOOL_PATH, then where forkpool's own modules are.\n"
			   "\n"
			   "Lines, both ways: fields are separated by tabs; an empty line is an empty list;\n"
			   "in a field \\t \\n \\r \\\\ \\0 and \\xHH are octets; \\e alone is an empty field,\n"
			   "which a line with only one field needs.\n"
			   "\n"
			   "What to do with the lines\n"
			   "  --unordered           results come out as they are ready\n"
			   "  --keep-going          go on after a call that did not end ok\n"
			   "  --stats               a summary on standard error at the end\n"
			   "  --timeout TIME        longest run of a call (none); also --run-timeout\n"
			   "  --queue-timeout TIME  longest wait of a call for a worker (none)\n"
			   "  --retries N           times a call is tried again after a crash (0)\n"
			   "\n"
			   "How many workers\n"
			   "  --max N               never more than this (the number of processors)\n"
			   "  --min N               always this many (0)\n"
			   "  --min-idle N          start another when fewer are idle (0)\n"
			   "  --max-idle N          an idle one above this many may be stopped (1)\n"
			   "  --load N              calls given to one worker at a time (2)\n"
			   "  --busy-time TIME      all are busy this long before another is started (0)\n"
			   "  --idle-time TIME      an idle one is stopped after this long (1s)\n"
			   "  --calls-max N         a worker retires after this many calls (0: never)\n"
			   "  --grace TIME          between asking a worker to end, terminating and\n"
			   "                        killing it (1s)\n"
			   "\n"
			   "What a worker is\n"
			   "  --command CMD         a shell command that speaks the protocol on its\n"
			   "                        standard input and output\n"
			   "  --require MODULE      load this, too; may be repeated\n"
			   "  --init FN             function called first in each worker\n"
			   "  --init-arg TEXT       an argument for it; may be repeated\n"
			   "  --async               the worker may answer in any order\n"
			   "  --serialiser WORD     string (default), or json: fields are JSON strings\n"
			   "  --profile WORD        byte order: network (default) or native\n"
			   "  --frame-max SIZE      longest arguments or results, serialised (256M)\n"
			   "\n"
			   "  --help, --version\n"
			   "\n"
			   "TIME is a number with ns, us, ms, s, m or h; SIZE is octets, or has k, M or G.\n"
			   "Exit status: 0 each call ended ok, 1 some did not, 2 wrong usage, 3 no worker\n"
			   "could be started.\n";

const struct fp_cli fp_run_cli = {"forkpool-run", HELP};

static const char *const PROFILES[] = {"network", "native", NULL}; /* by enum fp_profile */
static const char *const SERIALISERS[] = {"string", "json", NULL};

#define LOAD_MAX 65536   /* calls: what a pool takes */
#define NAME_MAX_LEN 255 /* octets of a function's name: likewise */
#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

/* Sets what has an option of its own and returns the index of the first argument that is none. *max is 0 if not given. */
static int options_parse(struct fp_run_options *o, uint32_t *max, const struct fp_cli *cli, int argc, char **argv)
{
	struct fp_options *p = &o->pool;
	unsigned profile = (unsigned)p->profile, serialiser = 0;
	const struct fp_cli_option options[] = {
		{.name = "unordered", .kind = FP_CLI_FLAG, .to = &o->unordered},
		{.name = "keep-going", .kind = FP_CLI_FLAG, .to = &o->keep_going},
		{.name = "stats", .kind = FP_CLI_FLAG, .to = &o->stats},
		{.name = "timeout", .kind = FP_CLI_DURATION, .to = &p->run_timeout_ns},
		{.name = "run-timeout", .kind = FP_CLI_DURATION, .to = &p->run_timeout_ns},
		{.name = "queue-timeout", .kind = FP_CLI_DURATION, .to = &p->queue_timeout_ns},
		{.name = "retries", .kind = FP_CLI_COUNT32, .to = &p->retries},
		{.name = "max", .kind = FP_CLI_COUNT32, .to = max, .least = 1, .most = UINT32_MAX - 1},
		{.name = "min", .kind = FP_CLI_COUNT32, .to = &p->min},
		{.name = "min-idle", .kind = FP_CLI_COUNT32, .to = &p->min_idle},
		{.name = "max-idle", .kind = FP_CLI_COUNT32, .to = &p->max_idle},
		{.name = "load", .kind = FP_CLI_COUNT32, .to = &p->load, .least = 1, .most = LOAD_MAX},
		{.name = "busy-time", .kind = FP_CLI_DURATION, .to = &p->busy_time_ns},
		{.name = "idle-time", .kind = FP_CLI_DURATION, .to = &p->idle_time_ns},
		{.name = "calls-max", .kind = FP_CLI_COUNT64, .to = &p->calls_max},
		{.name = "grace", .kind = FP_CLI_DURATION, .to = &p->grace_ns},
		{.name = "command", .kind = FP_CLI_TEXT, .to = &p->command},
		{.name = "require", .kind = FP_CLI_LIST, .to = &o->require},
		{.name = "init", .kind = FP_CLI_TEXT, .to = &p->init},
		{.name = "init-arg", .kind = FP_CLI_LIST, .to = &o->init_args},
		{.name = "async", .kind = FP_CLI_FLAG, .to = &p->async},
		{.name = "serialiser", .kind = FP_CLI_WORD, .to = &serialiser, .words = SERIALISERS},
		{.name = "profile", .kind = FP_CLI_WORD, .to = &profile, .words = PROFILES},
		{.name = "frame-max", .kind = FP_CLI_SIZE, .to = &p->frame_bytes_max, .least = 1, .most = UINT32_MAX},
	};
	int next = fp_cli_parse(cli, options, COUNT_OF(options), argc, argv);

	p->profile = (enum fp_profile)profile;
	p->serialiser = SERIALISERS[serialiser];
	return next;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void sizes_check(struct fp_run_options *o, uint32_t max, const struct fp_cli *cli)
{
	struct fp_options *p = &o->pool;
	uint32_t needed = larger(p->min, p->min_idle);

	if (max && needed > max)
		fp_cli_wrong(cli, "--%s %u: expected no more than --max, which is %u", p->min == needed ? "min" : "min-idle",
		             needed, max);
	p->max = max ? max : larger(fp_ncpu(), needed);
}

static void name_check(const char *what, const char *name, const struct fp_cli *cli)
{
	if (strlen(name) > NAME_MAX_LEN)
		fp_cli_wrong(cli, "%s: expected a name of at most %d octets", what, NAME_MAX_LEN);
}

static void command_check(const struct fp_run_options *o, const struct fp_cli *cli, int operands)
{
	if (operands)
		fp_cli_wrong(cli, "with --command there is no MODULE and FUNCTION, and options stand before it");
	if (o->require.n)
		fp_cli_wrong(cli, "--require: a worker made by --command loads what it needs itself");
	if (o->pool.init)
		fp_cli_wrong(cli, "--init: a worker made by --command is set up by CMD itself");
}

static void operands_get(struct fp_run_options *o, const struct fp_cli *cli, int n, char **operands)
{
	if (n == 0)
		fp_cli_wrong(cli, "expected MODULE and FUNCTION, or --command CMD");
	if (n == 1)
		fp_cli_wrong(cli, "expected a FUNCTION after MODULE '%s'", operands[0]);
	if (n > 2)
		fp_cli_wrong(cli,
		             "'%s': expected nothing after FUNCTION: options stand before MODULE, arguments of calls come "
		             "from standard input",
		             operands[2]);
	if (!*operands[0] || !*operands[1])
		fp_cli_wrong(cli, "expected a MODULE and a FUNCTION that are not empty");
	name_check("FUNCTION", operands[1], cli);
	o->function = operands[1];
}

/* The list that the pool gets: MODULE, then what --require names. */
static void require_make(struct fp_run_options *o, const struct fp_cli *cli, const char *module)
{
	const char **items = fp_cli_realloc(cli, NULL, (o->require.n + 2) * sizeof *items);

	items[0] = module;
	for (size_t i = 0; i < o->require.n; i++)
		items[i + 1] = o->require.items[i];
	items[o->require.n + 1] = NULL;
	free(o->require.items);
	o->require.items = items;
	o->require.n++;
	o->pool.require = items;
}

static void init_make(struct fp_run_options *o, const struct fp_cli *cli)
{
	size_t n = o->init_args.n;

	if (n && !o->pool.init)
		fp_cli_wrong(cli, "--init-arg: expected --init FN, too");
	if (o->pool.init)
		name_check("--init", o->pool.init, cli);
	o->init_items = fp_cli_realloc(cli, NULL, n * sizeof *o->init_items);
	for (size_t i = 0; i < n; i++)
		o->init_items[i] = fp_item_str(o->init_args.items[i]);
	o->pool.init_args = o->init_items;
	o->pool.init_args_n = n;
}

void fp_run_options_get(struct fp_run_options *o, const struct fp_cli *cli, int argc, char **argv)
{
	uint32_t max = 0;

	*o = (struct fp_run_options){0};
	fp_options_init(&o->pool);
	int first = options_parse(o, &max, cli, argc, argv);
	sizes_check(o, max, cli);
	init_make(o, cli);
	if (o->pool.command) {
		command_check(o, cli, argc - first);
	} else {
		operands_get(o, cli, argc - first, argv + first);
		require_make(o, cli, argv[first]);
	}
}

void fp_run_options_fini(struct fp_run_options *o)
{
	fp_cli_list_fini(&o->require);
	fp_cli_list_fini(&o->init_args);
	free(o->init_items);
}
