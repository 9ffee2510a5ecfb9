/* The raw baseline: what the same work costs with nothing but socketpairs, fork and libev in the parent. */
#ifndef FP_BENCH_RAW_H
#define FP_BENCH_RAW_H

#include "bench.h"

/* Echo of messages between this process and `workers` others, which read and write in a blocking loop. */
bench_measure raw_echo;

/* Starts processes, no more than `workers` at a time: fork, socketpair, and the first octet from a process that then
 * ends when its socket closes. They are forked by the nursery, a small process with the same shared object loaded as
 * the pool's template has. */
bench_measure raw_starts;

/* Call first: the nursery is as small as this process is now. It ends with this process at the latest. */
void raw_nursery_start(struct bench_setup *setup);
void raw_nursery_stop(const struct bench_setup *setup);

#endif
