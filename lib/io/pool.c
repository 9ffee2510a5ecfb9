/* libev around an engine: descriptors, processes and callbacks of a pool. The contracts are in forkpool.h. Must not know
 * policy: it carries out what the engine says and tells it what happened. */
#include "options.h"
#include "outbox.h"
#include "serialiser.h"
#include "sys.h"
#include "template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct fp_pool {
	struct ev_loop *loop;
	struct fp_engine engine;
	struct fp_options options;   /* scalars and callbacks; the texts below are copies */
	char *function, *command, *init;
	struct fp_args init_args;
	const struct fp_serialiser *serialiser;
	struct fp_template *template; /* its own, perhaps a fork of the application's */
	ev_prepare prepare;
	ev_timer timer;
	uint64_t deadline_ns;        /* the timer is set to this */
	struct fp_list unwritten;    /* workers that have something to write */
	bool is_draining;            /* in on_prepare */
	bool is_woken;               /* the timer is set so that the loop does not wait */
	bool is_over;                /* the engine is done; freed at the end of this round */
};

/* The host's half of a worker. */
struct host {
	struct fp_pool *pool;
	struct fp_worker *worker;
	struct fp_fork fork;
	struct fp_link unwritten;
	struct fp_buf hello; /* the start-up commands, written before anything else */
	int fd;              /* -1: closed */
	uint64_t received;   /* octets */
	const struct fp_outbox_memory *outbox; /* NULL: none */
	ev_io readable, writable;
	bool is_half_close_due; /* once hello is written */
	bool is_told_exited;
};

/* Every wake-up begins with this. */
static void wake(struct fp_pool *p)
{
	fp_engine_tick(&p->engine, fp_sys_now_ns());
}

/* A call may come after this pool's turn in the round, from another prepare watcher: the loop must not wait then. */
static void wake_loop(struct fp_pool *p)
{
	wake(p);
	if (p->is_draining || p->is_woken)
		return;
	p->is_woken = true;
	ev_timer_stop(p->loop, &p->timer);
	ev_timer_set(&p->timer, 0, 0);
	ev_timer_start(p->loop, &p->timer);
}

/* ---- octets ---- */

static void receive(struct host *h, size_t n)
{
	h->received += n;
	fp_engine_rx_ack(&h->pool->engine, h->worker, n);
}

/* Answers that the worker had made and not written when it ended. */
static void receive_outbox(struct host *h)
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

/* n: 0 at end of file, else a negative errno. */
static void end_reading(struct host *h, ssize_t n)
{
	ev_io_stop(h->pool->loop, &h->readable);
	receive_outbox(h);
	if (n == 0)
		fp_engine_rx_eof(&h->pool->engine, h->worker);
	else
		fp_engine_rx_error(&h->pool->engine, h->worker, FP_READ, (int)-n);
}

/* One read a round: the loop comes back while there is more, and others get their turn. */
static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct host *h = io->data;
	struct fp_space space;
	wake(h->pool);
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
static bool read_to_the_end(struct host *h)
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

static void fail_writing(struct host *h, int system_errno)
{
	ev_io_stop(h->pool->loop, &h->writable);
	if (!read_to_the_end(h))
		fp_engine_tx_error(&h->pool->engine, h->worker, system_errno);
}

static struct fp_span next_octets(struct host *h)
{
	return fp_buf_len(&h->hello) ? fp_buf_front(&h->hello) : fp_engine_tx_buf(&h->pool->engine, h->worker);
}

static void acknowledge(struct host *h, size_t n)
{
	if (fp_buf_len(&h->hello))
		fp_buf_drop(&h->hello, n);
	else
		fp_engine_tx_ack(&h->pool->engine, h->worker, n);
}

static void write_worker(struct host *h)
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
	struct host *h = io->data;
	wake(h->pool);
	write_worker(h);
}

static void want_write(struct host *h)
{
	if (!fp_link_is_in(&h->unwritten) && !ev_is_active(&h->writable))
		fp_list_push(&h->pool->unwritten, &h->unwritten);
}

/* ---- processes ---- */

static void tell_exited(struct host *h, int exit_status, int signal)
{
	if (h->is_told_exited || !h->worker->started)
		return;
	h->is_told_exited = true;
	fp_engine_worker_exited(&h->pool->engine, h->worker, exit_status, signal);
}

static struct host *host_of(struct fp_fork *f)
{
	return FP_OWNER(f, struct host, fork);
}

static void on_started(struct fp_fork *f)
{
	struct host *h = host_of(f);
	wake(h->pool);
	if (f->outbox_fd >= 0)
		h->outbox = fp_outbox_map(f->outbox_fd);
	f->outbox_fd = -1;
	fp_engine_worker_started(&h->pool->engine, h->worker);
}

static void on_failed(struct fp_fork *f, int system_errno)
{
	struct host *h = host_of(f);
	fp_fork_forget(f);
	wake(h->pool);
	h->is_told_exited = true;
	fp_engine_worker_failed(&h->pool->engine, h->worker, system_errno);
}

static void on_exited(struct fp_fork *f, int exit_status, int signal)
{
	struct host *h = host_of(f);
	wake(h->pool);
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
	struct fp_item require[] = {
		fp_item_str(fp_command_require), fp_item_str(async ? FP_COMMAND_ASYNC_MODULE : FP_COMMAND_SYNC_MODULE)};
	struct fp_item args[] = {
		fp_item_str(p->function), fp_item_str(p->init ? p->init : ""), fp_item_str(fp_serialiser_source(p->serialiser)),
		fp_item_str(async ? FP_COMMAND_ASYNC_DONE : FP_COMMAND_SYNC_DONE)};
	enum fp_reason r = fp_command_put_items(out, FP_COMMAND_EVAL, require, 2);
	if (!r && p->init_args.n)
		r = fp_command_put_items(out, FP_COMMAND_ARGS, fp_args_seal(&p->init_args), p->init_args.n);
	if (!r)
		r = fp_command_put_items(out, FP_COMMAND_ARGS, args, 4);
	return r ? r : fp_command_put(out, FP_COMMAND_RUN, run, strlen(run));
}

static struct host *host_new(struct fp_pool *p, struct fp_worker *w)
{
	struct host *h = calloc(1, sizeof *h);
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
static int begin(struct host *h)
{
	int sv[2];
	if (put_start_up(h->pool, &h->hello))
		return ENOMEM;
	int r = fp_sys_socketpair(sv);
	if (r)
		return -r;
	enum fp_reason why = fp_template_fork_process(h->pool->template, &h->fork, &fork_watch, sv[1]);
	r = errno;
	close(sv[1]);
	h->fd = sv[0];
	fp_sys_set_blocking(h->fd, false);
	ev_io_set(&h->readable, h->fd, EV_READ);
	ev_io_set(&h->writable, h->fd, EV_WRITE);
	if (why)
		return why == FP_NOMEM ? ENOMEM : r;
	ev_io_start(h->pool->loop, &h->readable);
	want_write(h);
	return 0;
}

static void start_worker(struct fp_pool *p, struct fp_worker *w)
{
	struct host *h = host_new(p, w);
	int why = h ? begin(h) : ENOMEM;
	if (!why)
		return;
	if (h)
		h->is_told_exited = true;
	fp_engine_worker_failed(&p->engine, w, why);
}

static void close_worker(struct host *h)
{
	ev_io_stop(h->pool->loop, &h->readable);
	ev_io_stop(h->pool->loop, &h->writable);
	if (fp_link_is_in(&h->unwritten))
		fp_list_remove(&h->unwritten);
	fp_sys_close(h->fd);
	h->fd = -1;
}

static void host_free(struct host *h)
{
	if (!h)
		return;
	close_worker(h);
	fp_fork_forget(&h->fork);
	fp_buf_fini(&h->hello);
	fp_outbox_unmap(h->outbox);
	free(h);
}

/* ---- what the application is told ---- */

static void describe(char text[256], const struct fp_op *op)
{
	char worker[32] = "", offset[48] = "";
	if (op->worker)
		snprintf(worker, sizeof worker, "worker %llu: ", (unsigned long long)op->worker->number);
	if (op->offset)
		snprintf(offset, sizeof offset, " after %llu octets", (unsigned long long)op->offset);
	snprintf(text, 256, "%s%s%s%s%s", worker, fp_reason_text(op->reason), offset, op->system_errno ? ": " : "",
	         op->system_errno ? strerror(op->system_errno) : "");
}

static void tell_error(struct fp_pool *p, const struct fp_error *error)
{
	if (p->options.on_error) {
		p->options.on_error(p->options.data, error);
	} else if (p->options.on_event) {
		struct fp_item items[] = {fp_item_str("error"), fp_item_str(error->text)};
		p->options.on_event(p->options.data, &(struct fp_event){error->worker, items, 2, true});
	} else {
		fprintf(stderr, "forkpool: %s\n", error->text);
	}
}

static void tell_error_op(struct fp_pool *p, const struct fp_op *op)
{
	char text[256];
	describe(text, op);
	tell_error(p, &(struct fp_error){op->worker ? op->worker->number : 0, op->reason, op->offset, op->system_errno, text});
}

static void on_trouble(void *data, int system_errno, const char *text)
{
	struct fp_pool *p = data;
	char line[256];
	snprintf(line, sizeof line, "%s%s%s", text, system_errno ? ": " : "", system_errno ? strerror(system_errno) : "");
	tell_error(p, &(struct fp_error){0, FP_START, 0, system_errno, line});
}

static void tell_event(struct fp_pool *p, const struct fp_op *op)
{
	if (p->options.on_event)
		p->options.on_event(p->options.data, &(struct fp_event){op->worker->number, op->items, op->n, false});
}

static void tell_trace(struct fp_pool *p, const struct fp_trace *t)
{
	char line[128];
	snprintf(line, sizeof line, "worker %llu %s -> %s%s%s", (unsigned long long)t->worker, fp_worker_state_name(t->from),
	         fp_worker_state_name(t->to), t->reason ? " " : "", t->reason ? fp_reason_name(t->reason) : "");
	p->options.on_trace(p->options.data, p->engine.now_ns, line);
}

/* ---- operations ---- */

static void carry_out(struct fp_pool *p, const struct fp_op *op)
{
	struct host *h = op->worker ? op->worker->host : NULL;
	switch (op->kind) {
	case FP_OP_START:
		start_worker(p, op->worker);
		break;
	case FP_OP_WRITE:
		want_write(h);
		break;
	case FP_OP_HALF_CLOSE:
		h->is_half_close_due = true;
		want_write(h);
		break;
	case FP_OP_KILL:
		if (h->fork.pidfd >= 0)
			fp_sys_pidfd_kill(h->fork.pidfd, op->signal);
		break;
	case FP_OP_CLOSE:
		close_worker(h);
		if (!fp_template_is_ours(p->template))
			tell_exited(h, -1, 0);
		break;
	case FP_OP_GONE:
		host_free(h);
		break;
	case FP_OP_OUTCOME:
		if (op->job->cb)
			((fp_result_cb *)(uintptr_t)op->job->cb)(op->job->data, &op->result);
		break;
	case FP_OP_EVENT:
		tell_event(p, op);
		break;
	case FP_OP_ERROR:
		tell_error_op(p, op);
		break;
	case FP_OP_ROOM:
		if (p->options.on_room)
			p->options.on_room(p->options.data);
		break;
	case FP_OP_TRACE:
		tell_trace(p, &op->trace);
		break;
	case FP_OP_DESTROYED:
		p->is_over = true;
		break;
	}
}

/* ---- the loop ---- */

static void set_timer(struct fp_pool *p)
{
	uint64_t deadline_ns = fp_engine_deadline_ns(&p->engine);
	if (deadline_ns == p->deadline_ns && ev_is_active(&p->timer) && !p->is_woken)
		return;
	p->is_woken = false;
	p->deadline_ns = deadline_ns;
	ev_timer_stop(p->loop, &p->timer);
	if (deadline_ns == FP_NEVER)
		return;
	uint64_t now_ns = fp_sys_now_ns();
	double after = deadline_ns > now_ns ? (double)(deadline_ns - now_ns) / (double)FP_S : 0;
	/* libev counts from when this round of the loop began */
	ev_timer_set(&p->timer, after + (ev_time() - ev_now(p->loop)), 0);
	ev_timer_start(p->loop, &p->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	wake(timer->data);
}

static void free_pool(struct fp_pool *p)
{
	ev_prepare_stop(p->loop, &p->prepare);
	ev_timer_stop(p->loop, &p->timer);
	fp_engine_fini(&p->engine);
	fp_template_free(p->template);
	fp_args_fini(&p->init_args);
	free(p->function);
	free(p->command);
	free(p->init);
	free(p);
}

/* The one place where operations are carried out and callbacks are called: once a round, before the loop waits. Frames given
 * out while a round lasted leave in one write. */
static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)loop;
	(void)events;
	struct fp_pool *p = prepare->data;
	struct fp_op op;
	wake(p);
	p->is_draining = true;
	while (fp_engine_next_op(&p->engine, &op)) {
		do
			carry_out(p, &op);
		while (fp_engine_next_op(&p->engine, &op));
		for (struct fp_link *k; (k = fp_list_pop(&p->unwritten));)
			write_worker(FP_OWNER(k, struct host, unwritten));
	}
	p->is_draining = false;
	if (!p->is_over) {
		set_timer(p);
		return;
	}
	if (p->options.on_destroy)
		p->options.on_destroy(p->options.data);
	free_pool(p);
}

/* ---- making a pool ---- */

static char *copy_text(const char *s)
{
	return s ? strdup(s) : NULL;
}

static enum fp_reason copy_options(struct fp_pool *p, const char *function, const struct fp_options *o)
{
	enum fp_reason r = FP_NONE;
	p->options = *o;
	p->serialiser = fp_serialiser_by_name(o->serialiser);
	p->function = copy_text(function);
	p->command = copy_text(o->command);
	p->init = copy_text(o->init);
	fp_args_init(&p->init_args, &fp_sys_alloc, FP_COMMAND_BYTES_MAX);
	for (size_t i = 0; !r && i < o->init_args_n; i++)
		r = fp_args_copy(&p->init_args, o->init_args[i]);
	bool is_lost = (function && !p->function) || (o->command && !p->command) || (o->init && !p->init);
	return is_lost ? FP_NOMEM : r;
}

static enum fp_reason set_up_template(struct fp_pool *p, const struct fp_options *o)
{
	struct fp_template *t = p->template;
	char frame_bytes_max[24];
	enum fp_reason r = FP_NONE;
	snprintf(frame_bytes_max, sizeof frame_bytes_max, "%llu", (unsigned long long)o->frame_bytes_max);
	fp_template_set_watch(t, &(struct fp_template_watch){on_trouble, p});
	if (o->profile == FP_NATIVE)
		r = fp_template_set(t, "profile", "native");
	if (!r && o->frame_bytes_max != FP_FRAME_BYTES_MAX_DEFAULT)
		r = fp_template_set(t, "frame_bytes_max", frame_bytes_max);
	if (!r && !o->async && o->load > 1)
		r = fp_template_set(t, "outbox", "1");
	if (!r && o->require && o->require[0])
		r = fp_template_require(t, o->require);
	return !r && o->eval ? fp_template_eval(t, o->eval, NULL, 0) : r;
}

static void start_watchers(struct fp_pool *p)
{
	ev_prepare_init(&p->prepare, on_prepare);
	ev_timer_init(&p->timer, on_timer, 0, 0);
	p->prepare.data = p->timer.data = p;
	ev_prepare_start(p->loop, &p->prepare);
	p->deadline_ns = FP_NEVER;
}

/* Everything that can fail. NULL: done; else why not. */
static const char *make(struct fp_pool *p, const char *function, const struct fp_options *o)
{
	if (copy_options(p, function, o))
		return "out of memory";
	p->template = o->from_template ? fp_template_fork(o->from_template) : fp_template_new(p->loop, o->template_command);
	if (!p->template)
		return strerror(errno);
	return set_up_template(p, o) ? "the template's setup is too long, or there is no memory" : NULL;
}

struct fp_pool *fp_pool_new(struct ev_loop *loop, const char *function, const struct fp_options *o, char why[256])
{
	const char *text = fp_options_check(o, function);
	struct fp_pool *p = text ? NULL : calloc(1, sizeof *p);
	if (p) {
		struct fp_engine_config config = fp_options_config(o);
		p->loop = loop;
		fp_list_init(&p->unwritten);
		fp_engine_init(&p->engine, &fp_sys_alloc, &config, fp_sys_now_ns());
		start_watchers(p);
		text = make(p, function, o);
	} else if (!text) {
		text = "out of memory";
	}
	if (!text)
		return p;
	if (why)
		snprintf(why, 256, "%s", text);
	if (p)
		free_pool(p);
	return NULL;
}

/* ---- calls ---- */

enum fp_reason fp_pool_call(struct fp_pool *p, const struct fp_item *args, size_t n, const struct fp_limits *limits,
                            fp_result_cb *cb, void *data, struct fp_job **job)
{
	struct fp_job *j;
	wake_loop(p);
	enum fp_reason r = fp_engine_submit(&p->engine, args, n, limits, &j);
	if (r)
		return r;
	j->cb = (void *)(uintptr_t)cb;
	j->data = data;
	if (job)
		*job = j;
	return FP_NONE;
}

void fp_pool_cancel(struct fp_pool *p, struct fp_job *job)
{
	wake_loop(p);
	fp_engine_cancel(&p->engine, job);
}

void fp_pool_destroy(struct fp_pool *p)
{
	wake_loop(p);
	fp_engine_close(&p->engine);
}

void fp_pool_abort(struct fp_pool *p)
{
	wake_loop(p);
	fp_engine_abort(&p->engine);
}

void fp_pool_stats(const struct fp_pool *p, struct fp_stats *s)
{
	fp_engine_stats(&p->engine, s);
}
