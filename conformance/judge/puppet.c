/* The workers of a pool under test. See puppet.h. */
#include "puppet.h"

#include "../../lib/programs/cli.h"
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { IN, OUT, STRING, HANDED }; /* descriptors of its one message */

union ancillary {
	struct cmsghdr head; /* for its alignment */
	char space[CMSG_SPACE(HANDED * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

/* The kernel's own names for sockets of no name: a 0 and five digits. */
static socklen_t address_of(struct sockaddr_un *a, const char *name)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	size_t len = strnlen(name, FP_PUPPET_NAME_BYTES);
	memcpy(a->sun_path + 1, name, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

/* ---- the judge's end ---- */

int fp_puppet_stage(char name[FP_PUPPET_NAME_BYTES])
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = sizeof a;
	int on = 1, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int r = bind(fd, (struct sockaddr *)&a, sizeof a.sun_family) < 0 ||
	        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 || getsockname(fd, (struct sockaddr *)&a, &len) < 0;
	if (r) {
		r = -errno;
		close(fd);
		return r;
	}
	snprintf(name, FP_PUPPET_NAME_BYTES, "%.*s", (int)(len - offsetof(struct sockaddr_un, sun_path) - 1), a.sun_path + 1);
	return fd;
}

char *fp_puppet_command(const char *name)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
	program[len < 0 ? 0 : len] = '\0';
	struct fp_bytes command = {0};
	fp_bytes_put(&command, "exec '", 6);
	for (const char *at = program; *at; at++)
		fp_bytes_put(&command, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
	fp_bytes_put(&command, "", 1);
	char *text = fp_text("%s' worker %s", (const char *)command.data, name);
	fp_bytes_fini(&command);
	return text;
}

/* Takes what a message carries; false: not all of it was there. */
static bool ancillary_read(struct msghdr *m, int fds[HANDED], struct ucred *who)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(c), len);
		else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			memcpy(who, CMSG_DATA(c), sizeof *who);
	}
	return fds[HANDED - 1] >= 0 && !(m->msg_flags & MSG_CTRUNC);
}

static void fds_close(const int fds[HANDED])
{
	for (int i = 0; i < HANDED; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

bool fp_puppet_next(int stage, struct fp_puppet *p)
{
	for (;;) {
		char octet;
		int fds[HANDED] = {-1, -1, -1};
		struct ucred who = {0};
		union ancillary a;
		struct iovec v = {&octet, 1};
		struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &a, .msg_controllen = sizeof a};
		ssize_t len = recvmsg(stage, &m, MSG_CMSG_CLOEXEC);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return false;
		if (ancillary_read(&m, fds, &who) && who.uid == geteuid()) {
			*p = (struct fp_puppet){.pid = who.pid, .string = fds[STRING], .in = fds[IN], .out = fds[OUT]};
			return true;
		}
		fds_close(fds); /* somebody else's */
	}
}

void fp_puppet_exit(struct fp_puppet *p)
{
	send(p->string, "", 1, MSG_NOSIGNAL); /* one that is over needs no telling */
}

void fp_puppet_kill(struct fp_puppet *p)
{
	if (!fp_puppet_is_over(p)) /* while its string is held the number is its own */
		kill(p->pid, SIGKILL);
}

bool fp_puppet_is_over(const struct fp_puppet *p)
{
	struct pollfd end = {.fd = p->string, .events = POLLIN};
	return poll(&end, 1, 0) == 1;
}

void fp_puppet_fini(struct fp_puppet *p)
{
	close(p->string);
	*p = (struct fp_puppet){.string = -1, .in = -1, .out = -1};
}

/* ---- the puppet's ---- */

static const struct fp_cli cli = {"forkpool-conform worker",
                                  "Usage: forkpool-conform worker NAME\n"
                                  "A worker of the suite's own, for a pool under test. The suite gives the pool this\n"
                                  "command; NAME is where the suite waits for it.\n"
                                  "\n"
                                  "Exit status: 0 when the suite lets it go, 1 when the suite is gone.\n"
                                  "\n"
                                  "Example, as the suite gives it to a pool:\n"
                                  "  exec forkpool-conform worker 0001f\n"};

static int hand_over(const char *name, int string)
{
	int fds[HANDED] = {[IN] = 0, [OUT] = 1, [STRING] = string};
	struct sockaddr_un to;
	socklen_t to_len = address_of(&to, name);
	union ancillary a = {0};
	struct iovec v = {&(char){0}, 1};
	struct msghdr m = {.msg_name = &to, .msg_namelen = to_len, .msg_iov = &v, .msg_iovlen = 1, .msg_control = &a,
	                   .msg_controllen = CMSG_SPACE(sizeof fds)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fds)};
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = s < 0 || sendmsg(s, &m, 0) < 0 ? -errno : 0;
	if (s >= 0)
		close(s);
	return r;
}

int fp_command_worker(int argc, char **argv)
{
	int at = fp_cli_parse(&cli, NULL, 0, argc, argv), string[2];
	char octet;
	if (argc - at != 1 || strlen(argv[at]) >= FP_PUPPET_NAME_BYTES)
		fp_cli_wrong(&cli, "one NAME is expected");
	int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, string) < 0 ? -errno : hand_over(argv[at], string[1]);
	if (r) {
		fp_cli_say(&cli, "%s: the suite is not there: %s", argv[at], strerror(-r));
		return 1;
	}
	close(0);
	close(1);
	close(string[1]);
	return read(string[0], &octet, 1) == 1 ? 0 : 1;
}
