/* What a pool promises, checked against what is seen from outside: submissions, what processes read and write, the operations
 * that the engine gives, outcomes. A naive model of sets and counters. Must not know how a pool decides. */
#ifndef FP_SIM_ORACLE_H
#define FP_SIM_ORACLE_H

#include "../lib/core/engine.h"
#include "memory.h"
#include "scenario.h"

enum sim_promise {
	SIM_KEPT,
	SIM_ONE_OUTCOME,   /* each accepted call ends once */
	SIM_RIGHT_OUTCOME, /* and as what happened to it */
	SIM_RIGHT_RESULT,  /* each result is that of its call */
	SIM_IN_ORDER,      /* calls go to workers in order; events and results come in the order in which they were made */
	SIM_DELIVERED,     /* all that was read comes to the application, and nothing else */
	SIM_AT_MOST_MAX,   /* workers */
	SIM_AT_MOST_LOAD,  /* calls in a worker */
	SIM_BEGUN_ONCE,    /* a call runs no more often than it may be tried */
	SIM_MAY_START,     /* a worker is started for a reason */
	SIM_MAY_STOP,      /* and stopped for one */
	SIM_ON_TIME,       /* no call waits or runs past its limit */
	SIM_QUEUE_MAX,     /* no more calls wait than may, and none is refused below that */
	SIM_OPERATIONS,    /* operations come in an order that makes sense */
	SIM_ENDS_ALL,      /* it comes to an end */
	SIM_STATS,         /* its counters are right */
	SIM_ENDED_WELL,    /* a worker is asked, then terminated, then killed, each when it is time */
	SIM_FAILURE_TOLD,  /* a start that failed is told */
	SIM_MEMORY,        /* and holds nothing then */
	SIM_ASSERTION,     /* the process that ran it ended by a signal */
	SIM_PROMISES
};
const char *sim_promise_name(enum sim_promise p);

/* What is known of a call. */
struct sim_job {
	uint64_t submitted_ns, begun_ns, given_ns; /* given: as its outcome says; FP_NEVER: not known */
	struct fp_limits limits;
	uint64_t losses_before; /* workers lost when it was submitted: later ones may change its place in the queue */
	uint64_t worker; /* that began it last */
	uint32_t begun, outcomes;
	uint32_t excused;  /* times that it was begun, and nobody could know: the answer before it was lost on its way */
	bool is_cancelled;
};

/* What a process wrote, in order. VOID: from here on its octets mean nothing that could be checked. */
enum sim_frame_kind { SIM_FRAME_ANSWER, SIM_FRAME_EVENT, SIM_FRAME_RETIRE, SIM_FRAME_VOID };

struct sim_frame {
	uint64_t end; /* octets of the stream up to its last one */
	uint64_t job;
	enum sim_frame_kind kind;
	uint32_t number;
};

/* What is known of a worker; embedded in the world's. */
struct sim_witness {
	uint64_t number;
	struct fp_link read_now;   /* in oracle.readers */
	struct fp_buf frames;      /* of struct sim_frame: written, and not yet come to the application */
	uint64_t read;             /* octets that the pool has read */
	uint64_t last_job;         /* that it began */
	uint64_t idle_since_ns;
	uint64_t requests, answers; /* that came in whole; that it gave */
	uint8_t head[FP_FRAME_HEAD_MAX]; /* of the request that is coming in */
	uint64_t body;             /* octets of it that are still to come */
	size_t head_n;
	uint32_t crashed;          /* calls that ended with it */
	int exit_status, signal;
	uint64_t ended_ns;
	uint64_t read_ns;          /* when the pool read of it, half-closed or closed it last */
	uint64_t killed_ns;        /* when it was terminated first */
	int killed;                /* the signal sent last, 0: none */
	uint64_t ended_in;         /* the drain in which it began to end; 0: never counted */
	bool is_ending;            /* it counts no more */
	bool is_frozen, is_half_closed, is_closed, is_exited, may_stop, is_void, was_faulty;
	bool is_started, is_late, is_terminated, has_failed, has_failure_told;
};

struct sim_oracle {
	const struct sim_scenario *scenario;
	const struct fp_alloc *memory;
	const uint64_t *now_ns;
	struct sim_job *jobs; /* by number, from 1 */
	size_t n_jobs, cap;
	uint64_t open;        /* calls without outcome */
	struct fp_list readers; /* workers of which the pool has read since operations were drained last */
	uint64_t losses, endings, failed_starts;
	uint64_t lost_ns, failed_ns; /* the last loss; the last start that failed */
	uint64_t told[FP_OUTCOMES]; /* outcomes */
	uint64_t pause_until_ns; /* by the failures before this drain */
	uint64_t in_row;      /* starts that failed since the pool read anything */
	struct sim_witness *overdue; /* has a call past its run_timeout and is to end in this drain */
	uint64_t open_before; /* calls without outcome, or with one only since the last drain */
	uint64_t *early;      /* workers that were to end before they were started */
	size_t early_n, early_max;
	uint64_t alive;       /* workers that count */
	uint64_t frozen;      /* workers that exited; their connection has not ended yet */
	uint64_t stopped;     /* a worker that was stopped for being idle, since operations were drained last; 0: none */
	uint64_t drains;      /* from 1 */
	uint64_t losses_drained; /* losses until then */
	bool had_reason;      /* to start a worker, since operations were drained last */
	bool is_full;         /* a call was refused, and room is not told since */
	bool is_closing, is_aborting, is_destroyed;
	enum sim_promise broken;
	char why[200];
};

void sim_oracle_init(struct sim_oracle *o, const struct sim_scenario *s, const struct fp_alloc *memory, const uint64_t *now_ns);
void sim_oracle_fini(struct sim_oracle *o);
void sim_oracle_break(struct sim_oracle *o, enum sim_promise promise, const char *why, ...); /* the first one counts */

/* the application */
void sim_oracle_submitted(struct sim_oracle *o, const struct fp_limits *limits, enum fp_reason refused);
void sim_oracle_cancelled(struct sim_oracle *o, uint64_t job);
void sim_oracle_closed(struct sim_oracle *o, bool is_abort);

/* the processes */
void sim_witness_init(struct sim_oracle *o, struct sim_witness *w, uint64_t number);
void sim_witness_fini(struct sim_witness *w);
void sim_oracle_started(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_start_failed(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_received(struct sim_oracle *o, struct sim_witness *w, struct fp_span octets);
void sim_oracle_begun(struct sim_oracle *o, struct sim_witness *w, uint64_t job);
void sim_oracle_wrote(struct sim_oracle *o, struct sim_witness *w, const struct sim_frame *frame);
void sim_oracle_exited(struct sim_oracle *o, struct sim_witness *w, int exit_status, int signal);

/* the pool */
void sim_oracle_read(struct sim_oracle *o, struct sim_witness *w, size_t n);
void sim_oracle_lost_octets(struct sim_oracle *o, struct sim_witness *w); /* what it wrote will not be read */
void sim_oracle_told_exited(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job);
void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s); /* at the end */
void sim_oracle_drained(struct sim_oracle *o); /* no operation is left */

#endif
