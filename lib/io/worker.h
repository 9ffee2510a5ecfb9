/* The inside of a worker process: the blocking loop of a sync one, the libev loop of an async one, and the functions of
 * forkpool.h that a worker's function calls. Must not know the parent's side. */
#ifndef FP_IO_WORKER_H
#define FP_IO_WORKER_H

#include "../core/child.h"

struct fp_work_options {
	int rfd, wfd; /* may be the same; owned by the caller, blocking or not */
	bool async;
	enum fp_profile profile;
	uint32_t payload_max;
	const struct fp_serialiser *serialiser;
	char function[256], init[256], done[256]; /* names; init and done may be empty */
	const struct fp_item *args; /* of the init function */
	const int *fds;             /* as many as args: descriptors or -1; NULL: none */
	size_t n_args;
	int outbox_fd;              /* memory shared with the pool (outbox.h), taken over; 0 or negative: none */
};

/* Reads the last arguments of the original's start-up (clause INI-1: function, init, serialiser source and, since release
 * 1.2, done) into the options and takes them off. NULL: good; else what is wrong. */
const char *fp_work_read_start_up(struct fp_work_options *o);

/* Serves until the end and returns the exit status: 0 after a clean end, 1 after a fault, which standard error tells in one
 * line. One worker a process. */
int fp_work_run(const struct fp_work_options *o);

#endif
