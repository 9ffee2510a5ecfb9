/* A child's process and connection. See peer.h. */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TESTEE_FD 3
#define READ_BYTES ((size_t)64 << 10)
#define LOOK_MS 20        /* between looks at a child that says nothing */
#define LOOKS_ASLEEP 6u   /* in a row that find it as it was: then it sleeps for good */
#define DRAIN_LOOK_NS 20000 /* nothing tells that octets were read */
#define DRAIN_LOOKS_AT_ONCE 200u

volatile bool fp_peer_is_stopped;

/* ---- start ---- */

static int connect_socket(struct fp_peer *p, struct fp_handed handed[2])
{
	int sv[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return -errno;
	p->in = p->out = sv[0];
	handed[0] = (struct fp_handed){sv[1], TESTEE_FD};
	return 1;
}

static int connect_pipes(struct fp_peer *p, struct fp_handed handed[2])
{
	int to[2], from[2];
	if (pipe2(to, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(from, O_CLOEXEC) < 0) {
		int r = -errno;
		close(to[0]);
		close(to[1]);
		return r;
	}
	p->in = from[0];
	p->out = to[1];
	handed[0] = (struct fp_handed){to[0], 0};
	handed[1] = (struct fp_handed){from[1], 1};
	return 2;
}

static void tell(const struct fp_command *c, const struct fp_dialect *d)
{
	setenv("FORKPOOL_FD", "3", 1);
	if (c->is_stdio)
		unsetenv("FORKPOOL_FD");
	setenv("FORKPOOL_MODE", d->is_async ? "async" : "sync", 1);
	setenv("FORKPOOL_PROFILE", d->is_native ? "native" : "network", 1);
	setenv("FORKPOOL_SERIALISER", d->is_json ? "json" : "string", 1);
	unsetenv("FORKPOOL_FRAME_MAX");
}

/* The command with its {fd} replaced. To be freed. */
static char *command_text(const struct fp_command *c)
{
	const char *at = strstr(c->text, "{fd}");
	if (!at)
		return fp_text("%s", c->text);
	return fp_text("%.*s%d%s", (int)(at - c->text), c->text, c->is_stdio ? 0 : TESTEE_FD, at + strlen("{fd}"));
}

int fp_peer_start(struct fp_peer *p, const struct fp_command *c, const struct fp_dialect *d)
{
	struct fp_handed handed[2];
	fp_bytes_fini(&p->got);
	*p = (struct fp_peer){.in = -1, .out = -1, .is_pipe = c->is_stdio};
	int n = (c->is_stdio ? connect_pipes : connect_socket)(p, handed);
	if (n < 0)
		return n;
	fcntl(p->in, F_SETFL, O_NONBLOCK);
	fcntl(p->out, F_SETFL, O_NONBLOCK);
	tell(c, d);
	char *text = command_text(c);
	int r = fp_process_start(&p->process, text, handed, (size_t)n);
	free(text);
	for (int i = 0; i < n; i++)
		close(handed[i].from);
	if (r)
		fp_peer_end(p);
	return r;
}

/* ---- octets ---- */

static void write_some(struct fp_peer *p)
{
	while (p->to_send_len && p->out >= 0) {
		ssize_t n = write(p->out, p->to_send, p->to_send_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) { /* it reads no more; what it wrote before is still to be read */
			p->is_reset = true;
			p->to_send_len = 0;
			return;
		}
		p->to_send += n;
		p->to_send_len -= (size_t)n;
	}
}

/* Did anything come? */
static bool read_some(struct fp_peer *p)
{
	ssize_t n;
	do
		n = read(p->in, fp_bytes_space(&p->got, READ_BYTES), READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		fp_bytes_add(&p->got, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		p->is_ended = true;
	p->is_reset |= n < 0 && errno == ECONNRESET;
	return n > 0;
}

void fp_peer_send(struct fp_peer *p, const uint8_t *data, size_t len)
{
	p->to_send = data;
	p->to_send_len = len;
	write_some(p);
}

void fp_peer_half_close(struct fp_peer *p)
{
	if (p->is_pipe) {
		close(p->out);
		p->out = -1;
	} else {
		shutdown(p->out, SHUT_WR);
	}
}

/* ---- waiting ---- */

static bool has_unread(const struct fp_peer *p)
{
	int unread = 0;
	if (p->is_reset || p->is_ended || p->out < 0)
		return false;
	return ioctl(p->out, p->is_pipe ? (unsigned long)FIONREAD : (unsigned long)SIOCOUTQ, &unread) == 0 && unread != 0;
}

/* Did something happen on the connection within the time? */
static bool poll_once(struct fp_peer *p, int ms)
{
	struct pollfd fds[2] = {{.fd = p->in, .events = POLLIN}, {.fd = p->to_send_len ? p->out : -1, .events = POLLOUT}};
	if (poll(fds, 2, ms) <= 0)
		return false;
	if (fds[1].revents)
		write_some(p);
	if (fds[0].revents)
		read_some(p);
	return true;
}

struct rest {
	uint64_t stillness, since_ns;
	unsigned looks;
};

/* Sleeps it for good? What it writes to standard error is read, or that would be what it waits for. */
static bool is_at_rest(struct fp_peer *p, struct rest *r)
{
	size_t told = p->process.tail_len;
	fp_process_look(&p->process);
	uint64_t stillness = fp_process_stillness();
	bool is_same = stillness && stillness == r->stillness && told == p->process.tail_len;
	r->stillness = stillness;
	r->looks = is_same ? r->looks + 1 : 0;
	return r->looks >= LOOKS_ASLEEP;
}

enum fp_peer_news fp_peer_wait(struct fp_peer *p, const struct fp_command *c)
{
	struct rest rest = {0};
	while (!p->is_ended) {
		if (poll_once(p, LOOK_MS))
			return p->is_ended ? FP_PEER_ENDED : FP_PEER_MORE;
		if (fp_peer_is_stopped)
			return FP_PEER_STOPPED;
		if (!rest.since_ns)
			rest.since_ns = fp_now_ns();
		if (is_at_rest(p, &rest))
			return FP_PEER_ASLEEP;
		if (fp_now_ns() - rest.since_ns >= c->limit_ns)
			return FP_PEER_LATE;
	}
	return FP_PEER_ENDED;
}

enum fp_peer_news fp_peer_drain(struct fp_peer *p, const struct fp_command *c, bool till_asleep)
{
	struct rest rest = {.since_ns = fp_now_ns()};
	for (unsigned looks = 0; !p->is_ended; looks++) {
		bool is_drained = !p->to_send_len && !has_unread(p);
		if (is_drained && (!till_asleep || fp_process_is_asleep(&p->process)))
			return FP_PEER_MORE;
		if (looks < DRAIN_LOOKS_AT_ONCE)
			usleep(DRAIN_LOOK_NS / 1000);
		if (poll_once(p, looks < DRAIN_LOOKS_AT_ONCE ? 0 : LOOK_MS))
			continue;
		if (fp_peer_is_stopped)
			return FP_PEER_STOPPED;
		if (looks >= DRAIN_LOOKS_AT_ONCE && is_at_rest(p, &rest))
			return FP_PEER_ASLEEP;
		if (fp_now_ns() - rest.since_ns >= c->limit_ns)
			return FP_PEER_LATE;
	}
	return FP_PEER_ENDED;
}

/* ---- the end ---- */

bool fp_peer_await_exit(struct fp_peer *p, const struct fp_command *c)
{
	struct rest rest = {.since_ns = fp_now_ns()};
	fp_process_look(&p->process);
	while (!p->process.is_over && !fp_peer_is_stopped) {
		struct pollfd exit = {.fd = p->process.pidfd, .events = POLLIN};
		poll(&exit, 1, LOOK_MS);
		if (is_at_rest(p, &rest) || fp_now_ns() - rest.since_ns >= c->limit_ns)
			break;
	}
	return p->process.is_over;
}

void fp_peer_end(struct fp_peer *p)
{
	if (p->in >= 0)
		close(p->in);
	if (p->out >= 0 && p->out != p->in)
		close(p->out);
	p->in = p->out = -1;
	if (p->process.pid > 0)
		fp_process_end(&p->process);
}
