/* forkpool-sim: the commands, and what they share. See command.h. */
#include "command.h"

#include "shrink.h"

#include "../lib/programs/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
	"usage: forkpool-sim COMMAND ...\n"
	"Runs the real pool in virtual time, with simulated processes, and checks what it promises.\n"
	"\n"
	"  run SCENARIO [--seed S] [--log] [--svg FILE] [--perfetto FILE] [NAME=VALUE ...]\n"
	"          one run of a scenario, its lesson and its summary; SCENARIO is a JSON file or one of:\n"
	"          async busy-time crash erlang idle-time load-two overload queue-max retire session\n"
	"          slow-job steady\n"
	"  run SCENARIO --transcript WORKER\n"
	"          the connection of one worker, as forkpool-conform replays it\n"
	"  swarm [--seeds N] [--first S] [--jobs J] [--hashes] [NAME=VALUE ...]\n"
	"          random scenarios with random faults; the first failure is made small;\n"
	"          --hashes: a line SEED HASH for each\n"
	"  replay WORDS [--log]     a run as swarm, shrink and explore print it\n"
	"  shrink WORDS             makes a failing run small\n"
	"  explore SCENARIO         every single fault at every place of a quiet run\n"
	"  sweep SCENARIO --vary NAME=A..B ... [--plot FILE.svg]\n"
	"          CSV: a line for each combination; a plot of the latency by gnuplot\n"
	"  theory [--replications N] [--calls N] [--jobs J] [--queue NAME] [--svg FILE]\n"
	"          the pool against closed forms of queueing theory\n"
	"  fields                   the names that a scenario and NAME=VALUE know\n"
	"\n"
	"Exit status: 0 every promise was kept, 1 one was broken, 2 wrong usage or a file that cannot be\n"
	"read or written.\n"
	"\n"
	"Examples:\n"
	"  forkpool-sim run steady --log\n"
	"  forkpool-sim run crash --svg crash.svg load=1\n"
	"  forkpool-sim swarm --seeds 20000 --jobs 2\n"
	"  forkpool-sim replay 'pool.max=1 arrivals.jobs=2 crash-in.0=17 seed=0' --log\n"
	"  forkpool-sim sweep steady --vary load=1..4 --vary max=1..8 --plot load.svg\n";

static const struct {
	const char *name;
	int (*run)(int n, char **words);
} commands[] = {
	{"run", sim_command_run},       {"swarm", sim_command_swarm},     {"replay", sim_command_replay},
	{"shrink", sim_command_shrink}, {"explore", sim_command_explore}, {"sweep", sim_command_sweep},
	{"theory", sim_command_theory}, {"fields", sim_command_fields},
};

int sim_usage(const char *what, ...)
{
	va_list args;
	va_start(args, what);
	fputs("forkpool-sim: ", stderr);
	vfprintf(stderr, what, args);
	va_end(args);
	fputs("; see forkpool-sim --help\n", stderr);
	return SIM_EXIT_USAGE;
}

bool sim_option_is(const char *name, int n, char **words, int *i, const char **value)
{
	size_t len = strlen(name);
	if (strncmp(words[*i], name, len) != 0 || (words[*i][len] && words[*i][len] != '='))
		return false;
	if (words[*i][len] == '=')
		*value = words[*i] + len + 1;
	else
		*value = *i + 1 < n ? words[++*i] : NULL;
	return true;
}

bool sim_number_is_parsed(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;
	if (!text || *text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 10);
	return !*end && *value >= min && *value <= max;
}

/* A file, or the name of a scenario that came with the program. As a word of a plan; to be freed. */
static char *scenario_word(const char *word)
{
	static const char *const places[] = {"../share/forkpool/sim", "../../sim/scenarios", "../../../sim/scenarios", NULL};
	static const struct fp_cli cli = {.name = "forkpool-sim"};
	char name[NAME_MAX + 1], *text, *folder = NULL;
	if (access(word, F_OK) != 0 && !strchr(word, '/') && snprintf(name, sizeof name, "%s.json", word) < (int)sizeof name)
		folder = fp_cli_folder(&cli, places, name);
	if ((folder ? asprintf(&text, "scenario=%s/%s", folder, name) : asprintf(&text, "scenario=%s", word)) < 0)
		sim_system_give_up("memory");
	free(folder);
	return text;
}

int sim_plan_word(struct sim_plan *p, const char *word)
{
	if (word[0] == '-')
		return sim_usage("there is no option %s here", word);
	char *text = strchr(word, '=') ? NULL : scenario_word(word);
	if (text && access(strchr(text, '=') + 1, F_OK) != 0) {
		free(text);
		return sim_usage("%s: No such file or directory, nor a scenario of that name; a number is set as NAME=VALUE", word);
	}
	const char *wrong = sim_plan_take(p, text ? text : word);
	free(text);
	if (!wrong)
		return 0;
	fprintf(stderr, "forkpool-sim: %s\n", wrong);
	return SIM_EXIT_USAGE;
}

const char *sim_plan_random(struct sim_plan *p, uint64_t seed, int n, char **words)
{
	char word[40];
	sim_plan_init(p, &sim_system_memory);
	snprintf(word, sizeof word, "random=%llu", (unsigned long long)seed);
	const char *wrong = sim_plan_take(p, word);
	for (int i = 0; i < n && !wrong; i++)
		wrong = sim_plan_take(p, words[i]);
	return wrong ? wrong : sim_plan_check(p);
}

void sim_report(const struct sim_plan *p, const struct sim_verdict *v)
{
	char *words = sim_plan_print(p);
	printf("broken: %s: %s\nreplay: forkpool-sim replay '%s' --log\n", sim_promise_name(v->broken), v->why, words);
	free(words);
}

struct failure {
	struct sim_attempt *attempt;
	enum sim_promise broken;
};

static bool is_same_failure(void *ctx, const struct sim_plan *p)
{
	struct failure *f = ctx;
	return sim_attempt_run(f->attempt, p)->broken == f->broken;
}

struct sim_shrunk sim_make_small(struct sim_attempt *a, struct sim_plan *p)
{
	struct failure f = {.attempt = a, .broken = sim_attempt_record(a, p)->broken};
	return sim_shrink(p, is_same_failure, &f);
}

void sim_shrink_and_tell(struct sim_attempt *a, struct sim_plan *p)
{
	struct sim_shrunk done = sim_make_small(a, p);
	printf("made small in %llu runs: %zu choices of %zu are left\n", (unsigned long long)done.tries, p->changes.n,
	       done.choices_before);
}

void sim_shrink_and_report(struct sim_attempt *a, struct sim_plan *p)
{
	sim_shrink_and_tell(a, p);
	sim_report(p, sim_attempt_run(a, p));
}

int sim_command_fields(int n, char **words)
{
	char usual[64], what[200];
	if (n)
		return sim_usage("fields takes no words, not %s", words[0]);
	for (size_t i = 0; i < sim_fields(); i++) {
		struct sim_field f = sim_field(i);
		sim_field_print(&f, f.usual, usual);
		sim_field_expect(&f, what);
		printf("%s; usually %s\n", what, usual);
	}
	return SIM_EXIT_CLEAN;
}

static bool is_help_wanted(int n, char **words)
{
	bool is_wanted = n > 1 && strcmp(words[1], "help") == 0;
	for (int i = 1; i < n; i++)
		is_wanted |= strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0;
	return is_wanted;
}

static int run(int n, char **words)
{
	if (n < 2)
		return sim_usage("a command is missing");
	if (is_help_wanted(n, words)) {
		fputs(help, stdout);
		return SIM_EXIT_CLEAN;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(words[1], commands[i].name) == 0)
			return commands[i].run(n - 2, words + 2);
	return sim_usage("there is no command %s", words[1]);
}

int main(int n, char **words)
{
	int status = run(n, words);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "forkpool-sim: standard output: %s\n", strerror(errno));
	return SIM_EXIT_USAGE;
}
