/* The pool's end of a template process: its life, octets in and out. See template.h. */
#include "template_inside.h"

#include "lifeline.h"
#include "program.h"
#include "sys.h"

#include <errno.h>
#include <stdlib.h>

#define REPEAT_MIN_S 0.1 /* pause before the second start in a row; it doubles */
#define REPEAT_MAX_S 10.

static const struct fp_fork_watch template_fork_watch;

/* ---- octets out ---- */

static void lose(struct fp_template *t, int system_errno, const char *text);

void fp_template_want_write(struct fp_template *t)
{
	if (t->fd >= 0 && !fp_list_is_empty(&t->out))
		ev_io_start(t->loop, &t->writable);
}

static void sent(struct fp_template *t, struct fp_chunk *c)
{
	struct fp_fork *f = c->fork;
	t->n_forks += c->is_fork;
	fp_list_remove(&c->link);
	fp_chunk_free(c);
	if (!f)
		return;
	f->number = t->n_forks;
	if (!fp_template_is_ours(t)) {
		f->is_started = true;
		f->watch->started(f);
	}
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct fp_template *t = io->data;
	for (struct fp_link *k; t->fd >= 0 && (k = fp_list_first(&t->out));) {
		struct fp_chunk *c = FP_OWNER(k, struct fp_chunk, link);
		int r = fp_chunk_write(c, t->fd);
		if (r == -EAGAIN)
			return;
		if (r) {
			lose(t, -r, "the template does not read its commands");
			return;
		}
		sent(t, c);
	}
	ev_io_stop(loop, io);
}

/* Queues a chunk, and keeps a copy for the next process if it is part of the setup. */
enum fp_reason fp_template_queue(struct fp_template *t, struct fp_chunk *c, bool is_setup)
{
	struct fp_chunk *copy = c && is_setup ? fp_chunk_copy(c) : NULL;
	if (!c || (is_setup && !copy)) {
		if (c)
			fp_chunk_free(c);
		return FP_NOMEM;
	}
	if (copy)
		fp_list_push(&t->setup, &copy->link);
	if (copy && t->fd < 0) {
		fp_chunk_free(c); /* the next process gets it with the setup */
	} else {
		fp_list_push(&t->out, &c->link);
		fp_template_want_write(t);
	}
	return FP_NONE;
}

/* ---- reports in ---- */

static void drop_report_fds(struct fp_template *t)
{
	for (int i = 0; i < 2; i++) {
		fp_sys_close(t->report_fds[i]);
		t->report_fds[i] = -1;
	}
}

static void take_report(struct fp_template *t)
{
	struct fp_report r = t->report;
	struct fp_fork *f = fp_fork_find(t, r.fork);
	int exit_status, signal;
	t->report_len = 0;
	t->failures = 0;
	if (!f || r.kind != FP_REPORT_STARTED || f->is_started)
		drop_report_fds(t);
	if (!f)
		return;
	switch ((enum fp_report_kind)r.kind) {
	case FP_REPORT_STARTED:
		f->pidfd = t->report_fds[0];
		f->outbox_fd = t->report_fds[1];
		t->report_fds[0] = t->report_fds[1] = -1;
		f->is_started = true;
		f->watch->started(f);
		break;
	case FP_REPORT_FAILED:
		f->watch->failed(f, r.value);
		break;
	case FP_REPORT_EXITED:
		f->number = 0;
		fp_sys_split_status(r.value, &exit_status, &signal);
		f->watch->exited(f, exit_status, signal);
		break;
	}
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	struct fp_template *t = io->data;
	while (t->fd >= 0) {
		int fd;
		ssize_t n = fp_sys_recv_fd(t->fd, (uint8_t *)&t->report + t->report_len, sizeof t->report - t->report_len,
		                           &fd);
		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			lose(t, (int)-n, "the template has ended");
			return;
		}
		if (fd >= 0 && t->report_len < 2)
			t->report_fds[t->report_len] = fd;
		else
			fp_sys_close(fd);
		t->report_len += (size_t)n;
		if (t->report_len == sizeof t->report)
			take_report(t);
	}
}

/* ---- life ---- */

static void watch_descriptor(struct fp_template *t, int fd)
{
	t->fd = fd;
	t->n_forks = 0;
	t->report_len = 0;
	fp_sys_set_blocking(fd, false);
	ev_io_set(&t->readable, fd, EV_READ);
	ev_io_set(&t->writable, fd, EV_WRITE);
	ev_io_start(t->loop, &t->readable);
	fp_template_want_write(t);
}

static void close_descriptors(struct fp_template *t)
{
	ev_io_stop(t->loop, &t->readable);
	ev_io_stop(t->loop, &t->writable);
	fp_sys_close(t->fd);
	drop_report_fds(t);
	t->fd = -1;
}

/* Copies of all chunks, each before the link. 0 or a negative errno. */
static int copy_chunks(const struct fp_list *from, struct fp_link *before)
{
	for (struct fp_link *k = fp_list_first(from); k; k = fp_list_after(from, k)) {
		struct fp_chunk *c = fp_chunk_copy(FP_OWNER(k, struct fp_chunk, link));
		if (!c)
			return -ENOMEM;
		fp_list_insert(before, &c->link);
	}
	return 0;
}

/* What sets the template up goes before what was asked for meanwhile. */
static int replay_setup(struct fp_template *t)
{
	struct fp_link *first = fp_list_first(&t->out);
	return copy_chunks(&t->setup, first ? first : &t->out.ends);
}

/* Starts the process; or has `parent` fork it, which is set up already. 0 or a negative errno. */
static int start(struct fp_template *t, struct fp_template *parent)
{
	int sv[2];
	int r = fp_sys_socketpair(sv);
	if (r)
		return r;
	if (parent)
		r = fp_template_fork_process(parent, &t->fork, &template_fork_watch, sv[1]) ? -ENOMEM : 0;
	else
		r = t->command ? fp_program_spawn_other(t->command, sv[1]) : fp_program_spawn(sv[1], t->lifeline);
	if (!r && !parent)
		r = replay_setup(t);
	if (!parent || r)
		fp_sys_close(sv[1]);
	if (r)
		fp_sys_close(sv[0]);
	else
		watch_descriptor(t, sv[0]);
	return r;
}

static void start_again_later(struct fp_template *t)
{
	double pause = t->failures ? REPEAT_MIN_S : 0;
	for (unsigned i = 1; i < t->failures && pause < REPEAT_MAX_S; i++)
		pause *= 2;
	t->failures++;
	ev_timer_set(&t->again, pause < REPEAT_MAX_S ? pause : REPEAT_MAX_S, 0);
	ev_timer_start(t->loop, &t->again);
}

/* The connection is over: what was under way fails. */
static void lose(struct fp_template *t, int system_errno, const char *text)
{
	close_descriptors(t);
	fp_fork_forget(&t->fork);
	fp_chunks_free(&t->out);
	start_again_later(t);
	fp_forks_orphan(t);
	if (t->watch.trouble)
		t->watch.trouble(t->watch.data, system_errno, text);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct fp_template *t = timer->data;
	int r = start(t, NULL);
	if (r)
		lose(t, -r, "the template cannot be started");
}

static void fork_exited(struct fp_fork *f, int exit_status, int signal)
{
	(void)exit_status;
	(void)signal;
	fp_fork_forget(f); /* the end of its socket tells the rest */
}

static void fork_failed(struct fp_fork *f, int system_errno)
{
	lose(FP_OWNER(f, struct fp_template, fork), system_errno, "the template cannot be forked");
}

static void fork_started(struct fp_fork *f)
{
	(void)f;
}

static const struct fp_fork_watch template_fork_watch = {fork_started, fork_failed, fork_exited};

static void free_command(char **command)
{
	for (size_t i = 0; command && command[i]; i++)
		free(command[i]);
	free(command);
}

static char **copy_command(const char *const *command)
{
	size_t n = 0;
	while (command[n])
		n++;
	char **copy = calloc(n + 1, sizeof *copy);
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(command[i]);
		if (!copy[i]) {
			free_command(copy);
			return NULL;
		}
	}
	return copy;
}

/* What can fail. A fork has its own copy of all that set its parent up, so that it needs no parent to be made again. */
static int make(struct fp_template *t, const char *const *command, struct fp_template *parent)
{
	t->command = command ? copy_command(command) : NULL;
	if (command && !t->command)
		return -ENOMEM;
	t->lifeline = fp_lifeline_get();
	if (t->lifeline < 0)
		return t->lifeline;
	int r = parent ? copy_chunks(&parent->setup, &t->setup.ends) : 0;
	return r ? r : start(t, parent);
}

static struct fp_template *template_new(struct ev_loop *loop, const char *const *command, struct fp_template *parent)
{
	struct fp_template *t = calloc(1, sizeof *t);
	if (!t) {
		errno = ENOMEM;
		return NULL;
	}
	t->loop = loop;
	t->lifeline = -1;
	t->fd = t->report_fds[0] = t->report_fds[1] = -1;
	fp_list_init(&t->setup);
	fp_list_init(&t->out);
	fp_list_init(&t->forks);
	ev_io_init(&t->readable, on_readable, 0, EV_READ);
	ev_io_init(&t->writable, on_writable, 0, EV_WRITE);
	ev_timer_init(&t->again, on_again, 0, 0);
	t->readable.data = t->writable.data = t->again.data = t;
	int r = make(t, command, parent);
	if (!r)
		return t;
	fp_template_free(t);
	errno = -r;
	return NULL;
}

struct fp_template *fp_template_new(struct ev_loop *loop, const char *const *command)
{
	return template_new(loop, command, NULL);
}

struct fp_template *fp_template_fork(struct fp_template *t)
{
	return template_new(t->loop, (const char *const *)t->command, t);
}

void fp_template_free(struct fp_template *t)
{
	if (!t)
		return;
	close_descriptors(t);
	ev_timer_stop(t->loop, &t->again);
	fp_fork_forget(&t->fork);
	for (struct fp_link *k; (k = fp_list_first(&t->forks));)
		fp_fork_forget(FP_OWNER(k, struct fp_fork, link));
	fp_chunks_free(&t->setup);
	fp_chunks_free(&t->out);
	free_command(t->command);
	if (t->lifeline >= 0)
		fp_lifeline_put();
	free(t);
}

void fp_template_set_watch(struct fp_template *t, const struct fp_template_watch *watch)
{
	t->watch = *watch;
}

bool fp_template_is_ours(const struct fp_template *t)
{
	return !t->command;
}
