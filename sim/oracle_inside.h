/* What the two halves of the oracle share: oracle.c judges calls and operations, oracle_worker.c what passes between a worker
 * and the pool. For them alone. */
#ifndef FP_SIM_ORACLE_INSIDE_H
#define FP_SIM_ORACLE_INSIDE_H

#include "oracle.h"

/* Integers for the format %llu. */
#define N(x) ((unsigned long long)(x))
#define EXPECT(truth, promise, ...) ((truth) ? (void)0 : sim_oracle_break(o, promise, __VA_ARGS__))

struct sim_job *sim_oracle_job(struct sim_oracle *o, uint64_t number); /* never NULL: one that does not exist is a fault */
/* The next frame of a worker that must have an effect that can be seen; NULL: none was read whole. */
const struct sim_frame *sim_oracle_due(struct sim_oracle *o, struct sim_witness *w);
/* What came to the application is the next that the worker made. */
void sim_oracle_match(struct sim_oracle *o, struct sim_witness *w, enum sim_frame_kind kind, const struct fp_item *items, size_t n,
                      uint64_t job);
/* How and when workers start and end: oracle_policy.c. */
bool sim_oracle_has_unread(const struct sim_witness *w); /* it wrote more than the pool has read */
void sim_oracle_lose(struct sim_oracle *o);
void sim_oracle_check_kill(struct sim_oracle *o, struct sim_witness *w, int signal);
void sim_oracle_check_gone(struct sim_oracle *o, const struct sim_witness *w);
void sim_oracle_check_spent(struct sim_oracle *o, const struct sim_witness *w);
void sim_oracle_pause(struct sim_oracle *o);
void sim_oracle_check_delivered(struct sim_oracle *o, struct sim_witness *w); /* all that was read has come */

#endif
