/* A run as told to people: what became of each call, how long each process lived, and pictures of it. It is a trace's reader.
 * Must not know the world. */
#ifndef FP_SIM_STORY_H
#define FP_SIM_STORY_H

#include "../lib/core/engine.h"
#include "trace.h"

#include <stdio.h>

/* A call that ended: it waited, then it ran or was in a worker. */
struct sim_told {
	uint64_t job, worker, submitted_ns, given_ns, ended_ns;
	enum fp_outcome outcome;
};

/* A process at work on a call. */
struct sim_bar {
	uint64_t worker, job, from_ns, to_ns;
};

struct sim_life {
	uint64_t worker, from_ns, to_ns;
};

struct sim_story {
	const struct fp_alloc *memory;
	struct sim_told *told;
	struct sim_bar *bars;   /* those under work have to_ns 0 */
	struct sim_life *lives; /* likewise */
	size_t told_n, told_max, bars_n, bars_max, lives_n, lives_max;
	size_t oldest_bar;      /* those before it are over */
	uint64_t calls, refused, starts, failed_starts, kills, events, end_ns;
	uint64_t outcomes[FP_OUTCOMES];
};

void sim_story_init(struct sim_story *s, const struct fp_alloc *memory);
void sim_story_fini(struct sim_story *s);
void sim_story_see(void *ctx, const struct sim_record *r); /* a sim_trace_see; ctx is the story */

/* What a summary says; times in ns. */
struct sim_summary {
	uint64_t latency_ns[4], wait_ns[4]; /* of calls that are ok: p50, p90, p99, max */
	double latency_mean_ns, wait_mean_ns;
	double utilisation; /* share of the processes' lives in which they had a call */
	uint64_t end_ns;
};
struct sim_summary sim_story_sum(const struct sim_story *s);

void sim_story_print(const struct sim_story *s, FILE *f);    /* a summary */
void sim_story_draw(const struct sim_story *s, FILE *f);     /* SVG: a lane for each worker, calls as bars, the queue below */
void sim_story_perfetto(const struct sim_story *s, FILE *f); /* JSON that ui.perfetto.dev opens */

#endif
