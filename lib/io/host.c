/* The pool's half of a worker. See host.h. */
#include "host.h"

#include "outbox.h"
#include "serialiser.h"
#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- octets ---- */

static void receive(struct fp_host *h, size_t n)
{
	h->received += n;
	fp_engine_rx_ack(&h->pool->engine, h->worker, n);
}

/* Answers that the worker had made and not written when it ended. */
static void receive_outbox(struct fp_host *h)
{
	struct fp_space space;
	struct fp_span rest;
	while (h->outbox && (rest = fp_outbox_rest(h->outbox, h->received)).len) {
		if (fp_engine_rx_buf(&h->pool->engine, h->worker, &space))
			return;
		size_t n = rest.len < space.len ? rest.len : space.len;
		memcpy(space.data, rest.data, n);
		receive(h, n);
	}
}

/* n: 0 at end of file, else a negative errno. A peer that ended with octets unread resets the connection, which is the same end
 * (ERR-8): all that it wrote has been read by then. */
static void end_reading(struct fp_host *h, ssize_t n)
{
	ev_io_stop(h->pool->loop, &h->readable);
	receive_outbox(h);
	if (n == 0 || n == -ECONNRESET)
		fp_engine_rx_eof(&h->pool->engine, h->worker);
	else
		fp_engine_rx_error(&h->pool->engine, h->worker, FP_READ, (int)-n);
}

/* One read a round: the loop comes back while there is more, and others get their turn. */
static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct fp_host *h = io->data;
	struct fp_space space;
	fp_pool_tick(h->pool);
	if (fp_engine_rx_buf(&h->pool->engine, h->worker, &space)) {
		ev_io_stop(loop, io);
		return;
	}
	ssize_t n = fp_sys_read(h->fd, space.data, space.len);
	if (n > 0)
		receive(h, (size_t)n);
	else if (n != -EAGAIN)
		end_reading(h, n);
}

/* What a peer wrote before it went away counts, and comes before what is said of its end. Answers whether that was reached. */
static bool read_to_the_end(struct fp_host *h)
{
	struct fp_engine *e = &h->pool->engine;
	struct fp_space space;
	ssize_t n = -EAGAIN;
	while (ev_is_active(&h->readable) && !fp_engine_rx_buf(e, h->worker, &space)) {
		n = fp_sys_read(h->fd, space.data, space.len);
		if (n > 0)
			receive(h, (size_t)n);
		else
			break;
	}
	if (n > 0 || n == -EAGAIN)
		return false;
	end_reading(h, n);
	return true;
}

static void fail_writing(struct fp_host *h, int system_errno)
{
	ev_io_stop(h->pool->loop, &h->writable);
	if (!read_to_the_end(h))
		fp_engine_tx_error(&h->pool->engine, h->worker, system_errno);
}

static struct fp_span next_octets(struct fp_host *h)
{
	return fp_buf_len(&h->hello) ? fp_buf_front(&h->hello) : fp_engine_tx_buf(&h->pool->engine, h->worker);
}

static void acknowledge(struct fp_host *h, size_t n)
{
	if (fp_buf_len(&h->hello))
		fp_buf_drop(&h->hello, n);
	else
		fp_engine_tx_ack(&h->pool->engine, h->worker, n);
}

void fp_host_write(struct fp_host *h)
{
	for (struct fp_span out; (out = next_octets(h)).len;) {
		ssize_t n = fp_sys_write(h->fd, out.data, out.len);
		if (n == -EAGAIN) {
			ev_io_start(h->pool->loop, &h->writable);
			return;
		}
		if (n < 0) {
			fail_writing(h, (int)-n);
			return;
		}
		acknowledge(h, (size_t)n);
	}
	ev_io_stop(h->pool->loop, &h->writable);
	if (h->is_half_close_due)
		shutdown(h->fd, SHUT_WR);
	h->is_half_close_due = false;
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct fp_host *h = io->data;
	fp_pool_tick(h->pool);
	fp_host_write(h);
}

/* ---- processes ---- */

static void tell_exited(struct fp_host *h, int exit_status, int signal)
{
	if (h->is_told_exited || !h->worker->started)
		return;
	h->is_told_exited = true;
	fp_engine_worker_exited(&h->pool->engine, h->worker, exit_status, signal);
}

static struct fp_host *host_of(struct fp_fork *f)
{
	return FP_OWNER(f, struct fp_host, fork);
}

static void on_started(struct fp_fork *f)
{
	struct fp_host *h = host_of(f);
	fp_pool_tick(h->pool);
	if (f->outbox_fd >= 0)
		h->outbox = fp_outbox_map(f->outbox_fd);
	f->outbox_fd = -1;
	fp_engine_worker_started(&h->pool->engine, h->worker);
}

static void on_failed(struct fp_fork *f, int system_errno)
{
	struct fp_host *h = host_of(f);
	fp_fork_forget(f);
	fp_pool_tick(h->pool);
	h->is_told_exited = true;
	fp_engine_worker_failed(&h->pool->engine, h->worker, system_errno);
}

static void on_exited(struct fp_fork *f, int exit_status, int signal)
{
	struct fp_host *h = host_of(f);
	fp_pool_tick(h->pool);
	read_to_the_end(h);
	fp_fork_forget(f);
	tell_exited(h, exit_status, signal);
}

static const struct fp_fork_watch fork_watch = {on_started, on_failed, on_exited};

/* The original's start-up of a worker (INI-1), or ours of a shell command. */
static enum fp_reason put_start_up(struct fp_pool *p, struct fp_buf *out)
{
	if (p->command) {
		struct fp_item command = fp_item_str(p->command);
		enum fp_reason r = fp_command_put_items(out, FP_COMMAND_ARGS, &command, 1);
		return r ? r : fp_command_put(out, FP_COMMAND_RUN, FP_COMMAND_SHELL_RUN, strlen(FP_COMMAND_SHELL_RUN));
	}
	bool async = p->options.async;
	const char *run = async ? FP_COMMAND_ASYNC_RUN : FP_COMMAND_SYNC_RUN;
	struct fp_item require[] = {fp_item_str(fp_command_require),
	                            fp_item_str(async ? FP_COMMAND_ASYNC_MODULE : FP_COMMAND_SYNC_MODULE)};
	struct fp_item args[] = {fp_item_str(p->function), fp_item_str(p->init ? p->init : ""),
	                         fp_item_str(fp_serialiser_source(p->serialiser)),
	                         fp_item_str(async ? FP_COMMAND_ASYNC_DONE : FP_COMMAND_SYNC_DONE)};
	enum fp_reason r = FP_NONE;
	if (p->init_args.n)
		r = fp_command_put_items(out, FP_COMMAND_ARGS, fp_args_seal(&p->init_args), p->init_args.n);
	if (!r)
		r = fp_command_put_items(out, FP_COMMAND_EVAL, require, 2);
	if (!r)
		r = fp_command_put_items(out, FP_COMMAND_ARGS, args, 4);
	return r ? r : fp_command_put(out, FP_COMMAND_RUN, run, strlen(run));
}

static struct fp_host *host_new(struct fp_pool *p, struct fp_worker *w)
{
	struct fp_host *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->pool = p;
	h->worker = w;
	h->fd = h->fork.pidfd = h->fork.outbox_fd = -1;
	fp_buf_init(&h->hello, &fp_sys_alloc, SIZE_MAX);
	ev_io_init(&h->readable, on_readable, 0, EV_READ);
	ev_io_init(&h->writable, on_writable, 0, EV_WRITE);
	h->readable.data = h->writable.data = h;
	w->host = h;
	return h;
}

/* 0, or why not: an errno. */
static int begin(struct fp_host *h)
{
	int sv[2];
	if (put_start_up(h->pool, &h->hello))
		return ENOMEM;
	int r = fp_sys_socketpair(sv);
	if (r)
		return -r;
	enum fp_reason why = fp_template_fork_process(h->pool->template, &h->fork, &fork_watch, sv[1]);
	if (why)
		fp_sys_close(sv[1]);
	h->fd = sv[0];
	fp_sys_set_blocking(h->fd, false);
	ev_io_set(&h->readable, h->fd, EV_READ);
	ev_io_set(&h->writable, h->fd, EV_WRITE);
	if (why)
		return ENOMEM;
	ev_io_start(h->pool->loop, &h->readable);
	fp_host_write(h);
	return 0;
}

void fp_host_start(struct fp_pool *p, struct fp_worker *w)
{
	struct fp_host *h = host_new(p, w);
	int why = h ? begin(h) : ENOMEM;
	if (!why)
		return;
	if (h)
		h->is_told_exited = true;
	fp_engine_worker_failed(&p->engine, w, why);
}

static void close_socket(struct fp_host *h)
{
	ev_io_stop(h->pool->loop, &h->readable);
	ev_io_stop(h->pool->loop, &h->writable);
	fp_sys_close(h->fd);
	h->fd = -1;
}

void fp_host_close(struct fp_host *h)
{
	close_socket(h);
	if (!fp_template_is_ours(h->pool->template))
		tell_exited(h, -1, 0); /* nobody will tell */
}

void fp_host_half_close(struct fp_host *h)
{
	h->is_half_close_due = true;
	fp_host_write(h);
}

void fp_host_kill(struct fp_host *h, int signal)
{
	if (h->fork.pidfd >= 0)
		fp_sys_pidfd_kill(h->fork.pidfd, signal);
}

void fp_host_free(struct fp_host *h)
{
	if (!h)
		return;
	close_socket(h);
	fp_fork_forget(&h->fork);
	fp_buf_fini(&h->hello);
	fp_outbox_unmap(h->outbox);
	free(h);
}
