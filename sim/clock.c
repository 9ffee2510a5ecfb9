/* Events in a heap of which each has four below it: half the depth of a binary one, and all four stand together. See clock.h. */
#include "clock.h"

#define CHILDREN 4u

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

static size_t parent(size_t at)
{
	return (at + CHILDREN - 2) / CHILDREN;
}

static size_t first_child(size_t at)
{
	return CHILDREN * (at - 1) + 2;
}

static void place(struct sim_due *heap, size_t at, struct sim_due d)
{
	heap[at] = d;
	d.event->index = at;
}

static void move_up(struct sim_due *heap, size_t at, struct sim_due d)
{
	for (; at > 1 && is_before(&d, &heap[parent(at)]); at = parent(at))
		place(heap, at, heap[parent(at)]);
	place(heap, at, d);
}

static size_t first_of(const struct sim_due *heap, size_t at, size_t last)
{
	size_t first = at;
	while (++at <= last)
		first = is_before(&heap[at], &heap[first]) ? at : first;
	return first;
}

/* Down to where nothing is below, then up: what is moved was last, and belongs near there. */
static void move(struct sim_due *heap, size_t n, size_t at, struct sim_due d)
{
	for (size_t child; (child = first_child(at)) <= n; at = child) {
		size_t last = child + CHILDREN - 1;
		child = first_of(heap, child, last < n ? last : n);
		place(heap, at, heap[child]);
	}
	move_up(heap, at, d);
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
		move(c->heap, c->n, e->index, d);
		return;
	}
	c->heap = sim_grow(c->memory, c->heap, &c->cap, c->n + 1, sizeof *c->heap);
	move_up(c->heap, ++c->n, d);
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
		move(c->heap, c->n, at, last);
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
