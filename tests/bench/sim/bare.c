/* A bare event loop. See bare.h. */
#include "bare.h"

#include <stdbool.h>
#include <stdlib.h>

struct event {
	uint64_t at_ns, order;
	enum what { CALL, WORKER_READS, WORKER_ANSWERS, POOL_READS } what;
};

struct bare {
	struct event *heap; /* from 1 on: at most one a worker, and the next call */
	uint64_t n, order, random;
	uint64_t waiting, idle;
};

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void push(struct bare *b, uint64_t at_ns, enum what what)
{
	struct event e = {at_ns, ++b->order, what};
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

static void give(struct bare *b, uint64_t now_ns, uint64_t delay_ns)
{
	for (; b->waiting && b->idle; b->waiting--, b->idle--)
		push(b, now_ns + delay_ns, WORKER_READS);
}

uint64_t bare_run(const struct bare_load *l)
{
	struct bare b = {.heap = malloc((l->workers + 3) * sizeof *b.heap), .random = 1, .idle = l->workers};
	uint64_t events = 0, calls = l->calls;
	if (!b.heap)
		return 0;
	for (push(&b, 0, CALL); b.n; events++) {
		struct event e = pop(&b);
		switch (e.what) {
		case CALL:
			b.waiting++;
			if (--calls)
				push(&b, e.at_ns + l->every_ns, CALL);
			give(&b, e.at_ns, l->delay_ns);
			break;
		case WORKER_READS:
			push(&b, e.at_ns + draw_ns(&b, l->service_ns), WORKER_ANSWERS);
			break;
		case WORKER_ANSWERS:
			push(&b, e.at_ns + l->delay_ns, POOL_READS);
			break;
		case POOL_READS:
			b.idle++;
			give(&b, e.at_ns, l->delay_ns);
			break;
		}
	}
	free(b.heap);
	return events;
}
