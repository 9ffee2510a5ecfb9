/* The json serialiser, on jansson. Must not know frames, descriptors, or what an item means.
 *
 * The payload is cut into its elements here, with strings read and nesting counted; jansson judges all else. A value is
 * shown to it as a skeleton: the same text with nothing inside the strings. For jansson refuses U+0000 in a member name,
 * and (2.14) reads and writes past its buffers where memory ends inside a long string; what it says of places stays
 * true, as a skeleton is as long as its value. */
#include "json.h"

#include <jansson.h>

#define DEPTH_MAX 512u /* brackets open at a time, the payload's own among them */

/* ---- characters ---- */

/* Octets of the UTF-8 character that starts at p; 0: there is none that is whole, shortest and no surrogate. */
static size_t utf8_len(const uint8_t *p, size_t len)
{
	uint8_t c = p[0];
	if (c < 0x80)
		return 1;
	size_t n = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static size_t utf8_put(uint8_t out[4], uint32_t v)
{
	static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; v >>= 6)
		out[i] = (uint8_t)(0x80 | (v & 0x3f));
	out[0] = (uint8_t)(leads[n] | v);
	return n;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* May be part of a number or a name; or of nothing, which jansson will say. */
static bool is_word(uint8_t c)
{
	return c != '\0' && !is_space(c) && !strchr("[]{},:\"", c);
}

/* Where the octets from `at` on stop being what a string may hold as it is. */
static size_t plain_end(struct fp_span in, size_t at)
{
	while (at < in.len && in.data[at] >= 0x20 && in.data[at] != '"' && in.data[at] != '\\') {
		size_t n = utf8_len(in.data + at, in.len - at);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

static enum fp_reason put_part(struct fp_buf *out, struct fp_span in, size_t from, size_t to)
{
	return from == to ? FP_NONE : fp_buf_put(out, in.data + from, to - from);
}

/* ---- escapes ---- */

static const char escape_names[] = "\"\\bfnrt/"; /* the solidus is plain: its escape is read, never written */
static const char escape_chars[] = "\"\\\b\f\n\r\t/";
#define ESCAPES (sizeof escape_names - 1)

static enum fp_reason put_escape(struct fp_buf *out, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	const char *at = memchr(escape_chars, c, ESCAPES);
	if (at)
		return fp_buf_put(out, (char[]){'\\', escape_names[at - escape_chars]}, 2);
	return fp_buf_put(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* \uXXXX at *at, moved past. */
static bool is_unit(struct fp_span in, size_t *at, uint32_t *unit)
{
	if (in.len - *at < 6 || in.data[*at] != '\\' || in.data[*at + 1] != 'u')
		return false;
	uint32_t v = 0;
	for (size_t i = *at + 2; i < *at + 6; i++) {
		uint32_t c = in.data[i], letter = c | 0x20;
		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (letter >= 'a' && letter <= 'f')
			v = v << 4 | (letter - 'a' + 10);
		else
			return false;
	}
	*at += 6;
	*unit = v;
	return true;
}

/* The escape at *at, moved past, as octets in UTF-8; 0: it is none. */
static size_t get_escape(struct fp_span in, size_t *at, uint8_t out[4])
{
	if (in.len - *at < 2)
		return 0;
	const char *name = memchr(escape_names, in.data[*at + 1], ESCAPES);
	if (name) {
		*at += 2;
		return utf8_put(out, (uint8_t)escape_chars[name - escape_names]);
	}
	uint32_t v, low;
	if (!is_unit(in, at, &v) || (v >= 0xdc00 && v <= 0xdfff))
		return 0;
	if (v >= 0xd800 && v <= 0xdbff) {
		if (!is_unit(in, at, &low) || low < 0xdc00 || low > 0xdfff)
			return 0;
		v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
	}
	return utf8_put(out, v);
}

/* ---- reading ---- */

struct reader {
	struct fp_span in;
	size_t at;              /* octets read; after FP_MALFORMED those before the fault */
	struct fp_buf skeleton; /* of the value that is being read */
};

static void reader_init(struct reader *r, struct fp_span in, const struct fp_alloc *alloc)
{
	*r = (struct reader){.in = in};
	fp_buf_init(&r->skeleton, alloc, SIZE_MAX);
}

static void reader_fini(struct reader *r)
{
	fp_buf_fini(&r->skeleton);
}

/* The octet behind white space, not moved past; -1 at the end. */
static int next_octet(struct reader *r)
{
	while (r->at < r->in.len && is_space(r->in.data[r->at]))
		r->at++;
	return r->at < r->in.len ? r->in.data[r->at] : -1;
}

/* The string whose opening quote is next: appends what it means to text, unless that is NULL. */
static enum fp_reason read_string(struct reader *r, struct fp_buf *text)
{
	for (size_t from = r->at + 1;; from = r->at) {
		uint8_t utf8[4];
		r->at = plain_end(r->in, from);
		enum fp_reason reason = text ? put_part(text, r->in, from, r->at) : FP_NONE;
		if (reason)
			return reason;
		if (r->at < r->in.len && r->in.data[r->at] == '"') {
			r->at++;
			return FP_NONE;
		}
		size_t past = r->at;
		size_t n = past < r->in.len && r->in.data[past] == '\\' ? get_escape(r->in, &past, utf8) : 0;
		if (n == 0)
			return FP_MALFORMED;
		reason = text ? fp_buf_put(text, utf8, n) : FP_NONE;
		if (reason)
			return reason;
		r->at = past;
	}
}

/* A string inside a value: as it stands into text, a pair of quotes and blanks into the skeleton. */
static enum fp_reason keep_string(struct reader *r, struct fp_buf *text)
{
	struct fp_space space;
	size_t from = r->at;
	enum fp_reason reason = read_string(r, NULL);
	if (!reason)
		reason = fp_buf_space(&r->skeleton, r->at - from, &space);
	if (reason)
		return reason;
	memset(space.data, ' ', r->at - from);
	space.data[0] = space.data[1] = '"';
	fp_buf_commit(&r->skeleton, r->at - from);
	return put_part(text, r->in, from, r->at);
}

/* Any other token inside a value; white space only into the skeleton, where it may part two tokens. */
static enum fp_reason keep_token(struct reader *r, struct fp_buf *text)
{
	size_t from = r->at++;
	if (is_word(r->in.data[from]))
		while (r->at < r->in.len && is_word(r->in.data[r->at]))
			r->at++;
	enum fp_reason reason = put_part(&r->skeleton, r->in, from, r->at);
	return reason || is_space(r->in.data[from]) ? reason : put_part(text, r->in, from, r->at);
}

/* jansson leaves its error text empty where it got no memory. The place it tells is in or behind the bad token. */
static enum fp_reason judge_skeleton(struct reader *r, size_t start)
{
	struct fp_span s = fp_buf_front(&r->skeleton);
	json_error_t error;
	if (s.len == 0)
		return FP_MALFORMED;
	json_t *value = json_loadb((const char *)s.data, s.len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
	if (value) {
		json_decref(value);
		return FP_NONE;
	}
	if (!error.text[0] || json_error_code(&error) == json_error_out_of_memory)
		return FP_NOMEM;
	size_t good = error.position > 0 ? (size_t)error.position : 0;
	r->at = start + (good < s.len ? good : s.len);
	return FP_MALFORMED;
}

/* A value, up to the comma or bracket that ends it: appends it to text without white space. */
static enum fp_reason read_value(struct reader *r, struct fp_buf *text)
{
	size_t start = r->at;
	fp_buf_cut(&r->skeleton, 0);
	for (size_t depth = 1; r->at < r->in.len;) {
		uint8_t c = r->in.data[r->at];
		bool is_close = c == ']' || c == '}';
		if (depth == 1 && (is_close || c == ','))
			break;
		if (c == '\0') /* jansson reads over one behind a number or a name */
			return FP_MALFORMED;
		if ((c == '[' || c == '{') && depth++ == DEPTH_MAX)
			return FP_MALFORMED;
		if (is_close)
			depth--;
		enum fp_reason reason = c == '"' ? keep_string(r, text) : keep_token(r, text);
		if (reason)
			return reason;
	}
	return judge_skeleton(r, start);
}

static enum fp_reason read_item(struct reader *r, struct fp_buf *text, struct fp_args *list)
{
	enum fp_kind kind = next_octet(r) == '"' ? FP_STRING : FP_VALUE;
	fp_buf_cut(text, 0);
	enum fp_reason reason = kind == FP_STRING ? read_string(r, text) : read_value(r, text);
	if (reason)
		return reason;
	struct fp_span s = fp_buf_front(text);
	return fp_args_copy(list, (struct fp_item){s.data, s.len, kind});
}

static enum fp_reason read_list(struct reader *r, struct fp_buf *text, struct fp_args *list)
{
	if (next_octet(r) != '[')
		return FP_MALFORMED;
	r->at++;
	for (bool is_more = next_octet(r) != ']'; is_more;) {
		enum fp_reason reason = read_item(r, text, list);
		if (reason)
			return reason;
		int c = next_octet(r);
		if (c != ',' && c != ']')
			return FP_MALFORMED;
		is_more = c == ',';
		if (is_more)
			r->at++;
	}
	r->at++; /* the closing bracket */
	return next_octet(r) < 0 ? FP_NONE : FP_MALFORMED;
}

static enum fp_reason json_thaw(void *ctx, struct fp_span payload, struct fp_args *list, size_t *fault)
{
	(void)ctx;
	struct reader r;
	struct fp_buf text;
	reader_init(&r, payload, list->alloc);
	fp_buf_init(&text, list->alloc, SIZE_MAX);
	enum fp_reason reason = read_list(&r, &text, list);
	if (reason)
		*fault = r.at;
	fp_buf_fini(&text);
	reader_fini(&r);
	return reason;
}

/* ---- writing ---- */

static enum fp_reason write_string(struct fp_span in, struct fp_buf *out)
{
	enum fp_reason reason = fp_buf_put(out, "\"", 1);
	for (size_t from = 0; !reason && from < in.len;) {
		size_t at = plain_end(in, from);
		reason = put_part(out, in, from, at);
		if (!reason && at < in.len)
			reason = in.data[at] < 0x80 ? put_escape(out, in.data[at]) : FP_MALFORMED;
		from = at + 1;
	}
	return reason ? reason : fp_buf_put(out, "\"", 1);
}

static enum fp_reason write_value(struct fp_span in, struct fp_buf *out)
{
	struct reader r;
	reader_init(&r, in, out->alloc);
	enum fp_reason reason = read_value(&r, out);
	reader_fini(&r);
	return !reason && r.at < in.len ? FP_MALFORMED : reason;
}

static enum fp_reason json_add(void *ctx, const struct fp_item *item, size_t n, struct fp_buf *out)
{
	(void)ctx;
	struct fp_span in = {item->data, item->len};
	enum fp_reason reason = fp_buf_put(out, n ? "," : "[", 1);
	if (reason)
		return reason;
	return item->kind == FP_STRING ? write_string(in, out) : write_value(in, out);
}

static enum fp_reason json_close(void *ctx, size_t n, struct fp_buf *out)
{
	(void)ctx;
	return n ? fp_buf_put(out, "]", 1) : fp_buf_put(out, "[]", 2);
}

const struct fp_serialiser fp_json_serialiser = {"json", NULL, json_add, json_close, json_thaw};
