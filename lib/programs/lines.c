/* lines: tab-separated fields with backslash escapes. Decoding never makes text longer, so it is done in place.
 * Must never know where lines come from or go to. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

/* The line that is being decoded: read at `at`, written at `to`, which never overtakes it. */
struct fp_scan {
	char *text;
	size_t at, len, to;
};

static const char BAD_ESCAPE[] = "a backslash must be followed by t, n, r, 0, e, xHH or a backslash";
static const char BAD_HEX[] = "\\x must be followed by two hexadecimal digits";
static const char BAD_EMPTY[] = "\\e means an empty field and must stand alone in it (the escape octet is \\x1b)";

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool scan_has_field_end(const struct fp_scan *s, size_t at)
{
	return at == s->len || s->text[at] == '\t';
}

static const char *scan_hex(struct fp_scan *s)
{
	if (s->len - s->at < 4)
		return BAD_HEX;
	int high = hex_value(s->text[s->at + 2]);
	int low = hex_value(s->text[s->at + 3]);
	if (high < 0 || low < 0)
		return BAD_HEX;
	s->text[s->to++] = (char)(unsigned char)(high << 4 | low);
	s->at += 4;
	return NULL;
}

static const char *scan_empty(struct fp_scan *s)
{
	bool is_first = s->at == 0 || s->text[s->at - 1] == '\t';
	if (!is_first || !scan_has_field_end(s, s->at + 2))
		return BAD_EMPTY;
	s->at += 2;
	return NULL;
}

/* Reads the escape whose backslash is at `at`. NULL, or what is wrong with it. */
static const char *scan_escape(struct fp_scan *s)
{
	char octet;

	switch (s->at + 1 < s->len ? s->text[s->at + 1] : '\0') {
	case 't':
		octet = '\t';
		break;
	case 'n':
		octet = '\n';
		break;
	case 'r':
		octet = '\r';
		break;
	case '0':
		octet = '\0';
		break;
	case '\\':
		octet = '\\';
		break;
	case 'x':
		return scan_hex(s);
	case 'e':
		return scan_empty(s);
	default:
		return BAD_ESCAPE;
	}
	s->text[s->to++] = octet;
	s->at += 2;
	return NULL;
}

static const char *scan_field(struct fp_scan *s)
{
	while (!scan_has_field_end(s, s->at)) {
		if (s->text[s->at] != '\\') {
			s->text[s->to++] = s->text[s->at++];
			continue;
		}
		const char *wrong = scan_escape(s);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static enum fp_reason line_push(struct fp_line *line, const char *data, size_t len)
{
	if (line->n == line->cap) {
		size_t cap = line->cap ? 2 * line->cap : 16;
		struct fp_item *items = cap <= SIZE_MAX / sizeof *items ? realloc(line->items, cap * sizeof *items) : NULL;
		if (!items)
			return FP_NOMEM;
		line->items = items;
		line->cap = cap;
	}
	line->items[line->n++] = (struct fp_item){data, len, FP_STRING};
	return FP_NONE;
}

static enum fp_reason line_push_fields(struct fp_line *line, struct fp_scan *s, struct fp_line_error *error)
{
	for (;; s->at++) { /* over the tab */
		size_t start = s->to;
		const char *wrong = scan_field(s);
		if (wrong) {
			*error = (struct fp_line_error){s->at + 1, wrong};
			return FP_MALFORMED;
		}
		if (line_push(line, s->text + start, s->to - start))
			return FP_NOMEM;
		if (s->at == s->len)
			return FP_NONE;
	}
}

enum fp_reason fp_line_decode(struct fp_line *line, char *text, size_t len, struct fp_line_error *error)
{
	struct fp_scan s = {.text = text, .len = len};

	line->n = 0;
	if (len == 0)
		return FP_NONE;
	enum fp_reason reason = line_push_fields(line, &s, error);
	if (reason)
		line->n = 0;
	return reason;
}

void fp_line_fini(struct fp_line *line)
{
	free(line->items);
	*line = (struct fp_line){0};
}

/* The letter of an octet's short escape, 'x' if it has only the long one, 0 if it stands for itself. */
static char octet_escape(unsigned char octet)
{
	switch (octet) {
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\0':
		return '0';
	case '\\':
		return '\\';
	default:
		return octet < 32 || octet == 127 ? 'x' : '\0';
	}
}

static char *octet_encode(char *to, unsigned char octet)
{
	static const char digits[] = "0123456789abcdef";
	char letter = octet_escape(octet);

	if (!letter) {
		*to++ = (char)octet;
		return to;
	}
	*to++ = '\\';
	*to++ = letter;
	if (letter == 'x') {
		*to++ = digits[octet >> 4];
		*to++ = digits[octet & 15];
	}
	return to;
}

static bool list_is_one_empty(const struct fp_item *items, size_t n)
{
	return n == 1 && items[0].len == 0;
}

static size_t item_size(const struct fp_item *item)
{
	const unsigned char *data = item->data;
	size_t size = 0;

	for (size_t i = 0; i < item->len; i++) {
		char letter = octet_escape(data[i]);
		size += letter == 'x' ? 4 : letter ? 2 : 1;
	}
	return size;
}

size_t fp_line_size(const struct fp_item *items, size_t n)
{
	if (list_is_one_empty(items, n))
		return 2;
	size_t size = n ? n - 1 : 0; /* tabs */
	for (size_t i = 0; i < n; i++)
		size += item_size(&items[i]);
	return size;
}

char *fp_line_encode(char *to, const struct fp_item *items, size_t n)
{
	if (list_is_one_empty(items, n)) {
		memcpy(to, "\\e", 2);
		return to + 2;
	}
	for (size_t i = 0; i < n; i++) {
		const unsigned char *data = items[i].data;
		if (i)
			*to++ = '\t';
		for (size_t k = 0; k < items[i].len; k++)
			to = octet_encode(to, data[k]);
	}
	return to;
}
