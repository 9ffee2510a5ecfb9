/* A whole pool without an operating system: one sched, its jobs, and a parent for each worker.
 *
 * No call into the engine ever calls back. Inputs go in, then the host pulls operations with next_op until there are none.
 * Every wake-up begins with tick. What an operation points to stays good until the next next_op, rx_buf or rx_ack; submit,
 * cancel, close and abort do not disturb it, so they may be called while operations are drained.
 *
 * A worker as the host sees it:
 *
 *   START          begin a process; answer worker_started, or worker_failed after which the worker is gone.
 *   WRITE          it has octets in tx_buf (again): write them, tx_ack what went, until there are none.
 *   HALF_CLOSE     shut down the writing side; go on reading.
 *   KILL signal    the process is to end. Not possible: do nothing.
 *   CLOSE          close the connection: no rx, tx for it any more. Answer worker_exited once its process has ended, if it
 *                  was not answered before; exit_status -1 and signal 0 where nobody can know.
 *   GONE           the worker is freed after this; `host` must not be used any more. It comes without worker_exited where
 *                  that was not answered within grace, and FP_EXIT_WAIT_MIN_NS, of SIGKILL, so that a pool always ends.
 *
 * The state of a worker changes in one place, which records a transition; with `trace` each comes out as TRACE. */
#ifndef FP_CORE_ENGINE_H
#define FP_CORE_ENGINE_H

#include "parent.h"
#include "sched.h"

struct fp_engine_config {
	struct fp_sched_config sched;
	struct fp_wire wire;
	uint64_t queue_max, queue_bytes_max;        /* 0: none */
	struct fp_limits limits;                    /* of calls that bring none */
	uint64_t grace_ns;
	bool trace;
};

/* STARTING: process asked for. UP: gets jobs. RETIRING: gets no more, half-closed once all is written. DOOMED: told to die, gets
 * no octets more, read until its end. LOST: connection closed, the process has yet to exit. */
enum fp_worker_state { FP_WORKER_STARTING, FP_WORKER_UP, FP_WORKER_RETIRING, FP_WORKER_DOOMED, FP_WORKER_LOST };
const char *fp_worker_state_name(enum fp_worker_state s);

struct fp_worker {
	uint64_t number; /* from 1, never used twice */
	void *host;      /* the host's own */
	/* below: the engine's */
	struct fp_sched_worker sched;
	struct fp_parent parent;
	enum fp_worker_state state;
	struct fp_link all;           /* in engine.workers */
	struct fp_link todo;          /* in engine.todo: it has operations or frames */
	struct fp_heap_node timer;    /* the next step of ending */
	struct fp_list victims;       /* jobs that may have run when it was lost: they wait for the exit status */
	uint32_t abandoned;           /* outstanding jobs whose outcome was told already */
	bool proved;                  /* it answered once */
	bool started, exited, has_half_closed, is_failure_counted;
	bool is_presumed;             /* to have exited, though nobody told */
	bool has_input;               /* frames may be here */
	unsigned ops;                 /* operations to be pulled, in the order of their bits */
	int last_kill;                /* the signal sent last, 0: none */
	enum fp_reason reason;        /* why it was lost */
	uint64_t offset;
	int system_errno;
	int exit_status, signal;      /* once it exited */
};

/* State of a job: WAITING in the queue, GIVEN to a worker, ENDED with its outcome still to be told, ABANDONED: outcome told,
 * the worker has yet to answer. */
enum fp_job_state { FP_JOB_WAITING, FP_JOB_GIVEN, FP_JOB_VICTIM, FP_JOB_ENDED, FP_JOB_ABANDONED };

struct fp_job {
	void *cb, *data; /* the host's own */
	/* below: the engine's */
	struct fp_call call;
	struct fp_link link;       /* waiting, ended, or a worker's victims */
	struct fp_heap_node timer; /* the time limit that counts now */
	struct fp_worker *worker;  /* GIVEN, VICTIM, ABANDONED: who has it */
	uint64_t worker_number;    /* who had it last */
	uint64_t queued_at_ns, given_at_ns;
	struct fp_limits limits;
	size_t size;               /* octets of this allocation */
	size_t frame_size;         /* octets of the frame's own allocation; 0: it is part of this one */
	enum fp_job_state state;
	enum fp_outcome outcome;
	enum fp_reason reason;
	uint64_t offset;
	int exit_status, signal;
	bool has_timer;            /* room in the heap is reserved for it */
};

enum fp_op_kind {
	FP_OP_START,      /* worker */
	FP_OP_WRITE,      /* worker */
	FP_OP_HALF_CLOSE, /* worker */
	FP_OP_KILL,       /* worker, signal */
	FP_OP_CLOSE,      /* worker */
	FP_OP_GONE,       /* worker */
	FP_OP_OUTCOME,    /* job, result; the job is freed after this */
	FP_OP_EVENT,      /* worker, items, n */
	FP_OP_ERROR,      /* worker or NULL, reason, offset, system_errno */
	FP_OP_ROOM,
	FP_OP_TRACE,      /* trace */
	FP_OP_DESTROYED   /* the last one */
};

struct fp_trace {
	uint64_t worker;              /* number */
	enum fp_worker_state from, to;
	enum fp_reason reason;
};

/* What the kind does not name has no meaning, but for `worker`: it is NULL where there is none. */
struct fp_op {
	enum fp_op_kind kind;
	struct fp_worker *worker;
	struct fp_job *job;
	struct fp_result result;
	const struct fp_item *items;
	size_t n;
	int signal;
	enum fp_reason reason;
	uint64_t offset;
	int system_errno;
	struct fp_trace trace;
};

#define FP_TRACES_MAX 64u /* transitions kept between two drains; older ones are lost */

struct fp_engine {
	const struct fp_alloc *alloc;
	struct fp_engine_config config;
	struct fp_sched sched;
	uint64_t now_ns;
	struct fp_list waiting;      /* jobs, in order */
	struct fp_list ended;        /* jobs whose outcome is to be told */
	struct fp_list workers, todo;
	struct fp_heap job_timers, worker_timers;
	struct fp_buf scratch;       /* a payload being frozen */
	struct fp_job *told;         /* freed at the next next_op */
	struct fp_worker *gone;      /* likewise */
	uint64_t jobs;               /* all that are not freed */
	uint64_t waiting_bytes;
	uint64_t refused_bytes;      /* of the call refused last */
	uint64_t last_number;
	uint32_t n_workers;          /* all that are not freed */
	bool closing, aborting, full, destroyed;
	bool op_nomem;               /* a worker could not be made for want of memory */
	struct fp_trace traces[FP_TRACES_MAX];
	uint32_t traces_n;
	struct fp_stats stats;       /* counters; the gauges are filled in by fp_engine_stats */
};

/* The config is valid (min <= max and so on), the alloc stays. */
void fp_engine_init(struct fp_engine *e, const struct fp_alloc *alloc, const struct fp_engine_config *config, uint64_t now_ns);
void fp_engine_fini(struct fp_engine *e); /* frees everything; jobs and workers that are left are forgotten */

/* FP_NONE: *job is accepted and will have one OUTCOME. Else FP_FULL, FP_CLOSED, FP_TOO_LONG, FP_MALFORMED, FP_NOMEM.
 * limits NULL: the config's. */
enum fp_reason fp_engine_submit(struct fp_engine *e, const struct fp_item *items, size_t n, const struct fp_limits *limits,
                                struct fp_job **job);
void fp_engine_cancel(struct fp_engine *e, struct fp_job *job);
void fp_engine_close(struct fp_engine *e); /* harmless when repeated */
void fp_engine_abort(struct fp_engine *e);
void fp_engine_tick(struct fp_engine *e, uint64_t now_ns);

void fp_engine_worker_started(struct fp_engine *e, struct fp_worker *w);
void fp_engine_worker_failed(struct fp_engine *e, struct fp_worker *w, int system_errno);
void fp_engine_worker_exited(struct fp_engine *e, struct fp_worker *w, int exit_status, int signal);

enum fp_reason fp_engine_rx_buf(struct fp_engine *e, struct fp_worker *w, struct fp_space *space);
void fp_engine_rx_ack(struct fp_engine *e, struct fp_worker *w, size_t n);
void fp_engine_rx_eof(struct fp_engine *e, struct fp_worker *w);
void fp_engine_rx_error(struct fp_engine *e, struct fp_worker *w, enum fp_reason reason, int system_errno);
struct fp_span fp_engine_tx_buf(struct fp_engine *e, struct fp_worker *w);
void fp_engine_tx_ack(struct fp_engine *e, struct fp_worker *w, size_t n);
void fp_engine_tx_error(struct fp_engine *e, struct fp_worker *w, int system_errno);

bool fp_engine_next_op(struct fp_engine *e, struct fp_op *op);
uint64_t fp_engine_deadline_ns(const struct fp_engine *e); /* when tick is wanted; FP_NEVER */
void fp_engine_stats(const struct fp_engine *e, struct fp_stats *s);

#endif
