/* The life of a worker: start-up, its requests one by one, its end. See worker.h. */
#include "work.h"

#include "module.h"
#include "outbox.h"
#include "serialiser.h"
#include "sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct fp_work *fp_work;

void fp_work_complain(struct fp_work *w, const char *what, const char *why)
{
	fprintf(stderr, "forkpool worker %d: %s%s%s\n", (int)getpid(), what, why ? ": " : "", why ? why : "");
	w->status = 1;
}

/* ---- start-up ---- */

const char *fp_work_read_start_up(struct fp_work_options *o)
{
	/* four arguments since release 1.2, three before: the serialiser's source tells which */
	for (size_t n = 4; n >= 3; n--) {
		if (o->n_args < n)
			continue;
		const struct fp_item *last = o->args + o->n_args - n;
		o->serialiser = fp_serialiser_by_source(&last[2]);
		if (!o->serialiser)
			continue;
		fp_copy_text(o->function, sizeof o->function, last[0].data, last[0].len);
		fp_copy_text(o->init, sizeof o->init, last[1].data, last[1].len);
		if (n == 4)
			fp_copy_text(o->done, sizeof o->done, last[3].data, last[3].len);
		o->n_args -= n;
		return NULL;
	}
	return "the arguments do not end in a function, an init function and a serialiser that this program knows";
}

/* The done functions of the original just exit, as a worker does by itself. */
static bool is_default_done(const char *name)
{
	return !*name || strncmp(name, "AnyEvent::Fork::RPC::", 21) == 0 || strncmp(name, "CORE::", 6) == 0;
}

static int *no_descriptors(size_t n)
{
	int *fds = malloc((n + 1) * sizeof *fds);
	for (size_t i = 0; fds && i < n; i++)
		fds[i] = -1;
	return fds;
}

static bool call_init(struct fp_work *w)
{
	const struct fp_work_options *o = &w->options;
	if (!*o->init)
		return true;
	fp_init_function *init = (fp_init_function *)(uintptr_t)fp_module_find(o->init);
	if (!init) {
		fp_work_complain(w, "no loaded object exports the init function", o->init);
		return false;
	}
	int *none = o->fds ? NULL : no_descriptors(o->n_args);
	int r = init(o->args, o->fds ? o->fds : none, o->n_args);
	free(none);
	if (r == 0)
		return true;
	fp_work_complain(w, "the init function failed", o->init);
	return false;
}

static bool find_functions(struct fp_work *w)
{
	const struct fp_work_options *o = &w->options;
	w->function = (fp_function *)(uintptr_t)fp_module_find(o->function);
	if (!w->function) {
		fp_work_complain(w, "no loaded object exports the function", o->function);
		return false;
	}
	if (is_default_done(o->done))
		return true;
	w->done = (fp_done_function *)(uintptr_t)fp_module_find(o->done);
	if (!w->done)
		fp_work_complain(w, "no loaded object exports the done function", o->done);
	return w->done != NULL;
}

/* ---- octets ---- */

bool fp_work_read(struct fp_work *w)
{
	struct fp_space space;
	if (fp_child_rx_buf(&w->child, &space))
		return true; /* the endpoint tells */
	ssize_t n = fp_sys_read(w->options.rfd, space.data, space.len);
	if (n == -EAGAIN)
		return false;
	if (n > 0) {
		fp_child_rx_ack(&w->child, (size_t)n);
	} else if (n == 0) {
		fp_child_rx_eof(&w->child);
	} else {
		fp_work_complain(w, "reading", strerror((int)-n));
		fp_child_rx_error(&w->child, FP_READ);
	}
	return true;
}

static ssize_t write_octets(struct fp_work *w, struct fp_span out, bool wait)
{
	int r;
	if (!wait)
		return fp_sys_write(w->options.wfd, out.data, out.len);
	r = w->outbox ? fp_outbox_write(w->outbox, out) : fp_sys_write_all(w->options.wfd, out.data, out.len);
	return r ? r : (ssize_t)out.len;
}

bool fp_work_write(struct fp_work *w, bool wait)
{
	if (w->is_peer_gone)
		return false;
	if (w->outbox && !fp_child_tx_buf(&w->child).len)
		fp_outbox_flush(w->outbox); /* what fails will fail again with the next octets */
	for (struct fp_span out; (out = fp_child_tx_buf(&w->child)).len;) {
		ssize_t n = write_octets(w, out, wait);
		if (n == -EAGAIN)
			return true;
		if (n < 0) {
			/* nobody is left to be told: a parent that went away is no fault of the worker's */
			if (n != -EPIPE && n != -ECONNRESET)
				fp_work_complain(w, "writing", strerror((int)-n));
			w->status = 1;
			w->is_peer_gone = true;
			return false;
		}
		fp_child_tx_ack(&w->child, (size_t)n);
	}
	return true;
}

/* ---- requests ---- */

/* Runs the function for a request, and answers unless it deferred. false: it failed, the worker is to end. */
static bool do_request(struct fp_work *w, const struct fp_request *r)
{
	struct fp_task task = {.work = w, .request = *r};
	if (w->function(&task, r->items, r->n)) {
		fp_work_complain(w, "the function failed", w->options.function);
		return false;
	}
	if (task.is_deferred) {
		fp_child_drop(&w->child);
		return true;
	}
	enum fp_reason why = fp_child_answer(&w->child, r->id, r->serial);
	if (why)
		fp_work_complain(w, "the results cannot be sent", fp_reason_text(why));
	return why == FP_NONE;
}

bool fp_work_next(struct fp_work *w)
{
	struct fp_child_event e;
	if (w->status || !fp_child_next(&w->child, &e))
		return false;
	switch (e.kind) {
	case FP_CHILD_REQUEST:
		return do_request(w, &e.request);
	case FP_CHILD_FAILED:
		if (e.reason != FP_READ) {
			char where[64];
			snprintf(where, sizeof where, "after %llu octets", (unsigned long long)e.offset);
			fp_work_complain(w, fp_reason_text(e.reason), where);
		}
		w->status = 1;
		break;
	case FP_CHILD_ENDED:
		break;
	}
	w->is_serving = false;
	return false;
}

/* ---- the end ---- */

void fp_work_end(struct fp_work *w)
{
	w->is_serving = false;
	shutdown(w->options.wfd, SHUT_WR); /* fails on a pipe, whose end is the end of the process (SHUT-8) */
	if (!w->status && w->done)
		w->done();
}

/* A function that calls exit loses no answer that was made before. */
static void flush_at_exit(void)
{
	if (fp_work && fp_work->pid == (int)getpid())
		fp_work_write(fp_work, true);
}

static void fini(struct fp_work *w)
{
	fp_work = NULL;
	fp_outbox_close(w->outbox);
	fp_child_fini(&w->child);
	fp_slab_fini(&w->slab);
}

int fp_work_run(const struct fp_work_options *o)
{
	struct fp_work work,
		*w = &work; /* not static: a new process has written to its stack already, to other pages it has not */
	struct fp_wire wire = {o->profile, o->async, o->payload_max, o->serialiser};
	work = (struct fp_work){.options = *o, .pid = (int)getpid()};
	if (!call_init(w) || !find_functions(w))
		return w->status;
	if (o->outbox_fd > 0)
		w->outbox = fp_outbox_open(o->outbox_fd, o->wfd);
	fp_slab_init(&w->slab, &fp_sys_alloc, FP_SYS_KEPT_BYTES_MAX);
	fp_child_init(&w->child, &w->slab.alloc, &wire);
	w->is_serving = true;
	fp_work = w;
	atexit(flush_at_exit);
	if (o->async)
		fp_work_loop_async(w);
	else
		fp_work_loop_sync(w);
	fini(w);
	return w->status;
}
