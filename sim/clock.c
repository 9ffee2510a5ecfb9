/* Events in a binary heap. See clock.h. */
#include "clock.h"

void sim_clock_init(struct sim_clock *c, const struct fp_alloc *memory)
{
	*c = (struct sim_clock){.memory = memory};
}

void sim_clock_fini(struct sim_clock *c)
{
	fp_alloc_put(c->memory, c->heap, c->cap * sizeof *c->heap);
	sim_clock_init(c, c->memory);
}

static bool is_before(const struct sim_due *a, const struct sim_due *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void place(struct sim_clock *c, size_t at, const struct sim_due *d)
{
	c->heap[at] = *d;
	d->event->index = at;
}

static void move_up(struct sim_clock *c, size_t at, struct sim_due d)
{
	for (; at > 1 && is_before(&d, &c->heap[at / 2]); at /= 2)
		place(c, at, &c->heap[at / 2]);
	place(c, at, &d);
}

static void move_down(struct sim_clock *c, size_t at, struct sim_due d)
{
	for (size_t child; (child = 2 * at) <= c->n; at = child) {
		child += child < c->n && is_before(&c->heap[child + 1], &c->heap[child]);
		if (is_before(&d, &c->heap[child]))
			break;
		place(c, at, &c->heap[child]);
	}
	place(c, at, &d);
}

static void move(struct sim_clock *c, size_t at, struct sim_due d)
{
	if (at > 1 && is_before(&d, &c->heap[at / 2]))
		move_up(c, at, d);
	else
		move_down(c, at, d);
}

void sim_clock_set(struct sim_clock *c, struct sim_event *e, uint64_t at_ns)
{
	if (at_ns == FP_NEVER) {
		sim_clock_cancel(c, e);
		return;
	}
	FP_ASSERT(at_ns >= c->now_ns);
	struct sim_due d = {at_ns, ++c->order, e};
	e->at_ns = at_ns;
	if (e->index) {
		move(c, e->index, d);
		return;
	}
	c->heap = sim_grow(c->memory, c->heap, &c->cap, c->n + 1, sizeof *c->heap);
	move_up(c, ++c->n, d);
}

void sim_clock_set_sooner(struct sim_clock *c, struct sim_event *e, uint64_t at_ns)
{
	if (!e->index || at_ns < e->at_ns)
		sim_clock_set(c, e, at_ns);
}

void sim_clock_cancel(struct sim_clock *c, struct sim_event *e)
{
	size_t at = e->index;
	if (!at)
		return;
	e->index = 0;
	struct sim_due last = c->heap[c->n--];
	if (last.event != e)
		move(c, at, last);
}

uint64_t sim_clock_next_ns(const struct sim_clock *c)
{
	return c->n ? c->heap[1].at_ns : FP_NEVER;
}

void sim_clock_step(struct sim_clock *c)
{
	struct sim_event *e = c->heap[1].event;
	sim_clock_cancel(c, e);
	c->now_ns = e->at_ns;
	c->events++;
	e->happen(e);
}
