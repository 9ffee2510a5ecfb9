/* The workers of a pool under test: each one that came, in the order in which they came, and the number by which the case
 * calls it. Must not know calls, or what is expected. */
#ifndef FP_JUDGE_CREW_H
#define FP_JUDGE_CREW_H

#include "worker.h"

#define FP_CREW_MAX 20u /* processes at a time; more are not taken on */
#define FP_CREW_FDS (1 + FP_CREW_MAX * FP_WORKER_FDS)

struct fp_crew {
	int puppets;                /* where they come */
	struct fp_framing requests;
	struct fp_worker **workers; /* they stay */
	size_t n;
};

/* The name by which workers find the crew goes into `name`. 0 or a negative errno. */
int fp_crew_init(struct fp_crew *c, struct fp_framing requests, char name[FP_PUPPET_NAME_BYTES]);
/* Takes on those that came, and reads and writes what goes at once. */
void fp_crew_pump(struct fp_crew *c);
/* NULL: none has this number. 0 is that of one that has none. */
struct fp_worker *fp_crew_numbered(const struct fp_crew *c, unsigned number);
/* The least number that none has. */
unsigned fp_crew_number_free(const struct fp_crew *c);
/* The worker of this number; where nothing has named it so far, the first one that has no name. NULL: none has come. */
struct fp_worker *fp_crew_get(struct fp_crew *c, unsigned number);
/* A worker that is there has got this call, and not answered it. */
bool fp_crew_has_call(const struct fp_crew *c, size_t call);
bool fp_crew_is_settled(const struct fp_crew *c);
/* Nothing tells of what comes next from one of them: it has to be pumped again soon. */
bool fp_crew_is_waiting(const struct fp_crew *c);
size_t fp_crew_fds(const struct fp_crew *c, struct pollfd fds[FP_CREW_FDS]);
void fp_crew_fini(struct fp_crew *c);

#endif
