/* run_stream: where lines come from and where they go to: plain descriptors of any kind, with a queue.
 *
 * The descriptors' flags are left alone: their O_NONBLOCK would be everybody's who shares the terminal or the pipe. Instead
 * the caller waits for readiness, a read takes what there is, and a write to a pipe is small enough not to block. */
#ifndef FORKPOOL_RUN_STREAM_H
#define FORKPOOL_RUN_STREAM_H

#include "../forkpool.h"

struct fp_source {
	int fd;
	char *buf;
	size_t at, end, cap; /* octets: not taken yet are [at, end) */
	size_t scanned;      /* no newline in [at, scanned) */
	uint64_t line_max; /* octets */
	bool is_ended, is_skipping; /* end of file was read; inside a line that is too long */
};

enum fp_source_state {
	FP_SOURCE_LINE, /* a line, without its newline, good until the next read; may be written to */
	FP_SOURCE_MORE, /* none: read first */
	FP_SOURCE_LONG, /* longer than line_max: said once, at its place; the rest of it is left out */
	FP_SOURCE_END
};

void fp_source_init(struct fp_source *s, int fd, uint64_t line_max);
void fp_source_fini(struct fp_source *s);
/* One read, also where it gives nothing because none is ready. FP_NOMEM; FP_READ: errno, and nothing more will come. */
enum fp_reason fp_source_read(struct fp_source *s);
enum fp_source_state fp_source_next(struct fp_source *s, char **line, size_t *len);

struct fp_sink {
	int fd;
	char *buf;
	size_t at, end, cap; /* octets: waiting are [at, end) */
	bool is_file;        /* writing never waits for a reader */
};

void fp_sink_init(struct fp_sink *s, int fd);
void fp_sink_fini(struct fp_sink *s);
size_t fp_sink_waiting(const struct fp_sink *s);       /* octets */
char *fp_sink_add(struct fp_sink *s, size_t n);        /* adds n octets, to be filled in at once; NULL: no memory */
/* When the descriptor is ready: writes what it takes without waiting. FP_WRITE: errno. */
enum fp_reason fp_sink_write(struct fp_sink *s);

#endif
