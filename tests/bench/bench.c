/* How fast forkpool is, as ratios to a raw baseline that is run in turn with it.
 *
 * A benchmark and no test: its exit status is 0 where a target is missed too, 1 where it could not measure, 2 for wrong
 * usage. Each round takes each measurement from both sides, one right after the other and the other one first in every
 * second round, so that what else the machine does hits both. The timed region starts when the processes exist and
 * have answered a warm-up. One call at a time costs several times more where the two processes wake up on different
 * processors, and chance says where: it is measured as the kernel places them, and again on one processor. CPU time
 * covers all processes of a side; usage.c says how. It must never know how either side works. */
#define _GNU_SOURCE 1
#include "bench.h"

#include "ours.h"
#include "raw.h"
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 7u
#define ROUNDS_QUICK 3u
#define QUICK_DIVISOR 10u
#define HANG_S 120u /* one measurement of one side */

enum { ONE, ONE_CPU, LOAD_2, LOAD_64, ASYNC_64, MIB, STARTS, PRIVATE, MEASUREMENTS };

static const struct measurement {
	struct bench_shape shape;
	bench_measure *raw, *ours; /* raw may be NULL */
} measurements[MEASUREMENTS] = {
	[ONE] = {{.workers = 1, .window = 1, .bytes = 64, .messages = 5000}, raw_echo, ours_echo},
	[ONE_CPU] = {{.workers = 1, .window = 1, .bytes = 64, .messages = 5000, .one_cpu = true}, raw_echo, ours_echo},
	[LOAD_2] = {{.workers = 2, .window = 2, .bytes = 64, .messages = 40000}, raw_echo, ours_echo},
	[LOAD_64] = {{.workers = 2, .window = 64, .bytes = 64, .messages = 400000, .batched = true}, raw_echo, ours_echo},
	[ASYNC_64] = {{.workers = 2, .window = 64, .bytes = 64, .messages = 400000, .batched = true, .async = true},
	              raw_echo, ours_echo},
	[MIB] = {{.workers = 2, .window = 2, .bytes = (size_t)1 << 20, .messages = 1000}, raw_echo, ours_echo},
	[STARTS] = {{.workers = 4, .window = 1, .bytes = 64, .messages = 1000}, raw_starts, ours_starts},
	[PRIVATE] = {{.workers = 1, .window = 1, .messages = 100}, NULL, ours_private},
};

static double per_second(const struct bench_shape *s, const struct bench_sample *m)
{
	return (double)s->messages / m->seconds;
}

static double mib_per_second(const struct bench_shape *s, const struct bench_sample *m)
{
	return (double)s->messages * (double)s->bytes / m->seconds / (1 << 20);
}

static double p50_us(const struct bench_shape *s, const struct bench_sample *m)
{
	(void)s;
	return m->p50_seconds * 1e6;
}

static double cpu_per_100000(const struct bench_shape *s, const struct bench_sample *m)
{
	return m->cpu_seconds * 100000 / (double)s->messages;
}

static double private_kib(const struct bench_shape *s, const struct bench_sample *m)
{
	(void)s;
	return m->private_bytes / 1024;
}

/* The rows of the table: several may look at one measurement. */
static const struct {
	const char *name, *unit;
	int measurement;
	double (*figure)(const struct bench_shape *s, const struct bench_sample *m);
	enum report_target kind;
	double target;
} measures[] = {
	{"64 octets, one at a time, p50", "us", ONE, p50_us, REPORT_RATIO_AT_MOST, 1.25},
	{"  all on one processor", "us", ONE_CPU, p50_us, REPORT_RATIO_AT_MOST, 1.25},
	{"64 octets, 2 workers, load 2", "calls/s", LOAD_2, per_second, REPORT_RATIO_AT_LEAST, 0.90},
	{"  load 64, batched, sync", "calls/s", LOAD_64, per_second, REPORT_RATIO_AT_LEAST, 0.60},
	{"  load 64, batched, async", "calls/s", ASYNC_64, per_second, REPORT_RATIO_AT_LEAST, 0.80},
	{"1 MiB echo, 2 workers, load 2", "MiB/s", MIB, mib_per_second, REPORT_RATIO_AT_LEAST, 0.70},
	{"workers started, 4 at a time", "/s", STARTS, per_second, REPORT_RATIO_AT_LEAST, 0.70},
	{"CPU of 100,000 calls, load 2", "s", LOAD_2, cpu_per_100000, REPORT_RATIO_AT_MOST, 1.70},
	{"  load 64, batched", "s", LOAD_64, cpu_per_100000, REPORT_RATIO_AT_MOST, 1.70},
	{"private memory of an idle worker", "KiB", PRIVATE, private_kib, REPORT_VALUE_BELOW, 500},
};
#define MEASURES (sizeof measures / sizeof *measures)

void bench_die(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void on_alarm(int signal)
{
	static const char text[] = "bench: a measurement hangs; find which with --rounds 1 under a debugger\n";
	(void)signal;
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
	(void)n; /* there is nobody left to tell */
	_exit(1);
}

static void processors_set(const cpu_set_t *set)
{
	if (sched_setaffinity(0, sizeof *set, set))
		bench_die("sched_setaffinity: %s", strerror(errno));
}

/* The processor this runs on, alone; processes that are started from now on inherit it. */
static void processors_narrow(cpu_set_t *before)
{
	cpu_set_t one;
	int here = sched_getcpu();
	if (here < 0 || sched_getaffinity(0, sizeof *before, before))
		bench_die("sched_getaffinity: %s", strerror(errno));
	CPU_ZERO(&one);
	CPU_SET((size_t)here, &one);
	processors_set(&one);
}

static void measure(bench_measure *side, const struct bench_setup *setup, const struct bench_shape *s,
                    struct bench_sample *out)
{
	cpu_set_t before;
	*out = (struct bench_sample){0};
	if (!side)
		return;
	alarm(HANG_S);
	if (s->one_cpu)
		processors_narrow(&before);
	side(setup, s, out);
	if (s->one_cpu)
		processors_set(&before);
	alarm(0);
}

static void rows_init(struct report_row *rows)
{
	for (size_t i = 0; i < MEASURES; i++) {
		rows[i] = (struct report_row){.name = measures[i].name, .unit = measures[i].unit, .kind = measures[i].kind};
		rows[i].target = measures[i].target;
	}
}

static void rows_add(struct report_row *rows, int which, const struct bench_shape *s, const struct bench_sample *raw,
                     const struct bench_sample *ours)
{
	for (size_t i = 0; i < MEASURES; i++) {
		if (measures[i].measurement != which)
			continue;
		rows[i].raw[rows[i].n] = measures[i].figure(s, raw);
		rows[i].ours[rows[i].n++] = measures[i].figure(s, ours);
	}
}

struct arguments {
	unsigned rounds;
	bool quick;
	const char *only; /* in the names of the rows that are wanted; "": all */
	const char *json, *modules;
};

static bool is_wanted(int which, const char *only)
{
	for (size_t i = 0; i < MEASURES; i++)
		if (measures[i].measurement == which && strstr(measures[i].name, only))
			return true;
	return false;
}

static void round_run(const struct bench_setup *setup, bool ours_first, const struct arguments *a, struct report_row *rows)
{
	struct bench_sample raw, ours;
	for (int i = 0; i < MEASUREMENTS; i++) {
		const struct measurement *m = &measurements[i];
		struct bench_shape shape = m->shape;
		if (!is_wanted(i, a->only))
			continue;
		if (a->quick)
			shape.messages /= QUICK_DIVISOR;
		if (ours_first)
			measure(m->ours, setup, &shape, &ours);
		measure(m->raw, setup, &shape, &raw);
		if (!ours_first)
			measure(m->ours, setup, &shape, &ours);
		rows_add(rows, i, &shape, &raw, &ours);
	}
}

/* The rows that were measured, moved to the front; how many. */
static size_t rows_keep(struct report_row *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < MEASURES; i++)
		if (rows[i].n)
			rows[n++] = rows[i];
	return n;
}

/* ---- the command line ---- */

static const char help[] =
	"usage: bench [--rounds N] [--quick] [--only TEXT] [--json FILE] [--modules DIR]\n"
	"Measures forkpool and a raw baseline in turn and prints the ratios.\n"
	"  --rounds N     1 to 101; default 7, with --quick 3; an odd number has the clearer median\n"
	"  --quick        a tenth of the messages\n"
	"  --only TEXT    what has TEXT in its name, and what is measured with it: --only async, --only started\n"
	"  --json FILE    every round's figures too\n"
	"  --modules DIR  where echo.so and testworker.so are; default $FORKPOOL_MODULES, else build/lib/forkpool\n"
	"Exit status: 0 measured, whether targets are met or not; 1 could not measure; 2 wrong usage.\n"
	"`taskset -c 0 bench` measures all of it on one processor.\n";

static unsigned rounds_get(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (!n || *end || n > REPORT_ROUNDS_MAX) {
		fprintf(stderr, "bench: --rounds %s: give a number from 1 to %u\n", text, REPORT_ROUNDS_MAX);
		exit(2);
	}
	return (unsigned)n;
}

static void arguments_get(struct arguments *a, int argc, char **argv)
{
	enum { ROUNDS_OPT = 256, QUICK, ONLY, JSON, MODULES, HELP };
	static const struct option options[] = {
		{"rounds", required_argument, NULL, ROUNDS_OPT}, {"quick", no_argument, NULL, QUICK},
		{"only", required_argument, NULL, ONLY},         {"json", required_argument, NULL, JSON},
		{"modules", required_argument, NULL, MODULES},   {"help", no_argument, NULL, HELP},
		{0},
	};
	const char *modules = getenv("FORKPOOL_MODULES");
	*a = (struct arguments){.only = "", .modules = modules ? modules : "build/lib/forkpool"};
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case ROUNDS_OPT: a->rounds = rounds_get(optarg); break;
		case QUICK:      a->quick = true; break;
		case ONLY:       a->only = optarg; break;
		case JSON:       a->json = optarg; break;
		case MODULES:    a->modules = optarg; break;
		case HELP:       fputs(help, stdout); exit(0);
		default:         exit(2); /* getopt_long has said why */
		}
	}
	if (optind < argc) {
		fprintf(stderr, "bench: %s: unexpected; see bench --help\n", argv[optind]);
		exit(2);
	}
	int which = 0;
	while (which < MEASUREMENTS && !is_wanted(which, a->only))
		which++;
	if (which == MEASUREMENTS) {
		fprintf(stderr, "bench: --only %s: no measure has that in its name; take a word of the table's first column\n", a->only);
		exit(2);
	}
	if (!a->rounds)
		a->rounds = a->quick ? ROUNDS_QUICK : ROUNDS;
}

static char *module_path(const char *directory, const char *name)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", directory, name) < 0)
		bench_die("no memory");
	char *absolute = realpath(path, NULL);
	if (!absolute)
		bench_die("%s: %s; build the modules first, or name their directory with --modules", path, strerror(errno));
	free(path);
	return absolute;
}

int main(int argc, char **argv)
{
	static struct report_row rows[MEASURES];
	struct arguments a;
	arguments_get(&a, argc, argv);
	struct bench_setup setup = {.echo_module = module_path(a.modules, "echo.so")};
	setup.test_module = module_path(a.modules, "testworker.so");
	signal(SIGALRM, on_alarm);
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* a pool's template is nobody's child: so it becomes ours, to be measured */
	raw_nursery_start(&setup);
	rows_init(rows);
	for (unsigned i = 0; i < a.rounds; i++) {
		fprintf(stderr, "bench: round %u of %u\n", i + 1, a.rounds);
		round_run(&setup, i % 2, &a, rows);
	}
	size_t n = rows_keep(rows);
	report_table(rows, n);
	if (a.json)
		report_json(a.json, rows, n);
	raw_nursery_stop(&setup);
	free(setup.echo_module);
	free(setup.test_module);
	return 0;
}
