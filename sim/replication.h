/* One run of a queue, measured: what its calls waited, and Little's law over all of it. Must not know what is expected.
 *
 * The pool begins empty, so the first calls wait less than later ones do. They are not measured. */
#ifndef FP_SIM_REPLICATION_H
#define FP_SIM_REPLICATION_H

#include "world.h"

struct sim_measured {
	double wait_mean_ns;
	double share_above;  /* of the calls: those that waited longer than they were asked about */
	uint64_t wait_p95_ns;
	/* Little's law: what is in the system (the line, the processes) at each time, summed over time, is what each call spends
	 * there, summed over calls. Equal to the nanosecond, over the whole run. */
	bool is_little;
	enum sim_promise broken;
	char why[200];
};

/* The scenario's pool has load 1 and processes from the beginning, its connections take no time. It has more calls than those
 * of the warm-up. */
void sim_replication_run(const struct sim_scenario *s, uint64_t seed, uint64_t warm_up_calls, double above_ns, struct sim_measured *m);

#endif
