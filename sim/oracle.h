/* What a pool promises, judged by the ledger of what an observer outside has seen of it. Each thing is judged before it is
 * entered there. Must not know how a pool decides. */
#ifndef FP_SIM_ORACLE_H
#define FP_SIM_ORACLE_H

#include "ledger.h"

enum sim_promise {
	SIM_KEPT,
	SIM_ONE_OUTCOME,   /* each accepted call ends once */
	SIM_RIGHT_OUTCOME, /* and as what happened to it */
	SIM_RIGHT_RESULT,  /* each result is that of its call */
	SIM_IN_ORDER,      /* calls go to workers in order; events and results come in the order in which they were made */
	SIM_DELIVERED,     /* all that was read comes to the application, and nothing else; all that was sent is read */
	SIM_AT_MOST_MAX,   /* workers */
	SIM_AT_MOST_LOAD,  /* calls in a worker */
	SIM_BEGUN_ONCE,    /* a call runs no more often than it may be tried */
	SIM_MAY_START,     /* a worker is started for a reason */
	SIM_MAY_STOP,      /* and stopped for one */
	SIM_ON_TIME,       /* no call waits or runs past its limit, nor ends before; starts and stops come when they are due */
	SIM_QUEUE_MAX,     /* no more calls wait than may, and none is refused below that */
	SIM_OPERATIONS,    /* operations come in an order that makes sense */
	SIM_ENDS_ALL,      /* it comes to an end */
	SIM_STATS,         /* its counters are right */
	SIM_ENDED_WELL,    /* a worker is asked, then terminated, then killed, each when it is time */
	SIM_FAILURE_TOLD,  /* a start that failed is told, and a worker that was lost with calls; nothing else is */
	SIM_MEMORY,        /* and holds nothing then */
	SIM_ASSERTION,     /* the process that ran it ended by a signal */
	SIM_PROMISES
};
const char *sim_promise_name(enum sim_promise p);

struct sim_oracle {
	struct sim_ledger *ledger;
	const struct sim_pool_options *pool;
	uint64_t worker, job;               /* what is judged is about; 0: none */
	uint64_t pause_until_ns;            /* by the failures before this drain */
	uint64_t clock_ns;                  /* a worker was started last for no other reason than that calls wait */
	uint64_t start_ns, excess_since_ns; /* a start is due; too many are idle since */
	uint64_t due_ns;                    /* a start or a stop */
	bool has_ticked, is_in_vain;        /* starts of this drain: such a one; one for no reason, as far as could be seen */
	enum sim_promise broken;
	char why[200];
};

void sim_oracle_init(struct sim_oracle *o, struct sim_ledger *l);
void sim_oracle_break(struct sim_oracle *o, enum sim_promise promise, const char *why, ...); /* the first one counts */

void sim_oracle_submitted(struct sim_oracle *o, enum fp_reason refused);
void sim_oracle_requested(struct sim_oracle *o, struct sim_witness *w, uint64_t job);
void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job);
void sim_oracle_drained(struct sim_oracle *o);                           /* no operation is left */
void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s); /* at the end */

#endif
