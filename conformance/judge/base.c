/* Memory, text, octets, time. See base.h. */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

static _Noreturn void no_memory(void)
{
	fputs("forkpool-conform: out of memory\n", stderr);
	_exit(FP_SUITE_FAULT);
}

void *fp_get(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);
	if (!p)
		no_memory();
	return p;
}

void *fp_grow(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n ? n : 1, size);
	if (!q)
		no_memory();
	return q;
}

char *fp_text(const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		no_memory();
	va_end(args);
	return text;
}

/* ---- octets ---- */

uint8_t *fp_bytes_space(struct fp_bytes *b, size_t len)
{
	if (b->start && b->start >= b->len) { /* moving costs no more than what was taken */
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	size_t needed = b->start + b->len + len;
	if (needed > b->room) {
		b->room = needed > 2 * b->room ? needed : 2 * b->room;
		b->data = fp_grow(b->data, b->room, 1);
	}
	return b->data + b->start + b->len;
}

void fp_bytes_add(struct fp_bytes *b, size_t len)
{
	b->len += len;
}

void fp_bytes_put(struct fp_bytes *b, const void *data, size_t len)
{
	uint8_t *to = fp_bytes_space(b, len);
	if (len)
		memcpy(to, data, len);
	fp_bytes_add(b, len);
}

void fp_bytes_take(struct fp_bytes *b, size_t len)
{
	b->start += len;
	b->len -= len;
}

void fp_bytes_fini(struct fp_bytes *b)
{
	free(b->data);
	*b = (struct fp_bytes){0};
}

/* ---- time, files ---- */

uint64_t fp_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * FP_NS_S + (uint64_t)t.tv_nsec;
}

char *fp_read_all(int fd, size_t *len)
{
	struct fp_bytes b = {0};
	for (;;) {
		ssize_t n = read(fd, fp_bytes_space(&b, READ_BYTES), READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int error = n < 0 ? errno : 0;
			fp_bytes_put(&b, "", 1);
			*len = b.len - 1;
			if (!error)
				return (char *)b.data;
			fp_bytes_fini(&b);
			errno = error;
			return NULL;
		}
		fp_bytes_add(&b, (size_t)n);
	}
}

char *fp_read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	char *text = fp_read_all(fd, len);
	int error = errno;
	close(fd);
	errno = error;
	return text;
}
