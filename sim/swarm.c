/* The command swarm: random scenarios over several processes, until one fails. See command.h. */
#include "command.h"
#include "smaller.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 256u

/* What a process says of itself; in shared memory. */
struct lane {
	uint64_t seed, runs, events;
	bool is_broken;
	pid_t pid;
};

struct swarm {
	uint64_t first, seeds, jobs;
	bool has_hashes; /* to be printed */
	int n;           /* words for each scenario */
	char **words;
	struct lane *lanes;
};

static void work(const struct swarm *s, struct lane *lane, uint64_t from)
{
	for (uint64_t i = from; i < s->seeds && !lane->is_broken; i += s->jobs) {
		struct sim_plan p;
		struct sim_verdict v;
		lane->seed = s->first + i;
		sim_plan_random(&p, lane->seed, s->n, s->words);
		struct sim_run run = {.scenario = &p.scenario, .seed = p.seed, .changes = &p.changes};
		sim_system_limit(SIM_RANDOM_MS_MAX);
		sim_world_run(&run, &sim_system_memory, &v);
		if (s->has_hashes)
			printf("%llu %016llx\n", (unsigned long long)lane->seed, (unsigned long long)v.hash);
		lane->runs++;
		lane->events += v.events;
		lane->is_broken = v.broken != SIM_KEPT;
		sim_plan_fini(&p);
	}
}

static void start(const struct swarm *s, uint64_t i)
{
	struct lane *lane = &s->lanes[i];
	pid_t pid = fork();
	if (pid < 0)
		sim_system_give_up("fork");
	if (pid == 0) {
		sim_system_no_core();
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* lines of several processes stay whole */
		work(s, lane, i);
		_exit(lane->is_broken ? SIM_EXIT_BROKEN : SIM_EXIT_CLEAN);
	}
	lane->pid = pid;
}

static void show_progress(const struct swarm *s, bool is_last)
{
	uint64_t runs = 0, events = 0;
	for (uint64_t i = 0; i < s->jobs; i++) {
		runs += s->lanes[i].runs;
		events += s->lanes[i].events;
	}
	if (is_last)
		printf("%llu runs, %llu events\n", (unsigned long long)runs, (unsigned long long)events);
	else if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu of %llu runs, %llu events ", (unsigned long long)runs, (unsigned long long)s->seeds,
		        (unsigned long long)events);
}

/* Makes it small. Where that leaves much, a smaller run that breaks the same promise is shown in its place. */
static void report(const struct swarm *s, uint64_t seed)
{
	struct sim_plan p;
	struct sim_attempt *a = sim_attempt_new(SIM_RANDOM_MS_MAX);
	if (!a)
		sim_system_give_up("mmap");
	printf("seed %llu fails\n", (unsigned long long)seed);
	fflush(stdout);
	sim_plan_random(&p, seed, s->n, s->words);
	sim_shrink_and_tell(a, &p);
	if (!sim_plan_is_small(&p) && sim_smaller_is_found(a, &p, s->n, s->words))
		puts("a smaller one breaks the same promise");
	sim_report(&p, sim_attempt_run(a, &p));
	sim_plan_fini(&p);
	sim_attempt_free(a);
}

/* ---- the runs ---- */

static void on_alarm(int signal)
{
	(void)signal; /* waitpid returns, and progress is shown */
}

static struct lane *lane_of(const struct swarm *s, pid_t pid)
{
	for (uint64_t i = 0; i < s->jobs; i++)
		if (s->lanes[i].pid == pid)
			return &s->lanes[i];
	return NULL;
}

/* The lane that failed first, after which the others are stopped; NULL: none did. */
static struct lane *wait_for_all(const struct swarm *s)
{
	struct lane *broken = NULL;
	int status;
	for (uint64_t left = s->jobs; left;) {
		alarm(1);
		pid_t pid = waitpid(-1, &status, 0);
		show_progress(s, false);
		if (pid < 0)
			continue;
		left--;
		struct lane *lane = lane_of(s, pid);
		if (status && !broken) {
			broken = lane;
			for (uint64_t i = 0; i < s->jobs; i++)
				if (s->lanes[i].pid > 0 && s->lanes[i].pid != pid)
					kill(s->lanes[i].pid, SIGKILL);
		}
		lane->pid = 0;
	}
	alarm(0);
	return broken;
}

static int search(const struct swarm *s)
{
	for (uint64_t i = 0; i < s->jobs; i++)
		start(s, i);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
	const struct lane *broken = wait_for_all(s);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	show_progress(s, true);
	if (!broken)
		return SIM_EXIT_CLEAN;
	report(s, broken->seed);
	return SIM_EXIT_BROKEN;
}

static int take(struct swarm *s, int n, char **words, int *i)
{
	const char *value;
	if (strcmp(words[*i], "--hashes") == 0)
		return s->has_hashes = true, 0;
	if (sim_option_is("--seeds", n, words, i, &value))
		return sim_number_is_parsed(value, 1, UINT32_MAX, &s->seeds) ? 0 : sim_usage("--seeds is a number of runs");
	if (sim_option_is("--first", n, words, i, &value))
		return sim_number_is_parsed(value, 1, FP_NEVER / 2, &s->first) ? 0 : sim_usage("--first is a seed, from 1");
	if (sim_option_is("--jobs", n, words, i, &value))
		return sim_number_is_parsed(value, 1, JOBS_MAX, &s->jobs)
		               ? 0
		               : sim_usage("--jobs is a number of processes, 1 to %u", JOBS_MAX);
	if (words[*i][0] == '-' || !strchr(words[*i], '='))
		return sim_usage("swarm takes --seeds, --first, --jobs, --hashes and NAME=VALUE, not %s", words[*i]);
	s->words[s->n++] = words[*i];
	return 0;
}

int sim_command_swarm(int n, char **words)
{
	struct swarm s = {.first = 1, .seeds = 1000, .jobs = 1, .words = calloc((size_t)n + 1, sizeof(char *))};
	int status = 0;
	for (int i = 0; i < n && !status; i++)
		status = take(&s, n, words, &i);
	struct sim_plan p;
	const char *wrong = status ? NULL : sim_plan_random(&p, s.first, s.n, s.words);
	if (wrong)
		status = sim_usage("%s", wrong);
	s.lanes = mmap(NULL, JOBS_MAX * sizeof *s.lanes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.lanes == MAP_FAILED)
		sim_system_give_up("mmap");
	if (!status)
		status = search(&s);
	munmap(s.lanes, JOBS_MAX * sizeof *s.lanes);
	free(s.words);
	return status;
}
