/* What happens in a world, one record at a time: a running hash over all of them, and whoever wants to see them. Must not
 * know why it happens. */
#ifndef FP_SIM_TRACE_H
#define FP_SIM_TRACE_H

#include "../lib/core/base.h"

/* What a, b and c mean. Names and meanings are what a log shows: see trace.c. */
enum sim_what {
	SIM_SUBMIT, SIM_REFUSED, SIM_CANCELLED, SIM_CLOSED, SIM_ABORTED, /* the application */
	SIM_TICK, SIM_STARTS, SIM_HALF_CLOSES, SIM_KILLS, SIM_CLOSES, SIM_GONE, SIM_OUTCOME, SIM_EVENT, SIM_ERROR, SIM_ROOM,
	SIM_STATE, SIM_DESTROYED, /* the pool */
	SIM_STARTED, SIM_START_FAILED, SIM_EXIT_TOLD, SIM_POOL_READS, SIM_POOL_READS_END, SIM_POOL_WRITES, SIM_POOL_CANNOT_WRITE,
	SIM_BEGINS, SIM_ANSWERS, SIM_SENDS_EVENT, SIM_MISBEHAVES, SIM_PROCESS_READS, SIM_PROCESS_READS_END, SIM_PROCESS_WRITES,
	SIM_IGNORES, SIM_ENDS, /* the processes */
	SIM_WHATS
};

struct sim_record {
	uint64_t at_ns;
	enum sim_what what;
	uint64_t worker, job; /* 0: none */
	uint64_t a, b, c;
};

/* Octets that were written; no part of the hash, which has their number. */
struct sim_octets {
	uint64_t worker;
	bool is_to_pool;
	struct fp_span octets;
};

typedef void sim_trace_see(void *ctx, const struct sim_record *r);
typedef void sim_trace_see_octets(void *ctx, const struct sim_octets *o);

struct sim_trace {
	uint64_t hash, records;
	sim_trace_see *see;               /* NULL: nobody */
	sim_trace_see_octets *see_octets; /* likewise */
	void *ctx;
};

void sim_trace_init(struct sim_trace *t);

/* Each bit of x into the upper bits of a product, and from there down. */
static inline uint64_t sim_trace_spread(uint64_t x, uint64_t odd)
{
	x *= odd;
	return x ^ (x >> 32);
}

/* The products do not wait for each other, nor for the record before: a hash that did would cost a tenth of a run. Here, so that
 * what is 0 in all records of a place costs nothing there. */
static inline void sim_trace_add(struct sim_trace *t, struct sim_record r)
{
	uint64_t h = sim_trace_spread(r.at_ns, 0x9e3779b97f4a7c15u) +
	             sim_trace_spread((uint64_t)r.what << 48 ^ r.worker, 0xbf58476d1ce4e5b9u) +
	             sim_trace_spread(r.job, 0x94d049bb133111ebu) + sim_trace_spread(r.a, 0xd6e8feb86659fd93u) +
	             sim_trace_spread(r.b, 0xa0761d6478bd642fu) + sim_trace_spread(r.c, 0xe7037ed1a0b428dbu);
	t->hash = sim_trace_spread(t->hash ^ h, 0x9fb21c651e98df25u);
	t->records++;
	if (t->see)
		t->see(t->ctx, &r);
}

void sim_trace_octets(const struct sim_trace *t, const struct sim_octets *o);
/* A record as one line without newline; codes have their names. */
void sim_trace_print(const struct sim_record *r, char line[200]);

#endif
