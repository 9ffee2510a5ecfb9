/* The test worker in an event loop. What testworker.c can do, and answers that come later or in another order:
 *
 *   hold K A...    no answer yet; kept under the key K
 *   free K...      answers the held call of each K in turn (-> its A...), then -> freed number-of-K
 *   freeq K...     -> freed number-of-K first, then answers the held ones
 *   post A...      -> A..., then event A...
 *   twice A...     answers twice; the second answer must have no effect
 *   never          never answers
 *   later MS A...  -> A... after MS milliseconds
 *   latev MS A...  -> ok at once, event A... after MS milliseconds
 *   sleep MS       -> slept after MS milliseconds, in which other calls go on
 *
 * In a synchronous worker these are unknown verbs. Arguments of a deferred call stay good until its answer: what
 * is needed behind an answer is copied, nothing else. */
#include "testworker.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- held calls ------------------------------------------------------------------------------------ */

struct held {
	struct held *next;
	struct fp_done done; /* its arguments are the verb, the key, the answer */
};

static struct held *held_calls;

static bool is_same(const struct fp_item *a, const struct fp_item *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static struct held *held_take(const struct fp_item *key)
{
	for (struct held **at = &held_calls; *at; at = &(*at)->next) {
		struct held *h = *at;

		if (is_same(&h->done.args[1], key)) {
			*at = h->next;
			return h;
		}
	}
	return NULL;
}

static void held_answer(const struct fp_item *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct held *h = held_take(&keys[i]);

		if (h)
			fp_done(h->done, h->done.args + 2, h->done.n - 2);
		free(h);
	}
}

static int verb_hold(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct held *h = n ? malloc(sizeof *h) : NULL;

	(void)args; /* fp_defer keeps them */
	if (!h)
		return 1;
	*h = (struct held){held_calls, fp_defer(task)};
	held_calls = h;
	return 0;
}

static int verb_free(struct fp_task *task, const struct fp_item *args, size_t n)
{
	held_answer(args, n);
	return fp_put_str(task, "freed") || fp_put_int(task, (int64_t)n);
}

static int verb_freeq(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct testworker_list *keys = testworker_list_copy(args, n);
	char number[24];
	int len = snprintf(number, sizeof number, "%zu", n);
	struct fp_item freed[] = {fp_item_str("freed"), {number, (size_t)len, FP_VALUE}};

	if (!keys)
		return 1;
	fp_done(fp_defer(task), freed, 2);
	held_answer(keys->items, keys->n);
	free(keys);
	return 0;
}

/* ---- answers and what may come behind them ---------------------------------------------------------- */

static int verb_post(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct testworker_list *event = testworker_list_copy(args, n);

	if (!event)
		return 1;
	fp_done(fp_defer(task), args, n);
	fp_event(event->items, event->n); /* refused if that answer was the worker's last */
	free(event);
	return 0;
}

static int verb_twice(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct testworker_list *again = testworker_list_copy(args, n);
	struct fp_done done;

	if (!again)
		return 1;
	done = fp_defer(task);
	fp_done(done, args, n);
	fp_done(done, again->items, again->n);
	free(again);
	return 0;
}

static int verb_never(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	fp_defer(task);
	return 0;
}

/* ---- timers ---------------------------------------------------------------------------------------- */

/* What to say when the time has come: the answer `items`, or the event `event`. */
struct alarm {
	struct ev_timer timer; /* first: libev hands it back */
	struct fp_done done;
	const struct fp_item *items; /* the answer */
	size_t n;
	struct testworker_list *event; /* NULL: an answer */
};

static void alarm_ring(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct alarm *a = (struct alarm *)timer;

	(void)loop, (void)revents;
	if (a->event)
		fp_event(a->event->items, a->event->n);
	else
		fp_done(a->done, a->items, a->n);
	free(a->event);
	free(a);
}

/* The caller fills in what to say. NULL: no memory. */
static struct alarm *alarm_new(uint64_t ms)
{
	struct alarm *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	ev_timer_init(&a->timer, alarm_ring, (double)ms / 1000, 0.);
	ev_now_update(fp_child_loop()); /* a verb before this one may have taken its time */
	ev_timer_start(fp_child_loop(), &a->timer);
	return a;
}

static struct alarm *alarm_answer(struct fp_task *task, uint64_t ms)
{
	struct alarm *a = alarm_new(ms);

	if (a)
		a->done = fp_defer(task);
	return a;
}

static int verb_later(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct alarm *a = n ? alarm_answer(task, testworker_number(args, n, 0)) : NULL;

	if (!a)
		return 1;
	a->items = a->done.args + 2; /* behind the verb and the time */
	a->n = n - 1;
	return 0;
}

static int verb_sleep(struct fp_task *task, const struct fp_item *args, size_t n)
{
	static const struct fp_item slept = {"slept", 5, FP_STRING};
	struct alarm *a = alarm_answer(task, testworker_number(args, n, 0));

	if (!a)
		return 1;
	a->items = &slept;
	a->n = 1;
	return 0;
}

static int verb_latev(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct testworker_list *event = n ? testworker_list_copy(args + 1, n - 1) : NULL;
	struct alarm *a = event ? alarm_new(testworker_number(args, n, 0)) : NULL;

	if (!a) {
		free(event);
		return 1;
	}
	a->event = event;
	return fp_put_str(task, "ok") != FP_NONE;
}

/* ---- the worker ------------------------------------------------------------------------------------ */

static const struct testworker_verb verbs[] = {
	{"hold", verb_hold},   {"free", verb_free},   {"freeq", verb_freeq}, {"post", verb_post},   {"twice", verb_twice},
	{"never", verb_never}, {"later", verb_later}, {"latev", verb_latev}, {"sleep", verb_sleep}, {NULL, NULL},
};

int testworker_async(struct fp_task *task, const struct fp_item *args, size_t n)
{
	fp_function *run = n && fp_child_loop() ? testworker_verb_find(verbs, &args[0]) : NULL;

	return run ? run(task, args + 1, n - 1) : testworker(task, args, n);
}
