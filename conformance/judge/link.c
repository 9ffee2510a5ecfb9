/* The judge's end of a connection. See link.h. */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)
#define READS_MAX 16u /* at a time: others have to get their turn */

/* ---- open, close ---- */

static int open_pipes(struct fp_link *l, int peer[2])
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
	l->out = to[1];
	l->in = from[0];
	peer[0] = to[0];
	peer[1] = from[1];
	return 0;
}

static int open_socket(struct fp_link *l, int peer[2])
{
	int sv[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return -errno;
	l->in = l->out = sv[0];
	peer[0] = peer[1] = sv[1];
	return 0;
}

static void unblock(const struct fp_link *l)
{
	fcntl(l->in, F_SETFL, O_NONBLOCK);
	fcntl(l->out, F_SETFL, O_NONBLOCK);
}

int fp_link_open(struct fp_link *l, bool is_pipe, int peer[2])
{
	*l = (struct fp_link){.in = -1, .out = -1, .is_pipe = is_pipe};
	int r = is_pipe ? open_pipes(l, peer) : open_socket(l, peer);
	if (r)
		return r;
	unblock(l);
	return 0;
}

void fp_link_adopt(struct fp_link *l, int in, int out)
{
	*l = (struct fp_link){.in = in, .out = out, .is_pipe = in != out};
	unblock(l);
}

static void ends_close(struct fp_link *l)
{
	if (l->in >= 0)
		close(l->in);
	if (l->out >= 0 && l->out != l->in)
		close(l->out);
	l->in = l->out = -1;
}

void fp_link_shut(struct fp_link *l)
{
	ends_close(l);
	l->is_ended = l->is_closed = true;
}

void fp_link_fini(struct fp_link *l)
{
	ends_close(l);
	fp_bytes_fini(&l->got);
	free(l->ops);
	*l = (struct fp_link){.in = -1, .out = -1};
}

/* ---- what is done to the peer ---- */

void fp_link_put(struct fp_link *l, enum fp_link_do what, const void *data, size_t len)
{
	l->ops = fp_grow(l->ops, l->n_ops + 1, sizeof *l->ops);
	l->ops[l->n_ops++] = (struct fp_link_op){what, data, len};
}

static bool has_unread(const struct fp_link *l)
{
	int unread = 0;
	return ioctl(l->out, l->is_pipe ? (unsigned long)FIONREAD : (unsigned long)SIOCOUTQ, &unread) == 0 && unread != 0;
}

static bool is_read_by_peer(const struct fp_link *l)
{
	return l->out < 0 || l->is_closed || !has_unread(l);
}

bool fp_link_has_unread(const struct fp_link *l)
{
	return l->is_unread || (l->is_pipe && l->out >= 0 && has_unread(l));
}

static void half_close(struct fp_link *l)
{
	if (!l->is_pipe) {
		shutdown(l->out, SHUT_WR);
		return;
	}
	close(l->out);
	l->out = -1;
}

/* The octets that went, or 0: not now, or never. A peer that is gone takes nothing more. */
static size_t write_some(struct fp_link *l, const uint8_t *data, size_t len)
{
	ssize_t n;
	do
		n = l->is_pipe ? write(l->out, data, len) : send(l->out, data, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		l->is_closed = l->is_unread = true;
	return n < 0 ? 0 : (size_t)n;
}

/* Whether an operation is done after this. */
static bool op_do(struct fp_link *l, const struct fp_link_op *op)
{
	if (op->what == FP_LINK_CLOSE) {
		fp_link_shut(l);
		return true;
	}
	if (op->what == FP_LINK_END) {
		if (l->out >= 0)
			half_close(l);
		return true;
	}
	if (!l->written && l->n_done && l->ops[l->n_done - 1].what == FP_LINK_WRITE && !is_read_by_peer(l))
		return false;
	l->written += write_some(l, op->data + l->written, op->len - l->written);
	return l->written == op->len;
}

static void write_all(struct fp_link *l)
{
	while (l->n_done < l->n_ops) {
		const struct fp_link_op *op = &l->ops[l->n_done];
		if ((l->is_closed || l->out < 0) && op->what == FP_LINK_WRITE) {
			l->n_ops = l->n_done;
			return;
		}
		if (op_do(l, op)) {
			l->n_done++;
			l->written = 0;
		} else if (!l->is_closed) {
			return;
		}
	}
}

bool fp_link_is_drained(const struct fp_link *l)
{
	return l->n_done == l->n_ops && is_read_by_peer(l);
}

bool fp_link_is_waiting(const struct fp_link *l)
{
	return l->n_done < l->n_ops && !l->written && !is_read_by_peer(l);
}

/* ---- what the peer does ---- */

static bool is_reading(const struct fp_link *l)
{
	return l->in >= 0 && !l->is_paused && !l->is_ended && l->got.len < FP_LINK_GOT_MAX;
}

static void read_all(struct fp_link *l)
{
	for (unsigned i = 0; i < READS_MAX && is_reading(l); i++) {
		ssize_t n = read(l->in, fp_bytes_space(&l->got, READ_BYTES), READ_BYTES);
		if (n > 0)
			fp_bytes_add(&l->got, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno != EINTR) {
			l->is_ended = true;
			l->is_unread |= n < 0; /* a reset */
		}
	}
}

/* Of a peer that has ended: whether it still reads. */
static void closed_look(struct fp_link *l)
{
	struct pollfd p = {.fd = l->out};
	if (l->is_ended && !l->is_closed && l->out >= 0 && poll(&p, 1, 0) == 1 && p.revents & (POLLHUP | POLLERR))
		l->is_closed = true;
}

void fp_link_pump(struct fp_link *l)
{
	write_all(l);
	read_all(l);
	closed_look(l);
}

size_t fp_link_fds(const struct fp_link *l, struct pollfd fds[FP_LINK_FDS])
{
	bool has_to_write = l->n_done < l->n_ops && !l->is_closed && (l->written || is_read_by_peer(l));
	size_t n = 0;
	if (is_reading(l))
		fds[n++] = (struct pollfd){.fd = l->in, .events = POLLIN};
	if (has_to_write && l->out >= 0)
		fds[n++] = (struct pollfd){.fd = l->out, .events = POLLOUT};
	else if (l->is_ended && !l->is_closed && l->out >= 0)
		fds[n++] = (struct pollfd){.fd = l->out}; /* only that it closes */
	return n;
}
