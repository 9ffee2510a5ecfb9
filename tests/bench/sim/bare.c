/* A bare event loop. See bare.h. */
#include "bare.h"

#include <stdbool.h>
#include <stdlib.h>

struct event {
	uint64_t at_ns, order;
	bool is_call; /* else an answer */
};

struct bare {
	struct event *heap; /* from 1 on: never more than one a worker, and the next call */
	uint64_t n, order, random;
	uint64_t waiting, idle;
};

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void push(struct bare *b, uint64_t at_ns, bool is_call)
{
	struct event e = {at_ns, ++b->order, is_call};
	uint64_t i = ++b->n;
	for (; i > 1 && is_before(&e, &b->heap[i / 2]); i /= 2)
		b->heap[i] = b->heap[i / 2];
	b->heap[i] = e;
}

static struct event pop(struct bare *b)
{
	struct event top = b->heap[1], last = b->heap[b->n--];
	uint64_t i = 1;
	for (uint64_t child; (child = 2 * i) <= b->n; i = child) {
		child += child < b->n && is_before(&b->heap[child + 1], &b->heap[child]);
		if (is_before(&last, &b->heap[child]))
			break;
		b->heap[i] = b->heap[child];
	}
	b->heap[i] = last;
	return top;
}

static uint64_t draw_ns(struct bare *b, uint64_t mean_ns)
{
	b->random = b->random * 6364136223846793005u + 1442695040888963407u;
	return (b->random >> 33) * mean_ns >> 30;
}

uint64_t bare_run(uint32_t workers, uint64_t calls, uint64_t every_ns, uint64_t service_ns)
{
	struct bare b = {.heap = malloc((workers + 3) * sizeof *b.heap), .random = 1, .idle = workers};
	uint64_t events = 0;
	if (!b.heap)
		return 0;
	for (push(&b, 0, true); b.n; events++) {
		struct event e = pop(&b);
		b.waiting += e.is_call;
		b.idle += !e.is_call;
		if (e.is_call && --calls)
			push(&b, e.at_ns + every_ns, true);
		for (; b.waiting && b.idle; b.waiting--, b.idle--)
			push(&b, e.at_ns + draw_ns(&b, service_ns), false);
	}
	free(b.heap);
	return events;
}
