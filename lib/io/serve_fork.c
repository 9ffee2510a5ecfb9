/* Processes that a template forks, and its reports of them. See serve_inside.h. */
#include "serve_inside.h"

#include "command.h"
#include "outbox.h"
#include "sys.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(struct serve *s, enum fp_report_kind kind, uint32_t number, pid_t pid, int value)
{
	struct fp_report r = {number, kind, pid, value};
	fp_sys_write_all(s->options.fd, &r, sizeof r);
}

/* The descriptors are on the first two octets, one each; what follows the last of them goes with it. */
static void report_start(struct serve *s, pid_t pid, int outbox_fd)
{
	struct fp_report r = {s->forks, FP_REPORT_STARTED, pid, 0};
	const uint8_t *octets = (const uint8_t *)&r;
	int fds[] = {fp_sys_pidfd_open(pid), outbox_fd};
	size_t done = 0, n = fds[1] < 0 ? 1 : 2;
	for (size_t i = 0; i < n && fds[i] >= 0; i++) {
		ssize_t sent = fp_sys_send_fd(s->options.fd, octets + done, i + 1 < n ? 1 : sizeof r - done, fds[i]);
		if (sent <= 0)
			break;
		done += (size_t)sent;
	}
	fp_sys_write_all(s->options.fd, octets + done, sizeof r - done);
	fp_sys_close(fds[0]);
}

void fp_serve_reap(struct serve *s)
{
	struct signalfd_siginfo unused;
	int status;
	(void)!read(s->signals, &unused, sizeof unused);
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		size_t i = 0;
		while (i < s->n_children && s->children[i].pid != pid)
			i++;
		if (i == s->n_children)
			continue;
		report(s, FP_REPORT_EXITED, s->children[i].fork, pid, status);
		s->children[i] = s->children[--s->n_children];
	}
}

static bool has_room_for_child(struct serve *s)
{
	if (s->n_children < s->children_cap)
		return true;
	size_t cap = s->children_cap ? s->children_cap * 2 : 16;
	struct child *children = realloc(s->children, cap * sizeof *children);
	if (!children)
		return false;
	s->children = children;
	s->children_cap = cap;
	return true;
}

static void become_child(struct serve *s, int fd, int outbox_fd)
{
	close(s->options.fd);
	fp_sys_close(s->outbox_fd);
	s->outbox_fd = outbox_fd;
	s->options.fd = fd;
	s->n_children = 0;
	s->forks = 0;
}

static void note_child(struct serve *s, pid_t pid, int why, int outbox_fd)
{
	if (!s->options.report)
		return;
	if (pid < 0) {
		report(s, FP_REPORT_FAILED, s->forks, 0, why);
		return;
	}
	s->children[s->n_children++] = (struct child){pid, s->forks};
	report_start(s, pid, outbox_fd);
}

/* The last argument is the socket of the new process, which starts with a copy of the others. */
void fp_serve_fork(struct serve *s)
{
	int fd = s->args.n ? s->fds[s->args.n - 1] : -1;
	if (fd < 0) {
		fp_serve_complain(s, "fork: the last argument is not a descriptor", NULL);
		return;
	}
	fp_args_pop(&s->args);
	s->forks++;
	int outbox_fd = s->options.outbox ? fp_outbox_make() : -1;
	pid_t pid = has_room_for_child(s) ? fork() : -1;
	if (pid == 0) {
		become_child(s, fd, outbox_fd);
		return;
	}
	note_child(s, pid, errno, outbox_fd);
	close(fd);
	fp_sys_close(outbox_fd);
}
