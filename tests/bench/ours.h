/* The measurements of the benchmark with forkpool. Each makes a pool, warms it up, measures, and ends it. */
#ifndef FP_BENCH_OURS_H
#define FP_BENCH_OURS_H

#include "bench.h"

bench_measure ours_echo;    /* function echo or echo_async: one argument each way, so that a payload has shape->bytes */
bench_measure ours_starts;  /* a worker for every call, no more than shape->workers at a time */
bench_measure ours_private; /* memory of a worker that has answered calls and is idle */

#endif
