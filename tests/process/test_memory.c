/* A short life of a pool in which the nth request for memory is refused, for n = 1, 2, ... until none is: nothing crashes, no
 * callback is lost, nothing leaks. The linker puts the functions below in the place of malloc and its like (Makefile). */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that is refused ---- */

void *__real_malloc(size_t len);
void *__real_calloc(size_t n, size_t len);
void *__real_realloc(void *p, size_t len);
char *__real_strdup(const char *s);
void __real_free(void *p);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t n, size_t len);
void *__wrap_realloc(void *p, size_t len);
char *__wrap_strdup(const char *s);
void __wrap_free(void *p);

static unsigned long requests, refused_at; /* refused_at 0: all are granted */
static long held;                          /* blocks */

static bool is_granted(void)
{
	return ++requests != refused_at;
}

static void *hold(void *p)
{
	held += p != NULL;
	return p;
}

void *__wrap_malloc(size_t len)
{
	return is_granted() ? hold(__real_malloc(len)) : NULL;
}

void *__wrap_calloc(size_t n, size_t len)
{
	return is_granted() ? hold(__real_calloc(n, len)) : NULL;
}

void *__wrap_realloc(void *p, size_t len)
{
	if (len && !is_granted())
		return NULL;
	void *q = __real_realloc(p, len);
	if (!p)
		hold(q);
	else if (!len)
		held--;
	return q;
}

char *__wrap_strdup(const char *s)
{
	return is_granted() ? hold(__real_strdup(s)) : NULL;
}

void __wrap_free(void *p)
{
	held -= p != NULL;
	__real_free(p);
}

/* ---- a life ---- */

#define LONG 40000u /* octets: more than is copied behind a job */

struct life {
	struct ev_loop *loop;
	struct fp_pool *pool;
	unsigned accepted, told, answered, events, errors, destroyed;
	bool has_hung;
};

struct call_kind {
	const char *verb, *arg;
	size_t answer_len;
};

static char long_text[LONG + 1];
static const struct call_kind kinds[] = {{"echo", "a", 1}, {"events", "3", 0},        {"fill", "4000", 40000},
					 {"kill", "9", 0}, {"echo", long_text, LONG}, {"echo", "last", 4}};
#define KINDS (sizeof kinds / sizeof kinds[0])

struct one_call {
	struct life *life;
	const struct call_kind *kind;
	unsigned told;
};

static void on_result(void *data, const struct fp_result *result)
{
	struct one_call *c = data;
	c->told++;
	c->life->told++;
	assert_int_equal(c->life->destroyed, 0);
	if (result->outcome != FP_OK)
		return;
	c->life->answered++;
	size_t len = 0;
	for (size_t i = 0; i < result->n; i++)
		len += result->items[i].len;
	assert_int_equal(len, c->kind->answer_len);
}

static void on_event(void *data, const struct fp_event *event)
{
	struct life *l = data;
	l->events++;
	assert_false(event->is_error);
}

static void on_error(void *data, const struct fp_error *error)
{
	struct life *l = data;
	l->errors++;
	assert_true(error->reason != FP_NONE && strlen(error->text) > 0);
}

static void on_destroy(void *data)
{
	struct life *l = data;
	l->destroyed++;
	ev_break(l->loop, EVBREAK_ALL);
}

static void on_hang(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	struct life *l = timer->data;
	l->has_hung = true;
	ev_break(loop, EVBREAK_ALL);
}

static void begin(struct life *l)
{
	static const char *const modules[] = {"testworker", NULL};
	static const struct fp_item init_args[] = {{"given", 5, FP_STRING}};
	struct fp_options o;
	fp_options_init(&o);
	o.require = modules;
	o.init = "testworker_init";
	o.init_args = init_args;
	o.init_args_n = 1;
	o.max = 2;
	o.load = 3;
	o.retries = 1;
	o.run_timeout_ns = 20 * FP_S;
	o.data = l;
	o.on_event = on_event;
	o.on_error = on_error;
	o.on_destroy = on_destroy;
	l->pool = fp_pool_new(l->loop, "testworker", &o, NULL);
}

/* Accepted, or refused for want of memory. */
static void make_call(struct life *l, struct one_call *c, const struct call_kind *k)
{
	const struct fp_item items[] = {fp_item_str(k->verb), fp_item_str(k->arg), fp_item_str("0123456789")};
	*c = (struct one_call){.life = l, .kind = k};
	enum fp_reason r = fp_pool_call(l->pool, items, strcmp(k->verb, "fill") == 0 ? 3 : 2, NULL, on_result, c, NULL);
	if (r)
		assert_int_equal(r, FP_NOMEM);
	else
		l->accepted++;
}

static void live(struct life *l)
{
	struct one_call calls[KINDS];
	ev_timer hang;
	for (size_t i = 0; i < KINDS; i++)
		make_call(l, &calls[i], &kinds[i]);
	fp_pool_destroy(l->pool);
	ev_timer_init(&hang, on_hang, HANG_S, 0);
	hang.data = l;
	ev_timer_start(l->loop, &hang);
	ev_run(l->loop, 0);
	ev_timer_stop(l->loop, &hang);
	for (size_t i = 0; i < KINDS; i++)
		assert_true(calls[i].told <= 1);
}

/* One life; answers whether a request was refused in it. */
static bool live_without(unsigned long n)
{
	struct life l = {.loop = ev_loop_new(EVFLAG_AUTO)};
	long before = held;
	requests = 0;
	refused_at = n;
	begin(&l);
	if (l.pool)
		live(&l);
	bool was_refused = requests >= n;
	refused_at = 0;
	if (l.has_hung)
		fail_msg("request %lu refused: the pool does not end", n);
	assert_int_equal(l.destroyed, l.pool != NULL);
	assert_int_equal(l.told, l.accepted);
	if (held != before)
		fail_msg("request %lu refused: %ld blocks are left", n, held - before);
	ev_loop_destroy(l.loop);
	if (!was_refused && (l.answered != KINDS - 1 || l.events != 3))
		fail_msg("nothing was refused, and %u calls were answered, %u events told", l.answered, l.events);
	return was_refused;
}

static void a_refused_request_loses_no_callback_and_leaks_nothing(void **state)
{
	(void)state;
	unsigned long n = 1;
	unsigned before = open_fds();
	memset(long_text, 'x', LONG);
	while (live_without(n))
		n++;
	print_message("%lu requests, each refused once\n", n - 1);
	assert_true(n > 30);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_request_loses_no_callback_and_leaks_nothing),
	};
	return RUN(tests);
}
