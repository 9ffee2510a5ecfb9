/* The measurements of the benchmark with forkpool, through the public API alone.
 *
 * It must never know the inside of the library: what is measured is what an application gets. */
#include "ours.h"

#include "../../lib/forkpool.h"
#include "usage.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>

#define WARM_UP 1000u /* calls before the timed ones, where messages are small */
#define SMALL_BYTES ((size_t)64 << 10)

struct drive { /* a pool, and calls that follow one another */
	struct ev_loop *loop;
	struct fp_pool *pool;
	const struct bench_shape *shape;
	void *payload; /* of the argument */
	struct fp_item argument;
	uint64_t unsent, unanswered;
	uint64_t seen[BENCH_WORKERS_MAX]; /* workers that have answered */
	uint32_t seen_n;
	uint64_t *trips; /* ns; NULL unless one call is outstanding */
	size_t trips_n;
	uint64_t sent_ns; /* when that one was */
};

/* ---- payloads ---- */

/* Octets that the string serialiser puts before an item of len: 7 bits of the length in each. */
static size_t head_bytes(size_t len)
{
	size_t n = 1;
	while (len >>= 7)
		n++;
	return n;
}

/* An argument that makes a payload of shape->bytes by itself. */
static void drive_argument(struct drive *d)
{
	size_t len = d->shape->bytes - 1;
	while (len + head_bytes(len) > d->shape->bytes)
		len--;
	d->payload = calloc(1, len);
	if (!d->payload)
		bench_die("forkpool: no memory");
	d->argument = (struct fp_item){.data = d->payload, .len = len};
}

/* ---- a pool ---- */

static void on_error(void *data, const struct fp_error *e)
{
	(void)data;
	fprintf(stderr, "bench: forkpool: worker %llu: %s\n", (unsigned long long)e->worker, e->text);
}

static void on_destroy(void *data)
{
	struct drive *d = data;
	ev_break(d->loop, EVBREAK_ONE);
}

static void drive_open(struct drive *d, const char *module, const char *function, struct fp_options *o)
{
	char why[256] = "";
	const char *const require[] = {module, NULL};
	d->loop = ev_loop_new(EVFLAG_AUTO);
	if (!d->loop)
		bench_die("forkpool: no event loop");
	o->require = require;
	o->data = d;
	o->on_error = on_error;
	o->on_destroy = on_destroy;
	d->pool = fp_pool_new(d->loop, function, o, why);
	if (!d->pool)
		bench_die("fp_pool_new: %s", why);
}

static void drive_close(struct drive *d, const struct bench_setup *setup)
{
	fp_pool_destroy(d->pool);
	ev_run(d->loop, 0);
	ev_loop_destroy(d->loop);
	free(d->payload);
	free(d->trips);
	usage_settle(setup->nursery);
}

/* ---- calls ---- */

static void drive_answered(void *data, const struct fp_result *r);

static void drive_send(struct drive *d)
{
	if (!d->unsent)
		return;
	d->unsent--;
	if (d->trips)
		d->sent_ns = usage_now_ns();
	enum fp_reason reason = fp_pool_call(d->pool, &d->argument, 1, NULL, drive_answered, d, NULL);
	if (reason)
		bench_die("fp_pool_call: %s", fp_reason_text(reason));
}

static void drive_see(struct drive *d, uint64_t worker)
{
	for (uint32_t i = 0; i < d->seen_n; i++)
		if (d->seen[i] == worker)
			return;
	if (d->seen_n < BENCH_WORKERS_MAX)
		d->seen[d->seen_n++] = worker;
}

static void drive_answered(void *data, const struct fp_result *r)
{
	struct drive *d = data;
	if (r->outcome != FP_OK)
		bench_die("forkpool: a call ended as %s: %s", fp_outcome_name(r->outcome), fp_reason_text(r->reason));
	if (r->n != 1 || r->items[0].len != d->argument.len)
		bench_die("forkpool: the answer is not the argument");
	if (d->trips)
		d->trips[d->trips_n++] = usage_now_ns() - d->sent_ns;
	if (d->seen_n < d->shape->workers)
		drive_see(d, r->worker);
	drive_send(d);
	if (!--d->unanswered)
		ev_break(d->loop, EVBREAK_ONE);
}

static void drive_run(struct drive *d, uint64_t calls)
{
	d->unsent = d->unanswered = calls;
	d->trips_n = 0;
	for (uint32_t i = 0; i < d->shape->workers * d->shape->window; i++)
		drive_send(d);
	ev_run(d->loop, 0);
}

/* Until each worker has answered: from then on all of them are there. */
static void drive_warm_up(struct drive *d)
{
	do
		drive_run(d, d->shape->bytes > SMALL_BYTES ? d->shape->workers * d->shape->window : WARM_UP);
	while (d->seen_n < d->shape->workers);
}

/* ---- measurements ---- */

/* The descendants are the workers and a template at the least. */
static void drive_measure(struct drive *d, struct bench_sample *out)
{
	struct usage_cpu cpu;
	usage_cpu_begin(&cpu, d->shape->workers + 1);
	uint64_t began = usage_now_ns();
	drive_run(d, d->shape->messages);
	uint64_t ns = usage_now_ns() - began;
	*out = (struct bench_sample){.seconds = (double)ns * 1e-9, .cpu_seconds = usage_cpu_end(&cpu)};
	out->p50_seconds = usage_median(d->trips, d->trips_n) * 1e-9;
}

void ours_echo(const struct bench_setup *setup, const struct bench_shape *s, struct bench_sample *out)
{
	struct drive d = {.shape = s};
	struct fp_options o;
	drive_argument(&d);
	fp_options_init(&o);
	o.min = o.max = o.max_idle = s->workers;
	o.load = s->window;
	o.async = s->async;
	drive_open(&d, setup->echo_module, s->async ? "echo_async" : "echo", &o);
	drive_warm_up(&d);
	if (s->workers * s->window == 1 && !(d.trips = malloc(s->messages * sizeof *d.trips)))
		bench_die("forkpool: no memory");
	drive_measure(&d, out);
	drive_close(&d, setup);
}

/* calls_max 1 gives every call a worker of its own; the counter shows that it did. The warm-up starts the template. */
void ours_starts(const struct bench_setup *setup, const struct bench_shape *s, struct bench_sample *out)
{
	struct drive d = {.shape = s};
	struct fp_stats stats;
	struct fp_options o;
	drive_argument(&d);
	fp_options_init(&o);
	o.max = o.max_idle = s->workers;
	o.load = 1;
	o.calls_max = 1;
	drive_open(&d, setup->echo_module, "echo", &o);
	drive_run(&d, 2 * s->workers);
	uint64_t began = usage_now_ns();
	drive_run(&d, s->messages);
	uint64_t ns = usage_now_ns() - began;
	fp_pool_stats(d.pool, &stats);
	if (stats.workers_started < s->messages + 2 * s->workers)
		bench_die("forkpool: %llu workers for %llu calls with calls_max 1", (unsigned long long)stats.workers_started,
		          (unsigned long long)(s->messages + 2 * s->workers));
	*out = (struct bench_sample){.seconds = (double)ns * 1e-9};
	drive_close(&d, setup);
}

struct answer { /* of testworker */
	struct drive *drive;
	char text[32];
};

static void pid_answered(void *data, const struct fp_result *r)
{
	struct answer *a = data;
	if (r->outcome != FP_OK || r->n < 1)
		bench_die("forkpool: testworker: pid ended as %s", fp_outcome_name(r->outcome));
	snprintf(a->text, sizeof a->text, "%.*s", (int)r->items[0].len, (const char *)r->items[0].data);
	ev_break(a->drive->loop, EVBREAK_ONE);
}

static pid_t ask_pid(struct drive *d)
{
	struct fp_item verb = fp_item_str("pid");
	struct answer a = {.drive = d};
	enum fp_reason reason = fp_pool_call(d->pool, &verb, 1, NULL, pid_answered, &a, NULL);
	if (reason)
		bench_die("fp_pool_call: %s", fp_reason_text(reason));
	ev_run(d->loop, 0);
	int pid = atoi(a.text);
	if (pid <= 1)
		bench_die("testworker does not know the verb `pid`: it answered \"%s\"", a.text);
	return (pid_t)pid;
}

/* Each call asks for the number of its process; the last answer counts. */
void ours_private(const struct bench_setup *setup, const struct bench_shape *s, struct bench_sample *out)
{
	struct drive d = {.shape = s};
	struct fp_options o;
	pid_t pid = 0;
	fp_options_init(&o);
	o.min = o.max = o.max_idle = 1;
	drive_open(&d, setup->test_module, "testworker", &o);
	for (uint64_t i = 0; i < s->messages; i++)
		pid = ask_pid(&d);
	usage_wait_asleep(pid);
	*out = (struct bench_sample){.private_bytes = usage_private_bytes(pid)};
	drive_close(&d, setup);
}
