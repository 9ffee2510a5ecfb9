/* Pool policy. See sched.h. */
#include "sched.h"

#define FROZEN ((uint64_t)1 << 32) /* more than any load: a key above it is that of a frozen worker */

static struct fp_sched_worker *worker_of(struct fp_heap_node *n)
{
	return FP_OWNER(n, struct fp_sched_worker, by_load);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void fp_sched_init(struct fp_sched *s, const struct fp_alloc *alloc, const struct fp_sched_config *config, uint64_t now_ns)
{
	FP_ASSERT(config->max > 0 && config->load > 0);
	*s = (struct fp_sched){.config = *config, .now_ns = now_ns, .start_at_ns = FP_NEVER, .stop_at_ns = FP_NEVER};
	s->prestart = smaller(config->max, config->min_idle);
	fp_heap_init(&s->workers, alloc);
	fp_list_init(&s->idle);
	fp_list_init(&s->spent);
}

void fp_sched_fini(struct fp_sched *s)
{
	fp_heap_fini(&s->workers);
}

/* ---- what is the case ---- */

static bool is_full(const struct fp_sched *s)
{
	const struct fp_heap_node *top = fp_heap_top(&s->workers);
	return !top || top->key >= s->config.load;
}

/* A worker is to be started without waiting for busy_time. */
static bool is_missing(const struct fp_sched *s)
{
	uint32_t n = fp_sched_workers(s);
	if (!n && s->waiting && s->looks)
		return true;
	return !s->closing && n < s->config.max && (s->prestart || n < s->config.min);
}

static bool are_too_few_idle(const struct fp_sched *s)
{
	return !s->closing && s->n_idle < s->config.min_idle;
}

static bool is_in_excess(const struct fp_sched *s)
{
	return s->n_idle > larger(s->config.max_idle, s->config.min_idle) && fp_sched_workers(s) > s->config.min;
}

/* Sets the clock of starts, unless it runs: it does until a tick finds that none is wanted. */
static void want_start(struct fp_sched *s, bool is_wanted)
{
	if (is_wanted && s->start_at_ns == FP_NEVER && fp_sched_workers(s) < s->config.max)
		s->start_at_ns = fp_after(s->now_ns, s->config.busy_time_ns);
}

/* Follows from what is the case when no job can be assigned: a worker that gets its next job the moment it has ended one was
 * busy all the time. */
static void settle(struct fp_sched *s)
{
	if (!is_in_excess(s))
		s->stop_at_ns = FP_NEVER;
	else if (s->stop_at_ns == FP_NEVER)
		s->stop_at_ns = fp_after(s->now_ns, s->config.idle_time_ns);
}

/* ---- inputs ---- */

void fp_sched_tick(struct fp_sched *s, uint64_t now_ns)
{
	if (now_ns <= s->now_ns)
		return;
	s->now_ns = now_ns;
	s->is_settled = false;
}

void fp_sched_job_wait(struct fp_sched *s)
{
	s->waiting++;
	s->looks++;
}

void fp_sched_job_leave(struct fp_sched *s)
{
	FP_ASSERT(s->waiting);
	s->waiting--;
	s->looks++;
}

static void become_idle(struct fp_sched *s, struct fp_sched_worker *w)
{
	w->idle_since_ns = s->now_ns;
	fp_list_push(&s->idle, &w->idle);
	s->n_idle++;
}

/* It is idle no more, or not to be stopped any more. */
static void leave_list(struct fp_sched *s, struct fp_sched_worker *w)
{
	if (!fp_link_is_in(&w->idle))
		return;
	fp_list_remove(&w->idle);
	s->n_idle -= w->by_load.key < FROZEN;
}

static bool is_spent(const struct fp_sched *s, const struct fp_sched_worker *w)
{
	return w->by_load.key == FROZEN && w->calls == s->config.calls_max;
}

void fp_sched_job_end(struct fp_sched *s, struct fp_sched_worker *w)
{
	s->looks++;
	if (!fp_sched_is_member(w))
		return;
	FP_ASSERT(w->by_load.key);
	fp_heap_change(&s->workers, &w->by_load, w->by_load.key - 1);
	if (!w->by_load.key)
		become_idle(s, w);
	else if (is_spent(s, w))
		fp_list_push(&s->spent, &w->idle);
}

enum fp_reason fp_sched_worker_add(struct fp_sched *s, struct fp_sched_worker *w)
{
	*w = (struct fp_sched_worker){.calls = 0};
	fp_heap_node_init(&w->by_load);
	if (fp_heap_reserve(&s->workers))
		return FP_NOMEM;
	fp_heap_add(&s->workers, &w->by_load, 0);
	become_idle(s, w);
	if (!s->looks)
		s->looks = 1; /* else the look that it was started for goes on */
	if (s->prestart)
		s->prestart--;
	return FP_NONE;
}

static void take_out(struct fp_sched *s, struct fp_sched_worker *w)
{
	leave_list(s, w);
	fp_heap_remove(&s->workers, &w->by_load);
	fp_heap_release(&s->workers);
	s->is_settled = false;
}

void fp_sched_worker_remove(struct fp_sched *s, struct fp_sched_worker *w)
{
	if (!fp_sched_is_member(w))
		return;
	if (w->by_load.key >= FROZEN)
		s->looks++; /* it may have been the last that was to come of it */
	take_out(s, w);
}

void fp_sched_worker_lose(struct fp_sched *s, struct fp_sched_worker *w)
{
	if (!fp_sched_is_member(w))
		return;
	take_out(s, w);
	s->looks++;
	want_start(s, are_too_few_idle(s));
}

void fp_sched_worker_freeze(struct fp_sched *s, struct fp_sched_worker *w)
{
	if (fp_sched_is_member(w) && w->by_load.key && w->by_load.key < FROZEN)
		fp_heap_change(&s->workers, &w->by_load, w->by_load.key + FROZEN);
}

void fp_sched_start_failed(struct fp_sched *s)
{
	uint64_t pause = FP_START_PAUSE_MIN_NS;
	s->is_settled = false;
	if (++s->failures == 1)
		return;
	for (uint32_t i = 2; i < s->failures && pause < FP_START_PAUSE_MAX_NS; i++)
		pause *= 2;
	s->pause_until_ns = fp_after(s->now_ns, pause < FP_START_PAUSE_MAX_NS ? pause : FP_START_PAUSE_MAX_NS);
}

void fp_sched_start_proved(struct fp_sched *s)
{
	s->failures = 0;
	s->pause_until_ns = 0;
	s->is_settled = false;
}

void fp_sched_close(struct fp_sched *s)
{
	s->closing = true;
	s->looks++;
}

/* ---- decisions ---- */

static bool assign(struct fp_sched *s, struct fp_decision *d)
{
	if (!s->waiting || is_full(s))
		return false;
	struct fp_heap_node *top = fp_heap_top(&s->workers);
	*d = (struct fp_decision){FP_ASSIGN, worker_of(top)};
	s->waiting--;
	s->has_assigned = true;
	if (!top->key) {
		leave_list(s, d->worker);
		want_start(s, are_too_few_idle(s));
	}
	fp_heap_change(&s->workers, top, top->key + 1);
	if (++d->worker->calls == s->config.calls_max)
		fp_sched_worker_freeze(s, d->worker);
	return true;
}

static bool start(struct fp_decision *d)
{
	*d = (struct fp_decision){FP_START_WORKER, NULL};
	return true;
}

static bool start_missing(struct fp_sched *s, struct fp_decision *d)
{
	return s->now_ns >= s->pause_until_ns && is_missing(s) && start(d);
}

static bool start_wanted(struct fp_sched *s, struct fp_decision *d)
{
	if (s->now_ns < s->start_at_ns || s->now_ns < s->pause_until_ns)
		return false;
	s->start_at_ns = FP_NEVER;
	want_start(s, s->waiting || are_too_few_idle(s));
	return s->start_at_ns != FP_NEVER && start(d);
}

static bool stop(struct fp_sched *s, struct fp_sched_worker *w, struct fp_decision *d)
{
	take_out(s, w);
	*d = (struct fp_decision){FP_STOP, w};
	return true;
}

static bool stop_idle(struct fp_sched *s, struct fp_decision *d)
{
	if (s->now_ns < s->stop_at_ns)
		return false;
	struct fp_sched_worker *w = FP_OWNER(fp_list_first(&s->idle), struct fp_sched_worker, idle);
	uint64_t idle_until_ns = fp_after(w->idle_since_ns, s->config.idle_time_ns);
	if (s->now_ns < idle_until_ns) {
		s->stop_at_ns = idle_until_ns;
		return false;
	}
	s->stop_at_ns = FP_NEVER; /* anew, if there is still one in excess */
	return stop(s, w, d);
}

static bool give_up(const struct fp_sched *s, struct fp_decision *d)
{
	if (!s->closing || !s->waiting || fp_sched_workers(s) || s->failures < FP_START_FAILURES_MAX)
		return false;
	*d = (struct fp_decision){FP_GIVE_UP, NULL};
	return true;
}

/* Nothing to give, none missing, no end: however many looks there are, they see nothing. */
static bool is_look_idle(const struct fp_sched *s)
{
	return !s->waiting && !s->closing && !is_missing(s);
}

/* What a call, an answer or an end leads to; an end of all only if there was nothing to give. */
static bool look(struct fp_sched *s, struct fp_decision *d)
{
	if (is_look_idle(s)) {
		s->looks = 0;
		s->has_assigned = false;
	}
	for (; s->looks; s->looks--, s->has_assigned = false) {
		if (assign(s, d) || give_up(s, d))
			return true;
		if (is_missing(s))
			return false; /* it goes on once that one was started */
		want_start(s, s->waiting);
		if (s->closing && !s->waiting && !s->has_assigned && fp_sched_workers(s))
			return stop(s, worker_of(fp_heap_top(&s->workers)), d);
	}
	return false;
}

bool fp_sched_next(struct fp_sched *s, struct fp_decision *d)
{
	if (s->is_settled && !s->looks)
		return false;
	s->is_settled = false;
	if (!fp_list_is_empty(&s->spent))
		return stop(s, FP_OWNER(fp_list_first(&s->spent), struct fp_sched_worker, idle), d);
	if (look(s, d) || start_missing(s, d) || start_wanted(s, d))
		return true;
	settle(s);
	s->is_settled = !stop_idle(s, d);
	return !s->is_settled;
}

uint64_t fp_sched_deadline_ns(const struct fp_sched *s)
{
	uint64_t start_at = is_missing(s) ? 0 : s->start_at_ns;
	if (start_at < s->pause_until_ns)
		start_at = s->pause_until_ns;
	return start_at < s->stop_at_ns ? start_at : s->stop_at_ns;
}
