/* run_calls: lines become calls, results become lines, in order. */
#ifndef FORKPOOL_RUN_CALLS_H
#define FORKPOOL_RUN_CALLS_H

#include <ev.h>

#include "lines.h"
#include "run_options.h"
#include "run_report.h"
#include "run_stream.h"

struct fp_call; /* a line that was read and is not done with */

/* All of a running forkpool-run. The watchers' callbacks and the pool are the program's (run.c). */
struct fp_run {
	struct fp_run_options options;
	struct fp_report report;
	struct fp_run_count count;
	struct fp_stats stats; /* as the pool was asked to end */
	struct fp_pool *pool;  /* NULL: gone */

	struct ev_loop *loop;
	ev_io readable, writable; /* active while lines are wanted, while output waits */
	ev_signal signals[3];
	ev_timer progress;

	struct fp_source source;
	struct fp_sink sink;
	struct fp_line line;           /* the one that is being looked at */
	struct fp_call *first, **last; /* by line; none if unordered */
	size_t flying, flying_max;     /* calls that the pool has */
	size_t held;                   /* calls that have ended, behind one that has not */
	size_t ahead_bytes;            /* of lines whose calls fly, and of results held */

	uint64_t failed_line; /* 0: reading goes on; else no result of a line after this one is wanted */
	unsigned vain_errors; /* since the last octet was sent to a worker */
	uint64_t tx_bytes;    /* octets sent to workers when the last error came */
	bool is_ending;       /* the pool was asked to end */
	bool is_without_worker, is_input_broken, is_output_broken, is_output_terminal;
	int signal; /* that ends the program; 0: none */
};

void fp_run_calls_init(struct fp_run *r); /* once the options are known */
void fp_run_calls_fini(struct fp_run *r);

/* Takes lines while there is room, then waits for more or ends the pool. For whenever there may be more of either. */
void fp_run_feed(struct fp_run *r);
/* Ends the pool now, without a word on the calls that this ends. */
void fp_run_abort(struct fp_run *r);

#endif
