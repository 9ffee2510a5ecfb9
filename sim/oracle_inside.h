/* What the files of the oracle share: oracle.c judges calls, oracle_worker.c what passes between a worker and the pool,
 * oracle_policy.c how workers start and end. For them alone. */
#ifndef FP_SIM_ORACLE_INSIDE_H
#define FP_SIM_ORACLE_INSIDE_H

#include "oracle.h"

/* Integers for the format %llu. */
#define N(x) ((unsigned long long)(x))
#define EXPECT(truth, promise, ...) ((truth) ? (void)0 : sim_oracle_break(o, promise, __VA_ARGS__))

static inline uint64_t sim_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

struct sim_job *sim_oracle_job(struct sim_oracle *o, uint64_t number); /* never NULL: one that does not exist is a fault */
bool sim_witness_is_given_up(const struct sim_oracle *o, const struct sim_witness *w); /* it exited, its connection is not ended */
void sim_witness_touch(struct sim_oracle *o, struct sim_witness *w);
void sim_witness_count(struct sim_oracle *o, struct sim_witness *w); /* anew, after anything changed */
/* The next frame of a worker that must have an effect that can be seen; NULL: none was read whole. */
const struct sim_frame *sim_witness_next(struct sim_oracle *o, struct sim_witness *w);
/* What came to the application is the next that the worker made. */
void sim_witness_match(struct sim_oracle *o, struct sim_witness *w, enum sim_frame_kind kind, const struct fp_op *op, uint64_t job);
void sim_oracle_worker_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op);
void sim_oracle_state_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_trace *t);
void sim_oracle_no_memory(struct sim_oracle *o); /* for a worker */

#endif
