/* io/json: every character, escapes both ways, pseudo-random lists, and damaged ones against jansson. Recorded lists
 * are looked at in test_json.c. */
#include "../rounds.h"
#include "json_rig.h"

#define ITEMS_MAX 12

/* ---- characters ---- */

static void expect_string_both_ways(const void *text, size_t len, const char *payload)
{
	struct fp_item item = {text, len, FP_STRING};
	struct fp_span octets = {(const uint8_t *)payload, strlen(payload)};
	expect_frozen(&item, 1, octets);
	expect_thawed(octets, &item, 1);
}

/* JSN-5, the form of every octet. */
static void octets_are_escaped_as_recorded(void **state)
{
	(void)state;
	static const char short_forms[128] = {
		['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	for (unsigned c = 0; c < 256; c++) {
		char octet = (char)c, payload[16];
		if (c >= 0x80) {
			expect_unfreezable((struct fp_item){&octet, 1, FP_STRING});
			continue;
		}
		if (short_forms[c])
			snprintf(payload, sizeof payload, "[\"\\%c\"]", short_forms[c]);
		else
			snprintf(payload, sizeof payload, c < 0x20 ? "[\"\\u%04x\"]" : "[\"%c\"]", c);
		expect_string_both_ways(&octet, 1, payload);
	}
}

/* UTF-8 by the book, for every number that four octets can express, in the shortest form. */
static size_t utf8(uint32_t v, char out[5])
{
	size_t n = 0;
	if (v < 0x80)
		out[n++] = (char)v;
	else if (v < 0x800)
		out[n++] = (char)(0xc0 | v >> 6);
	else if (v < 0x10000) {
		out[n++] = (char)(0xe0 | v >> 12);
		out[n++] = (char)(0x80 | (v >> 6 & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | v >> 18);
		out[n++] = (char)(0x80 | (v >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (v >> 6 & 0x3f));
	}
	if (v >= 0x80)
		out[n++] = (char)(0x80 | (v & 0x3f));
	out[n] = '\0';
	return n;
}

static bool is_character(uint32_t v)
{
	return v <= 0x10ffff && (v < 0xd800 || v > 0xdfff);
}

/* Every character of a block of 256 at once, each refused one by itself. */
static void all_characters_and_no_others(void **state)
{
	(void)state;
	for (uint32_t block = 0x100; block < 0x120000; block += 0x100) {
		char text[256 * 5], payload[256 * 5 + 5], c[5];
		size_t len = 0;
		for (uint32_t v = block; v < block + 0x100; v++) {
			size_t n = utf8(v, c);
			if (!is_character(v)) {
				expect_unfreezable((struct fp_item){c, n, FP_STRING});
				continue;
			}
			memcpy(text + len, c, n);
			len += n;
		}
		snprintf(payload, sizeof payload, "[\"%.*s\"]", (int)len, text);
		expect_string_both_ways(text, len, payload);
	}
}

static void bad_utf8_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe1\x80",
		"\xe1\x80\x7f", "\xe1\xc0\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf0\x90\x80\xc0", "\xf0\x90\x7f\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xfe", "\xff"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char payload[32];
		expect_unfreezable((struct fp_item){bad[i], strlen(bad[i]), FP_STRING});
		int len = snprintf(payload, sizeof payload, "[\"ab%s\"]", bad[i]);
		expect_malformed((struct fp_span){(uint8_t *)payload, (size_t)len}, 4);
	}
}

/* Units alone, all of them round the surrogates, and each high half with a low one. */
static void unicode_escapes(void **state)
{
	(void)state;
	char payload[32], c[5];
	for (uint32_t v = 0; v < 0x10000; v += v > 0x900 && v < 0xd7f0 ? 7 : 1) {
		int len = snprintf(payload, sizeof payload, v & 1 ? "[\"\\u%04x\"]" : "[\"\\u%04X\"]", v);
		struct fp_span octets = {(uint8_t *)payload, (size_t)len};
		struct fp_item item = {c, utf8(v, c), FP_STRING};
		if (is_character(v))
			expect_thawed(octets, &item, 1);
		else
			expect_malformed(octets, 2);
	}
	for (uint32_t v = 0x10000; v < 0x110000; v += 0x3ef) {
		unsigned high = 0xd800 + ((v - 0x10000) >> 10), low = 0xdc00 + ((v - 0x10000) & 0x3ff);
		int len = snprintf(payload, sizeof payload, "[\"\\u%04x\\u%04x\"]", high, low);
		struct fp_item item = {c, utf8(v, c), FP_STRING};
		expect_thawed((struct fp_span){(uint8_t *)payload, (size_t)len}, &item, 1);
	}
}

/* ---- pseudo-random lists ---- */

/* A text that grows, twice: with white space strewn in and without. */
struct draft {
	uint64_t seed;
	struct fp_buf spaced, compact;
};

static uint32_t draw(struct draft *d, uint32_t n)
{
	d->seed = d->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(d->seed >> 33) % n;
}

static void write_token(struct draft *d, const char *token, size_t len)
{
	assert_int_equal(fp_buf_put(&d->spaced, &" \t\n\r  \n"[draw(d, 4)], draw(d, 4)), FP_NONE);
	assert_int_equal(fp_buf_put(&d->spaced, token, len), FP_NONE);
	assert_int_equal(fp_buf_put(&d->compact, token, len), FP_NONE);
}

static void write_word(struct draft *d, const char *word)
{
	write_token(d, word, strlen(word));
}

static size_t draw_string(struct draft *d, char *text, size_t characters)
{
	static const uint32_t ends[] = {0x20, 0x80, 0x800, 0xd800, 0x110000};
	size_t len = 0;
	for (size_t i = 0; i < characters;) {
		char c[5];
		uint32_t v = draw(d, ends[draw(d, 5)]);
		if (!is_character(v))
			continue;
		size_t n = utf8(v, c);
		memcpy(text + len, c, n);
		len += n;
		i++;
	}
	return len;
}

static void write_value(struct draft *d, unsigned depth)
{
	static const char *const words[] = {"null", "true", "false", "0", "-1", "18446744073709551615", "-0.50e+10",
	                                    "\"\"", "\"a\\\"]\\\\\"", "\"\\u0000\\ud83d\\ude00\"", "\"\xe2\x82\xac [,\""};
	uint32_t kind = draw(d, depth ? 4 : 2);
	if (kind < 2) {
		write_word(d, words[draw(d, sizeof words / sizeof *words)]);
		return;
	}
	write_word(d, kind == 2 ? "[" : "{");
	for (uint32_t i = 0, n = draw(d, 4); i < n; i++) {
		if (i)
			write_word(d, ",");
		if (kind == 3) {
			write_word(d, words[7 + draw(d, 4)]);
			write_word(d, ":");
		}
		write_value(d, depth - 1);
	}
	write_word(d, kind == 2 ? "]" : "}");
}

static void draft_init(struct draft *d, uint64_t seed, const struct fp_alloc *alloc)
{
	*d = (struct draft){.seed = seed};
	fp_buf_init(&d->spaced, alloc, SIZE_MAX);
	fp_buf_init(&d->compact, alloc, SIZE_MAX);
}

static void draft_fini(struct draft *d)
{
	fp_buf_fini(&d->spaced);
	fp_buf_fini(&d->compact);
}

/* What jansson alone makes of the payload: strings with the same octets. */
static void expect_jansson_agrees(struct fp_span payload, const struct fp_item *items, size_t n)
{
	json_error_t error;
	json_t *list = json_loadb((const char *)payload.data, payload.len, JSON_ALLOW_NUL, &error);
	assert_non_null(list);
	assert_int_equal(json_array_size(list), n);
	for (size_t i = 0; i < n; i++) {
		json_t *got = json_array_get(list, i);
		assert_int_equal(json_is_string(got), items[i].kind == FP_STRING);
		if (items[i].kind == FP_STRING)
			expect_octets((struct fp_span){(const uint8_t *)json_string_value(got), json_string_length(got)},
			              (struct fp_span){items[i].data, items[i].len});
	}
	json_decref(list);
}

static void strings_survive(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct rig r;
		struct draft d;
		char texts[ITEMS_MAX][64 * 4];
		struct fp_item items[ITEMS_MAX];
		rig_init(&r);
		draft_init(&d, seed, &r.memory.alloc);
		size_t n = draw(&d, ITEMS_MAX + 1);
		for (size_t i = 0; i < n; i++)
			items[i] = (struct fp_item){texts[i], draw_string(&d, texts[i], draw(&d, 65)), FP_STRING};
		assert_int_equal(freeze(&r, items, n), FP_NONE);
		assert_int_equal(thaw(&r, fp_buf_front(&r.out)), FP_NONE);
		expect_list(&r, items, n);
		expect_jansson_agrees(fp_buf_front(&r.out), items, n);
		draft_fini(&d);
		rig_fini(&r);
	}
}

static void values_survive(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= rounds(2000); seed++) {
		struct rig r;
		struct draft d;
		rig_init(&r);
		draft_init(&d, seed, &r.memory.alloc);
		write_value(&d, 5);
		struct fp_span spaced = fp_buf_front(&d.spaced), compact = fp_buf_front(&d.compact);
		struct fp_item item = {spaced.data, spaced.len, FP_VALUE};
		assert_int_equal(freeze(&r, &item, 1), FP_NONE);
		struct fp_span frozen = fp_buf_front(&r.out);
		assert_int_equal(frozen.len, compact.len + 2);
		expect_octets((struct fp_span){frozen.data + 1, compact.len}, compact);
		assert_int_equal(thaw(&r, frozen), FP_NONE);
		assert_int_equal(r.list.n, 1);
		if (r.list.items[0].kind == FP_VALUE)
			expect_octets((struct fp_span){r.list.items[0].data, r.list.items[0].len}, compact);
		draft_fini(&d);
		rig_fini(&r);
	}
}

/* A list with one octet changed is good exactly if jansson alone says so, except that it does not see every NUL. */
static void damage_is_judged_as_by_jansson(void **state)
{
	(void)state;
	static const char list[] =
		" [1.5e3, -20 ,\"a\\n\\u00e9\xc3\xa9\",{\"k\\\\\":[true,null,{}],\"l\":\"]\"},[[ ]],\"\\ud83d\\ude00\"]\n";
	unsigned good = 0, bad = 0;
	for (size_t at = 0; at < sizeof list - 1; at++) {
		for (unsigned c = 0; c < 256; c += stride()) {
			char copy[sizeof list];
			struct rig r;
			json_error_t error;
			memcpy(copy, list, sizeof list);
			copy[at] = (char)c;
			json_t *judged = json_loadb(copy, sizeof list - 1, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
			rig_init(&r);
			enum fp_reason reason = thaw(&r, (struct fp_span){(uint8_t *)copy, sizeof list - 1});
			bool is_good = c && json_is_array(judged);
			if ((reason == FP_NONE) != is_good)
				print_error("%02x at %zu: %s\n", c, at, fp_reason_name(reason));
			assert_int_equal(reason, is_good ? FP_NONE : FP_MALFORMED);
			if (reason)
				assert_true(r.fault <= sizeof list - 1);
			*(reason ? &bad : &good) += 1;
			rig_fini(&r);
			json_decref(judged);
		}
	}
	assert_true(good > rounds(1000) && bad > rounds(1000));
}

/* A list cut off anywhere. */
static void every_cut_is_malformed(void **state)
{
	(void)state;
	static const char list[] = "[\"a\\u00e9\xc3\xa9\",{\"k\":[true,null]},[[]],12]";
	for (size_t len = 0; len < sizeof list - 1; len++) {
		struct rig r;
		rig_init(&r);
		assert_int_equal(thaw(&r, (struct fp_span){(const uint8_t *)list, len}), FP_MALFORMED);
		assert_true(r.fault <= len);
		rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_are_escaped_as_recorded),
		cmocka_unit_test(all_characters_and_no_others),
		cmocka_unit_test(bad_utf8_is_refused),
		cmocka_unit_test(unicode_escapes),
		cmocka_unit_test(strings_survive),
		cmocka_unit_test(values_survive),
		cmocka_unit_test(damage_is_judged_as_by_jansson),
		cmocka_unit_test(every_cut_is_malformed),
	};
	return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
