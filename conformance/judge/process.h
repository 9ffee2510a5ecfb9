/* The program under test as a process: started by /bin/sh, watched, and ended with everything it started. Must not know
 * connections or cases.
 *
 * The judge's process that starts one has to be the one that adopts its orphans (fp_process_adopt): then whatever a testee
 * leaves behind, in whatever process group, is a child of this process in the end, and fp_process_sweep finds it. */
#ifndef FP_JUDGE_PROCESS_H
#define FP_JUDGE_PROCESS_H

#include "base.h"

#include <sys/types.h>

#define FP_STDERR_BYTES ((size_t)4 << 10) /* of what a testee writes to standard error the last so many are kept */

struct fp_process {
	pid_t pid;
	int pidfd, stderr_fd; /* to be polled for reading; -1: nothing to wait for any more. Without a pidfd (valgrind knows none)
	                       * nothing tells of the exit before is_over, and one has to look again soon */
	char tail[FP_STDERR_BYTES];
	size_t tail_len;
	bool is_over;
	int status;           /* once it is over: of the exit; 128 and the number where it was ended by a signal */
	uint64_t peak_bytes;  /* once it is over: the most memory that was resident; 0: no more than the judge had at its start */
	uint64_t judge_bytes;
};

/* A descriptor that the process gets under the number `to`; 0 is /dev/null, 1 is 2, unless they are handed over. */
struct fp_handed {
	int from, to;
};

void fp_process_adopt(void); /* orphans that descend from this process become its children */

/* Starts `command` in a process group of its own, with this process's environment. 0 or a negative errno. */
int fp_process_start(struct fp_process *p, const char *command, const struct fp_handed *handed, size_t n);
/* Takes what is on standard error, and the exit. Never waits. */
void fp_process_look(struct fp_process *p);
/* The most memory that was resident at a time, of the process and of those that descend from it. */
uint64_t fp_process_peak_bytes(const struct fp_process *p);
/* All its threads sleep. */
bool fp_process_is_asleep(const struct fp_process *p);
/* Of all that descend from this process, orphans among them. 0: one is awake. Else a number; where a later call answers the same,
 * none of them (their main threads) has run in between, and no other was there. */
uint64_t fp_process_stillness(void);
void fp_process_signal(const struct fp_process *p, int signal); /* to the whole group */
/* The signal has had its effect on each process: it is stopped, or goes on, or its handler has been called. */
bool fp_process_has_taken(const struct fp_process *p, int signal);
/* Kills it and everything that descends from this process, waits until nothing is left, takes the rest of standard error. */
void fp_process_end(struct fp_process *p);
/* What it wrote to standard error last, as text; NULL: nothing. To be freed. */
char *fp_process_stderr(const struct fp_process *p);
/* Kills every child of this process, and what is orphaned by that, until there is none. Safe in a signal handler. */
void fp_process_sweep(void);

#endif
