/* odd: reads each field of a request with a read of its own, knows one function and no limit, and leaves order to blocking
 * right by: FRM-1 to FRM-6: nothing else is asked of a child
 * capabilities: echo
 *
 * A child without any library. Items stay where they arrived. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int in, out = 1;
static int is_native;

static void fail(const char *why)
{
	fprintf(stderr, "plain: %s\n", why);
	exit(1);
}

/* False at end of file before the first octet. */
static int read_all(uint8_t *to, size_t len, int is_begin)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(in, to + done, len - done);
		if (n == 0 && is_begin && done == 0)
			return 0;
		if (n <= 0)
			fail("end of file inside a frame");
		done += (size_t)n;
	}
	return 1;
}

static void write_all(const uint8_t *from, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(out, from + done, len - done);
		if (n < 0)
			fail("nobody takes the answer");
		done += (size_t)n;
	}
}

static uint32_t get32(const uint8_t b[4])
{
	uint32_t v;
	memcpy(&v, b, 4);
	return is_native ? v : (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void put32(uint8_t b[4], uint32_t v)
{
	for (int i = 0; i < 4 && !is_native; i++)
		b[i] = (uint8_t)(v >> (24 - 8 * i));
	if (is_native)
		memcpy(b, &v, 4);
}

/* Where the item that begins at `at` ends. */
static size_t item_end(const uint8_t *p, size_t len, size_t at)
{
	size_t v = 0;
	for (; at < len && v <= len; at++) {
		v = v << 7 | (p[at] & 0x7f);
		if (!(p[at] & 0x80) && v <= len - at - 1)
			return at + 1 + v;
		if (!(p[at] & 0x80))
			break;
	}
	fail("a payload is not a list");
	return 0;
}

/* Leaves out the items before `at` and the leading octets 80 of all lengths. The length of what is left. */
static size_t shorten(uint8_t *p, size_t len, size_t at)
{
	size_t done = 0;
	while (at < len) {
		size_t end = item_end(p, len, at);
		while (p[at] == 0x80)
			at++;
		memmove(p + done, p + at, end - at);
		done += end - at;
		at = end;
	}
	return done;
}

static void serve(const uint8_t id[4], uint8_t *payload, size_t len)
{
	static const uint8_t noargs[] = "\6noargs";
	size_t answer_len = len ? shorten(payload, len, item_end(payload, len, 0)) : sizeof noargs - 1;
	uint8_t head[8];
	memcpy(head, id, 4);
	put32(head + 4, (uint32_t)answer_len);
	write_all(head, 8);
	write_all(len ? payload : noargs, answer_len);
}

/* Takes memory as the octets come. */
static uint8_t *read_payload(size_t len)
{
	size_t cap = 4096, done = 0;
	uint8_t *payload = malloc(cap);
	while (payload && done < len) {
		size_t n = len - done < cap - done ? len - done : cap - done;
		read_all(payload + done, n, 0);
		done += n;
		cap *= done == cap ? 2 : 1;
		payload = realloc(payload, cap);
	}
	return payload;
}

int main(void)
{
	const char *fd = getenv("FORKPOOL_FD"), *mode = getenv("FORKPOOL_MODE"), *profile = getenv("FORKPOOL_PROFILE");
	int is_async = mode && strcmp(mode, "async") == 0;
	uint8_t id[4], length[4];
	is_native = profile && strcmp(profile, "native") == 0;
	if (fd && *fd && atoi(fd))
		in = out = atoi(fd);
	put32(id, 1);
	while (read_all(is_async ? id : length, 4, 1)) {
		if (is_async)
			read_all(length, 4, 0);
		uint8_t *payload = read_payload(get32(length));
		if (!payload)
			fail("no memory");
		serve(id, payload, get32(length));
		free(payload);
	}
	return 0;
}
