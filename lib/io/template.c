/* The pool's end of a template process. See template.h. */
#include "template.h"

#include "../core/args.h"
#include "lifeline.h"
#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REPEAT_MIN_S 0.1 /* pause before the second start in a row; it doubles */
#define REPEAT_MAX_S 10.

/* Octets of the stream, or one octet with a descriptor. */
struct chunk {
	struct fp_link link;
	bool is_fork;         /* it is a fork command */
	struct fp_fork *fork; /* the process it asks for; NULL: forgotten */
	int fd;               /* -1: none */
	size_t len, done;
	uint8_t data[];
};

struct fp_template {
	struct ev_loop *loop;
	char **command;              /* NULL: forkpool-template, or a fork */
	struct fp_template *parent;  /* it is a fork of this one */
	struct fp_fork fork;         /* then its process */
	struct fp_template_watch watch;
	struct fp_list setup;        /* chunks, for the next process */
	struct fp_list out;          /* chunks to be written */
	struct fp_list forks;
	uint32_t n_forks;            /* commands sent on this connection */
	int fd;                      /* -1: down */
	int lifeline;                /* reading end; negative: it has none */
	ev_io readable, writable;
	ev_timer again;
	unsigned failures;           /* in a row */
	struct fp_report report;     /* being read */
	size_t report_len;
	int report_fds[2];           /* that came with it: pidfd, outbox */
};

static const struct fp_fork_watch template_fork_watch;

/* ---- chunks ---- */

static struct chunk *chunk_new(const void *data, size_t len, int fd)
{
	struct chunk *c = malloc(sizeof *c + len);
	if (!c)
		return NULL;
	*c = (struct chunk){.fd = fd, .len = len};
	fp_copy(c->data, data, len);
	return c;
}

static void chunk_free(struct chunk *c)
{
	fp_sys_close(c->fd);
	free(c);
}

static void free_chunks(struct fp_list *l)
{
	for (struct fp_link *k; (k = fp_list_pop(l));)
		chunk_free(FP_OWNER(k, struct chunk, link));
}

static struct chunk *chunk_copy(const struct chunk *c)
{
	int fd = c->fd < 0 ? -1 : fp_sys_dup(c->fd);
	if (c->fd >= 0 && fd < 0)
		return NULL;
	struct chunk *copy = chunk_new(c->data, c->len, fd);
	if (!copy)
		fp_sys_close(fd);
	return copy;
}

/* ---- octets out ---- */

static void lose(struct fp_template *t, int system_errno, const char *text);

static void want_write(struct fp_template *t)
{
	if (t->fd >= 0 && !fp_list_is_empty(&t->out))
		ev_io_start(t->loop, &t->writable);
}

static void sent(struct fp_template *t, struct chunk *c)
{
	struct fp_fork *f = c->fork;
	t->n_forks += c->is_fork;
	fp_list_remove(&c->link);
	chunk_free(c);
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
		struct chunk *c = FP_OWNER(k, struct chunk, link);
		const uint8_t *from = c->data + c->done;
		ssize_t n = c->fd >= 0 && !c->done ? fp_sys_send_fd(t->fd, from, c->len, c->fd)
		                       : fp_sys_write(t->fd, from, c->len - c->done);
		if (n == -EAGAIN)
			return;
		if (n < 0) {
			lose(t, (int)-n, "the template does not read its commands");
			return;
		}
		c->done += (size_t)n;
		if (c->done == c->len)
			sent(t, c);
	}
	ev_io_stop(loop, io);
}

/* Queues a chunk, and keeps a copy for the next process if it is part of the setup. */
static enum fp_reason queue(struct fp_template *t, struct chunk *c, bool is_setup)
{
	struct chunk *copy = c && is_setup ? chunk_copy(c) : NULL;
	if (!c || (is_setup && !copy)) {
		if (c)
			chunk_free(c);
		return FP_NOMEM;
	}
	if (copy)
		fp_list_push(&t->setup, &copy->link);
	if (copy && t->fd < 0) {
		chunk_free(c); /* the next process gets it with the setup */
	} else {
		fp_list_push(&t->out, &c->link);
		want_write(t);
	}
	return FP_NONE;
}

static enum fp_reason queue_buf(struct fp_template *t, struct fp_buf *b, bool is_setup)
{
	struct fp_span s = fp_buf_front(b);
	enum fp_reason r = queue(t, chunk_new(s.data, s.len, -1), is_setup);
	fp_buf_fini(b);
	return r;
}

/* ---- forks ---- */

static bool is_member(const struct fp_fork *f)
{
	return fp_link_is_in(&f->link);
}

void fp_fork_forget(struct fp_fork *f)
{
	if (!is_member(f))
		return;
	struct fp_template *t = f->from;
	fp_list_remove(&f->link);
	ev_io_stop(t->loop, &f->exit_watcher);
	fp_sys_close(f->pidfd);
	fp_sys_close(f->outbox_fd);
	f->pidfd = f->outbox_fd = -1;
	for (struct fp_link *k = fp_list_first(&t->out); k; k = fp_list_after(&t->out, k))
		if (FP_OWNER(k, struct chunk, link)->fork == f)
			FP_OWNER(k, struct chunk, link)->fork = NULL;
}

static void on_exit_seen(struct ev_loop *loop, ev_io *io, int events)
{
	(void)events;
	struct fp_fork *f = io->data;
	int exit_status, signal;
	ev_io_stop(loop, io);
	fp_sys_pidfd_status(f->pidfd, &exit_status, &signal);
	f->watch->exited(f, exit_status, signal);
}

/* Nobody reports on it any more. */
static void orphan(struct fp_fork *f)
{
	f->number = 0;
	if (ev_is_active(&f->exit_watcher))
		return;
	if (!f->is_started) {
		f->watch->failed(f, ECONNRESET);
	} else if (f->pidfd >= 0) {
		ev_io_init(&f->exit_watcher, on_exit_seen, f->pidfd, EV_READ);
		f->exit_watcher.data = f;
		ev_io_start(f->from->loop, &f->exit_watcher);
	} else if (fp_template_is_ours(f->from)) {
		f->watch->exited(f, -1, 0);
	}
}

static struct fp_fork *find_fork(struct fp_template *t, uint32_t number)
{
	for (struct fp_link *k = fp_list_first(&t->forks); k; k = fp_list_after(&t->forks, k))
		if (FP_OWNER(k, struct fp_fork, link)->number == number)
			return FP_OWNER(k, struct fp_fork, link);
	return NULL;
}

/* A descriptor and the command to fork, behind the header of the descriptor's command: it must be read by itself, or the
 * descriptor would be lost. */
static enum fp_reason queue_fork(struct fp_template *t, struct fp_fork *f, int fd)
{
	uint8_t octets[1 + FP_COMMAND_HEAD] = {0, FP_COMMAND_FORK}, head[FP_COMMAND_HEAD] = {FP_COMMAND_FD};
	struct chunk *announce = chunk_new(head, sizeof head, -1);
	struct chunk *ask = chunk_new(octets, sizeof octets, fd);
	if (!announce || !ask) {
		free(announce);
		free(ask);
		return FP_NOMEM;
	}
	ask->is_fork = true;
	ask->fork = f;
	fp_list_push(&t->out, &announce->link);
	fp_list_push(&t->out, &ask->link);
	return FP_NONE;
}

enum fp_reason fp_template_fork_process(struct fp_template *t, struct fp_fork *f, const struct fp_fork_watch *watch, int socket)
{
	*f = (struct fp_fork){.from = t, .watch = watch, .pidfd = -1, .outbox_fd = -1};
	int fd = fp_sys_dup(socket);
	if (fd < 0) {
		errno = -fd;
		return FP_START;
	}
	if (queue_fork(t, f, fd)) {
		close(fd);
		return FP_NOMEM;
	}
	fp_list_push(&t->forks, &f->link);
	want_write(t);
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
	struct fp_fork *f = find_fork(t, r.fork);
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
		ssize_t n = fp_sys_recv_fd(t->fd, (uint8_t *)&t->report + t->report_len, sizeof t->report - t->report_len, &fd);
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
	want_write(t);
}

static void close_descriptors(struct fp_template *t)
{
	ev_io_stop(t->loop, &t->readable);
	ev_io_stop(t->loop, &t->writable);
	fp_sys_close(t->fd);
	drop_report_fds(t);
	t->fd = -1;
}

/* Where forkpool-template is: FORKPOOL_TEMPLATE, beside the running program, where it was installed, or in PATH. */
static const char *own_program(char path[PATH_MAX])
{
	const char *named = getenv("FORKPOOL_TEMPLATE");
	if (named && *named)
		return named;
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n > 0) {
		snprintf(path + n, 32, "forkpool-template");
		if (access(path, X_OK) == 0)
			return path;
	}
	snprintf(path, PATH_MAX, "%s/forkpool-template", FP_LIBEXEC_DIR);
	return access(path, X_OK) == 0 ? path : "forkpool-template";
}

static int spawn_own(int fd, int lifeline)
{
	char path[PATH_MAX], fd_text[16], lifeline_text[16], pid_text[16];
	snprintf(fd_text, sizeof fd_text, "%d", fd);
	snprintf(lifeline_text, sizeof lifeline_text, "%d", lifeline);
	snprintf(pid_text, sizeof pid_text, "%d", (int)getpid());
	const char *argv[] = {own_program(path), "--report", "--lifeline", lifeline_text, fd_text, pid_text, NULL};
	return fp_sys_spawn(argv, (int[]){fd, lifeline}, 2);
}

static int spawn_foreign(char **command, int fd)
{
	char fd_text[16], pid_text[16];
	size_t n = 0;
	while (command[n])
		n++;
	const char **argv = calloc(n + 3, sizeof *argv);
	if (!argv)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		argv[i] = command[i];
	snprintf(fd_text, sizeof fd_text, "%d", fd);
	snprintf(pid_text, sizeof pid_text, "%d", (int)getpid());
	argv[n] = fd_text;
	argv[n + 1] = pid_text;
	int r = fp_sys_spawn(argv, &fd, 1);
	free(argv);
	return r;
}

/* What sets the template up goes before what was asked for meanwhile. */
static int replay_setup(struct fp_template *t)
{
	struct fp_link *first = fp_list_first(&t->out);
	for (struct fp_link *k = fp_list_first(&t->setup); k; k = fp_list_after(&t->setup, k)) {
		struct chunk *c = chunk_copy(FP_OWNER(k, struct chunk, link));
		if (!c)
			return -ENOMEM;
		fp_list_insert(first ? first : &t->out.ends, &c->link);
	}
	return 0;
}

/* Starts the process, or has the parent template fork it. 0 or a negative errno. */
static int start(struct fp_template *t)
{
	int sv[2];
	int r = fp_sys_socketpair(sv);
	if (r)
		return r;
	if (t->parent)
		r = fp_template_fork_process(t->parent, &t->fork, &template_fork_watch, sv[1]) ? -EAGAIN : 0;
	else
		r = t->command ? spawn_foreign(t->command, sv[1]) : spawn_own(sv[1], t->lifeline);
	if (!r)
		r = replay_setup(t);
	fp_sys_close(sv[1]);
	if (r)
		fp_sys_close(sv[0]);
	else
		watch_descriptor(t, sv[0]);
	return r;
}

static void fail_forks(struct fp_template *t)
{
	for (struct fp_link *k = fp_list_first(&t->forks), *next; k; k = next) {
		next = fp_list_after(&t->forks, k);
		orphan(FP_OWNER(k, struct fp_fork, link));
	}
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
	free_chunks(&t->out);
	start_again_later(t);
	fail_forks(t);
	if (t->watch.trouble)
		t->watch.trouble(t->watch.data, system_errno, text);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	struct fp_template *t = timer->data;
	int r = start(t);
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

static char **copy_command(const char *const *command)
{
	size_t n = 0;
	while (command[n])
		n++;
	char **copy = calloc(n + 1, sizeof *copy);
	for (size_t i = 0; copy && i < n; i++)
		copy[i] = strdup(command[i]);
	return copy;
}

static struct fp_template *template_new(struct ev_loop *loop, const char *const *command, struct fp_template *parent)
{
	struct fp_template *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->loop = loop;
	t->parent = parent;
	t->command = command ? copy_command(command) : NULL;
	t->fd = t->report_fds[0] = t->report_fds[1] = -1;
	fp_list_init(&t->setup);
	fp_list_init(&t->out);
	fp_list_init(&t->forks);
	ev_io_init(&t->readable, on_readable, 0, EV_READ);
	ev_io_init(&t->writable, on_writable, 0, EV_WRITE);
	ev_timer_init(&t->again, on_again, 0, 0);
	t->readable.data = t->writable.data = t->again.data = t;
	t->lifeline = fp_lifeline_get();
	int r = t->lifeline < 0 ? t->lifeline : start(t);
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
	return template_new(t->loop, NULL, t);
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
	free_chunks(&t->setup);
	free_chunks(&t->out);
	for (size_t i = 0; t->command && t->command[i]; i++)
		free(t->command[i]);
	free(t->command);
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
	while (t->parent)
		t = t->parent;
	return !t->command;
}

/* ---- what sets a template up ---- */

static enum fp_reason queue_items(struct fp_template *t, enum fp_command letter, const struct fp_item *items, size_t n)
{
	struct fp_buf b;
	fp_buf_init(&b, &fp_sys_alloc, SIZE_MAX);
	enum fp_reason r = fp_command_put_items(&b, letter, items, n);
	if (!r)
		return queue_buf(t, &b, true);
	fp_buf_fini(&b);
	return r;
}

enum fp_reason fp_template_send_arg(struct fp_template *t, const struct fp_item *args, size_t n)
{
	return queue_items(t, FP_COMMAND_ARGS, args, n);
}

enum fp_reason fp_template_eval(struct fp_template *t, const char *source, const struct fp_item *args, size_t n)
{
	struct fp_args list;
	fp_args_init(&list, &fp_sys_alloc, 0);
	enum fp_reason r = fp_args_refer(&list, fp_item_str(source));
	for (size_t i = 0; !r && i < n; i++)
		r = fp_args_refer(&list, args[i]);
	if (!r)
		r = queue_items(t, FP_COMMAND_EVAL, list.items, list.n);
	fp_args_fini(&list);
	return r;
}

/* A::B is the file A/B. */
static size_t copy_file_name(char *to, const char *name)
{
	size_t n = 0;
	for (; *name; name++) {
		if (name[0] == ':' && name[1] == ':') {
			to[n++] = '/';
			name++;
		} else {
			to[n++] = *name;
		}
	}
	return n;
}

enum fp_reason fp_template_require(struct fp_template *t, const char *const *names)
{
	struct fp_args list;
	fp_args_init(&list, &fp_sys_alloc, FP_COMMAND_BYTES_MAX);
	enum fp_reason r = fp_args_copy(&list, fp_item_str(fp_command_require));
	for (size_t i = 0; !r && names[i]; i++) {
		char *file = malloc(strlen(names[i]) + 1);
		r = file ? fp_args_copy(&list, (struct fp_item){file, copy_file_name(file, names[i]), FP_STRING}) : FP_NOMEM;
		free(file);
	}
	if (!r)
		r = queue_items(t, FP_COMMAND_EVAL, fp_args_seal(&list), list.n);
	fp_args_fini(&list);
	return r;
}

enum fp_reason fp_template_send_fd(struct fp_template *t, int fd)
{
	static const uint8_t octet;
	struct fp_buf b;
	int copy = fp_sys_dup(fd);
	if (copy < 0)
		return FP_INVALID;
	fp_buf_init(&b, &fp_sys_alloc, SIZE_MAX);
	enum fp_reason r = fp_command_put(&b, FP_COMMAND_FD, NULL, 0);
	if (!r)
		r = queue_buf(t, &b, true);
	struct chunk *c = r ? NULL : chunk_new(&octet, 1, copy);
	if (c)
		return queue(t, c, true);
	fp_sys_close(copy);
	return FP_NOMEM;
}

enum fp_reason fp_template_set(struct fp_template *t, const char *name, const char *value)
{
	struct fp_item args[] = {fp_item_str(name), fp_item_str(value)};
	return fp_template_is_ours(t) ? fp_template_eval(t, FP_COMMAND_SETTING, args, 2) : FP_NONE;
}
