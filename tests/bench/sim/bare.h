/* A bare event loop, the simulator's baseline: processes that serve one queue, as events in a heap. It does what any simulator
 * of it has to do and nothing else: no pool, no octets, no checks, no hash. */
#ifndef FP_BENCH_BARE_H
#define FP_BENCH_BARE_H

#include <stdint.h>

/* Calls that come each every_ns, uniformly to 2 * service_ns of work, over so many workers, each delay_ns away. */
struct bare_load {
	uint32_t workers;
	uint64_t calls, every_ns, service_ns, delay_ns;
};

/* Gives the events that happened: four a call, as in the simulator. */
uint64_t bare_run(const struct bare_load *l);

#endif
