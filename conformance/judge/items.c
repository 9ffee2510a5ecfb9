/* Items in words and as payloads. See items.h. */
#include "items.h"

#include "../transcript/pieces.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SEVEN_BITS 7
#define GROUPS_MAX 10 /* of seven bits in a length */

/* ---- words ---- */

static void hex_put(struct fp_bytes *to, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *at = fp_bytes_space(to, 2 * len + 2);
	size_t n = 0;
	at[n++] = ' ';
	if (!len)
		at[n++] = '-';
	for (size_t i = 0; i < len; i++) {
		at[n++] = (uint8_t)digits[data[i] >> 4];
		at[n++] = (uint8_t)digits[data[i] & 15];
	}
	fp_bytes_add(to, n);
}

void fp_items_tell(struct fp_bytes *to, const struct fp_octets *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fp_layout l;
		fp_octets_lay(&items[i], true, &l);
		hex_put(to, l.data, l.len);
		fp_layout_fini(&l);
	}
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octets of one word; false: it is none. */
static bool word_read(const char *word, size_t len, struct fp_bytes *to)
{
	if (len == 1 && *word == '-')
		return true;
	if (!len || len % 2)
		return false;
	uint8_t *at = fp_bytes_space(to, len / 2);
	for (size_t i = 0; i < len; i += 2) {
		int high = digit_of(word[i]), low = digit_of(word[i + 1]);
		if (high < 0 || low < 0)
			return false;
		at[i / 2] = (uint8_t)(high << 4 | low);
	}
	fp_bytes_add(to, len / 2);
	return true;
}

/* ---- the normal form ---- */

/* The JSON text of the same value that is written in one way; what is no such text stays as it is. */
static void normal_put(struct fp_bytes *to, const uint8_t *data, size_t len, bool is_json)
{
	json_t *value = is_json ? json_loadb((const char *)data, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (text)
		hex_put(to, (const uint8_t *)text, strlen(text));
	else
		hex_put(to, data, len);
	free(text);
	json_decref(value);
}

bool fp_items_normal(struct fp_bytes *to, const char *words, size_t len, bool is_json)
{
	struct fp_bytes item = {0};
	bool is_right = true;
	for (size_t at = 0; at < len && is_right;) {
		const char *end = memchr(words + at, ' ', len - at);
		size_t word = end ? (size_t)(end - words) - at : len - at;
		item.start = item.len = 0;
		is_right = word_read(words + at, word, &item);
		if (is_right)
			normal_put(to, item.data, item.len, is_json);
		at += word + 1;
	}
	fp_bytes_fini(&item);
	return is_right;
}

/* Both digits of an octet that may be any. */
static void open_mark(uint8_t *expect, const struct fp_layout *item)
{
	for (size_t i = 0; item->expect && i < item->len; i++)
		if (item->expect[i] != FP_EXPECT_SAME)
			expect[2 * i] = expect[2 * i + 1] = FP_EXPECT_ANY;
}

struct fp_layout fp_items_expect(const struct fp_octets *items, size_t n, bool is_json)
{
	struct fp_bytes words = {0}, expect = {0};
	for (size_t i = 0; i < n; i++) {
		struct fp_layout l;
		size_t before = words.len;
		fp_octets_lay(&items[i], true, &l);
		normal_put(&words, l.data, l.len, is_json && !l.expect);
		size_t len = words.len - before;
		memset(fp_bytes_space(&expect, len), FP_EXPECT_SAME, len);
		fp_bytes_add(&expect, len);
		open_mark(expect.data + before + 1, &l);
		fp_layout_fini(&l);
	}
	return (struct fp_layout){.data = words.data, .expect = expect.data, .len = words.len};
}

static void item_print(const char *word, size_t len, FILE *to)
{
	struct fp_bytes item = {0};
	struct fp_octets octets = {0};
	word_read(word, len, &item);
	if (item.len)
		fp_octets_of(&octets, item.data, item.len);
	fputc(' ', to);
	fp_item_print(&octets, to);
	fp_octets_fini(&octets);
	fp_bytes_fini(&item);
}

char *fp_items_text(const uint8_t *words, size_t len)
{
	const char *text = (const char *)words;
	char *line;
	size_t line_len;
	FILE *to = open_memstream(&line, &line_len);
	if (!to)
		abort();
	for (size_t at = 0, word; at < len; at += word) {
		const char *end = memchr(text + at + 1, ' ', len - at - 1);
		word = end ? (size_t)(end - text) - at : len - at;
		item_print(text + at + 1, word - 1, to);
	}
	fclose(to);
	return line;
}

/* ---- payloads ---- */

void fp_item_put(struct fp_bytes *to, const void *data, size_t len)
{
	uint8_t groups[GROUPS_MAX];
	size_t at = GROUPS_MAX;
	groups[--at] = len & 0x7f;
	for (size_t left = len >> SEVEN_BITS; left; left >>= SEVEN_BITS)
		groups[--at] = (uint8_t)(left | 0x80);
	fp_bytes_put(to, groups + at, GROUPS_MAX - at);
	fp_bytes_put(to, data, len);
}

void fp_items_payload(struct fp_bytes *to, const struct fp_octets *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fp_layout l;
		fp_octets_lay(&items[i], true, &l);
		fp_item_put(to, l.data, l.len);
		fp_layout_fini(&l);
	}
}
