/* A simulated worker process: the real child endpoint, service times, and all the ways to go wrong. Must not know the pool: it
 * sees a connection and signals.
 *
 * A call is the list (number, service time in ns, padding), its answer (number, number of the frame, padding), an event
 * ("event", number of the frame). */
#ifndef FP_SIM_PROCESS_H
#define FP_SIM_PROCESS_H

#include "../lib/core/child.h"
#include "../lib/core/list.h"
#include "env.h"
#include "link.h"

struct sim_process {
	struct sim_env *env;
	struct sim_witness witness;
	struct sim_link link;
	struct fp_child child;
	struct fp_list tasks;       /* calls that are being worked on */
	struct sim_event begins;    /* it begins to read */
	struct sim_event crashes;
	struct sim_event leaves;    /* it ends by itself, all being done */
	struct sim_event is_killed; /* SIGKILL takes effect */
	struct sim_event ended;     /* its parent is told of its end: set by whoever wants that */
	uint64_t crash_in, crash_out; /* octets read and written at which it dies; 0: none */
	uint32_t frames;            /* sent */
	int exit_status, signal;    /* once it ended */
	bool is_alive, has_begun;
	bool is_over;               /* nothing more to read, or it cannot */
	bool is_zombie;             /* closed its connection, lives on */
	bool is_staying;            /* it has nothing to do any more, and does not end */
	bool is_told_first;         /* its end is told before what it wrote is read */
};

void sim_process_init(struct sim_process *p, struct sim_env *e, uint64_t number);
void sim_process_fini(struct sim_process *p);
void sim_process_start(struct sim_process *p);
void sim_process_signal(struct sim_process *p, int signal);

#endif
