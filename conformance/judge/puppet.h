/* The workers of a pool under test: real processes, started by the pool, that do nothing. Each hands its connection (its
 * standard input and output) to the judge, who from then on is the worker: reads, writes, lets it exit, kills it. Both ends of
 * that are here. Must not know the protocol.
 *
 * They meet at a socket in the abstract namespace: nothing of it is left behind, however the judge ends. A puppet whose judge
 * is gone exits. */
#ifndef FP_JUDGE_PUPPET_H
#define FP_JUDGE_PUPPET_H

#include "base.h"

#include <sys/types.h>

#define FP_PUPPET_NAME_BYTES 16

struct fp_puppet {
	pid_t pid;
	int string;  /* what it hangs on: an octet lets it exit; readable once its process is over */
	int in, out; /* its connection, for whoever takes it over */
};

/* Where puppets come to: a descriptor to be polled for reading, and the name for their command. A negative errno: none. */
int fp_puppet_stage(char name[FP_PUPPET_NAME_BYTES]);
/* The shell command that becomes a puppet. To be freed. */
char *fp_puppet_command(const char *name);
/* The next one that has come. False: none. */
bool fp_puppet_next(int stage, struct fp_puppet *p);
void fp_puppet_exit(struct fp_puppet *p); /* with status 0 */
void fp_puppet_kill(struct fp_puppet *p);
bool fp_puppet_is_over(const struct fp_puppet *p);
void fp_puppet_fini(struct fp_puppet *p); /* its connection is somebody else's */

#endif
