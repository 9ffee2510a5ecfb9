/* Takes down what became of calls and processes, and sums it up. See story.h; pictures are in picture.c. */
#include "story.h"

#include "memory.h"

#include <stdlib.h>

void sim_story_init(struct sim_story *s, const struct fp_alloc *memory)
{
	*s = (struct sim_story){.memory = memory};
}

void sim_story_fini(struct sim_story *s)
{
	fp_alloc_put(s->memory, s->told, s->told_max * sizeof *s->told);
	fp_alloc_put(s->memory, s->bars, s->bars_max * sizeof *s->bars);
	fp_alloc_put(s->memory, s->lives, s->lives_max * sizeof *s->lives);
}

/* ---- what happens ---- */

static void end_bars(struct sim_story *s, const struct sim_record *r)
{
	for (size_t i = s->oldest_bar; i < s->bars_n; i++) {
		struct sim_bar *b = &s->bars[i];
		if (!b->to_ns && b->worker == r->worker && (!r->job || b->job == r->job))
			b->to_ns = r->at_ns;
	}
	while (s->oldest_bar < s->bars_n && s->bars[s->oldest_bar].to_ns)
		s->oldest_bar++;
}

static void begin_bar(struct sim_story *s, const struct sim_record *r)
{
	s->bars = sim_grow(s->memory, s->bars, &s->bars_max, s->bars_n, sizeof *s->bars);
	s->bars[s->bars_n++] = (struct sim_bar){.worker = r->worker, .job = r->job, .from_ns = r->at_ns};
}

static void begin_life(struct sim_story *s, const struct sim_record *r)
{
	s->starts++;
	s->lives = sim_grow(s->memory, s->lives, &s->lives_max, s->lives_n, sizeof *s->lives);
	s->lives[s->lives_n++] = (struct sim_life){.worker = r->worker, .from_ns = r->at_ns};
}

static void end_life(struct sim_story *s, const struct sim_record *r)
{
	for (size_t i = s->lives_n; i--;)
		if (s->lives[i].worker == r->worker) {
			s->lives[i].to_ns = r->at_ns;
			return;
		}
}

static void end_call(struct sim_story *s, const struct sim_record *r)
{
	s->outcomes[r->a]++;
	s->told = sim_grow(s->memory, s->told, &s->told_max, s->told_n, sizeof *s->told);
	s->told[s->told_n++] = (struct sim_told){.job = r->job,
	                                         .worker = r->worker,
	                                         .submitted_ns = r->at_ns - r->c - r->b,
	                                         .given_ns = r->at_ns - r->c,
	                                         .ended_ns = r->at_ns,
	                                         .outcome = (enum fp_outcome)r->a};
}

void sim_story_see(void *ctx, const struct sim_record *r)
{
	struct sim_story *s = ctx;
	s->end_ns = r->at_ns;
	switch (r->what) {
	case SIM_SUBMIT:
		s->calls++;
		break;
	case SIM_REFUSED:
		s->refused++;
		break;
	case SIM_STARTED:
		begin_life(s, r);
		break;
	case SIM_START_FAILED:
		s->failed_starts++;
		break;
	case SIM_KILLS:
		s->kills++;
		break;
	case SIM_EVENT:
		s->events++;
		break;
	case SIM_BEGINS:
		begin_bar(s, r);
		break;
	case SIM_ANSWERS:
		end_bars(s, r);
		break;
	case SIM_ENDS:
		end_bars(s, r);
		end_life(s, r);
		break;
	case SIM_OUTCOME:
		end_call(s, r);
		break;
	default:
		break;
	}
}

/* ---- sums ---- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* The least value that is not exceeded by the given share. */
static void percentiles(uint64_t *values, size_t n, uint64_t out[4])
{
	static const size_t percents[] = {50, 90, 99, 100};
	qsort(values, n, sizeof *values, by_size);
	for (size_t i = 0; i < 4; i++)
		out[i] = n ? values[(n * percents[i] + 99) / 100 - 1] : 0;
}

static double mean(const uint64_t *values, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)values[i];
	return n ? sum / (double)n : 0;
}

static double utilisation(const struct sim_story *s)
{
	double busy = 0, lived = 0;
	for (size_t i = 0; i < s->bars_n; i++)
		busy += (double)((s->bars[i].to_ns ? s->bars[i].to_ns : s->end_ns) - s->bars[i].from_ns);
	for (size_t i = 0; i < s->lives_n; i++)
		lived += (double)((s->lives[i].to_ns ? s->lives[i].to_ns : s->end_ns) - s->lives[i].from_ns);
	return lived > 0 ? busy / lived : 0;
}

struct sim_summary sim_story_sum(const struct sim_story *s)
{
	struct sim_summary sum = {.utilisation = utilisation(s), .end_ns = s->end_ns};
	size_t size = (s->told_n + 1) * sizeof(uint64_t), n = 0;
	uint64_t *latency = sim_get(s->memory, size), *wait = sim_get(s->memory, size);
	for (size_t i = 0; i < s->told_n; i++)
		if (s->told[i].outcome == FP_OK) {
			wait[n] = s->told[i].given_ns - s->told[i].submitted_ns;
			latency[n++] = s->told[i].ended_ns - s->told[i].submitted_ns;
		}
	sum.latency_mean_ns = mean(latency, n);
	sum.wait_mean_ns = mean(wait, n);
	percentiles(latency, n, sum.latency_ns);
	percentiles(wait, n, sum.wait_ns);
	fp_alloc_put(s->memory, latency, size);
	fp_alloc_put(s->memory, wait, size);
	return sum;
}

static void print_times(FILE *f, const char *what, double mean_ns, const uint64_t p[4])
{
	fprintf(f, "%-12s mean %.3f  p50 %.3f  p90 %.3f  p99 %.3f  max %.3f ms\n", what, mean_ns / 1e6, (double)p[0] / 1e6,
	        (double)p[1] / 1e6, (double)p[2] / 1e6, (double)p[3] / 1e6);
}

void sim_story_print(const struct sim_story *s, FILE *f)
{
	struct sim_summary sum = sim_story_sum(s);
	fprintf(f, "%-12s %llu, %llu refused; %.6f s\n", "calls", (unsigned long long)s->calls,
	        (unsigned long long)s->refused, (double)sum.end_ns / 1e9);
	fprintf(f, "%-12s", "outcomes");
	for (int i = 0; i < FP_OUTCOMES; i++)
		if (s->outcomes[i])
			fprintf(f, " %s %llu", fp_outcome_name((enum fp_outcome)i), (unsigned long long)s->outcomes[i]);
	fprintf(f, "\n");
	print_times(f, "latency", sum.latency_mean_ns, sum.latency_ns);
	print_times(f, "wait", sum.wait_mean_ns, sum.wait_ns);
	fprintf(f, "%-12s %.1f %% of the processes' lives\n", "utilisation", 100 * sum.utilisation);
	fprintf(f, "%-12s %llu started, %llu failed to, %llu signals sent; %llu events\n", "processes",
	        (unsigned long long)s->starts, (unsigned long long)s->failed_starts, (unsigned long long)s->kills,
	        (unsigned long long)s->events);
}
