/* What everything in a world shares, and how a call's numbers are written in its octets. Must not know processes or the pool. */
#ifndef FP_SIM_ENV_H
#define FP_SIM_ENV_H

#include "../lib/core/wire.h"
#include "clock.h"
#include "oracle.h"
#include "trace.h"

struct sim_env {
	const struct fp_alloc *memory;
	const struct sim_scenario *scenario;
	struct fp_wire wire;
	struct sim_clock clock;
	struct sim_choice choice;
	struct sim_trace trace;
	struct sim_ledger ledger;
	struct sim_oracle oracle;
	struct sim_memory pool_memory, child_memory;
	uint64_t hangs;         /* calls that are never answered */
	const uint8_t *padding; /* size_bytes_max octets */
};

static inline void sim_env_note(struct sim_env *e, struct sim_record r) /* now */
{
	r.at_ns = e->clock.now_ns;
	sim_trace_add(&e->trace, r);
}

uint64_t sim_env_grace_steps(struct sim_env *e, enum sim_kind kind, uint64_t n); /* fewer than n quarters of grace */

#define SIM_DECIMAL_MAX 20u /* digits */
struct fp_item sim_decimal(uint64_t v, char text[SIM_DECIMAL_MAX]); /* points into text */
uint64_t sim_decimal_value(const struct fp_item *item);             /* of such an item */

#endif
