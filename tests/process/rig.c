/* The rig. See rig.h. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

void *rig_must(void *p)
{
	if (!p)
		fail_msg("the test itself has no memory");
	return p;
}

static char *join(const struct fp_item *items, size_t n, size_t *len)
{
	size_t all = 1, at = 0;
	for (size_t i = 0; i < n; i++)
		all += items[i].len + 1;
	char *text = rig_must(malloc(all));
	for (size_t i = 0; i < n; i++) {
		if (i)
			text[at++] = '\t';
		if (items[i].len)
			memcpy(text + at, items[i].data, items[i].len);
		at += items[i].len;
	}
	text[at] = '\0';
	if (len)
		*len = at;
	return text;
}

/* ---- callbacks ---- */

/* Every callback begins with this. The loop is left, so that rig_until looks at its condition before it waits again. */
static void check_caller(const struct rig *r)
{
	ev_break(r->loop, EVBREAK_ONE);
	if (r->is_inside)
		fail_msg("a callback came from inside another function");
	if (r->destroyed)
		fail_msg("a callback came after on_destroy");
}

static void on_result(void *data, const struct fp_result *result)
{
	struct call *c = data;
	struct rig *r = c->rig;
	check_caller(r);
	if (c->told++)
		fail_msg("a call was told twice: %s, then %s", fp_outcome_name(c->result.outcome), fp_outcome_name(result->outcome));
	c->result = *result;
	c->text = join(result->items, result->n, &c->len);
	c->result.items = NULL;
	c->job = NULL;
	c->turn = (unsigned)++r->n_told;
	if (r->on_told)
		r->on_told(c);
}

static void take_note(struct rig *r, struct notes *l, struct note n)
{
	check_caller(r);
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->notes = rig_must(realloc(l->notes, l->cap * sizeof *l->notes));
	}
	n.turn = (unsigned)r->n_told;
	l->notes[l->n++] = n;
	if (r->on_noted)
		r->on_noted(r, &n);
}

static void on_event(void *data, const struct fp_event *e)
{
	struct rig *r = data;
	take_note(r, &r->events, (struct note){.worker = e->worker, .text = join(e->items, e->n, NULL), .is_error = e->is_error});
}

static void on_error(void *data, const struct fp_error *e)
{
	struct rig *r = data;
	take_note(r, &r->errors, (struct note){
		.worker = e->worker, .text = rig_must(strdup(e->text)), .is_error = true, .reason = e->reason, .offset = e->offset,
		.system_errno = e->system_errno});
}

static void on_room(void *data)
{
	struct rig *r = data;
	check_caller(r);
	r->rooms++;
}

static void on_destroy(void *data)
{
	struct rig *r = data;
	check_caller(r);
	r->destroyed++;
	fp_pool_stats(r->pool, &r->last);
}

/* ---- a pool ---- */

static void init(struct rig *r, const char *const *modules)
{
	*r = (struct rig){.loop = rig_must(ev_loop_new(EVFLAG_AUTO))};
	fp_options_init(&r->options);
	r->options.require = modules;
	r->options.data = r;
	r->options.on_error = on_error;
	r->options.on_event = on_event;
	r->options.on_destroy = on_destroy;
	r->options.on_room = on_room;
}

void rig_init(struct rig *r)
{
	static const char *const modules[] = {"testworker", NULL};
	init(r, modules);
}

void rig_init_async(struct rig *r)
{
	rig_init(r);
	r->options.async = true;
}

void rig_init_witness(struct rig *r, const char *init_function)
{
	static const char *const modules[] = {"witness", NULL};
	init(r, modules);
	r->options.init = init_function;
}

void rig_share_loop(struct rig *r, struct rig *other)
{
	ev_loop_destroy(r->loop);
	r->loop = other->loop;
	r->shares_loop = true;
}

/* What changed without a callback is looked at, too, before the loop waits. */
static void on_look(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)events;
	struct rig *r = prepare->data;
	if (r->destroyed)
		return;
	struct fp_stats now = rig_stats(r);
	if (memcmp(&now, &r->seen, sizeof now) != 0)
		ev_break(loop, EVBREAK_ONE);
	r->seen = now;
}

void rig_open(struct rig *r, const char *function)
{
	char why[256] = "";
	r->is_inside = true;
	r->pool = fp_pool_new(r->loop, function, &r->options, why);
	r->is_inside = false;
	if (!r->pool)
		fail_msg("no pool: %s", why);
	ev_prepare_init(&r->look, on_look);
	ev_set_priority(&r->look, EV_MINPRI); /* after the pool's own */
	r->look.data = r;
	ev_prepare_start(r->loop, &r->look);
	ev_unref(r->loop);
}

static void check_calls(struct rig *r)
{
	uint64_t outcomes[FP_OUTCOMES] = {0};
	for (size_t i = 0; i < r->n_calls; i++) {
		if (r->calls[i]->told != 1)
			fail_msg("call %zu was told %u times", i + 1, r->calls[i]->told);
		outcomes[r->calls[i]->result.outcome]++;
	}
	assert_int_equal(r->last.calls, r->n_calls);
	for (int o = 0; o < FP_OUTCOMES; o++)
		if (o != FP_REJECTED)
			assert_int_equal(r->last.outcomes[o], outcomes[o]);
	assert_int_equal(r->last.waiting, 0);
	assert_int_equal(r->last.running, 0);
	assert_int_equal(r->last.workers + r->last.ending, 0);
	if (r->last.workers_max > r->options.max)
		fail_msg("%u workers at a time, max is %u", r->last.workers_max, r->options.max);
}

static void free_notes(struct notes *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->notes[i].text);
	free(l->notes);
}

static void rig_free(struct rig *r)
{
	for (size_t i = 0; i < r->n_calls; i++) {
		free(r->calls[i]->text);
		free(r->calls[i]);
	}
	free(r->calls);
	free_notes(&r->events);
	free_notes(&r->errors);
	if (r->dir[0])
		rig_remove_dir(r->dir);
	ev_timer_stop(r->loop, &r->hang);
	ev_ref(r->loop);
	ev_prepare_stop(r->loop, &r->look);
	if (!r->shares_loop)
		ev_loop_destroy(r->loop);
}

void rig_await_end(struct rig *r)
{
	rig_until(r, r->destroyed);
	ev_run(r->loop, EVRUN_NOWAIT);
	assert_int_equal(r->destroyed, 1);
	check_calls(r);
	rig_free(r);
}

void rig_close(struct rig *r)
{
	r->is_inside = true;
	fp_pool_destroy(r->pool);
	r->is_inside = false;
	rig_await_end(r);
}

void rig_abort(struct rig *r)
{
	r->is_inside = true;
	fp_pool_abort(r->pool);
	r->is_inside = false;
	rig_await_end(r);
}

/* ---- calls ---- */

static struct call *add_call(struct rig *r)
{
	if (r->n_calls == r->calls_cap) {
		r->calls_cap = r->calls_cap ? 2 * r->calls_cap : 64;
		r->calls = rig_must(realloc(r->calls, r->calls_cap * sizeof(struct call *)));
	}
	struct call *c = rig_must(calloc(1, sizeof *c));
	c->rig = r;
	return r->calls[r->n_calls++] = c;
}

struct call *rig_call_items(struct rig *r, const struct fp_limits *limits, const struct fp_item *items, size_t n)
{
	struct call *c = add_call(r);
	bool was_inside = r->is_inside;
	r->is_inside = true;
	enum fp_reason refused = fp_pool_call(r->pool, items, n, limits, on_result, c, &c->job);
	r->is_inside = was_inside;
	if (refused)
		fail_msg("a call was refused: %s", fp_reason_text(refused));
	return c;
}

static size_t items_of(struct fp_item items[16], const char *const *words)
{
	size_t n = 0;
	for (; words[n]; n++) {
		assert_true(n < 16);
		items[n] = fp_item_str(words[n]);
	}
	return n;
}

struct call *rig_call_words(struct rig *r, const struct fp_limits *limits, const char *const *words)
{
	struct fp_item items[16];
	size_t n = items_of(items, words);
	return rig_call_items(r, limits, items, n);
}

static void on_unexpected(void *data, const struct fp_result *result)
{
	(void)data;
	fail_msg("a refused call was told: %s", fp_outcome_name(result->outcome));
}

enum fp_reason rig_refused_words(struct rig *r, const char *const *words)
{
	struct fp_item items[16];
	size_t n = items_of(items, words);
	return fp_pool_call(r->pool, items, n, NULL, on_unexpected, NULL, NULL);
}

void rig_cancel(struct call *c)
{
	bool was_inside = c->rig->is_inside;
	c->rig->is_inside = true;
	fp_pool_cancel(c->rig->pool, c->job);
	c->rig->is_inside = was_inside;
}

const char *rig_answer_of(struct call *c)
{
	rig_until(c->rig, c->told);
	if (c->result.outcome != FP_OK)
		fail_msg("a call ended as %s", fp_outcome_name(c->result.outcome));
	return c->text;
}

/* ---- waiting ---- */

static void on_hang(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)events;
	bool *is_over = timer->data;
	*is_over = true;
	ev_break(loop, EVBREAK_ALL);
}

static bool has_hung;

void rig_be_patient(struct rig *r)
{
	ev_timer_stop(r->loop, &r->hang);
	has_hung = false;
	ev_now_update(r->loop);
	ev_timer_init(&r->hang, on_hang, HANG_S, 0);
	r->hang.data = &has_hung;
	ev_timer_start(r->loop, &r->hang);
}

void rig_turn(struct rig *r, const char *truth, const char *file, int line)
{
	ev_run(r->loop, EVRUN_ONCE);
	if (!has_hung)
		return;
	print_error("waited in vain for: %s\n", truth);
	for (size_t i = 0; i < r->errors.n && i < 10; i++)
		print_error("  error: %s\n", r->errors.notes[i].text);
	_fail(file, line);
}

/* ---- looking ---- */

void assert_outcome(const struct call *c, enum fp_outcome outcome, enum fp_reason reason)
{
	assert_int_equal(c->told, 1);
	if (c->result.outcome != outcome || c->result.reason != reason)
		fail_msg("the outcome is %s (%s), not %s (%s)", fp_outcome_name(c->result.outcome), fp_reason_name(c->result.reason),
		         fp_outcome_name(outcome), fp_reason_name(reason));
}

void assert_ok(const struct call *c, const char *text)
{
	assert_outcome(c, FP_OK, FP_NONE);
	assert_string_equal(c->text, text);
}

void assert_crashed(const struct call *c, int exit_status, int signal)
{
	assert_int_equal(c->told, 1);
	assert_string_equal(fp_outcome_name(c->result.outcome), "crashed");
	assert_int_equal(c->result.exit_status, exit_status);
	assert_int_equal(c->result.signal, signal);
	assert_true(c->result.worker > 0);
}

struct fp_stats rig_stats(const struct rig *r)
{
	struct fp_stats s;
	fp_pool_stats(r->pool, &s);
	return s;
}

bool notes_has(const struct notes *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->notes[i].text, text) == 0)
			return true;
	return false;
}
