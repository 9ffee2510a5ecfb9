/* forkpool-fuzz-target: fuzzes a child implementation as a process. Started by `forkpool-fuzz target`.
 *
 * Session after session goes to one child, each once the one before is answered; one in LAST_EVERY ends the child, by a fault
 * or at end of file, and another is started. What is found is made short and written as a transcript. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/programs/cli.h"
#include "maker.h"
#include "shrink.h"
#include "write.h"

#define LAST_EVERY 200u      /* sessions; a start costs as much as hundreds of them */
#define LIFE_SESSIONS_MAX LAST_EVERY
#define FINDINGS_MAX 64u
#define PROGRESS_NS FP_NS_S

enum status { NOTHING_FOUND = 0, FOUND = 1, NOT_STARTED = 3, OWN_FAULT = 4 };

struct fuzz {
	struct fp_player player;
	struct fp_maker maker;
	struct fp_life life; /* of the child that is there */
	const char *command, *out;
	uint64_t seed, start_ns, until_ns, told_ns, sessions, sessions_max, starts, shrink_ns;
	uint32_t findings_max;
	struct fp_finding findings[FINDINGS_MAX];
	unsigned n_findings;
	uint64_t repeats; /* of findings that were found before */
	bool is_running;
};

static const struct fp_cli cli = {
	"forkpool-fuzz target",
	"Usage: forkpool-fuzz target [OPTION ...] -- CMD\n"
	"Fuzzes a child of the protocol, in any language: starts CMD by /bin/sh, sends it requests, good\n"
	"and malformed, and reports crashes, hangs, wrong answers and memory out of all proportion. CMD has\n"
	"to serve the verb `echo` (conformance/TESTEE.md). Each finding is made as short as it goes and\n"
	"written as a transcript, which 'forkpool-conform replay FILE --child CMD' plays again.\n"
	"\n"
	"  --async                 asynchronous (synchronous)\n"
	"  --profile NAME          network or native (network)\n"
	"  --serialiser NAME       string or json (string)\n"
	"  --fd                    the connection is an inherited socket: {fd} in CMD, FORKPOOL_FD (so it is)\n"
	"  --stdio                 the connection is standard input and output\n"
	"  --time S                seconds (60)\n"
	"  --sessions N            at most so many sessions (no limit)\n"
	"  --seed N                of the random numbers; the same makes the same sessions (another each time)\n"
	"  --findings N            stop after so many different ones (1)\n"
	"  --strict                what a child SHOULD do counts as well as what it MUST\n"
	"  --limit S               a child that runs for so long without a sign hangs (5)\n"
	"  --out DIR               where findings are written (.)\n"
	"\n"
	"A child hangs if it owes something and all its threads sleep: nothing but its parent could wake\n"
	"them. One that asks another machine for each answer cannot be fuzzed by this.\n"
	"\n"
	"Examples:\n"
	"  forkpool-fuzz target -- ./worker\n"
	"  forkpool-fuzz target --async --profile native --time 600 --out finds -- ./worker --fd {fd}\n"
	"  forkpool-fuzz target --stdio --seed 7 --sessions 20000 -- python3 worker.py\n"
	"\n"
	"Exit status: 0 nothing found, 1 something was found, 2 wrong usage, 3 CMD does not start,\n"
	"4 a fault of the fuzzer's own.\n"};

static void stop(int signal)
{
	(void)signal;
	fp_peer_is_stopped = true;
}

/* ---- the command line ---- */

static void quote(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (const char[]){*text, 0}, to);
	fputc('\'', to);
}

/* One word is a text for the shell as it stands; several are words. */
static char *command_of(int n, char **words)
{
	char *text;
	size_t len;
	if (n == 1)
		return fp_text("%s", words[0]);
	FILE *to = open_memstream(&text, &len);
	if (!to)
		fp_cli_no_memory(&cli);
	fputs("exec", to);
	for (int i = 0; i < n; i++) {
		fputc(' ', to);
		quote(to, words[i]);
	}
	fclose(to);
	return text;
}

static void options_read(struct fuzz *z, int argc, char **argv)
{
	static const char *const profiles[] = {"network", "native", NULL};
	static const char *const serialisers[] = {"string", "json", NULL};
	struct fp_dialect *d = &z->player.dialect;
	unsigned profile = 0, serialiser = 0;
	uint32_t time_s = 60, limit_s = 5;
	bool is_fd = false;
	const struct fp_cli_option options[] = {
		{.name = "async", .kind = FP_CLI_FLAG, .to = &d->is_async},
		{.name = "profile", .kind = FP_CLI_WORD, .to = &profile, .words = profiles},
		{.name = "serialiser", .kind = FP_CLI_WORD, .to = &serialiser, .words = serialisers},
		{.name = "fd", .kind = FP_CLI_FLAG, .to = &is_fd},
		{.name = "stdio", .kind = FP_CLI_FLAG, .to = &z->player.command.is_stdio},
		{.name = "time", .kind = FP_CLI_COUNT32, .to = &time_s, .least = 1},
		{.name = "sessions", .kind = FP_CLI_COUNT64, .to = &z->sessions_max, .least = 1},
		{.name = "seed", .kind = FP_CLI_COUNT64, .to = &z->seed},
		{.name = "findings", .kind = FP_CLI_COUNT32, .to = &z->findings_max, .least = 1, .most = FINDINGS_MAX},
		{.name = "strict", .kind = FP_CLI_FLAG, .to = &d->is_strict},
		{.name = "limit", .kind = FP_CLI_COUNT32, .to = &limit_s, .least = 1},
		{.name = "out", .kind = FP_CLI_TEXT, .to = &z->out}};
	int at = fp_cli_parse(&cli, options, sizeof options / sizeof *options, argc, argv);
	if (at == argc)
		fp_cli_wrong(&cli, "a command is expected: -- CMD");
	if (is_fd && z->player.command.is_stdio)
		fp_cli_wrong(&cli, "--fd and --stdio exclude each other");
	d->is_native = profile == 1;
	d->is_json = serialiser == 1;
	z->command = z->player.command.text = command_of(argc - at, argv + at);
	z->player.command.limit_ns = limit_s * FP_NS_S;
	z->until_ns = z->start_ns + time_s * FP_NS_S;
}

/* ---- what is told ---- */

static double seconds(uint64_t ns)
{
	return (double)ns / (double)FP_NS_S;
}

static void tell(struct fuzz *z, const char *what, const char *end)
{
	double took_s = seconds(fp_now_ns() - z->start_ns), fuzzed_s = took_s - seconds(z->shrink_ns);
	double rate = (double)z->sessions / (fuzzed_s > 0.001 ? fuzzed_s : 0.001);
	fprintf(stderr, "#%" PRIu64 "\t%s  processes: %" PRIu64 "  sessions/s: %.0f  idle: %" PRIu64 "Mb  findings: %u  %.1f s%s",
	        z->sessions, what, z->starts, rate, z->player.idle_bytes >> 20, z->n_findings, took_s, end);
}

static void tell_now_and_then(struct fuzz *z)
{
	if (fp_now_ns() - z->told_ns < PROGRESS_NS || !isatty(STDERR_FILENO))
		return;
	z->told_ns = fp_now_ns();
	tell(z, "pulse", "   \r");
}

/* ---- findings ---- */

static bool is_known(const struct fuzz *z, const struct fp_finding *f)
{
	for (unsigned i = 0; i < z->n_findings; i++)
		if (fp_finding_is(&z->findings[i], f))
			return true;
	return false;
}

static void fail(const char *path)
{
	fp_cli_say(&cli, "%s: %s", path, strerror(errno));
	fp_process_sweep();
	exit(OWN_FAULT);
}

static void finding_write(struct fuzz *z, const struct fp_finding *f)
{
	char *name = fp_text("%s-%u-%" PRIu64, fp_found_name(f->what), z->n_findings, z->seed);
	char *path = fp_text("%s/%s.transcript", z->out, name);
	FILE *to = fopen(path, "we");
	if (!to)
		fail(path);
	fp_life_write(&z->life, &z->player.dialect, f, name, to);
	if (ferror(to) | fclose(to))
		fail(path);
	printf("transcript: %s\nagain:      forkpool-conform replay %s --child ", path, path);
	quote(stdout, z->command);
	puts(z->player.command.is_stdio ? " --stdio" : "");
	free(path);
	free(name);
}

/* What it was is told as it was found, since it need not come again. */
static void finding_add(struct fuzz *z, struct fp_finding f)
{
	if (is_known(z, &f)) {
		z->repeats++;
		return;
	}
	uint64_t began_ns = fp_now_ns();
	z->findings[z->n_findings++] = f;
	printf("found:      %s, after %" PRIu64 " sessions, %.1f s: %s\n", fp_found_name(f.what), z->sessions,
	       seconds(began_ns - z->start_ns), f.text);
	fflush(stdout);
	struct fp_shrunk shrunk = fp_shrink(&z->player, &z->life, &f);
	if (!shrunk.is_found_again)
		printf("shrunk:     not: in a child of its own it did not come again\n");
	else
		printf("shrunk:     %s, after %u plays: %s\n",
		       shrunk.is_minimal ? "no octet can go" : "as far as it went", shrunk.plays, f.text);
	finding_write(z, &f);
	fflush(stdout);
	z->shrink_ns += fp_now_ns() - began_ns;
}

/* ---- the run ---- */

static void child_end(struct fuzz *z)
{
	fp_peer_end(&z->player.peer);
	fp_life_fini(&z->life);
	z->is_running = false;
}

/* Plays it as a session of the life that is there. Is the child to be used further? */
static bool play(struct fuzz *z, struct fp_session s, struct fp_finding *f)
{
	fp_due_make(&z->player.due, &z->player.dialect, &s);
	fp_life_add(&z->life, s);
	z->sessions++;
	return fp_player_play(&z->player, &s, f) && !z->player.due.is_over;
}

static _Noreturn void not_started(struct fuzz *z, const char *why)
{
	fp_peer_end(&z->player.peer);
	char *told = fp_process_stderr(&z->player.peer.process);
	int len = told ? (int)strcspn(told, "\n") : 0; /* its first line */
	fp_cli_say(&cli, "%s does not start: %s%s%.*s", z->command, why, len ? ": " : "", len, told ? told : "");
	exit(NOT_STARTED);
}

/* One that went away before it read anything has not started; what else is wrong with its first answer is a finding. */
static void judge_start(struct fuzz *z, const struct fp_finding *f)
{
	const struct fp_peer *peer = &z->player.peer;
	int status = peer->process.status;
	bool is_gone = f->what == FP_FOUND_END && (peer->is_reset || status == 126 || status == 127);
	if (z->starts == 1 && is_gone)
		not_started(z, "it ended before it read anything");
	if (f->what == FP_FOUND_NOTHING && !z->player.idle_bytes)
		z->player.idle_bytes = fp_process_peak_bytes(&peer->process);
}

static bool child_start(struct fuzz *z, struct fp_finding *f)
{
	int r = fp_player_start(&z->player);
	if (r)
		not_started(z, strerror(-r));
	z->starts++;
	z->is_running = true;
	bool is_going = play(z, fp_maker_fence(&z->maker), f);
	judge_start(z, f);
	return is_going;
}

static bool is_time_over(const struct fuzz *z)
{
	return fp_peer_is_stopped || (z->sessions_max && z->sessions >= z->sessions_max) || fp_now_ns() >= z->until_ns;
}

static void run(struct fuzz *z)
{
	while (!is_time_over(z) && z->n_findings < z->findings_max) {
		struct fp_finding f = {0};
		bool is_last = z->life.n >= LIFE_SESSIONS_MAX;
		bool is_going = !z->is_running ? child_start(z, &f) : play(z, (is_last ? fp_maker_last : fp_maker_lively)(&z->maker), &f);
		if (f.what != FP_FOUND_NOTHING && !fp_peer_is_stopped) {
			fp_peer_end(&z->player.peer);
			finding_add(z, f);
		}
		if (!is_going)
			child_end(z);
		tell_now_and_then(z);
	}
	child_end(z);
}

static void catch_signals(void)
{
	struct sigaction act = {.sa_handler = stop}; /* no SA_RESTART: waits end */
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct fuzz z = {.out = ".", .findings_max = 1, .start_ns = fp_now_ns()};
	z.told_ns = z.start_ns;
	z.seed = z.start_ns % 1000000000;
	fp_cli_open_standard(&cli);
	options_read(&z, argc, argv);
	if (mkdir(z.out, 0777) < 0 && errno != EEXIST)
		fail(z.out);
	catch_signals();
	fp_process_adopt();
	z.maker = (struct fp_maker){.dialect = z.player.dialect, .random = z.seed};
	fprintf(stderr, "seed: %" PRIu64 "\n", z.seed);
	run(&z);
	tell(&z, fp_peer_is_stopped ? "STOPPED" : "DONE ", "\n");
	if (z.repeats)
		fprintf(stderr, "%" PRIu64 " more of what was found before\n", z.repeats);
	fp_maker_fini(&z.maker);
	fp_due_fini(&z.player.due);
	fp_bytes_fini(&z.player.peer.got);
	free((char *)(uintptr_t)z.command);
	return z.n_findings ? FOUND : NOTHING_FOUND;
}
