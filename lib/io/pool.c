/* libev around an engine: descriptors, processes and callbacks of a pool. The contracts are in forkpool.h. Must not know
 * policy: it carries out what the engine says and tells it what happened. */
#include "host.h"
#include "serialiser.h"
#include "sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void fp_pool_tick(struct fp_pool *p)
{
	fp_engine_tick(&p->engine, fp_sys_now_ns());
}

/* A call may come after this pool's turn in the round, from another prepare watcher: the loop must not wait then. */
static void wake_loop(struct fp_pool *p)
{
	fp_pool_tick(p);
	if (p->is_draining || p->is_woken)
		return;
	p->is_woken = true;
	ev_timer_stop(p->loop, &p->timer);
	ev_timer_set(&p->timer, 0, 0);
	ev_timer_start(p->loop, &p->timer);
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
	tell_error(p,
	           &(struct fp_error){op->worker ? op->worker->number : 0, op->reason, op->offset, op->system_errno, text});
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
	struct fp_host *h = op->worker ? op->worker->host : NULL;
	switch (op->kind) {
	case FP_OP_START:
		fp_host_start(p, op->worker);
		break;
	case FP_OP_WRITE:
		fp_host_write(h);
		break;
	case FP_OP_HALF_CLOSE:
		fp_host_half_close(h);
		break;
	case FP_OP_KILL:
		fp_host_kill(h, op->signal);
		break;
	case FP_OP_CLOSE:
		fp_host_close(h);
		break;
	case FP_OP_GONE:
		fp_host_free(h);
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
	fp_pool_tick(timer->data);
}

static void free_pool(struct fp_pool *p)
{
	ev_prepare_stop(p->loop, &p->prepare);
	ev_timer_stop(p->loop, &p->timer);
	fp_engine_fini(&p->engine);
	fp_slab_fini(&p->slab);
	fp_template_free(p->template);
	fp_args_fini(&p->init_args);
	free(p->function);
	free(p->command);
	free(p->init);
	free(p);
}

/* The one place where operations are carried out and callbacks are called: once a round, before the loop waits. Calls made
 * while a round lasted leave in one write; a worker's next ones leave when its answers are told, so that it works while
 * another's are. */
static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)loop;
	(void)events;
	struct fp_pool *p = prepare->data;
	struct fp_op op;
	fp_pool_tick(p);
	p->is_draining = true;
	while (fp_engine_next_op(&p->engine, &op))
		carry_out(p, &op);
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
	if (!r && !o->async && !o->command && o->load > 1)
		r = fp_template_set(t, "outbox", "1");
	if (!r && o->require && o->require[0])
		r = fp_template_require(t, o->require);
	if (!r && o->eval)
		r = fp_template_eval(t, o->eval, NULL, 0);
	return r || o->command ? r : fp_template_set(t, "function", p->function);
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
		fp_slab_init(&p->slab, &fp_sys_alloc, FP_SYS_KEPT_BYTES_MAX);
		fp_engine_init(&p->engine, &p->slab.alloc, &config, fp_sys_now_ns());
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

static bool has_time_limit(const struct fp_pool *p, const struct fp_limits *limits)
{
	const struct fp_limits *l = limits ? limits : &p->engine.config.limits;
	return l->queue_timeout_ns || l->run_timeout_ns;
}

enum fp_reason fp_pool_call(struct fp_pool *p, const struct fp_item *args, size_t n, const struct fp_limits *limits,
                            fp_result_cb *cb, void *data, struct fp_job **job)
{
	struct fp_job *j;
	/* what a callback calls happens when its round does, unless a limit counts from there: reading the clock is dear */
	if (!p->is_draining || has_time_limit(p, limits))
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
