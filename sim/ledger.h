/* What an observer outside writes down of a pool: its calls, its workers, and what came in this drain, as submissions, what
 * processes read and write, and the operations of the engine show it. Must not judge, nor know how a pool decides. */
#ifndef FP_SIM_LEDGER_H
#define FP_SIM_LEDGER_H

#include "../lib/core/engine.h"
#include "memory.h"
#include "scenario.h"

/* What is known of a call. */
struct sim_job {
	uint64_t submitted_ns, queued_ns; /* queued: or given back to the queue last */
	uint64_t given_ns;                /* as its outcome says; 0: not known */
	int64_t place;                    /* in the queue; below 0: it was given back to its front */
	uint64_t lost_in;                 /* the how manieth loss that was */
	uint64_t sent_to, sent_order;     /* a worker, 0: none; among all that was sent */
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

/* What an observer is sure of, whatever the pool may have in mind. ENDING or ended. FROZEN: exited, and its connection has not
 * ended yet. The others are alive; those that are neither BUSY nor IDLE start, are given a call, or cannot be told. */
enum sim_standing { SIM_ENDING, SIM_FROZEN, SIM_ALIVE, SIM_BUSY, SIM_IDLE, SIM_STANDINGS };

/* How it was when a worker was told to end. */
struct sim_stop {
	uint64_t drain;               /* in which it was */
	bool was_idle, was_longest;   /* no other was for longer */
	uint64_t idle_ns;
	uint64_t alive, busy, frozen; /* others; alive: or told to end in this drain, but not those that it has started before */
	uint64_t waiting;             /* calls that surely were */
};

/* What is known of a worker; embedded in the world's. */
struct sim_witness {
	uint64_t number;
	enum fp_worker_state state;     /* as traced */
	struct fp_link touched, idle;   /* in the ledger's lists */
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
	int exit_status, signal, killed; /* killed: the signal sent last, 0: none */
	enum sim_standing standing;     /* as counted */
	bool is_given;                  /* there is something to be written */
	bool is_owed;                   /* there was when its exit was told */
	bool is_started, is_told, is_half_closed, is_closed;
	bool has_retired, has_left;     /* it said so; it had done everything, and ended by itself */
	bool has_timed_out, is_doomed, is_void, is_faulty, is_unread, has_failed, is_error_told;
	bool is_cut;                    /* the pool closed it before all was read, and had sent it no signal */
	struct sim_stop stop;
};

struct sim_ledger {
	const struct sim_scenario *scenario;
	const struct fp_alloc *memory;
	const uint64_t *now_ns;
	const uint64_t *waiting; /* calls, as the pool says */
	struct sim_job *jobs;    /* by number, from 1 */
	struct sim_job nobodys;  /* what is said of a call that does not exist */
	size_t n_jobs, cap;
	struct fp_list touched;  /* workers with operations or octets in this drain */
	struct fp_list idle;     /* workers that surely are */
	uint64_t open;           /* calls without outcome */
	uint64_t told[FP_OUTCOMES];
	uint64_t alive, standing[SIM_STANDINGS]; /* workers; those ENDING are not counted */
	uint64_t sent;                        /* calls */
	uint64_t losses, lost_ns;             /* of workers, the last time */
	int64_t front;                        /* the place of the call that was given back to the queue last, or before it */
	uint64_t failures, failed_ns;         /* of starts in a row, at least */
	uint64_t doubts, doubted_ns;          /* likewise, at most */
	uint64_t idled_ns;                    /* a worker became idle last */
	uint64_t early;                       /* bits: numbers of workers that were to end before they were started */
	uint64_t drains;                      /* from 1 */
	uint64_t open_before, waiting_before; /* when the last drain ended; open: or since */
	struct {
		uint64_t submitted, answered, left, losses, endings, retired, starts; /* left: calls that never came to a worker */
		uint64_t doubts;              /* there were so many, before a worker's first answer ended them */
		bool is_closed, shut_down, has_lost, has_read;
	} drain;                              /* what came in this one */
	bool is_full;                         /* a call was refused, and room is not told since */
	bool is_murky;                        /* calls went back to the queue, and nobody outside knows which */
	bool is_closing, is_aborting, is_destroyed;
};

void sim_ledger_init(struct sim_ledger *l, const struct sim_scenario *s, const struct fp_alloc *memory, const uint64_t *now_ns,
                     const uint64_t *waiting);
void sim_ledger_fini(struct sim_ledger *l);

/* the application */
void sim_ledger_submitted(struct sim_ledger *l, const struct fp_limits *limits, enum fp_reason refused);
void sim_ledger_cancelled(struct sim_ledger *l, uint64_t job);
void sim_ledger_closed(struct sim_ledger *l, bool is_abort);

/* the processes */
void sim_witness_init(struct sim_ledger *l, struct sim_witness *w, uint64_t number);
void sim_witness_fini(struct sim_ledger *l, struct sim_witness *w);
void sim_ledger_started(struct sim_ledger *l, struct sim_witness *w);
void sim_ledger_start_failed(struct sim_ledger *l, struct sim_witness *w);
void sim_ledger_begun(struct sim_ledger *l, struct sim_witness *w, uint64_t job);
void sim_ledger_wrote(struct sim_ledger *l, struct sim_witness *w, const struct sim_frame *frame);
void sim_ledger_lost_octets(struct sim_ledger *l, struct sim_witness *w); /* what it wrote will not be read */

/* the pool */
/* Whether a call may be sent to a worker after that which was sent last, as far as can be told from outside: in the order in which
 * they were made, or went back to the queue together. One that went back may come after any that did not. */
bool sim_ledger_is_in_turn(struct sim_ledger *l, const struct sim_witness *w, uint64_t number);
/* Takes octets up to the end of a request: then *job is whose. */
bool sim_ledger_sent(struct sim_ledger *l, struct sim_witness *w, struct fp_span *octets, uint64_t *job);
void sim_ledger_requested(struct sim_ledger *l, struct sim_witness *w, uint64_t job); /* such a request */
void sim_ledger_all_sent(struct sim_ledger *l, struct sim_witness *w, bool is_so); /* or the connection is full */
void sim_ledger_read(struct sim_ledger *l, struct sim_witness *w, size_t n);
void sim_ledger_cut(struct sim_ledger *l, struct sim_witness *w); /* closed before all was read */
void sim_ledger_told_exited(struct sim_ledger *l, struct sim_witness *w);
void sim_ledger_op(struct sim_ledger *l, struct sim_witness *w, const struct fp_op *op, uint64_t job);
void sim_ledger_drained(struct sim_ledger *l); /* no operation is left */

/* ---- what follows from it ---- */

struct sim_witness *sim_ledger_touched(struct sim_ledger *l); /* one after the other; NULL: that was all */
uint64_t sim_ledger_number(const struct fp_item *items, size_t n, size_t i); /* decimal; 0: there is no such item */

static inline struct sim_job *sim_ledger_job(struct sim_ledger *l, uint64_t number) /* never NULL */
{
	return number - 1 < l->n_jobs ? &l->jobs[number - 1] : &l->nobodys;
}

/* The next frame of a worker that must have an effect that can be seen; NULL: none was read whole. */
const struct sim_frame *sim_ledger_next_of(struct sim_ledger *l, struct sim_witness *w);
static inline const struct sim_frame *sim_ledger_next(struct sim_ledger *l, struct sim_witness *w)
{
	return fp_buf_len(&w->frames) ? sim_ledger_next_of(l, w) : NULL; /* most often there is none */
}

static inline uint64_t sim_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* It exited, and its connection did not end within grace. */
static inline bool sim_ledger_is_given_up(const struct sim_ledger *l, const struct sim_witness *w)
{
	return w->is_told && *l->now_ns >= w->told_ns + l->scenario->pool.grace_ns;
}

/* For how long a call ran, as far as the pool can know: in a sync worker not before the call in front of it has ended. */
static inline uint64_t sim_ledger_ran_ns(const struct sim_ledger *l, const struct sim_witness *w, uint64_t given_ns,
                                         uint64_t freed_ns)
{
	uint64_t began_ns = sim_later(given_ns, w->started_ns);
	return *l->now_ns - (l->scenario->pool.async ? began_ns : sim_later(began_ns, freed_ns));
}

#endif
