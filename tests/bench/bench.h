/* What the sides of the benchmark share: the shape of a measurement, what comes out of one, and how it gives up.
 *
 * It must never know how either side moves a message. */
#ifndef FP_BENCH_H
#define FP_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_WORKERS_MAX 16u

/* A measurement, the same for both sides. Each keeps workers * window messages outstanding until all are answered. */
struct bench_shape {
	uint32_t workers;  /* processes that answer; for starts: that exist at a time */
	uint32_t window;   /* messages outstanding at each */
	size_t bytes;      /* of one message; for forkpool: of a call's payload */
	uint64_t messages; /* that are timed, over all workers; for starts: processes */
	bool batched;      /* raw: one write carries all there is, else each message is written by itself */
	bool async;        /* forkpool: echo_async */
	bool one_cpu;      /* all processes share one processor */
};

/* What one measurement gave. Fields that it does not measure are 0. */
struct bench_sample {
	double seconds;       /* for all messages */
	double cpu_seconds;   /* of all processes, for all messages */
	double p50_seconds;   /* round trip, where one message is outstanding */
	double private_bytes; /* of an idle worker */
};

/* What was set up once, before any round. */
struct bench_setup {
	char *echo_module; /* absolute paths of shared objects */
	char *test_module;
	int nursery_fd; /* raw.h */
	pid_t nursery;
};

typedef void bench_measure(const struct bench_setup *setup, const struct bench_shape *shape, struct bench_sample *out);

/* One line on standard error, then exit status 1: the benchmark could not measure. Never because something is slow. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
