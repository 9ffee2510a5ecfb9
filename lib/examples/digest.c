/* A worker that does something useful: `digest` takes names of files and gives three results for each:
 *
 *   size    octets
 *   lines   newline characters
 *   sha256  64 lower-case hexadecimal digits
 *
 * A file that cannot be read costs neither the call nor the worker. Its three results are then
 *
 *   -       -       error: No such file or directory
 *
 * with the system's words for what went wrong. Files are read in pieces and never mapped, so one that shrinks
 * meanwhile does no harm. This file knows the child's half of forkpool.h, and nothing of who calls it. */
#include "forkpool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

FP_API fp_function digest;

#define CHUNK_BYTES 65536

struct summary {
	uint64_t bytes;
	uint64_t lines;
	struct sha256_ctx sha256;
};

static void summary_add(struct summary *s, const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len;

	s->bytes += len;
	sha256_update(&s->sha256, len, data);
	while ((data = memchr(data, '\n', (size_t)(end - data)))) {
		s->lines++;
		data++;
	}
}

/* 0 or an errno. */
static int summary_read(struct summary *s, int fd)
{
	uint8_t chunk[CHUNK_BYTES];
	ssize_t got;

	*s = (struct summary){0};
	sha256_init(&s->sha256);
	while ((got = read(fd, chunk, sizeof chunk)) != 0) {
		if (got > 0)
			summary_add(s, chunk, (size_t)got);
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

static int file_summarise(const struct fp_item *name, struct summary *s)
{
	char path[PATH_MAX];
	int fd, err;

	if (name->len >= sizeof path)
		return ENAMETOOLONG;
	if (name->len == 0 || memchr(name->data, 0, name->len))
		return ENOENT; /* no file has such a name */
	memcpy(path, name->data, name->len);
	path[name->len] = '\0';

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno;
	err = summary_read(s, fd);
	close(fd);
	return err;
}

static int put_summary(struct fp_task *task, struct summary *s)
{
	uint8_t sum[SHA256_DIGEST_SIZE];
	char hex[BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE)];

	sha256_digest(&s->sha256, sizeof sum, sum);
	base16_encode_update(hex, sizeof sum, sum);
	return fp_put_int(task, (int64_t)s->bytes) || fp_put_int(task, (int64_t)s->lines) || fp_put(task, hex, sizeof hex);
}

static int put_error(struct fp_task *task, int err)
{
	char text[128];

	snprintf(text, sizeof text, "error: %s", strerror(err));
	return fp_put_str(task, "-") || fp_put_str(task, "-") || fp_put_str(task, text);
}

int digest(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct summary s;
	int err;

	for (size_t i = 0; i < n; i++) {
		err = file_summarise(&args[i], &s);
		if (err ? put_error(task, err) : put_summary(task, &s))
			return 1;
	}
	return 0;
}
