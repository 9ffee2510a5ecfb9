/* System calls put right. See sys.h. */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t fp_sys_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * FP_S + (uint64_t)t.tv_nsec;
}

static void *resize(void *ctx, void *p, size_t old_len, size_t new_len)
{
	(void)ctx;
	(void)old_len;
	if (new_len)
		return realloc(p, new_len);
	free(p);
	return NULL;
}

const struct fp_alloc fp_sys_alloc = {resize, NULL};

/* ---- descriptors ---- */

static int result(int r)
{
	return r < 0 ? -errno : r;
}

/* Numbers 0 to 2 mean something else, also where they happen to be free. Closes fd if there is no other; an error stays. */
static int move_up(int fd)
{
	if (fd < 0 || fd > 2)
		return fd;
	int moved = fp_sys_dup(fd);
	close(fd);
	return moved;
}

static int move_both_up(int fds[2])
{
	fds[0] = move_up(fds[0]);
	fds[1] = move_up(fds[1]);
	int r = fds[0] < 0 ? fds[0] : fds[1];
	if (r >= 0)
		return 0;
	fp_sys_close(fds[0]);
	fp_sys_close(fds[1]);
	return r;
}

int fp_sys_socketpair(int sv[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0 ? -errno : move_both_up(sv);
}

int fp_sys_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC) < 0 ? -errno : move_both_up(fds);
}

int fp_sys_set_blocking(int fd, bool blocking)
{
	int is_nonblocking = !blocking;
	return result(ioctl(fd, FIONBIO, &is_nonblocking));
}

int fp_sys_dup(int fd)
{
	return result(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

void fp_sys_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* ---- octets ---- */

ssize_t fp_sys_read(int fd, void *to, size_t len)
{
	ssize_t n;
	do
		n = read(fd, to, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t fp_sys_write(int fd, const void *from, size_t len)
{
	ssize_t n;
	do {
		n = send(fd, from, len, MSG_NOSIGNAL);
		if (n < 0 && errno == ENOTSOCK)
			n = write(fd, from, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int fp_sys_wait_readable(int fd)
{
	return wait_for(fd, POLLIN);
}

ssize_t fp_sys_read_all(int fd, void *to, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = fp_sys_read(fd, (uint8_t *)to + done, len - done);
		if (n == -EAGAIN)
			n = wait_for(fd, POLLIN);
		else if (n == 0)
			break;
		if (n < 0)
			return n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fp_sys_write_all(int fd, const void *from, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = fp_sys_write(fd, (const uint8_t *)from + done, len - done);
		if (n == -EAGAIN)
			n = wait_for(fd, POLLOUT);
		if (n < 0)
			return (int)n;
		done += (size_t)n;
	}
	return 0;
}

union one_fd {
	struct cmsghdr head; /* for its alignment */
	uint8_t octets[CMSG_SPACE(sizeof(int))];
};

ssize_t fp_sys_send_fd(int sock, const void *from, size_t len, int fd)
{
	union one_fd control = {.octets = {0}};
	struct iovec data = {(void *)(uintptr_t)from, len};
	struct msghdr m = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.octets, .msg_controllen = sizeof control.octets};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	ssize_t n;
	do
		n = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t fp_sys_recv_fd(int sock, void *to, size_t len, int *fd)
{
	union one_fd control;
	struct iovec data = {to, len};
	struct msghdr m = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.octets, .msg_controllen = sizeof control.octets};
	*fd = -1;
	ssize_t n;
	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	if (!(m.msg_flags & MSG_CTRUNC)) {
		if (*fd >= 0)
			*fd = move_up(*fd);
		return n;
	}
	fp_sys_close(*fd);
	*fd = -EMFILE;
	return n;
}

/* ---- processes ---- */

void fp_sys_program_dir(char dir[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);
	while (n > 0 && dir[n - 1] != '/')
		n--;
	dir[n > 0 ? n - 1 : 0] = '\0';
}

struct spawn {
	const char *const *argv;
	const int *keep;
	size_t n_keep;
	sigset_t mask;
	int failure; /* errno, written by the new process through the shared memory */
	uint8_t *stack;
};

#define SPAWN_STACK ((size_t)32 << 10) /* octets, for each of the two short-lived processes */

/* The handlers of the host program mean nothing here, and may not be run on its memory. */
static void reset_signals(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			sigaction(s, &dfl, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int exec_process(void *arg)
{
	struct spawn *s = arg;
	close(0);
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd ? O_WRONLY : O_RDONLY); /* gets this number, the lowest that is free */
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	for (size_t i = 0; i < s->n_keep; i++)
		fcntl(s->keep[i], F_SETFD, 0);
	reset_signals();
	execvp(s->argv[0], (char *const *)(uintptr_t)s->argv);
	s->failure = errno;
	_exit(127);
}

/* Its child becomes an orphan at once, so nobody's. CLONE_VM and CLONE_VFORK: nothing of the host's memory is copied. */
static int fork_process(void *arg)
{
	struct spawn *s = arg;
	if (clone(exec_process, s->stack + SPAWN_STACK, CLONE_VM | CLONE_VFORK, s) < 0)
		s->failure = errno;
	_exit(0);
}

int fp_sys_spawn(const char *const *argv, const int *keep, size_t n_keep)
{
	struct spawn s = {.argv = argv, .keep = keep, .n_keep = n_keep};
	s.stack = malloc(2 * SPAWN_STACK);
	if (!s.stack)
		return -ENOMEM;
	/* no signal handler of the host's may run while the short-lived processes share its memory */
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &s.mask);
	/* no exit signal: neither SIGCHLD nor a plain wait tells of it */
	pid_t pid = clone(fork_process, s.stack + 2 * SPAWN_STACK, CLONE_VM | CLONE_VFORK, &s);
	int failure = pid < 0 ? errno : 0;
	while (pid > 0 && waitpid(pid, NULL, (int)__WCLONE) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &s.mask, NULL);
	free(s.stack);
	return failure ? -failure : -s.failure;
}

int fp_sys_pidfd_open(pid_t pid)
{
	return result((int)syscall(SYS_pidfd_open, pid, 0));
}

int fp_sys_pidfd_kill(int pidfd, int signal)
{
	return result((int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

void fp_sys_split_status(int wait_status, int *exit_status, int *signal)
{
	*exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
	*signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
}

/* struct pidfd_info and its request of linux/pidfd.h, which Debian 12's headers are too old to have. */
struct pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t ids[11];
	int32_t exit_code;
};
#define PIDFD_GET_INFO _IOWR(0xFF, 11, struct pidfd_info)
#define PIDFD_INFO_EXIT ((uint64_t)1 << 3)

bool fp_sys_pidfd_status(int pidfd, int *exit_status, int *signal)
{
	struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};
	*exit_status = -1;
	*signal = 0;
	if (ioctl(pidfd, PIDFD_GET_INFO, &info) < 0 || !(info.mask & PIDFD_INFO_EXIT))
		return false;
	fp_sys_split_status(info.exit_code, exit_status, signal);
	return true;
}

/* The signal of a descriptor belongs to its open file description, which all templates of the host would share: the pipe is
 * opened anew. */
static int open_anew(int fd)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return move_up(result(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)));
}

static int replace_by_own(int fd)
{
	int own = open_anew(fd);
	int r = own < 0 ? own : result(dup3(own, fd, O_CLOEXEC));
	fp_sys_close(own);
	return r;
}

static int arm(int fd)
{
	bool is_armed = fcntl(fd, F_SETOWN, -getpid()) == 0 && fcntl(fd, F_SETSIG, SIGKILL) == 0 &&
	                fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) == 0;
	return is_armed ? 0 : -errno;
}

/* Of a pipe that was cut no armed end is closed: that, too, would send the signal. */
int fp_sys_arm_lifeline(int fd)
{
	int r = setpgid(0, 0) < 0 ? -errno : replace_by_own(fd);
	int second = r < 0 ? r : open_anew(fd);
	if (second < 0)
		return second;
	r = arm(fd);
	if (r == 0)
		r = arm(second);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool is_cut = poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
	return is_cut ? -EPIPE : r < 0 ? r : second;
}
