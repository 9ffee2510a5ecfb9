/* Answers that a sync worker has made and not yet written, so that many leave in one write. Must not know what is in them.
 *
 * Nothing is lost by waiting: the octets lie in memory that the worker shares with its pool, which takes from there what had
 * not been written when the worker died, however it died. And nothing waits long: a thread of the worker's writes what has
 * waited for FP_OUTBOX_WAIT_NS while the next job runs on.
 *
 * All octets of the stream are counted. The memory holds those from `base` up to `made`; what the pool received is somewhere
 * between, so it is the pool's own count that says what is missing. */
#ifndef FP_IO_OUTBOX_H
#define FP_IO_OUTBOX_H

#include "../core/base.h"

#include <stdatomic.h>

#define FP_OUTBOX_BYTES ((size_t)64 << 10)     /* octets that can wait */
#define FP_OUTBOX_WAIT_NS (400 * FP_MS / 1000) /* a round of the thread; an answer waits for two at most */

struct fp_outbox_memory {
	_Atomic uint64_t base, made; /* octets of the stream */
	uint8_t octets[FP_OUTBOX_BYTES];
};

/* ---- the worker's side ---- */

struct fp_outbox;

int fp_outbox_make(void); /* a descriptor of such memory, which cannot shrink under its readers; or negative errno */
/* Takes the descriptor over; octets go to wfd. NULL: not to be had. */
struct fp_outbox *fp_outbox_open(int memory_fd, int wfd);
void fp_outbox_close(struct fp_outbox *o); /* NULL: nothing; what waits is not written */
bool fp_outbox_put(struct fp_outbox *o, struct fp_span octets); /* answers whether there was room */
int fp_outbox_flush(struct fp_outbox *o);                       /* writes all; 0 or a negative errno */
/* Writes all and then these octets, which need not fit. */
int fp_outbox_write(struct fp_outbox *o, struct fp_span octets);

/* ---- the pool's side ---- */

const struct fp_outbox_memory *fp_outbox_map(int memory_fd); /* the descriptor is closed; NULL: not to be had */
void fp_outbox_unmap(const struct fp_outbox_memory *m);      /* NULL: nothing */
/* What the worker had made beyond the `received` octets; empty where the counts make no sense. */
struct fp_span fp_outbox_rest(const struct fp_outbox_memory *m, uint64_t received);

#endif
