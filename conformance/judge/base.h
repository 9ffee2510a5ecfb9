/* What every file of the judge stands on: memory, text, octets that grow, the clock. Must not know transcripts or processes.
 *
 * Memory that is not there ends the program with a message and status 4: the judge is a tool that can be started again. */
#ifndef FP_JUDGE_BASE_H
#define FP_JUDGE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FP_SUITE_FAULT 4 /* exit status: the suite's own fault */

void *fp_get(size_t n, size_t size);              /* zeroed */
void *fp_grow(void *p, size_t n, size_t size);    /* as realloc */
char *fp_text(const char *format, ...) __attribute__((format(printf, 1, 2))); /* to be freed */

/* Octets in the order in which they came: put at the end, taken from the front. All zero is empty. */
struct fp_bytes {
	uint8_t *data;
	size_t start, len, room; /* what is there begins at data + start */
};

static inline const uint8_t *fp_bytes_front(const struct fp_bytes *b)
{
	return b->data + b->start;
}

uint8_t *fp_bytes_space(struct fp_bytes *b, size_t len); /* room for len more; then fp_bytes_add says how many came */
void fp_bytes_add(struct fp_bytes *b, size_t len);
void fp_bytes_put(struct fp_bytes *b, const void *data, size_t len);
void fp_bytes_take(struct fp_bytes *b, size_t len);
void fp_bytes_fini(struct fp_bytes *b);

#define FP_NS_S ((uint64_t)1000000000)
#define FP_NEVER_NS UINT64_MAX
uint64_t fp_now_ns(void); /* monotonic */

/* Everything that a descriptor or a file holds, with a 0 behind it. NULL with errno: it cannot be read. */
char *fp_read_all(int fd, size_t *len);
char *fp_read_file(const char *path, size_t *len);

#endif
