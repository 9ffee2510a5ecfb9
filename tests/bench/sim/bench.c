/* How fast the simulator is, and how much memory it takes: with the real engine, and hashing on.
 *
 * A benchmark and no test: its exit status is 0 where a target is missed too. CPU time of this process; simulator and baseline
 * are run in turn, and the medians of their rounds compared. It must never know how a world works. */
#include "../../../sim/system.h"
#include "../../../sim/world.h"
#include "bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
#define KIB 1024.0

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof *values, by_size);
	return values[ROUNDS / 2];
}

static void row(const char *what, double figure, const char *unit, double target, bool is_most)
{
	bool is_met = is_most ? figure <= target : figure >= target;
	printf("%-58s %14.2f %-14s %s %.6g%s\n", what, figure, unit, is_most ? "at most " : "at least", target,
	       is_met ? "" : "   MISSED");
}

/* ---- the world ---- */

/* Workers that exist from the beginning; calls at even distances, half of the workers are busy. */
static void fill(struct sim_scenario *s, uint64_t workers, uint64_t calls)
{
	sim_scenario_init(s);
	s->pool.min = s->pool.max = s->pool.max_idle = workers;
	s->pool.load = 1;
	s->arrivals.jobs = calls;
	s->arrivals.every_ns = 2 * FP_S / workers;
	s->service.shape = SIM_UNIFORM;
	s->service.mean_ns = FP_S;
}

static double events_per_s(const struct sim_scenario *s, const struct fp_alloc *memory)
{
	struct sim_verdict v;
	struct sim_run run = {.scenario = s, .seed = 1};
	double begin_s = cpu_s();
	sim_world_run(&run, memory, &v);
	double took_s = cpu_s() - begin_s;
	if (v.broken) {
		fprintf(stderr, "sim bench: a promise is broken: %s\n", v.why);
		exit(1);
	}
	return (double)v.events / took_s;
}

/* ---- speed ---- */

static double bare_events_per_s(const struct sim_scenario *s)
{
	struct bare_load load = {(uint32_t)s->pool.max, s->arrivals.jobs, s->arrivals.every_ns, s->service.mean_ns,
	                         s->link.delay_ns};
	double begin_s = cpu_s();
	uint64_t events = bare_run(&load);
	return (double)events / (cpu_s() - begin_s);
}

static void measure_speed(void)
{
	struct sim_scenario s;
	double bare[ROUNDS], ours[ROUNDS];
	fill(&s, 64, 300000);
	for (int i = 0; i < ROUNDS; i++) {
		bare[i] = bare_events_per_s(&s);
		ours[i] = events_per_s(&s, &sim_system_memory);
	}
	double bare_median = median(bare), ours_median = median(ours);
	printf("%-58s %14.2f %s\n", "bare event loop, 64 workers", bare_median / 1e6, "M events/s");
	row("simulator, 64 workers", ours_median / 1e6, "M events/s", 1, false);
	row("  as a share of the bare event loop", ours_median / bare_median, "", 0.25, false);
}

static void measure_hour(void)
{
	struct sim_scenario s;
	double took[ROUNDS];
	fill(&s, 64, 360000);
	s.arrivals.every_ns = 10 * FP_MS;
	s.service.mean_ns = 500 * FP_MS;
	for (int i = 0; i < ROUNDS; i++) {
		double begin_s = cpu_s();
		events_per_s(&s, &sim_system_memory);
		took[i] = cpu_s() - begin_s;
	}
	row("an hour of 64 workers at 100 calls a second", median(took), "s", 1, true);
}

/* The least of some rounds: what else a machine does can only add. */
static double ns_per_event(uint64_t workers)
{
	struct sim_scenario s;
	double best = 0;
	fill(&s, workers, 4 * workers < 200000 ? 200000 : 4 * workers);
	for (int i = 0; i < 3; i++) {
		double now = events_per_s(&s, &sim_system_memory);
		best = now > best ? now : best;
	}
	return 1e9 / best;
}

static void measure_growth(void)
{
	double first = 0;
	for (uint64_t workers = 10, digits = 1; workers <= 100000; workers *= 10, digits++) {
		char what[60];
		double ns = ns_per_event(workers);
		first = first > 0 ? first : ns;
		snprintf(what, sizeof what, "an event among %llu workers, against 10", (unsigned long long)workers);
		printf("%-58s %14.2f ns\n", what, ns);
		row("  as a ratio; log(workers) grows by", ns / first, "", (double)digits, true);
	}
}

/* ---- memory ---- */

struct counter {
	uint64_t held, most;
};

static void *count(void *ctx, void *p, size_t old_len, size_t new_len)
{
	struct counter *c = ctx;
	c->held += new_len - old_len;
	c->most = c->held > c->most ? c->held : c->most;
	return sim_system_memory.resize(sim_system_memory.ctx, p, old_len, new_len);
}

static double octets_held(uint64_t workers)
{
	struct counter c = {0};
	struct fp_alloc memory = {count, &c};
	struct sim_scenario s;
	fill(&s, workers, 1);
	events_per_s(&s, &memory);
	return (double)c.most;
}

/* The resident memory of a process that simulates so many workers; in MiB. */
static double resident_mib(uint64_t workers)
{
	struct rusage usage;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct sim_scenario s;
		fill(&s, workers, workers);
		events_per_s(&s, &sim_system_memory);
		_exit(0);
	}
	int status;
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status)
		sim_system_give_up("fork");
	return (double)usage.ru_maxrss / KIB;
}

static void measure_memory(void)
{
	row("an idle worker", (octets_held(20000) - octets_held(10000)) / 10000, "octets", 4 * KIB, true);
	row("100,000 workers, and a call to each: resident", resident_mib(100000), "MiB", 512, true);
}

int main(int n, char **words)
{
	(void)words;
	if (n > 1) {
		fputs("usage: bench\nMeasures forkpool-sim; takes no options. Example: make sim-bench\n", stderr);
		return 2;
	}
	measure_memory();
	measure_speed();
	measure_hour();
	measure_growth();
	return 0;
}
