/* System calls with EINTR, CLOEXEC, SIGPIPE and descriptor passing put right. Must not know the core beyond its words.
 * All descriptors made here are close-on-exec and above 2. Functions that return int give 0 or a negative errno unless they say
 * otherwise. */
#ifndef FP_IO_SYS_H
#define FP_IO_SYS_H

#include "../core/base.h"

#include <limits.h>
#include <sys/types.h>

uint64_t fp_sys_now_ns(void); /* CLOCK_MONOTONIC */

/* malloc, realloc and free as an allocator. */
extern const struct fp_alloc fp_sys_alloc;

/* Octets of small blocks that a pool or a worker keeps. A checker of memory would not see the use of one that was given back. */
#ifdef __SANITIZE_ADDRESS__
#define FP_SYS_KEPT_BYTES_MAX ((size_t)0)
#else
#define FP_SYS_KEPT_BYTES_MAX ((size_t)64 << 10)
#endif

/* ---- descriptors ---- */

int fp_sys_socketpair(int sv[2]); /* stream sockets */
int fp_sys_pipe(int fds[2]);
int fp_sys_set_blocking(int fd, bool blocking);
int fp_sys_dup(int fd); /* a copy above 2; or negative errno */
void fp_sys_close(int fd); /* negative: nothing */

/* ---- octets ---- */

/* What could be read or written at once: octets, or a negative errno (-EAGAIN: nothing now). read: 0 is end of file.
 * write never raises SIGPIPE on a socket. */
ssize_t fp_sys_read(int fd, void *to, size_t len);
ssize_t fp_sys_write(int fd, const void *from, size_t len);
/* All of it, waiting where needed, also on a non-blocking descriptor. read_all returns the octets read, fewer than len only
 * at end of file. */
ssize_t fp_sys_read_all(int fd, void *to, size_t len);
int fp_sys_write_all(int fd, const void *from, size_t len);
int fp_sys_wait_readable(int fd);

/* Octets with one descriptor attached to the first of them; as write, as read. *fd is -1 where none came, -EMFILE where
 * the kernel dropped one because this process has too many. */
ssize_t fp_sys_send_fd(int sock, const void *from, size_t len, int fd);
ssize_t fp_sys_recv_fd(int sock, void *to, size_t len, int *fd);

/* ---- processes ---- */

/* The directory of the running program, without a slash at its end; empty where nobody can know. */
void fp_sys_program_dir(char dir[PATH_MAX]);

/* Starts argv as a process that is nobody's child: it raises no SIGCHLD and no wait of the host program's can meet it.
 * keep[] are descriptors it inherits under their numbers; standard input is /dev/null. */
int fp_sys_spawn(const char *const *argv, const int *keep, size_t n_keep);

int fp_sys_pidfd_open(pid_t pid);                  /* or negative errno */
int fp_sys_pidfd_kill(int pidfd, int signal);
/* How a process whose pidfd is readable ended, where the kernel tells those that are not its parent (Linux 6.15 and later).
 * false: unknown, then *exit_status is -1 and *signal 0. */
bool fp_sys_pidfd_status(int pidfd, int *exit_status, int *signal);
void fp_sys_split_status(int wait_status, int *exit_status, int *signal);

/* A lifeline is a pipe nobody writes to: the host program holds the writing end, and when the program dies, however it
 * dies, the kernel kills the process that armed the reading end and all that it forked. To this end it becomes the leader of
 * a process group, which also keeps a terminal's interrupt away. The reading end must stay open in those to be killed, and
 * so must the second one that is returned: Linux (6.18 was seen to) passes over what is forked in the group just while it
 * signals it, and by the second one it signals it again. Already cut: -EPIPE. */
int fp_sys_arm_lifeline(int fd);

#endif
