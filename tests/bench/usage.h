/* What processes use: time that passes, CPU time, private memory. See usage.c for where the numbers come from. */
#ifndef FP_BENCH_USAGE_H
#define FP_BENCH_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define USAGE_PROCESSES_MAX 256u

/* This process's descendants, in the order of /proc. */
struct usage_family {
	pid_t pid[USAGE_PROCESSES_MAX];
	size_t n;
};

/* CPU time spent between begin and end. */
struct usage_cpu {
	struct usage_family family;
	double family_seconds, own_seconds;
};

uint64_t usage_now_ns(void); /* monotonic */
double usage_median(uint64_t *v, size_t n); /* sorts v; 0 where n is 0 */

/* begin wants to see at least so many descendants: fewer would mean that a worker's time is lost. Dies if one of them
 * comes or goes until end. */
void usage_cpu_begin(struct usage_cpu *u, size_t at_least);
double usage_cpu_end(const struct usage_cpu *u); /* seconds, of this process and its descendants */

/* Waits until no descendant but `keep` runs, so that nothing's end falls into the next measurement. */
void usage_settle(pid_t keep);

void usage_wait_asleep(pid_t pid);       /* until it waits for something */
double usage_private_bytes(pid_t pid);

#endif
