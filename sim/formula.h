/* Closed forms of queueing theory: what a pool with load 1 and a fixed number of processes does on the average, in the long
 * run, when calls come at random (Poisson) and wait in one line. Must not know how anything is simulated. Times in ns. */
#ifndef FP_SIM_FORMULA_H
#define FP_SIM_FORMULA_H

#include <stdbool.h>

/* M/M/c: exponential service. M/G/1: one server, any service time; M/D/1 is that with variation 0. */
struct sim_queue {
	unsigned servers;
	double every_ns;   /* between calls, on the average */
	double service_ns; /* of a call, on the average */
	double variation;  /* of service times, squared: their variance divided by service_ns squared */
	bool is_exponential;
};

double sim_formula_utilisation(const struct sim_queue *q); /* below 1, or nothing else here holds */
double sim_formula_wait_ns(const struct sim_queue *q);     /* mean, of all calls: Erlang C, or Pollaczek-Khinchine */
double sim_formula_delayed(const struct sim_queue *q);     /* the share of calls that wait at all */
/* The wait that 95 % of all calls do not exceed; of an exponential queue. */
double sim_formula_wait_p95_ns(const struct sim_queue *q);
/* How soon a queue forgets how it began, in calls: its relaxation time, that of M/M/1 (P. M. Morse, Queues, Inventories and
 * Maintenance, 1958) with all servers taken for a fast one, stretched by the variation as a diffusion is, and the services
 * under way. */
double sim_formula_memory_calls(const struct sim_queue *q);

#endif
