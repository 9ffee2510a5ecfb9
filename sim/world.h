/* A world: one engine, its workers' processes, the application that calls it. It goes from the first call to the end of the
 * pool, in virtual time, and makes no system call. world.c is the application and the course of time, host.c the pool's half
 * of each worker. */
#ifndef FP_SIM_WORLD_H
#define FP_SIM_WORLD_H

#include "process.h"

#define SIM_EVENTS_MAX ((uint64_t)1 << 40)
#define SIM_INSTANT_EVENTS 16u /* at one and the same time, for each octet of each call: with more time stands still */

/* A call that was refused. */
struct sim_refused {
	uint64_t service_ns;
	size_t size, digits; /* octets of padding; of its number */
	bool is_long;        /* there was a place for it, and it had too many octets */
};

struct sim_world {
	struct sim_env env;
	struct fp_engine engine;
	struct fp_list hosts;      /* struct sim_host */
	struct sim_host **by_number; /* NULL: freed */
	size_t numbers, numbers_max;
	struct fp_list unwritten;  /* likewise: there is something to write */
	struct fp_list cancels;    /* calls that will be cancelled */
	struct sim_event call, close, patience;
	uint64_t submitted;        /* calls, refused ones too */
	uint64_t accepted;
	struct sim_refused refused; /* the last one */
	uint64_t service_ns;       /* of all of them */
	uint64_t template_back_ns; /* the template is dead until then */
	uint64_t ops;              /* operations */
	bool is_awake;             /* the engine was told something */
	bool is_over, was_patient;
};

/* The pool's half of a worker. */
struct sim_host {
	struct fp_link all, unwritten;
	struct sim_world *world;
	struct fp_worker *worker; /* NULL: gone */
	struct sim_process process;
	struct sim_event starts;
	bool is_read; /* to its end, or reading failed */
};

/* How a run went. */
struct sim_verdict {
	enum sim_promise broken;
	char why[200];
	uint64_t hash, events, records, ops, end_ns;
	uint64_t calls;
};

struct sim_run {
	const struct sim_scenario *scenario;
	uint64_t seed;
	const struct sim_changes *changes; /* NULL: none */
	struct fp_span bytes;              /* with data: a fuzzer's */
	sim_choice_see *see_choice;        /* NULL: nobody */
	void *see_choice_ctx;
	sim_trace_see *see;                /* NULL: nobody */
	sim_trace_see_octets *see_octets;  /* likewise */
	void *ctx;
};

void sim_world_run(const struct sim_run *run, const struct fp_alloc *memory, struct sim_verdict *v);

/* ---- between world.c and host.c ---- */

void sim_world_wake(struct sim_world *w); /* before the engine is told something */
struct sim_host *sim_host_find(struct sim_world *w, uint64_t number); /* NULL: there is none any more */
void sim_host_start(struct sim_world *w, struct fp_worker *worker);
void sim_host_op(struct sim_host *h, const struct fp_op *op); /* all but START */
void sim_host_write(struct sim_host *h);
void sim_host_free(struct sim_host *h);

#endif
