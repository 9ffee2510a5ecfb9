/* The pool's half of a worker: its socket and its process. It tells the engine what happens to them and does to them what the
 * engine says. Must not know policy, nor the application. */
#ifndef FP_IO_HOST_H
#define FP_IO_HOST_H

#include "../core/slab.h"
#include "options.h"
#include "template.h"

struct fp_pool {
	struct ev_loop *loop;
	struct fp_slab slab; /* the engine's memory */
	struct fp_engine engine;
	struct fp_options options;   /* scalars and callbacks; the texts below are copies */
	char *function, *command, *init;
	struct fp_args init_args;
	const struct fp_serialiser *serialiser;
	struct fp_template *template; /* its own, perhaps a fork of the application's */
	ev_prepare prepare;
	ev_timer timer;
	uint64_t deadline_ns;        /* the timer is set to this */
	bool is_draining;            /* in on_prepare */
	bool is_woken;               /* the timer is set so that the loop does not wait */
	bool is_over;                /* the engine is done; freed at the end of this round */
};

/* The host's half of a worker. */
struct fp_host {
	struct fp_pool *pool;
	struct fp_worker *worker;
	struct fp_fork fork;
	struct fp_buf hello; /* the start-up commands, written before anything else */
	int fd;              /* -1: closed */
	uint64_t received;   /* octets */
	const struct fp_outbox_memory *outbox; /* NULL: none */
	ev_io readable, writable;
	bool is_half_close_due; /* once hello is written */
	bool is_told_exited;
};

void fp_pool_tick(struct fp_pool *p); /* every wake-up begins with this */

void fp_host_start(struct fp_pool *p, struct fp_worker *w); /* the engine is told if it cannot be started */
void fp_host_write(struct fp_host *h);                      /* as much as goes now, the rest when it can */
void fp_host_half_close(struct fp_host *h);                 /* once everything is written */
void fp_host_kill(struct fp_host *h, int signal);           /* nothing where the process is not known */
void fp_host_close(struct fp_host *h);
void fp_host_free(struct fp_host *h);                       /* NULL: nothing */

#endif
