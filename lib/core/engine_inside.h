/* What the files of the engine share: engine.c (inputs and operations), engine_job.c (the life of a job) and
 * engine_worker.c (the life of a worker). For them alone. */
#ifndef FP_CORE_ENGINE_INSIDE_H
#define FP_CORE_ENGINE_INSIDE_H

#include "engine.h"

/* ---- jobs ---- */

static inline struct fp_job *fp_job_of_call(struct fp_call *c)
{
	return FP_OWNER(c, struct fp_job, call);
}
static inline struct fp_job *fp_job_of_link(struct fp_link *k)
{
	return FP_OWNER(k, struct fp_job, link);
}

enum fp_reason fp_job_new(struct fp_engine *e, const struct fp_item *items, size_t n, const struct fp_limits *limits,
                          struct fp_job **job);
void fp_job_free(struct fp_engine *e, struct fp_job *j);
void fp_job_wait(struct fp_engine *e, struct fp_job *j, bool at_front); /* joins the queue */
void fp_job_give(struct fp_engine *e, struct fp_worker *w);             /* the first waiting one, to w */
void fp_job_run(struct fp_engine *e, struct fp_worker *w); /* starts the clock of those that run in w from now on */
/* Its outcome is decided and will be told. It leaves the queue, or its worker if nothing was written of it; else it stays
 * with the worker as ABANDONED until that has answered or is lost. */
void fp_job_end(struct fp_engine *e, struct fp_job *j, enum fp_outcome outcome, enum fp_reason reason);
void fp_job_release(struct fp_engine *e, struct fp_job *j); /* its worker is done with it; it is not outstanding any more */
void fp_job_time_out(struct fp_engine *e, struct fp_job *j); /* its time limit has passed */
bool fp_job_tell(struct fp_engine *e, struct fp_op *op);    /* the next outcome; false: none */
void fp_jobs_shut_down(struct fp_engine *e);                /* all that wait end as FP_SHUTDOWN */

/* ---- workers ---- */

/* Bits of fp_worker.ops. */
enum fp_worker_ops {
	FP_WORKER_OP_START = 1,
	FP_WORKER_OP_ERROR = 2,
	FP_WORKER_OP_KILL = 4,
	FP_WORKER_OP_HALF_CLOSE = 8,
	FP_WORKER_OP_CLOSE = 16,
	FP_WORKER_OP_WRITE = 32,
	FP_WORKER_OP_GONE = 64
};

void fp_worker_start(struct fp_engine *e);
void fp_worker_todo(struct fp_engine *e, struct fp_worker *w, unsigned ops); /* it has these operations, or frames */
void fp_worker_retire(struct fp_engine *e, struct fp_worker *w); /* no more jobs; half-close; then grace */
void fp_worker_ask_to_retire(struct fp_engine *e, struct fp_worker *w); /* it sent the event */
void fp_worker_doom(struct fp_engine *e, struct fp_worker *w);   /* SIGTERM, then SIGKILL, then close */
void fp_worker_settle(struct fp_engine *e, struct fp_worker *w); /* half-close and grace, where due */
void fp_worker_step(struct fp_engine *e, struct fp_worker *w);   /* its timer has expired */
void fp_worker_lose(struct fp_engine *e, struct fp_worker *w, enum fp_reason reason, uint64_t offset);
void fp_worker_free(struct fp_engine *e, struct fp_worker *w);
bool fp_worker_op(struct fp_engine *e, struct fp_worker *w, struct fp_op *op); /* false: none but frames */

#endif
