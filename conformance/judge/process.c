/* A testee's process. See process.h. */
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDED_MAX 8u
#define FROM_LEAST 64         /* descriptors to hand over are moved above all numbers they are handed over as */
#define LIST_BYTES 4096u      /* of a list of children that is read at a time */
#define TREE_DEPTH_MAX 32u    /* generations of processes that are looked at */
#define PEAK_SLACK_BYTES ((uint64_t)1 << 20) /* the kernel counts resident pages in batches */
#define STDERR_READS_MAX 64u  /* at a time: one that floods standard error does not hold up the judge */

void fp_process_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* ---- start ---- */

static uint64_t own_peak_bytes(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (uint64_t)used.ru_maxrss << 10;
}

static void actions_set(posix_spawn_file_actions_t *actions, const struct fp_handed *moved, size_t n, int stderr_fd)
{
	posix_spawn_file_actions_init(actions);
	posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(actions, stderr_fd, 1);
	posix_spawn_file_actions_adddup2(actions, stderr_fd, 2);
	for (size_t i = 0; i < n; i++)
		posix_spawn_file_actions_adddup2(actions, moved[i].from, moved[i].to);
}

static void attributes_set(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int spawn(struct fp_process *p, const char *command, const struct fp_handed *moved, size_t n, int stderr_fd)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	actions_set(&actions, moved, n, stderr_fd);
	attributes_set(&attributes);
	int r = posix_spawn(&p->pid, "/bin/sh", &actions, &attributes, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

int fp_process_start(struct fp_process *p, const char *command, const struct fp_handed *handed, size_t n)
{
	struct fp_handed moved[HANDED_MAX];
	int fds[2];
	*p = (struct fp_process){.pidfd = -1, .stderr_fd = -1};
	if (n > HANDED_MAX || pipe2(fds, O_CLOEXEC) < 0)
		return n > HANDED_MAX ? -E2BIG : -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < n; i++)
		moved[i] = (struct fp_handed){fcntl(handed[i].from, F_DUPFD_CLOEXEC, FROM_LEAST), handed[i].to};
	int r = spawn(p, command, moved, n, fds[1]);
	for (size_t i = 0; i < n; i++)
		close(moved[i].from);
	close(fds[1]);
	p->stderr_fd = fds[0];
	p->judge_bytes = own_peak_bytes() + PEAK_SLACK_BYTES;
	if (!r)
		p->pidfd = pidfd_open(p->pid, 0);
	return r;
}

/* ---- while it runs ---- */

static void tail_put(struct fp_process *p, const char *data, size_t len)
{
	size_t kept = p->tail_len + len > FP_STDERR_BYTES ? FP_STDERR_BYTES - len : p->tail_len;
	memmove(p->tail, p->tail + (p->tail_len - kept), kept);
	memcpy(p->tail + kept, data, len);
	p->tail_len = kept + len;
}

static void stderr_read(struct fp_process *p)
{
	char data[FP_STDERR_BYTES];
	for (unsigned i = 0; i < STDERR_READS_MAX && p->stderr_fd >= 0; i++) {
		ssize_t n = read(p->stderr_fd, data, sizeof data);
		if (n > 0) {
			tail_put(p, data, (size_t)n);
		} else if (n == 0) {
			close(p->stderr_fd);
			p->stderr_fd = -1;
		} else if (errno != EINTR) {
			return;
		}
	}
}

static void exit_take(struct fp_process *p)
{
	struct rusage used;
	int status;
	if (p->is_over || wait4(p->pid, &status, WNOHANG, &used) != p->pid)
		return;
	p->is_over = true; /* between fork and exec it shared the judge's memory: only what is more was its own */
	p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	p->peak_bytes = (uint64_t)used.ru_maxrss << 10;
	if (p->peak_bytes <= p->judge_bytes)
		p->peak_bytes = 0;
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
}

void fp_process_look(struct fp_process *p)
{
	stderr_read(p);
	exit_take(p);
}

void fp_process_signal(const struct fp_process *p, int signal)
{
	if (!p->is_over)
		kill(-p->pid, signal);
}

/* ---- the tree of processes, from /proc ---- */

/* The number behind `name` in /proc/PID/status, of a process that may end at any time; 0: not there. */
static uint64_t number_of(pid_t pid, const char *name, int base)
{
	char path[64];
	size_t len;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	char *text = fp_read_file(path, &len);
	const char *at = text ? strstr(text, name) : NULL;
	uint64_t number = at ? strtoull(at + strlen(name), NULL, base) : 0;
	free(text);
	return number;
}

static char state_of(pid_t pid)
{
	char path[64];
	size_t len;
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	char *text = fp_read_file(path, &len);
	const char *at = text ? strstr(text, "State:\t") : NULL;
	char state = at ? at[7] : 'Z';
	free(text);
	return state;
}

/* Visits the process and its descendants (their main threads' children). */
static void tree_walk(pid_t pid, unsigned depth, void (*visit)(pid_t, void *), void *to)
{
	char path[64];
	size_t len;
	visit(pid, to);
	if (depth == TREE_DEPTH_MAX)
		return;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	char *text = fp_read_file(path, &len);
	for (char *at = text, *end = text; text && isdigit((unsigned char)*at); at = *end == ' ' ? end + 1 : end)
		tree_walk((pid_t)strtol(at, &end, 10), depth + 1, visit, to);
	free(text);
}

static void peak_add(pid_t pid, void *to)
{
	*(uint64_t *)to += number_of(pid, "\nVmHWM:", 10) << 10;
}

uint64_t fp_process_peak_bytes(const struct fp_process *p)
{
	uint64_t sum = 0;
	if (p->is_over)
		return p->peak_bytes;
	tree_walk(p->pid, 0, peak_add, &sum);
	return sum;
}

static void wakefulness_add(pid_t pid, void *to)
{
	char state = state_of(pid);
	if (state != 'S' && state != 'T' && state != 'Z')
		*(bool *)to = true;
}

bool fp_process_is_asleep(const struct fp_process *p)
{
	bool is_awake = false;
	if (!p->is_over)
		tree_walk(p->pid, 0, wakefulness_add, &is_awake);
	return !is_awake;
}

struct taking {
	int signal;
	bool is_awaited;
};

/* A signal that is blocked stays for as long as the process likes: nothing is to be awaited. */
static bool has_taken(pid_t pid, int signal)
{
	char state = state_of(pid);
	if (signal == SIGSTOP)
		return state == 'T' || state == 't' || state == 'Z'; /* t: and somebody traces it */
	if (signal == SIGCONT)
		return state != 'T';
	uint64_t pending = number_of(pid, "\nSigPnd:", 16) | number_of(pid, "\nShdPnd:", 16);
	return !((pending & ~number_of(pid, "\nSigBlk:", 16)) >> (signal - 1) & 1);
}

static void taking_add(pid_t pid, void *to)
{
	struct taking *t = to;
	t->is_awaited = t->is_awaited || !has_taken(pid, t->signal);
}

bool fp_process_has_taken(const struct fp_process *p, int signal)
{
	struct taking t = {.signal = signal};
	if (!p->is_over)
		tree_walk(p->pid, 0, taking_add, &t);
	return !t.is_awaited;
}

#define HASH_START 0xcbf29ce484222325u
#define HASH_TIMES 0x100000001b3u

struct stillness {
	uint64_t hash;
	bool is_awake;
};

/* One that has run in between has gone to sleep once more. */
static void stillness_add(pid_t pid, void *to)
{
	struct stillness *s = to;
	if (pid == getpid())
		return;
	wakefulness_add(pid, &s->is_awake);
	uint64_t sleeps = number_of(pid, "\nvoluntary_ctxt_switches:", 10);
	uint64_t stops = number_of(pid, "\nnonvoluntary_ctxt_switches:", 10);
	s->hash = (s->hash ^ (uint64_t)pid) * HASH_TIMES;
	s->hash = (s->hash ^ (sleeps + stops)) * HASH_TIMES;
}

uint64_t fp_process_stillness(void)
{
	struct stillness s = {.hash = HASH_START};
	tree_walk(getpid(), 0, stillness_add, &s);
	return s.is_awake ? 0 : s.hash;
}

/* ---- the end ---- */

/* Kills those of this process's children that fit into one reading; what is left is met in the next round. */
static void children_kill(void)
{
	char list[LIST_BYTES];
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, list, sizeof list);
	pid_t pid = 0;
	for (ssize_t i = 0; i < len; i++) {
		if (list[i] != ' ') {
			pid = pid * 10 + (list[i] - '0');
			continue;
		}
		kill(-pid, SIGKILL); /* where it leads a group; else nothing */
		kill(pid, SIGKILL);
		pid = 0;
	}
	if (fd >= 0)
		close(fd);
}

void fp_process_sweep(void)
{
	do
		children_kill();
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

void fp_process_end(struct fp_process *p)
{
	if (p->pid > 0 && !p->is_over)
		kill(-p->pid, SIGKILL);
	fp_process_sweep();
	stderr_read(p);
	if (p->stderr_fd >= 0)
		close(p->stderr_fd);
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->stderr_fd = p->pidfd = -1;
	p->is_over = true;
}

char *fp_process_stderr(const struct fp_process *p)
{
	if (!p->tail_len)
		return NULL;
	char *text = fp_get(p->tail_len + 1, 1);
	for (size_t i = 0; i < p->tail_len; i++)
		text[i] = p->tail[i] ? p->tail[i] : '?';
	return text;
}
