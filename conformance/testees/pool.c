/* A pool under test: the library as an application uses it, through its one header. Must not know the protocol.
 *
 * capabilities: min min_idle max_idle busy_time idle_time retire restore retries calls_max run_timeout queue_timeout queue_max
 * grace cancel deaf */
#include "control.h"

#include <err.h>
#include <ev.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct control control;
static struct fp_pool *pool;
static struct ev_loop *loop;
static ev_io commands;
static ev_idle at_rest;

struct call {
	struct call *next;
	char *tag;
	struct fp_job *job;
};
static struct call *calls; /* that have no outcome yet */

static struct call *call_new(const char *tag)
{
	struct call *call = calloc(1, sizeof *call);
	if (!call || !(call->tag = strdup(tag)))
		err(1, "out of memory");
	call->next = calls;
	return calls = call;
}

static void call_free(struct call *call)
{
	struct call **at = &calls;
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	free(call->tag);
	free(call);
}

/* ---- what the application gets ---- */

static void on_result(void *data, const struct fp_result *r)
{
	struct call *call = data;
	if (r->outcome == FP_OK)
		control_tell(&control, "result", call->tag, NULL, r->items, r->n);
	else
		control_tell(&control, "failure", call->tag, fp_outcome_name(r->outcome), NULL, 0);
	call_free(call);
}

static void on_event(void *data, const struct fp_event *e)
{
	(void)data;
	control_tell(&control, "event", NULL, NULL, e->items, e->n);
}

static void on_error(void *data, const struct fp_error *e)
{
	(void)data;
	control_tell(&control, "error", fp_reason_name(e->reason), e->text, NULL, 0);
}

static void on_destroy(void *data)
{
	(void)data;
	pool = NULL;
	control_tell(&control, "end", NULL, NULL, NULL, 0);
}

static void on_rest(struct ev_loop *l, ev_idle *idle, int events)
{
	(void)events;
	control_answer_pings(&control);
	ev_idle_stop(l, idle);
}

/* ---- what the application does ---- */

static bool set_number(struct fp_options *o, const char *name, uint64_t v)
{
#define NUMBER(member, unit) {#member, offsetof(struct fp_options, member), sizeof o->member, unit}
#define TIME(member) {#member, offsetof(struct fp_options, member##_ns), sizeof o->member##_ns, FP_MS}
	const struct {
		const char *name;
		size_t at, size;
		uint64_t unit;
	} numbers[] = {NUMBER(min, 1),     NUMBER(max, 1),       NUMBER(min_idle, 1),  NUMBER(max_idle, 1), NUMBER(load, 1),
	               NUMBER(retries, 1), NUMBER(calls_max, 1), NUMBER(queue_max, 1), NUMBER(frame_bytes_max, 1),
	               TIME(busy_time),    TIME(idle_time),      TIME(run_timeout),    TIME(queue_timeout), TIME(grace)};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		char *to = (char *)o + numbers[i].at;
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (numbers[i].size == 4)
			*(uint32_t *)(void *)to = (uint32_t)v;
		else
			*(uint64_t *)(void *)to = v * numbers[i].unit;
		return true;
	}
	return false;
}

static void set_option(struct fp_options *o, char *word)
{
	char *value = strchr(word, '=');
	if (!value)
		errx(2, "open %s: NAME=VALUE is expected", word);
	*value++ = '\0';
	if (strcmp(word, "command") == 0)
		o->command = strndup(value, control_unhex(value));
	else if (strcmp(word, "mode") == 0)
		o->async = strcmp(value, "async") == 0;
	else if (strcmp(word, "deaf") == 0)
		o->on_event = atoi(value) ? NULL : on_event;
	else if (strcmp(word, "profile") == 0)
		o->profile = strcmp(value, "native") == 0 ? FP_NATIVE : FP_NETWORK;
	else if (!set_number(o, word, strtoull(value, NULL, 10)))
		errx(2, "open %s: no such option", word);
}

static void make_pool(size_t n_words)
{
	struct fp_options options;
	char why[256];
	fp_options_init(&options);
	options.on_event = on_event;
	options.on_error = on_error;
	options.on_destroy = on_destroy;
	for (size_t i = 1; i < n_words; i++)
		set_option(&options, control.words[i]);
	pool = fp_pool_new(loop, NULL, &options, why);
	if (!pool)
		errx(1, "%s", why);
}

static void make_call(size_t n_words)
{
	struct call *call = call_new(control.words[1]);
	size_t n = control_items(&control, 2, n_words);
	if (pool && fp_pool_call(pool, control.items, n, NULL, on_result, call, &call->job) == FP_NONE)
		return;
	control_tell(&control, "failure", call->tag, fp_outcome_name(FP_REJECTED), NULL, 0);
	call_free(call);
}

static void cancel(const char *tag)
{
	for (struct call *call = calls; call; call = call->next)
		if (strcmp(call->tag, tag) == 0)
			fp_pool_cancel(pool, call->job);
}

static void drop(void)
{
	if (pool)
		fp_pool_destroy(pool);
}

static void obey(size_t n_words)
{
	const char *command = control.words[0];
	if (strcmp(command, "open") == 0 && !pool)
		make_pool(n_words);
	else if (strcmp(command, "call") == 0 && n_words > 1)
		make_call(n_words);
	else if (strcmp(command, "cancel") == 0 && n_words == 2)
		cancel(control.words[1]);
	else if (strcmp(command, "drop") == 0)
		drop();
	else if (strcmp(command, "ping") == 0 && n_words == 2)
		control_keep_ping(&control, control.words[1]);
	else
		errx(2, "control channel: %s: no such command", command);
}

static void on_commands(struct ev_loop *l, ev_io *io, int events)
{
	(void)events;
	control_read(&control);
	for (size_t n; (n = control_next(&control));)
		obey(n);
	ev_idle_start(l, &at_rest);
	if (control.is_open)
		return;
	ev_io_stop(l, io);
	drop();
}

int main(void)
{
	loop = ev_default_loop(0);
	control_init(&control, 0, 1);
	signal(SIGPIPE, SIG_IGN);
	ev_idle_init(&at_rest, on_rest);
	ev_io_init(&commands, on_commands, control.reading, EV_READ);
	ev_io_start(loop, &commands);
	ev_run(loop, 0);
	return 0;
}
