/* Every decision that is not determined is made here, by sim_choose: 0 is the harmless one. Must not know what is decided.
 *
 * A choice has a kind, and a position: how many of its kind came before it. So one more choice of one kind shifts none of
 * another. Its value comes from, in this order:
 *
 *   changes   a list of (kind, position, value)
 *   bytes     a fuzzer's: one for each choice of a kind that has a rate, 0 where they have run out
 *   seed      a hash of seed, kind and position; seed 0 is the quiet world, in which everything is 0
 *
 * A run is (scenario, seed, changes). What a seed decided, taken down as changes, is the same run with seed 0. */
#ifndef FP_SIM_CHOICE_H
#define FP_SIM_CHOICE_H

#include "../lib/core/base.h"

/* Draws give the world its numbers and have no rate; the others are faults, or things that an application may do. */
enum sim_kind {
	SIM_ARRIVAL,      /* draw: the time to the next call */
	SIM_SERVICE,      /* draw: how long a call takes */
	SIM_SIZE,         /* draw: octets of padding in a call and its answer */
	SIM_SETTING,      /* draw: a number of a random scenario */
	SIM_DRAWS,
	SIM_READ = SIM_DRAWS, /* a read takes so many octets only */
	SIM_WRITE,        /* a write likewise */
	SIM_AGAIN,        /* EAGAIN, though there were octets or room; or EINTR, which a host cannot tell from it */
	SIM_DELAY,        /* octets, or an end of file, take longer */
	SIM_RESET,        /* the connection of a process that ends is reset: what it wrote is lost. 2: seen as an error */
	SIM_START_FAIL,   /* a process cannot be started */
	SIM_START_SLOW,   /* it takes longer to start */
	SIM_START_LATE,   /* it has started, but begins to read later */
	SIM_TEMPLATE,     /* the template dies: no process can be started for a while */
	SIM_CRASH_IN,     /* the process dies when it has read so many octets */
	SIM_CRASH_OUT,    /* the process dies when it has written so many octets */
	SIM_CRASH_IDLE,   /* the process dies so long after an answer */
	SIM_CRASH_BUSY,   /* the process dies in the middle of a call */
	SIM_STATUS,       /* how it ends when it dies: an exit status, or above 255 a signal */
	SIM_HANG,         /* a call is never answered */
	SIM_SLOW,         /* a call takes so many times longer */
	SIM_WRONG_ID,     /* an answer has an id that nobody asked with */
	SIM_TWICE,        /* an answer comes twice */
	SIM_GARBAGE,      /* instead of an answer, octets that mean nothing */
	SIM_HUGE,         /* instead of an answer, a header with a length above the limit */
	SIM_EVENTS,       /* so many events before an answer */
	SIM_RETIRE,       /* the process retires: 1 before it answers, 2 after, 3 both */
	SIM_SHUT,         /* the process closes its connection and lives on */
	SIM_STUBBORN,     /* SIGTERM is ignored */
	SIM_UNKILLABLE,   /* SIGKILL takes long */
	SIM_STAY,         /* the process does not end by itself */
	SIM_HELD,         /* somebody else holds the connection of a process that ended */
	SIM_LINGER,       /* the process takes longer to end after its connection has */
	SIM_TELL,         /* the end of a process is told later; 1: before what it wrote is read */
	SIM_ROUND,        /* several inputs before operations are drained */
	SIM_NOMEM,        /* an allocation of the pool fails */
	SIM_CHILD_NOMEM,  /* an allocation of a process fails */
	SIM_CANCEL,       /* a call is cancelled so much later; 1: at once */
	SIM_LIMITS,       /* a call brings its own limits */
	SIM_NESTED,       /* an outcome makes the application call again at once */
	SIM_CLOSE,        /* the pool is closed before a call */
	SIM_ABORT,        /* the pool is aborted before a call, or so much later */
	SIM_KINDS
};

#define SIM_CHOICES_MAX ((uint64_t)1 << 32) /* alternatives of one choice */
#define SIM_SURE_PPM 1000000u               /* a rate: millionths */

const char *sim_kind_name(enum sim_kind k);
bool sim_kind_is_found(const char *name, size_t len, enum sim_kind *k);

struct sim_change {
	enum sim_kind kind;
	uint32_t at;
	uint32_t value; /* not 0, unless it changes what a seed decides */
};

/* In order of kind and position. */
struct sim_changes {
	const struct fp_alloc *memory;
	struct sim_change *list;
	size_t n, cap;
};

void sim_changes_init(struct sim_changes *c, const struct fp_alloc *memory);
void sim_changes_fini(struct sim_changes *c);
void sim_changes_put(struct sim_changes *c, struct sim_change change); /* keeps the order; replaces one at the same place */
void sim_changes_copy(struct sim_changes *to, const struct sim_changes *from);

/* Told of every choice that could have been another. */
typedef void sim_choice_see(void *ctx, enum sim_kind kind, uint32_t at, uint64_t n, uint64_t value);

struct sim_choice {
	uint64_t seed;
	const uint32_t *rates_ppm; /* of each kind; a kind without one is 0, unless changed */
	const struct sim_changes *changes;
	struct fp_span bytes;
	bool has_bytes, is_quiet;  /* quiet: from now on no faults */
	sim_choice_see *see;       /* NULL: nobody */
	void *ctx;
	uint32_t met[SIM_KINDS];   /* choices so far, of a kind that may be other than 0, or of any if all are seen */
	size_t next[SIM_KINDS];    /* in changes */
	bool may_be[SIM_KINDS];    /* other than 0 */
};

void sim_choice_init(struct sim_choice *c, uint64_t seed, const uint32_t rates_ppm[SIM_KINDS],
                     const struct sim_changes *changes);
uint64_t sim_choose_any(struct sim_choice *c, enum sim_kind kind, uint64_t n); /* as sim_choose, for all that may be asked */

/* A number below n, which is 1 to SIM_CHOICES_MAX. Most that is asked is a fault of a kind that a run does not have. */
static inline uint64_t sim_choose(struct sim_choice *c, enum sim_kind kind, uint64_t n)
{
	return c->may_be[kind] || c->see ? sim_choose_any(c, kind, n) : 0;
}

#endif
