/* The process's end of the command stream: takes arguments, descriptors and code, forks, and at last runs a function.
 * Clauses TPL-1 to TPL-8. Must not know pools. */
#ifndef FP_IO_SERVE_H
#define FP_IO_SERVE_H

#include "../forkpool.h"

struct fp_serve_options {
	int fd;             /* the command socket */
	int lifeline;       /* -1: none; see sys.h */
	bool report;        /* the other end wants fp_report records */
	bool outbox;        /* and shared memory with each process it forks (outbox.h) */
	enum fp_profile profile; /* of the workers */
	uint32_t payload_max;
};

/* Serves until end of file, an error (one line on standard error) or the end of the function that was run; returns the exit
 * status of this process: 0, or 1 after an error. In forked processes it returns as well. */
int fp_serve(const struct fp_serve_options *options);

#endif
