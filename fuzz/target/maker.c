/* Sessions made of frames that are mostly right. See maker.h.
 *
 * What is random is drawn from the seed; the mutator of the other targets changes lists and frames, and what it makes is
 * sorted by the model: a session is lively because the model says that the child goes on after it. */
#include "maker.h"

#include <string.h>

#include "../engine/mutate.h"

#define ITEMS_MAX 4u
#define REQUESTS_MAX 4u
#define REQUESTS_MANY 24u
#define LIST_BYTES_MAX ((size_t)64 << 10)
#define TRIES_MAX 8u

static uint32_t draw(struct fp_maker *m, uint32_t n) /* 0 to n - 1 */
{
	m->random += 0x9e3779b97f4a7c15u;
	uint64_t z = m->random;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 32) % n;
}

/* ---- lists ---- */

/* Mostly short; now and then around where a length takes one octet more. */
static size_t item_len(struct fp_maker *m)
{
	static const uint32_t edges[] = {0, 1, 126, 127, 128, 129, 255, 256, 480, 496, 512, 4096};
	static const uint32_t far_edges[] = {16383, 16384, 16385, 32768};
	if (!draw(m, 400))
		return far_edges[draw(m, 4)];
	return draw(m, 8) ? draw(m, 12) : edges[draw(m, 12)];
}

static uint8_t item_octet(struct fp_maker *m, uint32_t kind)
{
	static const uint8_t special[] = {0, 0x0a, 0x0d, 0x7f, 0x80, 0x81, 0xff, 0xc3, 0xe2, ' '};
	return kind == 0 ? (uint8_t)draw(m, 256) : kind == 1 ? special[draw(m, 10)] : (uint8_t)('a' + draw(m, 26));
}

static void put_item(struct fp_maker *m, struct fp_bytes *to)
{
	uint8_t head[10];
	size_t len = item_len(m);
	uint32_t kind = draw(m, 4);
	fp_bytes_put(to, head, fp_second_put_length(head, len));
	for (size_t i = 0; i < len; i++) {
		uint8_t c = item_octet(m, kind);
		fp_bytes_put(to, &c, 1);
	}
}

static void put_string_list(struct fp_maker *m, struct fp_bytes *to)
{
	fp_bytes_put(to, "\4echo", 5);
	for (uint32_t n = draw(m, ITEMS_MAX + 1); n; n--)
		put_item(m, to);
}

static void put_json_list(struct fp_maker *m, struct fp_bytes *to)
{
	static const char *const values[] = {
		"0", " 1 ", "-1", "4294967296", "9007199254740993", "9223372036854775807", "-9223372036854775807", "true", "null",
		"[]", "[[],[\"b\"]]", "[[[]]]", "[7,[],\"x\"]", "\"\"", "\"a\"", "\n\"x\"\t", "\"\xc3\xa9\"", "\"\\u00e9\"",
		"\"\\ud83d\\ude00\"", "\"\\/\"", "\"\\u0000\"", "\"\\u001F\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\x7f\""};
	fp_bytes_put(to, "[\"echo\"", 7);
	for (uint32_t n = draw(m, ITEMS_MAX + 1); n; n--) {
		const char *value = values[draw(m, sizeof values / sizeof *values)];
		fp_bytes_put(to, ",", 1);
		fp_bytes_put(to, value, strlen(value));
	}
	fp_bytes_put(to, "]", 1);
}

static enum fp_list_verdict verdict(struct fp_maker *m, const uint8_t *payload, size_t len)
{
	m->unused.start = m->unused.len = 0;
	return fp_list_echo(m->dialect.is_json, payload, len, &m->unused);
}

static void put_list(struct fp_maker *m, struct fp_bytes *to)
{
	(m->dialect.is_json ? put_json_list : put_string_list)(m, to);
}

static void put_changed_list(struct fp_maker *m, struct fp_bytes *to)
{
	put_list(m, to);
	fp_bytes_space(to, LIST_BYTES_MAX);
	enum fp_fuzz_shape shape = m->dialect.is_json ? FP_SHAPE_TEXT : FP_SHAPE_LIST;
	if (m->dialect.is_json && draw(m, 2)) /* one octet, as text that is nearly right goes wrong */
		to->data[to->start + draw(m, (uint32_t)to->len)] = (uint8_t)",]}[{:\"\\ue0-.+\x80\xed"[draw(m, 17)];
	else
		to->len = fp_mutate(shape, to->data + to->start, to->len, to->len + LIST_BYTES_MAX, draw(m, UINT32_MAX));
}

/* A good one that was changed, where the change leaves it good or makes another verb of its first item. */
static void put_good_list(struct fp_maker *m, struct fp_bytes *to)
{
	put_changed_list(m, to);
	enum fp_list_verdict v = verdict(m, fp_bytes_front(to), to->len);
	if (v == FP_LIST_GOOD)
		return;
	to->start = to->len = 0;
	put_list(m, to);
}

/* Texts of which another reader might make something. */
static void put_bad_json(struct fp_maker *m, struct fp_bytes *to)
{
	static const char *const texts[] = {
		"[\"echo\",NaN]", "[\"echo\",-Infinity]", "[\"echo\",True]", "[\"echo\",01]", "[\"echo\",+1]", "[\"echo\",.5]",
		"[\"echo\",1,]", "[\"echo\",,1]", "[\"echo\"/**/]", "['echo']", "[\"echo\"]x", "[\"echo\"][]", "[\"echo\"",
		"[\"echo\",\"\\ud800\"]", "[\"echo\",\"\\udc00\\ud800\"]", "[\"echo\",\"\\x41\"]", "[\"echo\",\"\t\"]",
		"[\"echo\",\"\xc0\x80\"]", "[\"echo\",\"\xff\"]", "[\"echo\",\"\xed\xa0\x80\"]", "\xef\xbb\xbf[\"echo\"]",
		"{\"echo\":1}", "true", "\"echo\"", "null", "7", "", " "};
	const char *text = texts[draw(m, sizeof texts / sizeof *texts)];
	to->start = to->len = 0;
	if (*text)
		fp_bytes_put(to, text, strlen(text));
}

static void put_bad_list(struct fp_maker *m, struct fp_bytes *to)
{
	static const uint8_t endings[][10] = {"\x80", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\x90\x80\x80\x80\x80\x80\x80\x80\x80",
	                                      "\x82\x80\x80\x80\x80\x80\x80\x80\x80\x02"};
	static const uint8_t lens[] = {1, 10, 9, 10};
	if (m->dialect.is_json && draw(m, 2)) {
		put_bad_json(m, to);
		return;
	}
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		to->start = to->len = 0;
		put_changed_list(m, to);
		enum fp_list_verdict v = verdict(m, fp_bytes_front(to), to->len);
		if (v == FP_LIST_MALFORMED || v == FP_LIST_DOUBTFUL)
			return;
	}
	uint32_t which = draw(m, 4); /* a JSON text ends before any of these */
	fp_bytes_put(to, endings[which], lens[which]);
}

/* ---- frames ---- */

static uint32_t any_id(struct fp_maker *m)
{
	static const uint32_t edges[] = {0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe, 0x10000, 0xff};
	uint32_t id = draw(m, 16) ? ++m->id : draw(m, 2) ? edges[draw(m, 7)] : draw(m, UINT32_MAX);
	return id ? id : ++m->id;
}

static void put_frame(struct fp_maker *m, struct fp_bytes *to, const struct fp_bytes *payload)
{
	uint8_t head[8];
	fp_bytes_put(to, head, fp_second_put_head(fp_dialect_requests(&m->dialect), head, any_id(m), (uint32_t)payload->len));
	if (payload->len)
		fp_bytes_put(to, fp_bytes_front(payload), payload->len);
}

static void put_request(struct fp_maker *m, struct fp_bytes *to, void (*put)(struct fp_maker *, struct fp_bytes *))
{
	struct fp_bytes payload = {0};
	put(m, &payload);
	put_frame(m, to, &payload);
	fp_bytes_fini(&payload);
}

static void put_nothing(struct fp_maker *m, struct fp_bytes *to)
{
	if (m->dialect.is_json)
		fp_bytes_put(to, "[]", 2);
}

static void put_fence(struct fp_maker *m, struct fp_bytes *to)
{
	const char *fence = m->dialect.is_json ? "[\"echo\",\"fence\"]" : "\4echo\5fence";
	fp_bytes_put(to, fence, strlen(fence));
}

static void put_requests(struct fp_maker *m, struct fp_bytes *to)
{
	for (uint32_t n = 1 + (draw(m, 64) ? draw(m, REQUESTS_MAX) : draw(m, REQUESTS_MANY)); n; n--)
		put_request(m, to, draw(m, 12) ? put_good_list : put_nothing);
}

static void cut_anywhere(struct fp_maker *m, struct fp_session *s)
{
	size_t at = 0;
	for (uint32_t n = 1 + draw(m, FP_SESSION_CUTS_MAX); n && at + 1 < s->len; n--)
		s->cuts[s->n_cuts++] = at += 1 + draw(m, (uint32_t)(s->len - at - 1 < 12 ? s->len - at - 1 : 12));
}

static struct fp_session session_of(struct fp_maker *m, struct fp_bytes *octets, bool ends)
{
	struct fp_session s = {.data = octets->data, .len = octets->len, .ends = ends};
	if (!draw(m, 8))
		cut_anywhere(m, &s);
	return s;
}

struct fp_session fp_maker_fence(struct fp_maker *m)
{
	struct fp_bytes octets = {0};
	put_request(m, &octets, put_fence);
	return (struct fp_session){.data = octets.data, .len = octets.len};
}

struct fp_session fp_maker_lively(struct fp_maker *m)
{
	for (;;) {
		struct fp_bytes octets = {0};
		put_requests(m, &octets);
		put_request(m, &octets, put_fence);
		struct fp_session s = session_of(m, &octets, false);
		fp_due_make(&m->due, &m->dialect, &s);
		if (m->due.is_judged && !m->due.is_over)
			return s;
		fp_session_fini(&s); /* an id came twice */
	}
}

/* ---- ends ---- */

static void end_malformed(struct fp_maker *m, struct fp_bytes *octets)
{
	put_request(m, octets, put_bad_list);
	if (draw(m, 2))
		put_request(m, octets, put_fence);
}

static void end_truncated(struct fp_maker *m, struct fp_bytes *octets)
{
	size_t before = octets->len;
	put_request(m, octets, put_good_list);
	octets->len = before + 1 + draw(m, (uint32_t)(octets->len - before - 1));
}

static void end_announced(struct fp_maker *m, struct fp_bytes *octets)
{
	static const uint32_t lengths[] = {1u << 20, 16u << 20, (16u << 20) + 1, 200u << 20, 255u << 20, 256u << 20, 1u << 31, UINT32_MAX};
	uint8_t head[8];
	size_t n = fp_second_put_head(fp_dialect_requests(&m->dialect), head, any_id(m), lengths[draw(m, 8)]);
	fp_bytes_put(octets, head, n);
	fp_bytes_put(octets, "\4echo\5fence", draw(m, 12));
}

static void end_changed(struct fp_maker *m, struct fp_bytes *octets)
{
	size_t room = octets->len + LIST_BYTES_MAX;
	fp_bytes_space(octets, LIST_BYTES_MAX);
	octets->len = fp_mutate(FP_SHAPE_FRAMES, octets->data, octets->len, room, draw(m, UINT32_MAX));
}

static void end_clean(struct fp_maker *m, struct fp_bytes *octets)
{
	put_request(m, octets, put_fence);
}

struct fp_session fp_maker_last(struct fp_maker *m)
{
	static void (*const ends[])(struct fp_maker *, struct fp_bytes *) = {end_malformed, end_malformed, end_truncated,
	                                                                      end_announced, end_changed,   end_clean};
	for (;;) {
		struct fp_bytes octets = {0};
		if (draw(m, 4))
			put_requests(m, &octets);
		ends[draw(m, 6)](m, &octets);
		struct fp_session s = session_of(m, &octets, draw(m, 4) != 0);
		fp_due_make(&m->due, &m->dialect, &s);
		if (m->due.is_judged && m->due.is_over)
			return s;
		fp_session_fini(&s);
	}
}

void fp_maker_fini(struct fp_maker *m)
{
	fp_due_fini(&m->due);
	fp_bytes_fini(&m->unused);
}
