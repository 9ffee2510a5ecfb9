/* Finds keys in a JSON text that was parsed already. See place.h. */
#include "place.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct scan {
	const char *at, *end;
	unsigned depth;      /* of objects and arrays */
	bool is_key_next;    /* in an object of depth 1 or 2, whose arrays are not looked into */
	const char *section; /* the last key at depth 1 */
	size_t section_len;
};

/* Its closing quote, or the end of the text. */
static const char *end_of_string(const char *quote, const char *end)
{
	const char *s = quote + 1;
	for (; s < end && *s != '"'; s++)
		if (*s == '\\' && s + 1 < end)
			s++;
	return s;
}

static bool is_key(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

/* A string: answers whether it is the key looked for. */
static bool is_found(struct scan *s, const char *section, const char *name)
{
	const char *text = s->at + 1, *end = end_of_string(s->at, s->end);
	size_t len = (size_t)(end - text);
	bool was_key = s->is_key_next;
	s->is_key_next = false;
	if (!was_key)
		return false;
	if (s->depth == 1) {
		s->section = text;
		s->section_len = len;
		return !section && is_key(text, len, name);
	}
	return s->depth == 2 && section && is_key(s->section, s->section_len, section) && is_key(text, len, name);
}

static struct sim_place place_of(const char *text, const char *at)
{
	struct sim_place p = {1, 1};
	for (; text < at; text++) {
		bool is_first = (*text & 0xc0) != 0x80; /* octet of a character */
		p.column = *text == '\n' ? 1 : p.column + is_first;
		p.line += *text == '\n';
	}
	return p;
}

struct sim_place sim_place_find(struct fp_span in, const char *section, const char *name)
{
	const char *text = (const char *)in.data;
	struct scan s = {.at = text, .end = text + in.len};
	bool is_array[3] = {false};
	for (; s.at < s.end; s.at++) {
		if (*s.at == '"') {
			if (is_found(&s, section, name))
				return place_of(text, s.at);
			s.at = end_of_string(s.at, s.end);
			if (s.at == s.end)
				break;
		} else if (*s.at == '{' || *s.at == '[') {
			s.depth++;
			if (s.depth < 3)
				is_array[s.depth] = *s.at == '[';
			s.is_key_next = *s.at == '{' && s.depth < 3;
		} else if (*s.at == '}' || *s.at == ']') {
			s.depth--;
		} else if (*s.at == ',') {
			s.is_key_next = s.depth < 3 && !is_array[s.depth];
		}
	}
	return (struct sim_place){1, 1};
}
