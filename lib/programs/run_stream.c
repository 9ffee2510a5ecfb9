/* run_stream: descriptors with a queue.
 * Must never know what is in a line, nor wait. */
#include "run_stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 65536 /* octets asked for at a time */

/* Room for n octets behind *end, by moving what waits to the front, then by growing. */
static enum fp_reason room_make(char **buf, size_t *at, size_t *end, size_t *cap, size_t n)
{
	if (*cap - *end >= n)
		return FP_NONE;
	size_t waiting = *end - *at;
	if (*at > *cap / 2 && *cap - waiting >= n) {
		memmove(*buf, *buf + *at, waiting);
	} else {
		size_t grown = waiting + (n > waiting ? n : waiting);
		char *fresh = grown >= waiting ? malloc(grown) : NULL;
		if (!fresh)
			return FP_NOMEM;
		if (waiting)
			memcpy(fresh, *buf + *at, waiting);
		free(*buf);
		*buf = fresh;
		*cap = grown;
	}
	*at = 0;
	*end = waiting;
	return FP_NONE;
}

void fp_source_init(struct fp_source *s, int fd, uint64_t line_max)
{
	*s = (struct fp_source){.fd = fd, .line_max = line_max};
}

void fp_source_fini(struct fp_source *s)
{
	free(s->buf);
	*s = (struct fp_source){0};
}

enum fp_reason fp_source_read(struct fp_source *s)
{
	size_t scanned = s->scanned - s->at;
	enum fp_reason reason = room_make(&s->buf, &s->at, &s->end, &s->cap, READ_SIZE);

	if (reason)
		return reason;
	s->scanned = s->at + scanned;
	ssize_t got = read(s->fd, s->buf + s->end, s->cap - s->end);
	if (got > 0)
		s->end += (size_t)got;
	else if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return FP_NONE;
	else
		s->is_ended = true;
	return got < 0 ? FP_READ : FP_NONE;
}

static void source_drop(struct fp_source *s)
{
	s->at = s->scanned = s->end;
}

/* What stands after the last newline, when there is none yet. */
static enum fp_source_state source_rest(struct fp_source *s, char **line, size_t *len)
{
	if (s->is_skipping)
		source_drop(s);
	if (s->is_ended && s->at == s->end)
		return FP_SOURCE_END;
	if (s->is_ended) {
		*line = s->buf + s->at;
		*len = s->end - s->at;
		source_drop(s);
		return FP_SOURCE_LINE;
	}
	if (s->end - s->at > s->line_max) {
		s->is_skipping = true;
		source_drop(s);
		return FP_SOURCE_LONG;
	}
	s->scanned = s->end;
	return FP_SOURCE_MORE;
}

enum fp_source_state fp_source_next(struct fp_source *s, char **line, size_t *len)
{
	while (s->scanned < s->end) {
		char *newline = memchr(s->buf + s->scanned, '\n', s->end - s->scanned);
		if (!newline)
			break;
		*line = s->buf + s->at;
		*len = (size_t)(newline - *line);
		s->at += *len + 1;
		s->scanned = s->at;
		if (!s->is_skipping)
			return FP_SOURCE_LINE;
		s->is_skipping = false;
	}
	return source_rest(s, line, len);
}

void fp_sink_init(struct fp_sink *s, int fd)
{
	struct stat st;

	*s = (struct fp_sink){.fd = fd};
	s->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

void fp_sink_fini(struct fp_sink *s)
{
	free(s->buf);
	*s = (struct fp_sink){0};
}

size_t fp_sink_waiting(const struct fp_sink *s)
{
	return s->end - s->at;
}

char *fp_sink_add(struct fp_sink *s, size_t n)
{
	if (room_make(&s->buf, &s->at, &s->end, &s->cap, n))
		return NULL;
	s->end += n;
	return s->buf + s->end - n;
}

/* A ready pipe takes PIPE_BUF octets without blocking; it may not take more. */
static bool sink_is_ready(const struct fp_sink *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};

	return s->is_file || poll(&p, 1, 0) > 0;
}

enum fp_reason fp_sink_write(struct fp_sink *s)
{
	while (s->at < s->end) {
		size_t n = s->end - s->at;
		if (!s->is_file && n > PIPE_BUF)
			n = PIPE_BUF;
		ssize_t put = write(s->fd, s->buf + s->at, n);
		if (put < 0 && errno != EINTR)
			return errno == EAGAIN ? FP_NONE : FP_WRITE;
		if (put > 0)
			s->at += (size_t)put;
		if (s->at < s->end && !sink_is_ready(s))
			return FP_NONE;
	}
	s->at = s->end = 0;
	return FP_NONE;
}
