/* Octets as they go over the wire, built by hand from the clauses FRM-1 to FRM-6 and SER-1 to SER-4, so that a test
 * compares with something else than the core's own encoder. Must not use lib/core's frame, args or buf.
 * Include after cmocka.h. */
#ifndef FP_TESTS_WIRE_H
#define FP_TESTS_WIRE_H

#include "../../lib/forkpool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The four ways a connection speaks. */
struct mode {
	const char *name;
	enum fp_profile profile;
	bool async;
};

static const struct mode mode_all[] = {
	{"sync network", FP_NETWORK, false},
	{"sync native", FP_NATIVE, false},
	{"async network", FP_NETWORK, true},
	{"async native", FP_NATIVE, true},
};

/* cmocka tests of one function in each way, or in both profiles of one mode; the test finds its mode in *state. */
#define IN_MODE(f, i, words) {#f ", " words, f, NULL, NULL, (void *)(uintptr_t)&mode_all[i]}
#define IN_SYNC(f) IN_MODE(f, 0, "sync network"), IN_MODE(f, 1, "sync native")
#define IN_ASYNC(f) IN_MODE(f, 2, "async network"), IN_MODE(f, 3, "async native")
#define IN_ALL(f) IN_SYNC(f), IN_ASYNC(f)

/* Octets that grow. {0} is empty. */
struct wire {
	uint8_t *data;
	size_t len, cap;
};

static inline void wire_free(struct wire *w)
{
	free(w->data);
	*w = (struct wire){0};
}

static inline uint8_t *wire_room(struct wire *w, size_t n)
{
	if (w->cap - w->len < n) {
		w->cap = 2 * w->cap + n;
		w->data = realloc(w->data, w->cap);
		if (!w->data)
			abort();
	}
	w->len += n;
	return w->data + w->len - n;
}

static inline void wire_octets(struct wire *w, const void *data, size_t n)
{
	if (n)
		memcpy(wire_room(w, n), data, n);
}

static inline void wire_octet(struct wire *w, unsigned octet)
{
	*wire_room(w, 1) = (uint8_t)octet;
}

/* FRM-4. */
static inline void wire_u32(struct wire *w, enum fp_profile profile, uint32_t v)
{
	bool is_big = profile == FP_NETWORK || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	for (unsigned i = 0; i < 4; i++)
		wire_octet(w, v >> 8 * (is_big ? 3 - i : i) & 0xff);
}

/* SER-2 to SER-4: a length below 2^28 in the shortest form, then the octets. */
static inline void wire_item(struct wire *w, const void *data, size_t len)
{
	for (unsigned shift = 21; shift; shift -= 7)
		if (len >> shift)
			wire_octet(w, 0x80 | (len >> shift & 0x7f));
	wire_octet(w, len & 0x7f);
	wire_octets(w, data, len);
}

/* A list in the notation of these tests: items with commas between; "" is one empty item, NULL the empty list. */
static inline void wire_list(struct wire *w, const char *list)
{
	while (list) {
		size_t len = strcspn(list, ",");
		wire_item(w, list, len);
		list = list[len] ? list + len + 1 : NULL;
	}
}

static inline void wire_head(struct wire *w, enum fp_profile profile, uint32_t id, uint32_t len)
{
	wire_u32(w, profile, id);
	wire_u32(w, profile, len);
}

/* A reply, or with id 0 an event (FRM-3). */
static inline void wire_frame(struct wire *w, const struct mode *m, uint32_t id, const char *list)
{
	struct wire payload = {0};
	wire_list(&payload, list);
	wire_head(w, m->profile, id, (uint32_t)payload.len);
	wire_octets(w, payload.data, payload.len);
	wire_free(&payload);
}

static inline void wire_event(struct wire *w, const struct mode *m, const char *list)
{
	wire_frame(w, m, 0, list);
}

/* What stands before the payload of a request (FRM-1, FRM-2). */
static inline void wire_request_head(struct wire *w, const struct mode *m, uint32_t id, uint32_t len)
{
	if (m->async)
		wire_u32(w, m->profile, id);
	wire_u32(w, m->profile, len);
}

static inline void wire_request(struct wire *w, const struct mode *m, uint32_t id, const char *list)
{
	struct wire payload = {0};
	wire_list(&payload, list);
	wire_request_head(w, m, id, (uint32_t)payload.len);
	wire_octets(w, payload.data, payload.len);
	wire_free(&payload);
}

/* A log of what came out, one line an event, that tests compare as a whole. Fixed room: a test's log is short. */
struct text {
	char s[4096];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void text_add(struct text *t, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(t->s + t->len, sizeof t->s - t->len, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof t->s - t->len)
		abort();
	t->len += (size_t)n;
}

/* A list in the notation of wire_list; "-" the empty list; an item above 20 octets as its length in brackets. */
static inline void text_add_list(struct text *t, const struct fp_item *items, size_t n)
{
	text_add(t, n ? " " : " -");
	for (size_t i = 0; i < n; i++) {
		if (items[i].len > 20)
			text_add(t, "%s[%zu]", i ? "," : "", items[i].len);
		else
			text_add(t, "%s%.*s", i ? "," : "", (int)items[i].len, items[i].len ? (const char *)items[i].data : "");
	}
}

static inline const char *reason_word(enum fp_reason r)
{
	switch (r) {
	case FP_NOMEM:
		return "nomem";
	case FP_TOO_LONG:
		return "too-long";
	case FP_MALFORMED:
		return "malformed";
	case FP_UNEXPECTED:
		return "unexpected";
	case FP_BAD_ID:
		return "bad-id";
	case FP_TRUNCATED:
		return "truncated";
	case FP_EOF:
		return "eof";
	case FP_READ:
		return "read";
	case FP_WRITE:
		return "write";
	default:
		return "?";
	}
}

static inline void text_add_failed(struct text *t, enum fp_reason reason, uint64_t offset)
{
	text_add(t, "failed %s %llu\n", reason_word(reason), (unsigned long long)offset);
}

/* The log since the last time this was asked for. */
#define expect_log(r, lines) \
	do { \
		assert_string_equal((r)->log.s, lines); \
		(r)->log.len = 0; \
		(r)->log.s[0] = 0; \
	} while (0)

/* What was written since the last time this was asked for; empties the expectation too. */
#define expect_sent(r, w) \
	do { \
		assert_int_equal((r)->sent.len, (w)->len); \
		if ((w)->len) \
			assert_memory_equal((r)->sent.data, (w)->data, (w)->len); \
		(r)->sent.len = 0; \
		wire_free(w); \
	} while (0)

#endif
