/* A piece of a command stream that waits to be written: octets, the first of which may carry a descriptor. Must not know what
 * it says. */
#ifndef FP_IO_CHUNK_H
#define FP_IO_CHUNK_H

#include "../core/list.h"

struct fp_fork;

struct fp_chunk {
	struct fp_link link;
	bool is_fork;         /* it is a fork command */
	struct fp_fork *fork; /* the process it asks for; NULL: forgotten */
	int fd;               /* owned; -1: none */
	size_t len, done;     /* octets, and those written */
	uint8_t data[];
};

struct fp_chunk *fp_chunk_new(const void *data, size_t len, int fd); /* takes fd over; NULL: no memory, fd stays the caller's */
struct fp_chunk *fp_chunk_copy(const struct fp_chunk *c);            /* NULL: no memory, or no descriptor is left */
void fp_chunk_free(struct fp_chunk *c);                              /* NULL: nothing */
void fp_chunks_free(struct fp_list *l);
/* Writes what is left. 0: all is written; -EAGAIN: some is left; else a negative errno. */
int fp_chunk_write(struct fp_chunk *c, int socket);

#endif
