/* Pool policy once more, as slowly as the clauses POOL-3 to POOL-9 and lib/core/sched.h say it: a list of workers and some
 * counters. It keeps since when something has been the case, and works out anew at each question what is due; sched keeps
 * due times. Only the tie rule is common to both, as POOL-3 has it word for word. Must not use lib/core's sched or heap
 * but for the types of options and decisions. */
#ifndef FP_FUZZ_MODEL_SCHED_H
#define FP_FUZZ_MODEL_SCHED_H

#include "core/sched.h"

#define FP_MODEL_WORKERS_MAX 48u /* ever */

struct fp_model_worker {
	uint64_t load, calls, idle_since_ns;
	bool is_frozen;
};

struct fp_sched_model {
	struct fp_sched_config config;
	uint64_t now_ns, waiting, looks;
	struct fp_model_worker workers[FP_MODEL_WORKERS_MAX]; /* by number */
	unsigned order[FP_MODEL_WORKERS_MAX];                 /* numbers, in the order of POOL-3 */
	unsigned n;                                           /* in order */
	unsigned first_starts;                                /* that are still due */
	uint64_t last_tick_ns, last_stop_ns, excess_since_ns; /* FP_NEVER: the clock does not run; -; there is no excess */
	uint64_t pause_until_ns, failures;
	bool closing, has_given;
	bool is_stop_idle; /* the stop that is due is that of an idle worker in excess */
};

/* What has to be decided now. For ASSIGN and STOP, `candidates` are the workers, by number, that it may be about. */
enum fp_model_due { FP_DUE_NOTHING, FP_DUE_ASSIGN, FP_DUE_START, FP_DUE_STOP, FP_DUE_GIVE_UP };

void fp_sched_model_init(struct fp_sched_model *m, const struct fp_sched_config *config);
enum fp_model_due fp_sched_model_next(struct fp_sched_model *m, bool candidates[FP_MODEL_WORKERS_MAX]);
void fp_sched_model_stopped(struct fp_sched_model *m, unsigned number);
void fp_sched_model_deadline_ns(const struct fp_sched_model *m, uint64_t *from_ns, uint64_t *to_ns);

bool fp_sched_model_is_in(const struct fp_sched_model *m, unsigned number);
void fp_sched_model_end(struct fp_sched_model *m, unsigned number);
void fp_sched_model_add(struct fp_sched_model *m, unsigned number);
void fp_sched_model_retire(struct fp_sched_model *m, unsigned number);
void fp_sched_model_lose(struct fp_sched_model *m, unsigned number);
void fp_sched_model_freeze(struct fp_sched_model *m, unsigned number);
void fp_sched_model_fail(struct fp_sched_model *m);

#endif
