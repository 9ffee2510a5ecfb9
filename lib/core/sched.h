/* Pool policy: which worker gets a job, when one is started, when one is stopped. Must not know bytes.
 * Clauses POOL-3 to POOL-9 with their betterments, and the options of design section 2.
 *
 * sched knows how many jobs wait, not which: ASSIGN means that the first waiting job goes to the worker.
 *
 *   look    the queue is looked at after a call, an answer, the end of a job or of waiting, a start (one that a look made
 *           is within that look), the loss of a worker, the retirement of a frozen one, and close; not when another worker
 *           retires (POOL-4, POOL-9).
 *   start   at once: one that is missing for `min` (and, when the pool is made, for `min_idle`), or, at a look, the only one
 *           while jobs wait. Else at ticks of a clock, busy_time apart, while jobs wait or fewer than min_idle are idle. The
 *           clock is set, if there are fewer than max, when a look leaves jobs waiting, or when an idle worker gets a job or
 *           any is lost and fewer than min_idle are idle; the first tick that finds nothing to do ends it (POOL-5). Once the
 *           pool is closing, only for jobs. Never more than max; never during a pause.
 *   assign  to the worker with the fewest jobs, ties as in the original's heap, if that is fewer than `load`.
 *   stop    the worker that has been idle longest, once more than max(max_idle, min_idle) have been idle for idle_time and
 *           it has, too; the next no sooner than idle_time later; never below min. A worker that has ended calls_max jobs: with
 *           the last of them it is frozen, so it counts until then. All workers once the pool is closing and a look had nothing to give and finds nothing waiting (POOL-7).
 *   pause   failures in a row: none after the first, then FP_START_PAUSE_MIN_NS, doubling up to FP_START_PAUSE_MAX_NS. */
#ifndef FP_CORE_SCHED_H
#define FP_CORE_SCHED_H

#include "heap.h"
#include "list.h"

struct fp_sched_config {
	uint32_t min, max, min_idle, max_idle, load;
	uint64_t busy_time_ns, idle_time_ns;
	uint64_t calls_max; /* 0: none */
};

/* A worker as sched sees it; embedded in its owner's. */
struct fp_sched_worker {
	struct fp_heap_node by_load; /* in the heap: it may get jobs; the key is its load */
	struct fp_link idle;         /* in the list while its load is 0; in `spent` after its last job */
	uint64_t idle_since_ns;
	uint64_t calls;              /* jobs given to it ever */
};

struct fp_sched {
	struct fp_sched_config config;
	uint64_t now_ns;
	uint64_t waiting;        /* jobs */
	struct fp_heap workers;  /* by load; those that may get jobs */
	struct fp_list idle;     /* longest first */
	struct fp_list spent;    /* have ended the last of their calls_max jobs, and are to be stopped */
	uint32_t n_idle;
	uint32_t prestart;       /* starts still due at once, for min_idle, since the pool was made */
	uint64_t start_at_ns;    /* when a worker is started if it is still wanted then; FP_NEVER: none is wanted */
	uint64_t stop_at_ns;     /* when an idle worker may be stopped; FP_NEVER: none is in excess */
	uint32_t failures;       /* in a row */
	uint64_t pause_until_ns; /* no start before */
	uint64_t looks;          /* calls, answers and ends that the queue was not looked at for yet */
	bool has_assigned;       /* in the look that goes on */
	bool closing;
	bool is_settled;         /* nothing is to be decided before a look, or before time or the workers change */
};

enum fp_decision_kind {
	FP_ASSIGN, /* the first waiting job goes to worker */
	FP_START_WORKER, /* answer: worker_add or start_failed */
	FP_STOP,   /* worker gets no more jobs; it was removed */
	FP_GIVE_UP /* closing, and no worker can be started: the waiting jobs are lost; answer: job_leave for each */
};

struct fp_decision {
	enum fp_decision_kind kind;
	struct fp_sched_worker *worker;
};

void fp_sched_init(struct fp_sched *s, const struct fp_alloc *alloc, const struct fp_sched_config *config, uint64_t now_ns);
void fp_sched_fini(struct fp_sched *s);

void fp_sched_tick(struct fp_sched *s, uint64_t now_ns); /* time never goes back: an earlier one is ignored */
void fp_sched_job_wait(struct fp_sched *s);              /* a job joined the waiting ones */
void fp_sched_job_leave(struct fp_sched *s);             /* a waiting job left without being assigned */
void fp_sched_job_end(struct fp_sched *s, struct fp_sched_worker *w); /* a job assigned to w ended; w may be removed */
enum fp_reason fp_sched_worker_add(struct fp_sched *s, struct fp_sched_worker *w); /* FP_NOMEM: start_failed is to follow */
void fp_sched_worker_remove(struct fp_sched *s, struct fp_sched_worker *w); /* it retires; harmless when repeated */
void fp_sched_worker_lose(struct fp_sched *s, struct fp_sched_worker *w); /* it died or is to die: the pool restores its size */
void fp_sched_worker_freeze(struct fp_sched *s, struct fp_sched_worker *w); /* one with jobs gets no more, and still counts */
void fp_sched_start_failed(struct fp_sched *s); /* START came to nothing, or a worker was lost and never answered */
void fp_sched_start_proved(struct fp_sched *s); /* a worker answered: failures are no longer in a row */
void fp_sched_close(struct fp_sched *s);

bool fp_sched_next(struct fp_sched *s, struct fp_decision *d); /* to be drained after each input */
uint64_t fp_sched_deadline_ns(const struct fp_sched *s); /* when tick may lead to a decision; FP_NEVER */

static inline uint32_t fp_sched_workers(const struct fp_sched *s)
{
	return (uint32_t)s->workers.n;
}
static inline bool fp_sched_is_member(const struct fp_sched_worker *w)
{
	return fp_heap_is_in(&w->by_load);
}

#endif
