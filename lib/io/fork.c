/* The processes that a template forks. See template.h. */
#include "template_inside.h"

#include "sys.h"

#include <errno.h>

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
		if (FP_OWNER(k, struct fp_chunk, link)->fork == f)
			FP_OWNER(k, struct fp_chunk, link)->fork = NULL;
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

void fp_forks_orphan(struct fp_template *t)
{
	for (struct fp_link *k = fp_list_first(&t->forks), *next; k; k = next) {
		next = fp_list_after(&t->forks, k);
		orphan(FP_OWNER(k, struct fp_fork, link));
	}
}

struct fp_fork *fp_fork_find(struct fp_template *t, uint32_t number)
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
	struct fp_chunk *announce = fp_chunk_new(head, sizeof head, -1);
	struct fp_chunk *ask = fp_chunk_new(octets, sizeof octets, fd);
	if (!announce || !ask) {
		fp_chunk_free(announce);
		fp_chunk_free(ask);
		return FP_NOMEM;
	}
	ask->is_fork = true;
	ask->fork = f;
	fp_list_push(&t->out, &announce->link);
	fp_list_push(&t->out, &ask->link);
	return FP_NONE;
}

enum fp_reason fp_template_fork_process(struct fp_template *t, struct fp_fork *f, const struct fp_fork_watch *watch,
                                        int socket)
{
	*f = (struct fp_fork){.from = t, .watch = watch, .pidfd = -1, .outbox_fd = -1};
	if (queue_fork(t, f, socket))
		return FP_NOMEM;
	fp_list_push(&t->forks, &f->link);
	fp_template_want_write(t);
	return FP_NONE;
}
