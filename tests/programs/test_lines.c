/* The line codec: examples of the form, every octet, every bad escape, and random lists and lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/programs/lines.h"

#define LIST_MAX 6
#define ITEM_MAX 12
#define TEXT_MAX 4096

static uint32_t random_below(uint64_t *state, uint32_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32) % n;
}

/* A copy on the heap that is as long as it has to be, so that a tool that watches memory sees an octet too many. */
static char *copy(const char *text, size_t len)
{
	char *c = malloc(len ? len : 1);

	assert_non_null(c);
	if (len)
		memcpy(c, text, len);
	return c;
}

static void assert_items_equal(const struct fp_item *a, size_t an, const struct fp_item *b, size_t bn)
{
	assert_int_equal(an, bn);
	for (size_t i = 0; i < an; i++) {
		assert_int_equal(a[i].len, b[i].len);
		assert_int_equal(b[i].kind, FP_STRING);
		if (a[i].len)
			assert_memory_equal(a[i].data, b[i].data, a[i].len);
	}
}

static void assert_encodes(const struct fp_item *items, size_t n, const char *text, size_t len)
{
	char *to = malloc(len + 1);

	assert_non_null(to);
	assert_int_equal(fp_line_size(items, n), len);
	assert_ptr_equal(fp_line_encode(to, items, n), to + len);
	if (len)
		assert_memory_equal(to, text, len);
	free(to);
}

static void assert_decodes(const char *text, size_t len, const struct fp_item *items, size_t n)
{
	struct fp_line line = { 0 };
	struct fp_line_error error;
	char *c = copy(text, len);

	assert_int_equal(fp_line_decode(&line, c, len, &error), FP_NONE);
	assert_items_equal(items, n, line.items, line.n);
	fp_line_fini(&line);
	free(c);
}

static void assert_wrong(const char *text, size_t len, size_t column)
{
	struct fp_line line = { 0 };
	struct fp_line_error error = { 0 };
	char *c = copy(text, len);

	assert_int_equal(fp_line_decode(&line, c, len, &error), FP_MALFORMED);
	assert_int_equal(error.column, column);
	assert_non_null(error.text);
	assert_int_equal(line.n, 0);
	fp_line_fini(&line);
	free(c);
}

static void the_form(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *items[4];
	} both_ways[] = {
		{ "", 0, { 0 } },
		{ "\\e", 1, { "" } },
		{ "\t", 2, { "", "" } },
		{ "\t\t", 3, { "", "", "" } },
		{ "a", 1, { "a" } },
		{ "a\t", 2, { "a", "" } },
		{ "\ta", 2, { "", "a" } },
		{ "a\t\tb", 3, { "a", "", "b" } },
		{ "two words\tx", 2, { "two words", "x" } },
		{ "a\\tb\\nc\\rd\\\\e", 1, { "a\tb\nc\rd\\e" } },
		{ "\\\\e", 1, { "\\e" } },
		{ "\\x1b[0m\\x7f", 1, { "\x1b[0m\x7f" } },
		{ "na\xc3\xafve \xff", 1, { "na\xc3\xafve \xff" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof both_ways / sizeof *both_ways; i++) {
		struct fp_item items[4];
		const char *text = both_ways[i].text;
		for (size_t k = 0; k < both_ways[i].n; k++)
			items[k] = (struct fp_item){ both_ways[i].items[k], strlen(both_ways[i].items[k]), FP_STRING };
		assert_encodes(items, both_ways[i].n, text, strlen(text));
		assert_decodes(text, strlen(text), items, both_ways[i].n);
	}
}

static void nul_is_an_octet(void **state)
{
	const struct fp_item items[] = { { "\0" "12", 3, FP_STRING }, { "\0", 1, FP_STRING } };

	(void)state;
	assert_encodes(items, 2, "\\012\t\\0", 7);
	assert_decodes("\\012\t\\0", 7, items, 2);
	assert_decodes("\0" "12\t\0", 5, items, 2);
	assert_decodes("\\x0012\t\\x00", 11, items, 2);
}

/* What is read but never written: an empty field said twice over, octets that need no escape or have a raw form. */
static void other_spellings(void **state)
{
	const struct fp_item empty_a_empty[] = { { NULL, 0, FP_STRING }, { "a", 1, FP_STRING }, { NULL, 0, FP_STRING } };
	const struct fp_item raw[] = { { "\x1b\r", 2, FP_STRING } };
	const struct fp_item hex[] = { { "Jj\xfa\t", 4, FP_STRING } };

	(void)state;
	assert_decodes("\\e\ta\t\\e", 7, empty_a_empty, 3);
	assert_decodes("\\e\t\\x61\t", 8, empty_a_empty, 3);
	assert_decodes("\x1b\r", 2, raw, 1);
	assert_decodes("\\x4A\\x6a\\xFa\\x09", 16, hex, 1);
}

static void every_octet_round_trips(void **state)
{
	struct fp_line line = { 0 };
	struct fp_line_error error;
	char text[16];

	(void)state;
	for (int octet = 0; octet < 256; octet++) {
		const unsigned char data[3] = { 'a', (unsigned char)octet, 'b' };
		for (size_t from = 0; from < 2; from++) {
			const struct fp_item item = { data + from, 3 - from, FP_STRING };
			size_t len = (size_t)(fp_line_encode(text, &item, 1) - text);
			assert_int_equal(len, fp_line_size(&item, 1));
			assert_int_equal(fp_line_decode(&line, text, len, &error), FP_NONE);
			assert_items_equal(&item, 1, line.items, line.n);
		}
	}
	fp_line_fini(&line);
}

static void every_octet_has_a_hex_escape(void **state)
{
	static const char *const digits[] = { "0123456789abcdef", "0123456789ABCDEF" };

	(void)state;
	for (unsigned i = 0; i < 512; i++) {
		const char *d = digits[i & 1];
		const unsigned char octet = (unsigned char)(i >> 1);
		const char text[4] = { '\\', 'x', d[octet >> 4], d[octet & 15] };
		const struct fp_item item = { &octet, 1, FP_STRING };
		assert_decodes(text, 4, &item, 1);
	}
}

/* Whether a backslash and this octet are a whole escape, by a list of its own. */
static bool is_short_escape(unsigned char octet)
{
	return octet && strchr("tnr0\\", octet);
}

static void every_bad_letter(void **state)
{
	(void)state;
	for (int octet = 0; octet < 256; octet++) {
		const char text[6] = { 'a', '\t', 'b', '\\', (char)(unsigned char)octet, 'z' };
		if (!is_short_escape((unsigned char)octet))
			assert_wrong(text, 6, 4);
		if (!is_short_escape((unsigned char)octet) && octet != 'e')
			assert_wrong(text + 3, 2, 1);
	}
}

static bool is_hex_digit(unsigned char octet)
{
	return octet && strchr("0123456789abcdefABCDEF", octet);
}

static void every_bad_hex_digit(void **state)
{
	(void)state;
	for (int octet = 0; octet < 256; octet++) {
		const char c = (char)(unsigned char)octet;
		const char first[4] = { '\\', 'x', c, '0' }, second[5] = { 'y', '\\', 'x', '0', c };
		if (is_hex_digit((unsigned char)octet))
			continue;
		assert_wrong(first, 4, 1);
		assert_wrong(second, 5, 2);
	}
}

static void escapes_that_are_cut(void **state)
{
	static const struct {
		const char *text;
		size_t column;
	} cases[] = {
		{ "\\", 1 }, { "ab\\", 3 }, { "\\\\\\", 3 }, { "\\\t", 1 }, { "a\\\tb", 2 },
		{ "\\x", 1 }, { "\\x4", 1 }, { "a\\x\t41", 2 }, { "a\\x4\t1", 2 }, { "\\x41\\x4", 5 },
		{ "\\ea", 1 }, { "a\\e", 2 }, { "\\e\\e", 1 }, { "a\t\\e \t", 3 }, { "\\t\\e", 3 }, { "\\e\t\\eb", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_wrong(cases[i].text, strlen(cases[i].text), cases[i].column);
}

struct random_list {
	struct fp_item items[LIST_MAX];
	unsigned char octets[LIST_MAX][ITEM_MAX];
	size_t n;
};

/* Half of the octets are ones with a meaning. */
static void random_list_make(struct random_list *l, uint64_t *seed)
{
	static const char special[] = "\t\n\r\\\0exntr0";

	l->n = random_below(seed, LIST_MAX + 1);
	for (size_t i = 0; i < l->n; i++) {
		size_t len = random_below(seed, 3) ? random_below(seed, ITEM_MAX + 1) : 0;
		for (size_t k = 0; k < len; k++)
			l->octets[i][k] = random_below(seed, 2) ? (unsigned char)special[random_below(seed, sizeof special)] :
			                                          (unsigned char)random_below(seed, 256);
		l->items[i] = (struct fp_item){ l->octets[i], len, FP_STRING };
	}
}

static void random_lists_round_trip(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	struct fp_line line = { 0 };
	struct fp_line_error error;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		struct random_list l;
		random_list_make(&l, &seed);
		size_t size = fp_line_size(l.items, l.n);
		char *text = malloc(size ? size : 1);
		assert_non_null(text);
		assert_ptr_equal(fp_line_encode(text, l.items, l.n), text + size);
		for (size_t i = 0; i < size; i++)
			assert_true((unsigned char)text[i] >= 32 || text[i] == '\t');
		assert_int_equal(fp_line_decode(&line, text, size, &error), FP_NONE);
		assert_items_equal(l.items, l.n, line.items, line.n);
		free(text);
	}
	fp_line_fini(&line);
}

/* Any text is refused with a column at a backslash of it, or read as a list whose own line is read as the same list. */
static void random_lines_mean_one_list(void **state)
{
	static const char alphabet[] = "\t\t\\\\\\entrx00aF\xff";
	uint64_t seed = 0x2545f4914f6cdd1d;
	struct fp_line first = { 0 }, second = { 0 };
	unsigned good = 0, bad = 0;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		char text[8], saved[8], written[TEXT_MAX];
		struct fp_line_error error;
		size_t len = random_below(&seed, sizeof text + 1);
		for (size_t i = 0; i < len; i++)
			saved[i] = text[i] = alphabet[random_below(&seed, sizeof alphabet - 1)];
		if (fp_line_decode(&first, text, len, &error)) {
			assert_in_range(error.column, 1, len);
			assert_int_equal(saved[error.column - 1], '\\');
			bad++;
			continue;
		}
		size_t size = (size_t)(fp_line_encode(written, first.items, first.n) - written);
		assert_true(size <= 4 * len);
		assert_int_equal(fp_line_decode(&second, written, size, &error), FP_NONE);
		assert_items_equal(first.items, first.n, second.items, second.n);
		good++;
	}
	assert_true(good > 1000 && bad > 1000);
	fp_line_fini(&first);
	fp_line_fini(&second);
}

static void many_fields_in_a_line_that_is_used_again(void **state)
{
	enum { FIELDS = 1000 };
	struct fp_line line = { 0 };
	struct fp_line_error error;
	char text[2 * FIELDS], bad[] = "a\t\\q";

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = i % 2 ? '\t' : (char)('a' + i / 2 % 26);
	assert_int_equal(fp_line_decode(&line, text, sizeof text - 1, &error), FP_NONE);
	assert_int_equal(line.n, FIELDS);
	for (size_t i = 0; i < FIELDS; i++) {
		assert_int_equal(line.items[i].len, 1);
		assert_int_equal(*(const char *)line.items[i].data, 'a' + i % 26);
	}
	assert_int_equal(fp_line_decode(&line, bad, 4, &error), FP_MALFORMED);
	assert_int_equal(line.n, 0);
	assert_int_equal(fp_line_decode(&line, bad, 1, &error), FP_NONE);
	assert_int_equal(line.n, 1);
	fp_line_fini(&line);
}

static void values_are_written_as_their_text(void **state)
{
	const struct fp_item items[] = { { "[1, \"a\\n\"]", 10, FP_VALUE }, { "null", 4, FP_VALUE } };

	(void)state;
	assert_encodes(items, 2, "[1, \"a\\\\n\"]\tnull", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form),
		cmocka_unit_test(nul_is_an_octet),
		cmocka_unit_test(other_spellings),
		cmocka_unit_test(every_octet_round_trips),
		cmocka_unit_test(every_octet_has_a_hex_escape),
		cmocka_unit_test(every_bad_letter),
		cmocka_unit_test(every_bad_hex_digit),
		cmocka_unit_test(escapes_that_are_cut),
		cmocka_unit_test(random_lists_round_trip),
		cmocka_unit_test(random_lines_mean_one_list),
		cmocka_unit_test(many_fields_in_a_line_that_is_used_again),
		cmocka_unit_test(values_are_written_as_their_text),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
