/* Pool policy said slowly. See sched.h. */
#include "sched.h"

#define FAILURES_MAX 5u
#define PAUSE_MIN_NS (100 * FP_MS)
#define PAUSE_MAX_NS (10 * FP_S)

/* a + b, where FP_NEVER is more than any sum. */
static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > FP_NEVER - b ? FP_NEVER : a + b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void fp_sched_model_init(struct fp_sched_model *m, const struct fp_sched_config *config)
{
	*m = (struct fp_sched_model){.config = *config, .last_tick_ns = FP_NEVER, .excess_since_ns = FP_NEVER};
	m->first_starts = (unsigned)least(config->max, config->min_idle);
}

/* ---- the order of POOL-3 ---- */

static bool is_greater(const struct fp_sched_model *m, unsigned i, unsigned j)
{
	const struct fp_model_worker *a = &m->workers[m->order[i]], *b = &m->workers[m->order[j]];
	return a->is_frozen != b->is_frozen ? a->is_frozen : a->load > b->load;
}

static void exchange(struct fp_sched_model *m, unsigned i, unsigned j)
{
	unsigned number = m->order[i];
	m->order[i] = m->order[j];
	m->order[j] = number;
}

static void move_up(struct fp_sched_model *m, unsigned i)
{
	for (; i && is_greater(m, (i - 1) / 2, i); i = (i - 1) / 2)
		exchange(m, i, (i - 1) / 2);
}

static void move_down(struct fp_sched_model *m, unsigned i)
{
	for (unsigned child; (child = 2 * i + 1) < m->n; i = child) {
		if (child + 1 < m->n && is_greater(m, child, child + 1))
			child++;
		if (!is_greater(m, i, child))
			return;
		exchange(m, i, child);
	}
}

static void moved(struct fp_sched_model *m, unsigned i)
{
	if (i && !is_greater(m, i, (i - 1) / 2))
		move_up(m, i);
	else
		move_down(m, i);
}

static unsigned place_of(const struct fp_sched_model *m, unsigned number)
{
	unsigned i = 0;
	while (i < m->n && m->order[i] != number)
		i++;
	return i;
}

bool fp_sched_model_is_in(const struct fp_sched_model *m, unsigned number)
{
	return place_of(m, number) < m->n;
}

static void take_out(struct fp_sched_model *m, unsigned number)
{
	unsigned i = place_of(m, number);
	m->n--;
	if (i == m->n)
		return;
	m->order[i] = m->order[m->n];
	moved(m, i);
}

/* ---- what is the case ---- */

static bool is_idle(const struct fp_model_worker *w)
{
	return w->load == 0 && !w->is_frozen;
}

static unsigned idle(const struct fp_sched_model *m, uint64_t *oldest_ns)
{
	unsigned n = 0;
	*oldest_ns = FP_NEVER;
	for (unsigned i = 0; i < m->n; i++) {
		const struct fp_model_worker *w = &m->workers[m->order[i]];
		if (!is_idle(w))
			continue;
		n++;
		*oldest_ns = least(*oldest_ns, w->idle_since_ns);
	}
	return n;
}

static bool are_too_few_idle(const struct fp_sched_model *m)
{
	uint64_t oldest_ns;
	return !m->closing && idle(m, &oldest_ns) < m->config.min_idle;
}

static bool has_room(const struct fp_sched_model *m)
{
	const struct fp_model_worker *top = &m->workers[m->order[0]];
	return m->n && !top->is_frozen && top->load < m->config.load;
}

static bool is_missing(const struct fp_sched_model *m)
{
	if (!m->n && m->waiting && m->looks)
		return true;
	return !m->closing && m->n < m->config.max && (m->first_starts || m->n < m->config.min);
}

static bool is_in_pause(const struct fp_sched_model *m)
{
	return m->now_ns < m->pause_until_ns;
}

static void set_clock(struct fp_sched_model *m, bool is_wanted)
{
	if (is_wanted && m->last_tick_ns == FP_NEVER && m->n < m->config.max)
		m->last_tick_ns = m->now_ns;
}

static uint64_t tick_due_ns(const struct fp_sched_model *m)
{
	if (m->last_tick_ns == FP_NEVER)
		return FP_NEVER;
	return most(sum(m->last_tick_ns, m->config.busy_time_ns), m->pause_until_ns);
}

static void note_excess(struct fp_sched_model *m)
{
	uint64_t oldest_ns;
	bool has_excess = idle(m, &oldest_ns) > most(m->config.max_idle, m->config.min_idle) && m->n > m->config.min;
	if (!has_excess)
		m->excess_since_ns = FP_NEVER;
	else if (m->excess_since_ns == FP_NEVER)
		m->excess_since_ns = m->now_ns;
}

static uint64_t stop_due_ns(const struct fp_sched_model *m, uint64_t oldest_ns)
{
	if (m->excess_since_ns == FP_NEVER)
		return FP_NEVER;
	return sum(most(most(m->excess_since_ns, m->last_stop_ns), oldest_ns), m->config.idle_time_ns);
}

void fp_sched_model_deadline_ns(const struct fp_sched_model *m, uint64_t *from_ns, uint64_t *to_ns)
{
	uint64_t start_ns = is_missing(m) ? m->pause_until_ns : tick_due_ns(m), oldest_ns;
	idle(m, &oldest_ns);
	*from_ns = least(start_ns, stop_due_ns(m, 0));
	*to_ns = least(start_ns, stop_due_ns(m, oldest_ns));
}

/* ---- inputs ---- */

void fp_sched_model_end(struct fp_sched_model *m, unsigned number)
{
	struct fp_model_worker *w = &m->workers[number];
	m->looks++;
	w->load--;
	if (w->load == 0)
		w->idle_since_ns = m->now_ns;
	if (fp_sched_model_is_in(m, number))
		moved(m, place_of(m, number));
}

void fp_sched_model_add(struct fp_sched_model *m, unsigned number)
{
	m->workers[number] = (struct fp_model_worker){.idle_since_ns = m->now_ns};
	m->looks = most(1, m->looks);
	m->first_starts -= m->first_starts > 0;
	m->order[m->n++] = number;
	move_up(m, m->n - 1);
}

void fp_sched_model_retire(struct fp_sched_model *m, unsigned number)
{
	if (!fp_sched_model_is_in(m, number))
		return;
	m->looks += m->workers[number].is_frozen;
	take_out(m, number);
}

void fp_sched_model_lose(struct fp_sched_model *m, unsigned number)
{
	if (!fp_sched_model_is_in(m, number))
		return;
	m->looks++;
	take_out(m, number);
	set_clock(m, are_too_few_idle(m));
}

void fp_sched_model_freeze(struct fp_sched_model *m, unsigned number)
{
	struct fp_model_worker *w = &m->workers[number];
	if (!fp_sched_model_is_in(m, number) || !w->load || w->is_frozen)
		return;
	w->is_frozen = true;
	moved(m, place_of(m, number));
}

void fp_sched_model_fail(struct fp_sched_model *m)
{
	uint64_t pause_ns = PAUSE_MIN_NS;
	if (++m->failures == 1)
		return;
	for (uint64_t i = 2; i < m->failures; i++)
		pause_ns = least(2 * pause_ns, PAUSE_MAX_NS);
	m->pause_until_ns = sum(m->now_ns, pause_ns);
}

void fp_sched_model_stopped(struct fp_sched_model *m, unsigned number)
{
	take_out(m, number);
	if (m->is_stop_idle)
		m->last_stop_ns = m->now_ns;
}

/* ---- decisions ---- */

static enum fp_model_due give(struct fp_sched_model *m, bool *candidates)
{
	unsigned number = m->order[0];
	struct fp_model_worker *w = &m->workers[number];
	m->has_given = true;
	m->waiting--;
	if (++w->load == 1)
		set_clock(m, are_too_few_idle(m));
	if (++w->calls == m->config.calls_max)
		w->is_frozen = true;
	moved(m, 0);
	candidates[number] = true;
	return FP_DUE_ASSIGN;
}

/* A worker that has ended the last of its calls_max jobs is stopped before all else. */
static enum fp_model_due stop_spent(const struct fp_sched_model *m, bool *candidates)
{
	enum fp_model_due due = FP_DUE_NOTHING;
	for (unsigned i = 0; i < m->n; i++) {
		const struct fp_model_worker *w = &m->workers[m->order[i]];
		if (!w->is_frozen || w->load || w->calls != m->config.calls_max)
			continue;
		candidates[m->order[i]] = true;
		due = FP_DUE_STOP;
	}
	return due;
}

static enum fp_model_due stop_any(const struct fp_sched_model *m, bool *candidates)
{
	for (unsigned i = 0; i < m->n; i++)
		candidates[m->order[i]] = true;
	return FP_DUE_STOP;
}

static enum fp_model_due rest(struct fp_sched_model *m, bool *candidates)
{
	uint64_t oldest_ns;
	note_excess(m);
	idle(m, &oldest_ns);
	uint64_t due_ns = stop_due_ns(m, oldest_ns);
	if (due_ns == FP_NEVER || m->now_ns < due_ns)
		return FP_DUE_NOTHING;
	for (unsigned i = 0; i < m->n; i++) {
		const struct fp_model_worker *w = &m->workers[m->order[i]];
		candidates[m->order[i]] = is_idle(w) && w->idle_since_ns == oldest_ns;
	}
	m->is_stop_idle = true;
	return FP_DUE_STOP;
}

/* POOL-4, and once nothing was given and nothing waits POOL-7. NOTHING: the look is over, or waits for the end of a pause. */
static enum fp_model_due look(struct fp_sched_model *m, bool *candidates)
{
	if (m->waiting && has_room(m))
		return give(m, candidates);
	if (m->closing && m->waiting && !m->n && m->failures >= FAILURES_MAX)
		return FP_DUE_GIVE_UP;
	if (is_missing(m))
		return is_in_pause(m) ? FP_DUE_NOTHING : FP_DUE_START;
	if (m->closing && !m->waiting && !m->has_given && m->n)
		return stop_any(m, candidates);
	set_clock(m, m->waiting);
	m->looks--;
	m->has_given = false;
	return FP_DUE_NOTHING;
}

/* POOL-5: a tick starts one worker, or is the last. */
static enum fp_model_due tick(struct fp_sched_model *m)
{
	m->last_tick_ns = FP_NEVER;
	set_clock(m, m->waiting || are_too_few_idle(m));
	return m->last_tick_ns == FP_NEVER ? FP_DUE_NOTHING : FP_DUE_START;
}

enum fp_model_due fp_sched_model_next(struct fp_sched_model *m, bool candidates[FP_MODEL_WORKERS_MAX])
{
	memset(candidates, 0, FP_MODEL_WORKERS_MAX * sizeof *candidates);
	m->is_stop_idle = false;
	if (stop_spent(m, candidates))
		return FP_DUE_STOP;
	for (uint64_t looks = 0; m->looks && m->looks != looks;) {
		looks = m->looks;
		enum fp_model_due due = look(m, candidates);
		if (due)
			return due;
	}
	if (!m->looks) {
		if (is_missing(m) && !is_in_pause(m))
			return FP_DUE_START;
		uint64_t due_ns = tick_due_ns(m);
		if (due_ns != FP_NEVER && m->now_ns >= due_ns && tick(m))
			return FP_DUE_START;
	}
	return rest(m, candidates);
}
