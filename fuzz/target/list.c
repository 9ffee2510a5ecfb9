/* Lists as they go in and come out of an echo child. See list.h. */
#include "list.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oracle/second.h"

#define DEPTH_MAX 512u /* JSN-4c: brackets open at a time */

/* ---- string ---- */

static enum fp_list_verdict string_verdict(enum fp_second_verdict v)
{
	return v == FP_SECOND_GOOD ? FP_LIST_GOOD : v == FP_SECOND_BEYOND_END ? FP_LIST_DOUBTFUL : FP_LIST_MALFORMED;
}

static void item_put(struct fp_bytes *to, const uint8_t *item, size_t len)
{
	uint8_t head[10];
	fp_bytes_put(to, head, fp_second_put_length(head, len));
	if (len)
		fp_bytes_put(to, item, len);
}

/* The items behind the first, each with its length in the shortest form (SER-4). */
static enum fp_list_verdict string_echo(const uint8_t *in, size_t len, struct fp_bytes *answer)
{
	size_t before = answer->len, item_len, n = 0;
	const uint8_t *item;
	bool is_echo = true;
	for (size_t at = 0; at < len; n++) {
		enum fp_second_verdict v = fp_second_item(in, len, &at, &item, &item_len);
		if (v) {
			answer->len = before;
			return string_verdict(v);
		}
		if (n)
			item_put(answer, item, item_len);
		else
			is_echo = item_len == 4 && !memcmp(item, "echo", 4);
	}
	if (!n)
		item_put(answer, (const uint8_t *)"noargs", 6);
	if (!is_echo)
		answer->len = before;
	return is_echo ? FP_LIST_GOOD : FP_LIST_OTHER_VERB;
}

/* ---- json ---- */

static void text_put(struct fp_bytes *to, const char *text)
{
	fp_bytes_put(to, text, strlen(text));
}

/* JSN-5: the quote, the backslash and what is below 20 hex are escaped, nothing else is. */
static void character_put(struct fp_bytes *to, char c)
{
	static const char shorts[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	char escape[8] = {c};
	const char *at = c ? strchr(shorts, c) : NULL;
	if (at)
		snprintf(escape, sizeof escape, "\\%c", letters[at - shorts]);
	else if ((unsigned char)c < ' ')
		snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)c);
	text_put(to, escape);
}

static void json_string_put(struct fp_bytes *to, const json_t *value)
{
	const char *text = json_string_value(value);
	text_put(to, "\"");
	for (size_t i = 0, len = json_string_length(value); i < len; i++)
		character_put(to, text[i]);
	text_put(to, "\"");
}

/* False: the clauses leave open how it comes back (JSN-5f). */
static bool value_put(struct fp_bytes *to, const json_t *value, unsigned depth);

static bool elements_put(struct fp_bytes *to, const json_t *array, size_t from, unsigned depth)
{
	text_put(to, "[");
	for (size_t i = from, n = json_array_size(array); i < n; i++) {
		text_put(to, i > from ? "," : "");
		if (!value_put(to, json_array_get(array, i), depth))
			return false;
	}
	text_put(to, "]");
	return true;
}

static bool value_put(struct fp_bytes *to, const json_t *value, unsigned depth)
{
	char number[32];
	switch (json_typeof(value)) {
	case JSON_ARRAY:
		return depth < DEPTH_MAX && elements_put(to, value, 0, depth + 1);
	case JSON_STRING:
		json_string_put(to, value);
		return true;
	case JSON_INTEGER:
		snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text_put(to, number);
		return json_integer_value(value) > INT64_MIN;
	case JSON_OBJECT:
	case JSON_REAL:
		return false;
	default:
		text_put(to, json_is_null(value) ? "null" : json_is_true(value) ? "true" : "false");
		return true;
	}
}

/* Is it text that a child only SHOULD refuse: no array on top, or half of a pair in UTF-8? */
static bool is_doubtful(const uint8_t *in, size_t len)
{
	size_t at = 0;
	for (size_t i = 0; i + 1 < len; i++)
		if (in[i] == 0xed && in[i + 1] >= 0xa0)
			return true;
	while (at < len && memchr(" \t\r\n", in[at], 4))
		at++;
	return at < len && memchr("\"n-0123456789", in[at], 13);
}

static enum fp_list_verdict json_refusal(const json_error_t *e, const uint8_t *in, size_t len)
{
	enum json_error_code code = json_error_code(e);
	if (code == json_error_numeric_overflow || code == json_error_stack_overflow || code == json_error_out_of_memory)
		return FP_LIST_UNSPECIFIED;
	return is_doubtful(in, len) ? FP_LIST_DOUBTFUL : FP_LIST_MALFORMED;
}

static enum fp_list_verdict json_list_echo(const json_t *list, struct fp_bytes *answer)
{
	size_t before = answer->len;
	const json_t *verb = json_array_get(list, 0);
	if (!json_is_array(list))
		return FP_LIST_MALFORMED;
	if (!verb) {
		text_put(answer, "[\"noargs\"]");
		return FP_LIST_GOOD;
	}
	if (!json_is_string(verb) || strcmp(json_string_value(verb), "echo") != 0)
		return FP_LIST_OTHER_VERB;
	if (elements_put(answer, list, 1, 1))
		return FP_LIST_GOOD;
	answer->len = before;
	return FP_LIST_UNSPECIFIED;
}

static enum fp_list_verdict json_echo(const uint8_t *in, size_t len, struct fp_bytes *answer)
{
	json_error_t error;
	if (len && memchr(in, 0, len))
		return FP_LIST_MALFORMED; /* JSN-4b; jansson takes one behind a number for its end */
	if (memmem(in, len, "-0", 2))
		return FP_LIST_UNSPECIFIED; /* whether minus zero keeps its sign */
	json_t *list = json_loadb((const char *)in, len, JSON_ALLOW_NUL, &error);
	if (!list)
		return json_refusal(&error, in, len);
	enum fp_list_verdict v = json_list_echo(list, answer);
	json_decref(list);
	return v;
}

enum fp_list_verdict fp_list_echo(bool is_json, const uint8_t *payload, size_t len, struct fp_bytes *answer)
{
	return (is_json ? json_echo : string_echo)(payload, len, answer);
}
