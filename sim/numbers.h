/* Times that are distributed. From + - * / of doubles only, never contracted, so that every compiler and processor gets the
 * same ones. Must not know what takes the time. */
#ifndef FP_SIM_NUMBERS_H
#define FP_SIM_NUMBERS_H

#include "choice.h"

enum sim_shape { SIM_FIXED, SIM_EXPONENTIAL, SIM_UNIFORM, SIM_TWO, SIM_LISTED, SIM_SHAPES };

struct sim_times {
	uint64_t shape;     /* enum sim_shape */
	uint64_t mean_ns;   /* FIXED: always; EXPONENTIAL: the mean; UNIFORM: from 0 to twice that; TWO: the usual one */
	uint64_t other_ns;  /* TWO: the other one */
	uint64_t share_ppm; /* TWO: how often the other one comes */
	const uint64_t *list; /* LISTED: one after another, then from the start */
	size_t n;
};

double sim_log(double x); /* natural; x is positive, finite and normal */
uint64_t sim_time_ns(const struct sim_times *t, struct sim_choice *c, enum sim_kind kind);

#endif
