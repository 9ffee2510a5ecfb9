/* What the parts of the process's end of the command stream share. See serve.h. */
#ifndef FP_IO_SERVE_INSIDE_H
#define FP_IO_SERVE_INSIDE_H

#include "../core/args.h"
#include "serve.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	uint32_t fork;
};

struct serve {
	struct fp_serve_options options;
	int armed_lifeline;  /* negative: none; see sys.h */
	int signals;         /* signalfd for SIGCHLD */
	struct fp_args args; /* copies; a descriptor is an empty item */
	int *fds;            /* as many as args: the descriptor, or -1 */
	size_t fds_cap;
	struct fp_buf payload;
	struct fp_args list;    /* the items of the command */
	struct child *children; /* to be reported */
	size_t n_children, children_cap;
	uint32_t forks;
	int outbox_fd; /* of this process; -1: none */
	bool is_over;
	int status;
};

/* serve.c */
/* One line on standard error, and the end with status 1; why may be NULL. */
void fp_serve_complain(struct serve *s, const char *what, const char *why);

/* serve_args.c: the items of the command's payload, into s->list; they point into it. */
bool fp_serve_read_list(struct serve *s);

/* The commands, each in the file that is named. */
void fp_serve_args(struct serve *s); /* serve_args.c */
void fp_serve_fd(struct serve *s);
void fp_serve_eval(struct serve *s); /* serve_eval.c */
void fp_serve_fork(struct serve *s); /* serve_fork.c */
void fp_serve_run(struct serve *s);  /* serve_run.c: the last one */

/* serve_fork.c: reports the children that exited. */
void fp_serve_reap(struct serve *s);

#endif
