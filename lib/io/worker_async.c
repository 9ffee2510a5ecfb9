/* The loop of an async worker, on libev: requests are begun as they come, answers leave as they are made. See work.h. */
#include "work.h"

#include "sys.h"

#include <ev.h>
#include <sys/epoll.h>

static struct async {
	struct fp_work *work;
	ev_io read, write;
	ev_io hang_up;    /* after end of file, while answers are owed */
	ev_prepare flush; /* what was made in a round of the loop leaves in one write */
} async;

static void stop(void)
{
	ev_io_stop(async.work->loop, &async.read);
	ev_io_stop(async.work->loop, &async.write);
	ev_io_stop(async.work->loop, &async.hang_up);
	ev_prepare_stop(async.work->loop, &async.flush);
}

static void set_watcher(ev_io *io, bool is_wanted)
{
	if (is_wanted && !ev_is_active(io))
		ev_io_start(async.work->loop, io);
	else if (!is_wanted && ev_is_active(io))
		ev_io_stop(async.work->loop, io);
}

static bool is_all_written(const struct fp_work *w)
{
	return !fp_child_tx_buf(&w->child).len;
}

/* When the done function returns, the loop goes on without the protocol (SHUT-3). */
static void finish(struct fp_work *w)
{
	stop();
	fp_work_end(w);
	if (w->status || !w->done)
		ev_break(w->loop, EVBREAK_ALL);
	else
		ev_ref(w->loop);
}

/* Works off what is here, then watches for what can go on. */
static void go_on(struct fp_work *w)
{
	while (fp_work_next(w))
		;
	if (!fp_work_write(w, false)) {
		stop();
		ev_break(w->loop, EVBREAK_ALL);
		return;
	}
	bool is_over = w->status || !w->is_serving;
	if (is_over && is_all_written(w)) {
		finish(w);
		return;
	}
	set_watcher(&async.read, !is_over && fp_child_wants_input(&w->child));
	set_watcher(&async.write, !is_all_written(w));
}

static void on_hang_up(struct ev_loop *loop, ev_io *io, int events)
{
	(void)io;
	(void)events;
	async.work->status = 1;
	stop();
	ev_break(loop, EVBREAK_ALL);
}

/* After end of file the peer may still read answers, until it closes altogether: then none will ever be taken. An epoll
 * descriptor that asks for nothing is told of that alone. */
static void watch_hang_up(struct fp_work *w)
{
	struct epoll_event nothing = {.events = 0};
	int fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, w->options.wfd, &nothing) < 0) {
		fp_sys_close(fd);
		return;
	}
	ev_io_init(&async.hang_up, on_hang_up, fd, EV_READ);
	ev_io_start(w->loop, &async.hang_up);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)io;
	(void)events;
	struct fp_work *w = async.work;
	fp_work_read(w);
	go_on(w);
	if (w->is_serving && w->child.reader.at_eof && fp_child_outstanding(&w->child))
		watch_hang_up(w);
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)io;
	(void)events;
	go_on(async.work);
}

static void on_prepare(struct ev_loop *loop, ev_prepare *p, int events)
{
	(void)loop;
	(void)p;
	(void)events;
	go_on(async.work);
}

void fp_work_loop_async(struct fp_work *w)
{
	w->loop = ev_loop_new(EVFLAG_AUTO);
	if (!w->loop) {
		fp_work_complain(w, "no event loop", NULL);
		return;
	}
	async.work = w;
	fp_sys_set_blocking(w->options.rfd, false);
	fp_sys_set_blocking(w->options.wfd, false);
	ev_io_init(&async.read, on_readable, w->options.rfd, EV_READ);
	ev_io_init(&async.write, on_writable, w->options.wfd, EV_WRITE);
	ev_prepare_init(&async.flush, on_prepare);
	ev_io_start(w->loop, &async.read);
	ev_prepare_start(w->loop, &async.flush);
	ev_run(w->loop, 0);
	if (w->status)
		fp_work_write(w, true);
	ev_loop_destroy(w->loop);
}
