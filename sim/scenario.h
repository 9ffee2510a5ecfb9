/* What is simulated: a pool's options, its calls, its processes, their connections, and which faults there are. Must not know
 * how any of it goes.
 *
 * All of it is numbers with names ("pool.max"), in one table, so that a file, a command line, a sweep, a random scenario and
 * shrinking are the same names. A time is in seconds, a share from 0 to 1. */
#ifndef FP_SIM_SCENARIO_H
#define FP_SIM_SCENARIO_H

#include "numbers.h"

enum sim_arrivals { SIM_POISSON, SIM_EVERY, SIM_BURSTS, SIM_TIMES };

struct sim_scenario {
	struct sim_pool_options {
		uint64_t min, max, min_idle, max_idle, load, busy_time_ns, idle_time_ns, calls_max, retries;
		uint64_t queue_max, queue_bytes_max, queue_timeout_ns, run_timeout_ns, frame_bytes_max, grace_ns, async, native;
	} pool;
	struct {
		uint64_t jobs;       /* in all */
		uint64_t kind;       /* enum sim_arrivals */
		uint64_t every_ns;   /* between calls, or bursts; POISSON: on the average */
		uint64_t burst;      /* BURSTS: calls at a time */
		struct sim_times times; /* TIMES: between calls */
	} arrivals;
	struct sim_times service;
	uint64_t size_bytes_max;     /* padding of a call and of its answer */
	struct {
		uint64_t to_worker_bytes, to_pool_bytes; /* what the connection holds */
		uint64_t delay_ns;                       /* octets take this long */
		uint64_t step_ns;                        /* the unit of SIM_DELAY */
	} link;
	struct {
		uint64_t start_ns;   /* a start takes this long */
		uint64_t told;       /* the pool's host is told how a process ended */
		uint64_t span_bytes; /* crashes fall within so many octets */
	} process;
	uint64_t linger_ns;          /* from the last outcome until the pool is closed */
	uint64_t settle_ns;          /* from then until it must be over, service times not counted */
	uint32_t rates_ppm[SIM_KINDS];
	uint64_t seed;               /* where none is given */
	char title[100], lesson[1000]; /* lesson: what to look at; both may be empty */
};

void sim_scenario_init(struct sim_scenario *s);
void sim_scenario_fini(struct sim_scenario *s, const struct fp_alloc *memory); /* its lists */

/* ---- its numbers ---- */

enum sim_unit { SIM_COUNT, SIM_SECONDS, SIM_SHARE, SIM_YES, SIM_WORD };

struct sim_field {
	const char *section, *name;
	size_t offset;         /* of a uint64_t; where section is "faults", of a uint32_t */
	enum sim_unit unit;
	uint64_t usual, min, max;
	const char *const *words; /* SIM_WORD: what its values are called, NULL-terminated */
};

size_t sim_fields(void); /* how many there are */
struct sim_field sim_field(size_t i);
bool sim_field_is_found(const char *section, size_t section_len, const char *name, size_t len, struct sim_field *f);
uint64_t sim_field_get(const struct sim_scenario *s, const struct sim_field *f);
void sim_field_set(struct sim_scenario *s, const struct sim_field *f, uint64_t value);

/* A value as text, "0.5", "20ms", "poisson", and back: seconds may have the unit ns, us, ms or s. Answers whether it is one;
 * if not, `why` says what was expected. */
bool sim_field_is_parsed(const struct sim_field *f, const char *text, size_t len, uint64_t *value, char why[200]);
void sim_field_print(const struct sim_field *f, uint64_t value, char text[64]);
void sim_field_expect(const struct sim_field *f, char why[200]);

/* What no single number tells: min above max and the like. */
bool sim_scenario_is_valid(const struct sim_scenario *s, char why[200]);

#define SIM_WHY_BYTES_MAX 600u

/* From JSON text, or a file with it, into a scenario that was initialised. Answers whether it is one; if not, `why` is one
 * line, NAME:LINE:COLUMN: what was expected, and what was read before the fault is in s: only fini is of use then. */
bool sim_scenario_is_parsed(struct sim_scenario *s, const struct fp_alloc *memory, const char *name, struct fp_span text,
                            char why[SIM_WHY_BYTES_MAX]);
bool sim_scenario_is_read(struct sim_scenario *s, const struct fp_alloc *memory, const char *path, char why[SIM_WHY_BYTES_MAX]);

/* A random one: few processes, few calls, small buffers, a random set of faults. */
void sim_scenario_random(struct sim_scenario *s, uint64_t seed);

#endif
