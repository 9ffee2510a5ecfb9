/* The command theory: the real pool against closed forms, by z-scores over independent replications. See command.h.
 *
 * A z-score is how many standard errors the mean over replications is away from what is expected: it finds a small fault in
 * many calls, and raises no alarm over a large difference that chance explains. The 95th percentile is tested by the share of
 * calls that wait longer than the closed form's: a share has an exact mean, a percentile of a sample has not. */
#include "command.h"
#include "formula.h"
#include "plot.h"
#include "replication.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define Z_MAX 3.5
#define SERVICE_NS (30 * FP_MS)
#define CALLS_MAX 5000000u
#define WARM_UP_MEMORIES 6 /* what is left then of how the queue began: a four-hundredth */
#define REPLICATIONS_MIN 20u /* fewer are not normal enough for Z_MAX */
#define REPLICATIONS_MAX 1000u
#define PROCESSES_MAX 256u
#define UTILISATIONS 3u

static const double utilisations[UTILISATIONS] = {0.5, 0.8, 0.95};

/* SIM_TWO: a third of the mean in nine calls of ten, else seven times the mean, whose squared variation is 4. */
static const struct model {
	const char *name;
	unsigned servers;
	enum sim_shape shape;
	double variation;
} models[] = {
	{"M/M/1", 1, SIM_EXPONENTIAL, 1}, {"M/M/4", 4, SIM_EXPONENTIAL, 1}, {"M/M/16", 16, SIM_EXPONENTIAL, 1},
	{"M/D/1", 1, SIM_FIXED, 0},       {"M/G/1", 1, SIM_TWO, 4},
};

#define MODELS (sizeof models / sizeof *models)
#define ROWS (MODELS * UTILISATIONS)

struct theory {
	uint64_t replications, calls, seed, jobs;
	size_t from, to; /* rows */
	const char *svg;
	struct sim_measured *measured; /* ROWS times replications; shared memory */
};

/* A row of the table: what is expected, and what was measured. */
struct row {
	const struct model *model;
	struct sim_scenario scenario;
	struct sim_queue queue;
	double wait_ns, p95_ns, share_above;
	uint64_t warm_up_calls;
};

struct score {
	double mean, error, z;
};

/* ---- what is expected ---- */

static void fill_scenario(struct sim_scenario *s, const struct model *m, double utilisation, uint64_t calls)
{
	sim_scenario_init(s);
	s->pool.min = s->pool.max = s->pool.max_idle = m->servers;
	s->pool.load = 1;
	s->arrivals.jobs = calls;
	s->arrivals.kind = SIM_POISSON;
	s->arrivals.every_ns = (uint64_t)((double)SERVICE_NS / m->servers / utilisation);
	s->service.shape = m->shape;
	s->service.mean_ns = m->shape == SIM_TWO ? SERVICE_NS / 3 : SERVICE_NS;
	s->service.other_ns = 7 * SERVICE_NS;
	s->service.share_ppm = SIM_SURE_PPM / 10;
	s->link.delay_ns = 0;
	s->process.start_ns = 0;
}

static void fill_row(struct row *r, size_t i, uint64_t calls)
{
	const struct model *m = &models[i / UTILISATIONS];
	r->model = m;
	fill_scenario(&r->scenario, m, utilisations[i % UTILISATIONS], calls);
	r->queue = (struct sim_queue){.servers = m->servers,
	                              .every_ns = (double)r->scenario.arrivals.every_ns,
	                              .service_ns = (double)SERVICE_NS,
	                              .variation = m->variation,
	                              .is_exponential = m->shape == SIM_EXPONENTIAL};
	r->warm_up_calls = (uint64_t)(WARM_UP_MEMORIES * sim_formula_memory_calls(&r->queue));
	r->scenario.arrivals.jobs += r->warm_up_calls;
	r->wait_ns = sim_formula_wait_ns(&r->queue);
	r->p95_ns = r->queue.is_exponential ? sim_formula_wait_p95_ns(&r->queue) : 0;
	r->share_above = r->p95_ns > 0 ? 0.05 : sim_formula_delayed(&r->queue);
}

/* ---- what is measured ---- */

static void measure(const struct theory *t, uint64_t job)
{
	struct row row;
	for (uint64_t i = t->from * t->replications + job; i < t->to * t->replications; i += t->jobs) {
		fill_row(&row, i / t->replications, t->calls);
		sim_replication_run(&row.scenario, t->seed + i, row.warm_up_calls, row.p95_ns, &t->measured[i]);
	}
}

static void measure_all(const struct theory *t)
{
	for (uint64_t i = 0; i < ROWS * t->replications; i++)
		t->measured[i].broken = SIM_ASSERTION; /* until it has a verdict */
	for (uint64_t i = 0; i < t->jobs; i++) {
		pid_t pid = fork();
		if (pid < 0)
			sim_system_give_up("fork");
		if (pid == 0) {
			sim_system_no_core();
			measure(t, i);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static struct score score(const struct sim_measured *m, uint64_t n, size_t offset, double expected)
{
	double sum = 0, squares = 0;
	for (uint64_t i = 0; i < n; i++)
		sum += *(const double *)(const void *)((const char *)&m[i] + offset);
	double mean = sum / (double)n;
	for (uint64_t i = 0; i < n; i++) {
		double d = *(const double *)(const void *)((const char *)&m[i] + offset) - mean;
		squares += d * d;
	}
	double error = sqrt(squares / (double)(n - 1) / (double)n);
	return (struct score){mean, error, (mean - expected) / error};
}

static double p95_ns(const struct sim_measured *m, uint64_t n)
{
	double sum = 0;
	for (uint64_t i = 0; i < n; i++)
		sum += (double)m[i].wait_p95_ns;
	return sum / (double)n;
}

/* The first replication that broke a promise; NULL: none. */
static const struct sim_measured *first_broken(const struct sim_measured *m, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (m[i].broken)
			return &m[i];
	return NULL;
}

static bool is_little(const struct sim_measured *m, uint64_t n)
{
	bool is_equal = true;
	for (uint64_t i = 0; i < n; i++)
		is_equal &= m[i].is_little;
	return is_equal;
}

/* ---- table and plot ---- */

static void print_head(const struct theory *t)
{
	printf("%llu replications of %llu calls each, after a warm-up; every |z| below %.1f\n\n",
	       (unsigned long long)t->replications, (unsigned long long)t->calls, Z_MAX);
	printf("%-7s %5s   %-33s %-29s %-26s %s\n", "", "", "mean wait, ms", "95th percentile, ms",
	       "calls that wait longer, %", "Little's");
	printf("%-7s %5s %11s %11s %8s   %11s %11s %14s %9s %8s   %s\n", "queue", "util.", "closed", "simulated", "z",
	       "closed", "simulated", "closed", "simulated", "z", "law");
}

/* Answers whether all of a row is as it should be. NaN is not. */
static bool is_row_right(const struct theory *t, const struct row *r, const struct sim_measured *m)
{
	uint64_t n = t->replications;
	struct score wait = score(m, n, offsetof(struct sim_measured, wait_mean_ns), r->wait_ns),
		     above = score(m, n, offsetof(struct sim_measured, share_above), r->share_above);
	const struct sim_measured *broken = first_broken(m, n);
	bool is_equal = is_little(m, n);
	printf("%-7s %5.2f %11.4f %11.4f %+8.2f   ", r->model->name, sim_formula_utilisation(&r->queue), r->wait_ns / 1e6,
	       wait.mean / 1e6, wait.z);
	if (r->queue.is_exponential)
		printf("%11.4f %11.4f ", r->p95_ns / 1e6, p95_ns(m, n) / 1e6);
	else
		printf("%11s %11.4f ", "-", p95_ns(m, n) / 1e6);
	bool is_right = fabs(wait.z) < Z_MAX && fabs(above.z) < Z_MAX && is_equal && !broken;
	printf("%14.4f %9.4f %+8.2f   %s%s\n", 100 * r->share_above, 100 * above.mean, above.z,
	       is_equal ? "holds" : "BROKEN", is_right ? "" : "   FAILS");
	if (broken)
		printf("        broken: %s: %s\n", sim_promise_name(broken->broken), broken->why);
	return is_right;
}

/* All lines from utilisation 0.3 to 0.97 first, then all points, as the command `plot` names them. */
static int draw(const struct theory *t)
{
	FILE *f = sim_plot_open(t->svg);
	if (!f)
		return SIM_EXIT_USAGE;
	fputs("set xlabel 'utilisation'\nset ylabel 'mean wait, service times'\nset logscale y\nset title "
	      "'Lines: closed forms. Points: simulated, with 3.5 standard errors'\nplot ",
	      f);
	size_t last = t->to / UTILISATIONS;
	for (size_t i = t->from / UTILISATIONS; i < last; i++)
		fprintf(f, "'-' with lines lw 1.5 lc %zu title '%s', ", i + 1, models[i].name);
	for (size_t i = t->from / UTILISATIONS; i < last; i++)
		fprintf(f, "'-' with yerrorbars pt 7 ps 0.6 lc %zu notitle%s", i + 1, i + 1 < last ? ", " : "\n");
	for (size_t i = t->from; i < t->to; i += UTILISATIONS) {
		struct row r;
		fill_row(&r, i, 0);
		for (double u = 0.3; u < 0.97; u += 0.01) {
			r.queue.every_ns = (double)SERVICE_NS / r.model->servers / u;
			fprintf(f, "%g %g\n", u, sim_formula_wait_ns(&r.queue) / (double)SERVICE_NS);
		}
		fputs("e\n", f);
	}
	for (size_t i = t->from; i < t->to; i++) {
		struct score s = score(&t->measured[i * t->replications], t->replications,
		                       offsetof(struct sim_measured, wait_mean_ns), 0);
		fprintf(f, "%g %g %g\n%s", utilisations[i % UTILISATIONS], s.mean / (double)SERVICE_NS,
		        Z_MAX * s.error / (double)SERVICE_NS, i % UTILISATIONS == UTILISATIONS - 1 ? "e\n" : "");
	}
	return sim_plot_close(f, t->svg) ? SIM_EXIT_USAGE : 0;
}

static int compare(struct theory *t)
{
	size_t len = ROWS * t->replications * sizeof *t->measured, wrong = 0;
	t->measured = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->measured == MAP_FAILED)
		sim_system_give_up("mmap");
	measure_all(t);
	print_head(t);
	for (size_t i = t->from; i < t->to; i++) {
		struct row r;
		fill_row(&r, i, t->calls);
		wrong += !is_row_right(t, &r, &t->measured[i * t->replications]);
	}
	printf("\n%zu of %zu queues are as theory has them\n", t->to - t->from - wrong, t->to - t->from);
	int failed = t->svg ? draw(t) : 0;
	munmap(t->measured, len);
	return failed ? failed : wrong ? SIM_EXIT_BROKEN : SIM_EXIT_CLEAN;
}

static int take_queue(struct theory *t, const char *name)
{
	for (size_t i = 0; i < MODELS; i++)
		if (!strcmp(name, models[i].name)) {
			t->from = i * UTILISATIONS;
			t->to = t->from + UTILISATIONS;
			return 0;
		}
	return sim_usage("--queue is M/M/1, M/M/4, M/M/16, M/D/1 or M/G/1, not %s", name);
}

static int take(struct theory *t, int n, char **words, int *i)
{
	const char *value;
	if (sim_option_is("--replications", n, words, i, &value))
		return sim_number_is_parsed(value, REPLICATIONS_MIN, REPLICATIONS_MAX, &t->replications)
		               ? 0
		               : sim_usage("--replications is a number of runs of each queue, %u to %u", REPLICATIONS_MIN,
		                           REPLICATIONS_MAX);
	if (sim_option_is("--calls", n, words, i, &value))
		return sim_number_is_parsed(value, 100, CALLS_MAX, &t->calls)
		               ? 0
		               : sim_usage("--calls is how many are measured in each run, 100 to %u", CALLS_MAX);
	if (sim_option_is("--seed", n, words, i, &value))
		return sim_number_is_parsed(value, 1, FP_NEVER / 2, &t->seed)
		               ? 0
		               : sim_usage("--seed is a whole number, from 1");
	if (sim_option_is("--jobs", n, words, i, &value))
		return sim_number_is_parsed(value, 1, PROCESSES_MAX, &t->jobs)
		               ? 0
		               : sim_usage("--jobs is a number of processes, 1 to %u", PROCESSES_MAX);
	if (sim_option_is("--queue", n, words, i, &value))
		return take_queue(t, value ? value : "nothing");
	if (sim_option_is("--svg", n, words, i, &value))
		return (t->svg = value) ? 0 : sim_usage("--svg needs a file");
	return sim_usage("theory takes --replications, --calls, --seed, --jobs, --queue and --svg, not %s", words[*i]);
}

int sim_command_theory(int n, char **words)
{
	struct theory t = {.replications = 40, .calls = 100000, .seed = 1, .jobs = 1, .to = ROWS};
	int status = 0;
	for (int i = 0; i < n && !status; i++)
		status = take(&t, n, words, &i);
	if (!status && t.svg && !sim_plot_is_possible())
		status = SIM_EXIT_USAGE;
	return status ? status : compare(&t);
}
