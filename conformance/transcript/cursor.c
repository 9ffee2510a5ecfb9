/* A place in a text of lines and words. See cursor.h. */
#include "cursor.h"

#include "memory.h"

#include <stdio.h>
#include <string.h>

bool fp_word_is(struct fp_word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.text, text, w.len) == 0;
}

/* ---- white space, lines, words */

static int octet_at(const struct fp_cursor *c, size_t at)
{
	return at < c->len ? (unsigned char)c->text[at] : -1;
}

int fp_cursor_peek(const struct fp_cursor *c)
{
	return octet_at(c, c->at);
}

/* How many octets of white space begin here, a `\` with the line's end behind it as one. */
static size_t space_here(const struct fp_cursor *c)
{
	int first = fp_cursor_peek(c);
	if (first == ' ' || first == '\t' || first == '\r')
		return 1;
	if (first != '\\')
		return 0;
	size_t len = octet_at(c, c->at + 1) == '\r' ? 3 : 2;
	return octet_at(c, c->at + len - 1) == '\n' ? len : 0;
}

void fp_cursor_skip(struct fp_cursor *c)
{
	for (size_t n; (n = space_here(c)) > 0;)
		c->at += n;
}

bool fp_cursor_has_word(struct fp_cursor *c)
{
	fp_cursor_skip(c);
	int next = fp_cursor_peek(c);
	return next != -1 && next != '\n' && next != '#';
}

static void skip_line(struct fp_cursor *c)
{
	const char *end = c->at < c->len ? memchr(c->text + c->at, '\n', c->len - c->at) : NULL;
	c->at = end ? (size_t)(end - c->text) + 1 : c->len;
}

bool fp_cursor_has_line(struct fp_cursor *c)
{
	while (!fp_cursor_has_word(c)) {
		if (c->at == c->len)
			return false;
		skip_line(c);
	}
	return true;
}

struct fp_word fp_cursor_word(struct fp_cursor *c)
{
	if (!fp_cursor_has_word(c))
		return (struct fp_word){NULL, 0};
	struct fp_word w = {c->text + c->at, 0};
	while (fp_cursor_peek(c) != -1 && fp_cursor_peek(c) != '\n' && !space_here(c))
		c->at++;
	w.len = (size_t)(c->text + c->at - w.text);
	return w;
}

/* ---- what is read */

static bool is_name_octet(char o)
{
	return (o >= 'a' && o <= 'z') || (o >= 'A' && o <= 'Z') || (o >= '0' && o <= '9') || (o && strchr("-_./", o));
}

const char *fp_cursor_name(struct fp_cursor *c, const char *expected, char **to)
{
	struct fp_word w = fp_cursor_word(c);
	size_t n = 0;
	while (n < w.len && is_name_octet(w.text[n]))
		n++;
	if (n == w.len && n > 0) {
		*to = fp_memory_text(w.text, w.len);
		return NULL;
	}
	c->at -= w.len - n;
	return n ? "letters, digits, - _ . or /" : expected;
}

const char *fp_cursor_rest(struct fp_cursor *c, char **to)
{
	while (fp_cursor_peek(c) == ' ' || fp_cursor_peek(c) == '\t')
		c->at++;
	size_t begin = c->at, end = begin;
	for (int o; (o = fp_cursor_peek(c)) != -1 && o != '\n'; c->at++) {
		if ((o < ' ' && o != '\t' && o != '\r') || o == 127)
			return "text without control characters";
		if (o != ' ' && o != '\t' && o != '\r')
			end = c->at + 1;
	}
	if (end == begin)
		return "text";
	*to = fp_memory_text(c->text + begin, end - begin);
	return NULL;
}

const char *fp_cursor_digits(struct fp_cursor *c, uint64_t least, uint64_t most, const char *expected, uint64_t *to)
{
	size_t begin = c->at;
	uint64_t value = 0;
	for (int o; (o = fp_cursor_peek(c)) >= '0' && o <= '9'; c->at++) {
		uint64_t digit = (uint64_t)(o - '0');
		if (digit > most || value > (most - digit) / 10)
			break;
		value = 10 * value + digit;
	}
	int next = fp_cursor_peek(c);
	*to = value;
	if (c->at > begin && value >= least && !(next >= '0' && next <= '9'))
		return NULL;
	c->at = begin;
	return expected;
}

static const char *none_of(struct fp_cursor *c, struct fp_word taken, const char *const *names)
{
	c->at -= taken.len;
	fp_cursor_say(c, "one of");
	for (size_t i = 0; names[i]; i++)
		fp_cursor_say_also(c, names[i]);
	return c->said;
}

static bool is_among(struct fp_word w, const char *const *names, unsigned *which)
{
	for (*which = 0; names[*which] && !fp_word_is(w, names[*which]); ++*which)
		;
	return names[*which];
}

const char *fp_cursor_choice(struct fp_cursor *c, const char *const *names, unsigned *to)
{
	struct fp_word w = fp_cursor_word(c);
	return is_among(w, names, to) ? NULL : none_of(c, w, names);
}

const char *fp_cursor_choices(struct fp_cursor *c, const char *const *names, char **to)
{
	struct fp_word all = fp_cursor_word(c), rest = all;
	unsigned which;
	for (const char *bar; (bar = memchr(rest.text, '|', rest.len)); ) {
		size_t len = (size_t)(bar - rest.text);
		if (!is_among((struct fp_word){rest.text, len}, names, &which))
			return none_of(c, all, names);
		rest = (struct fp_word){bar + 1, rest.len - len - 1};
	}
	if (!is_among(rest, names, &which))
		return none_of(c, all, names);
	*to = fp_memory_text(all.text, all.len);
	return NULL;
}

const char *fp_cursor_finish(struct fp_cursor *c)
{
	return fp_cursor_has_word(c) ? "the end of the line" : NULL;
}

/* ---- what is said of it */

void fp_cursor_say(struct fp_cursor *c, const char *begin)
{
	snprintf(c->said, sizeof c->said, "%s ", begin);
}

const char *fp_cursor_say_also(struct fp_cursor *c, const char *text)
{
	size_t n = strlen(c->said);
	bool is_first = n > 0 && c->said[n - 1] == ' ';
	snprintf(c->said + n, sizeof c->said - n, "%s%s", is_first ? "" : ", ", text);
	return c->said;
}

void fp_cursor_place(const struct fp_cursor *c, unsigned *line, unsigned *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < c->at; i++)
		if (c->text[i] == '\n') {
			++*line;
			*column = 1;
		} else
			++*column;
}
