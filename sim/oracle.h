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

/* What is known of a call. */
struct sim_job {
	uint64_t submitted_ns, given_ns, returned_ns; /* given: as its outcome says, FP_NEVER: not known */
	uint64_t sent_to, returned_from;              /* workers; 0: none */
	uint64_t sent_order, returned_order;          /* among all that was sent */
	struct fp_limits limits;
	uint32_t sent, begun, outcomes; /* times */
	uint32_t excused;  /* times that it was begun, and nobody could know: the answer before it was lost on its way */
	bool is_cancelled;
	bool is_condemned; /* its worker broke the protocol while it had it */
};

/* What a process wrote, in order. VOID: from here on its octets mean nothing that could be checked. */
enum sim_frame_kind { SIM_FRAME_ANSWER, SIM_FRAME_EVENT, SIM_FRAME_RETIRE, SIM_FRAME_VOID };

struct sim_frame {
	uint64_t end; /* octets of the stream up to its last one */
	uint64_t job;
	enum sim_frame_kind kind;
	uint32_t number;
};

#define SIM_REQUEST_START_BYTES (FP_FRAME_HEAD_MAX + 21u) /* header, and in the payload the length and digits of the number */

/* What is known of a worker; embedded in the world's. */
struct sim_witness {
	uint64_t number;
	enum fp_worker_state state;     /* as traced */
	struct fp_link touched, idle;   /* in the oracle's lists */
	struct fp_buf frames;           /* of struct sim_frame: written, and not yet come to the application */
	uint64_t read;                  /* octets that the pool has read */
	uint64_t requests, results;     /* sent in full by the pool; answers of which it knows */
	uint64_t last_sent, last_begun; /* calls */
	uint64_t told_in;               /* the drain in which its exit was told */
	uint64_t idle_since_ns, started_ns, told_ns, ended_ns, killed_ns;
	uint64_t answered_ns, freed_ns; /* when the pool knew an answer last; when a call of it ended in whatever way */
	uint64_t sent_n, request_len;   /* octets of the request that is being sent: so far, in all */
	uint8_t start[SIM_REQUEST_START_BYTES]; /* of it */
	uint32_t crashed;               /* calls that ended with it */
	const char *wrong_stop;         /* how it was, unless a reason is told yet */
	uint64_t starts_due;            /* in this drain, or too few are left without it */
	int exit_status, signal, killed; /* killed: the signal sent last, 0: none */
	bool is_alive, is_busy, is_frozen;  /* as counted */
	bool is_given;                  /* there is something to be written */
	bool is_owed;                   /* there was when its exit was told */
	bool is_started, is_told, is_half_closed, is_closed;
	bool has_retired, has_left;     /* it said so; it had done everything, and ended by itself */
	bool has_timed_out, is_doomed, is_void, is_faulty, is_unread, is_killed_early, has_failed, is_error_told;
};

struct sim_oracle {
	const struct sim_scenario *scenario;
	const struct fp_alloc *memory;
	const uint64_t *now_ns;
	const uint64_t *waiting; /* calls, as the pool says */
	struct sim_job *jobs;    /* by number, from 1 */
	size_t n_jobs, cap;
	struct fp_list touched;  /* workers with operations or octets in this drain */
	struct fp_list idle;     /* workers that surely are */
	uint64_t open;           /* calls without outcome */
	uint64_t told[FP_OUTCOMES];
	uint64_t alive, busy, frozen, n_idle; /* workers. Frozen: exited, and their connection has not ended yet */
	uint64_t sent;                        /* calls */
	uint64_t losses, lost_ns, returned;   /* workers lost, the last time; calls that went back to the queue */
	uint64_t failures, failed_ns;         /* in a row, at least */
	uint64_t doubts, doubted_ns;          /* likewise, at most */
	uint64_t pause_until_ns;              /* by the failures before this drain */
	uint64_t clock_ns;                    /* a worker was started last for no other reason than that calls wait */
	uint64_t start_ns, excess_since_ns, idled_ns; /* a start is due; too many are idle since; one became so last */
	uint64_t due_ns;                      /* a start or a stop */
	uint64_t early;                       /* bits: numbers of workers that were to end before they were started */
	uint64_t drains;                      /* from 1 */
	uint64_t open_before, waiting_before; /* when the last drain ended; open: or since */
	struct {
		uint64_t submitted, answered, left, losses, endings, retired, starts; /* left: calls that never came to a worker */
		bool is_closed, shut_down, has_lost, has_ticked, is_in_vain; /* ticked: for no other reason than that calls wait, or few are idle */
	} drain;                              /* what came in this one */
	bool is_full;                         /* a call was refused, and room is not told since */
	bool is_murky;                        /* calls went back to the queue, and nobody outside knows which */
	bool is_closing, is_aborting, is_destroyed;
	enum sim_promise broken;
	char why[200];
};

void sim_oracle_init(struct sim_oracle *o, const struct sim_scenario *s, const struct fp_alloc *memory, const uint64_t *now_ns,
                     const uint64_t *waiting);
void sim_oracle_fini(struct sim_oracle *o);
void sim_oracle_break(struct sim_oracle *o, enum sim_promise promise, const char *why, ...); /* the first one counts */

/* the application */
void sim_oracle_submitted(struct sim_oracle *o, const struct fp_limits *limits, enum fp_reason refused);
void sim_oracle_cancelled(struct sim_oracle *o, uint64_t job);
void sim_oracle_closed(struct sim_oracle *o, bool is_abort);

/* the processes */
void sim_witness_init(struct sim_oracle *o, struct sim_witness *w, uint64_t number);
void sim_witness_fini(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_started(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_start_failed(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_begun(struct sim_oracle *o, struct sim_witness *w, uint64_t job);
void sim_oracle_wrote(struct sim_oracle *o, struct sim_witness *w, const struct sim_frame *frame);
void sim_oracle_lost_octets(struct sim_oracle *o, struct sim_witness *w); /* what it wrote will not be read */

/* the pool */
void sim_oracle_sent(struct sim_oracle *o, struct sim_witness *w, struct fp_span octets);
void sim_oracle_all_sent(struct sim_oracle *o, struct sim_witness *w, bool is_so); /* or the connection is full */
void sim_oracle_read(struct sim_oracle *o, struct sim_witness *w, size_t n);
void sim_oracle_unread(struct sim_oracle *o, struct sim_witness *w); /* closed before all was read */
void sim_oracle_told_exited(struct sim_oracle *o, struct sim_witness *w);
void sim_oracle_op(struct sim_oracle *o, struct sim_witness *w, const struct fp_op *op, uint64_t job);
void sim_oracle_counted(struct sim_oracle *o, const struct fp_stats *s); /* at the end */
void sim_oracle_drained(struct sim_oracle *o); /* no operation is left */

#endif
