/* What the files of a worker share: worker.c (its life), worker_sync.c and worker_async.c (its loops), task.c (what a
 * function calls). For them alone. */
#ifndef FP_IO_WORK_H
#define FP_IO_WORK_H

#include "../core/slab.h"
#include "worker.h"

struct ev_loop;
struct fp_outbox;

struct fp_work {
	struct fp_work_options options;
	struct fp_slab slab; /* the endpoint's memory, and that of deferred arguments */
	struct fp_child child;
	fp_function *function;
	fp_done_function *done;
	struct fp_outbox *outbox; /* sync, in a pool of ours; else NULL */
	struct ev_loop *loop;  /* async */
	int pid;               /* a process that a function forks is no worker */
	bool is_serving;
	bool is_peer_gone; /* writing failed: nothing more is written */
	int status;
};

struct fp_task {
	struct fp_work *work;
	struct fp_request request;
	bool is_deferred;
};

extern struct fp_work *fp_work; /* the worker of this process; NULL: none */

/* One line on standard error; the worker will end with status 1. */
void fp_work_complain(struct fp_work *w, const char *what, const char *why);

/* Reads once into the child endpoint: octets, end of file, or an error. Answers whether anything came. */
bool fp_work_read(struct fp_work *w);
/* Writes what there is, all of it if `wait`. Answers whether the peer is still there. */
bool fp_work_write(struct fp_work *w, bool wait);
/* Takes what the child endpoint gives out next. false: nothing now, or it is over. */
bool fp_work_next(struct fp_work *w);
/* Everything is written: shuts down the writing side and calls the done function. */
void fp_work_end(struct fp_work *w);

void fp_work_loop_sync(struct fp_work *w);
void fp_work_loop_async(struct fp_work *w);

#endif
