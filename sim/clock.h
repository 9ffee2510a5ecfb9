/* Virtual time: events in a total order, by time and, at the same time, in the order in which they were set. Must not know
 * what happens. An event is embedded by its owner and is set for one time at most. */
#ifndef FP_SIM_CLOCK_H
#define FP_SIM_CLOCK_H

#include "memory.h"

struct sim_event {
	uint64_t at_ns;
	size_t index; /* in the heap, from 1; 0: not set */
	void (*happen)(struct sim_event *event);
};

/* In the heap: what it is ordered by stands in it, for it is looked at far more often than the event. */
struct sim_due {
	uint64_t at_ns, order;
	struct sim_event *event;
};

struct sim_clock {
	const struct fp_alloc *memory;
	struct sim_due *heap; /* from 1 on */
	size_t n, cap;
	uint64_t now_ns, order, events; /* events: that have happened */
};

void sim_clock_init(struct sim_clock *c, const struct fp_alloc *memory);
void sim_clock_fini(struct sim_clock *c);

static inline void sim_event_init(struct sim_event *e, void (*happen)(struct sim_event *))
{
	*e = (struct sim_event){.happen = happen};
}
static inline bool sim_event_is_set(const struct sim_event *e)
{
	return e->index != 0;
}

void sim_clock_set(struct sim_clock *c, struct sim_event *e, uint64_t at_ns); /* anew, if it was set; FP_NEVER: cancel */
void sim_clock_set_sooner(struct sim_clock *c, struct sim_event *e, uint64_t at_ns); /* unless it is set for as soon */
void sim_clock_cancel(struct sim_clock *c, struct sim_event *e);              /* harmless when it is not set */
uint64_t sim_clock_next_ns(const struct sim_clock *c);                        /* FP_NEVER: nothing is set */
void sim_clock_step(struct sim_clock *c); /* the next event happens; there is one */

#endif
