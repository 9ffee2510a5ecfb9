/* What the two halves of a simulated worker share: process.c is its life and what comes in, answer.c what it sends. For them
 * alone. */
#ifndef FP_SIM_PROCESS_INSIDE_H
#define FP_SIM_PROCESS_INSIDE_H

#include "process.h"

/* A call that is being worked on. */
struct sim_task {
	struct fp_link link;
	struct sim_event done;
	struct sim_process *process;
	uint64_t job, serial;
	size_t size;
	uint32_t id;
};

void sim_process_note(struct sim_process *p, enum sim_what what, uint64_t job, uint64_t a, uint64_t b);
uint64_t sim_process_choose(struct sim_process *p, enum sim_kind kind, uint64_t n);
void sim_process_die(struct sim_process *p, int exit_status, int signal); /* frees its tasks */
/* The answer to a call, and what comes with it; it may die of that. */
void sim_process_answer(struct sim_process *p, const struct sim_task *t);

#endif
