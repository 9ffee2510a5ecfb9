/* Tests of transcript/octets: pieces read, printed, laid out, compared, and made from what was seen. */
#include "../../conformance/transcript/octets.h"
#include "transcript_rig.h"

static struct fp_octets octets;
static struct fp_layout layout;

static int teardown(void **state)
{
	(void)state;
	fp_octets_fini(&octets);
	fp_layout_fini(&layout);
	return 0;
}

static void parse(const char *text)
{
	size_t at;
	const char *wrong = fp_octets_parse(&octets, text, strlen(text), &at);
	if (wrong)
		fail_msg("%s: %zu: expected %s", text, at, wrong);
}

static void lay(const char *text, bool is_big_endian)
{
	fp_octets_fini(&octets);
	fp_layout_fini(&layout);
	parse(text);
	fp_octets_lay(&octets, is_big_endian, &layout);
}

static void expect_octets(const char *text, bool is_big_endian, const void *expected, size_t len)
{
	lay(text, is_big_endian);
	assert_int_equal(layout.len, len);
	assert_memory_equal(layout.data, expected, len);
}

#define EXPECT(text, expected) expect_octets(text, true, expected, sizeof expected - 1)

static void test_pieces_are_laid_out(void **state)
{
	(void)state;
	EXPECT("0a1bFf", "\x0a\x1b\xff");
	EXPECT("\"abc\"", "abc");
	EXPECT("\"\\\\\\\"\\n\\r\\t\\x00\\xfF\"", "\\\"\n\r\t\0\xff");
	EXPECT("\"\"", "");
	EXPECT("u32:258", "\0\0\1\2");
	EXPECT("u32:4294967295", "\xff\xff\xff\xff");
	EXPECT("61*3 62", "aaab");
	EXPECT("\"ab\"*2", "abab");
	EXPECT("(00 \"x\")*2", "\0x\0x");
	EXPECT("((61 62)*2 \"-\")*2 /", "abab-abab-");
	EXPECT("00\"x\"(01)u32:1", "\0x\1\0\0\0\1");
	EXPECT("00 \\\n  01 \\\r\n\t02", "\0\1\2");
	expect_octets("u32:258 u32:1", false, "\2\1\0\0\1\0\0\0", 8);
}

static void test_many_octets_are_laid_out_fast(void **state)
{
	(void)state;
	static const size_t len = 67108864;
	lay("61*67108864", true);
	assert_int_equal(layout.len, len);
	assert_int_equal(layout.data[0], 'a');
	assert_int_equal(layout.data[len - 1], 'a');
}

static void test_cuts_are_places(void **state)
{
	(void)state;
	lay("/ 00 / / 01 02 / (03 /)*3 04*2 /", true);
	static const size_t expected[] = {1, 3, 4, 5, 6};
	assert_int_equal(layout.len, 8);
	assert_int_equal(layout.n_cuts, 5);
	assert_memory_equal(layout.cuts, expected, sizeof expected);
}

static void expect_differs(const char *text, const void *data, size_t len, size_t at)
{
	lay(text, true);
	assert_int_equal(fp_layout_differs_at(&layout, data, len), at);
}

static void test_the_first_wrong_octet_is_found(void **state)
{
	(void)state;
	expect_differs("\"abc\"", "abc", 3, 3);
	expect_differs("\"abc\"", "abcd", 4, 3);
	expect_differs("\"abc\"", "ab", 2, 2);
	expect_differs("\"abc\"", "aXc", 3, 1);
	expect_differs("\"abc\"", "", 0, 0);
	assert_null(layout.expect);
}

static void test_any_octet_is_any(void **state)
{
	(void)state;
	expect_differs("61 ? ?*2 62", "a\0\1\2b", 5, 5);
	expect_differs("61 ? ?*2 62", "a\0\1\2c", 5, 4);
	expect_differs("(61 ?)*2", "a\1b\2", 4, 2);
	expect_differs("u32:? 61", "\1\2\3\4a", 5, 5);
	expect_differs("u32:? 61", "\1\2\3\4b", 5, 4);
}

static void test_any_number_but_0(void **state)
{
	(void)state;
	expect_differs("61 u32:+ 62", "a\0\0\0\1b", 6, 6);
	expect_differs("61 u32:+ 62", "a\1\0\0\0b", 6, 6);
	expect_differs("61 u32:+ 62", "a\0\0\0\0b", 6, 1);
	expect_differs("u32:+*2", "\1\0\0\0\0\0\0\0", 8, 4);
	expect_differs("u32:+*2", "\0\0\0\1\0\0", 6, 6);
	expect_differs("u32:+ u32:+", "\0\0\0\0\1\1\1\1", 8, 0);
}

/* ---- printing */

static char *print(void)
{
	struct printed p;
	printed_begin(&p);
	fp_octets_print(&octets, p.to);
	return printed_take(&p);
}

static void expect_print(const char *text, const char *expected)
{
	fp_octets_fini(&octets);
	parse(text);
	char *got = print();
	assert_string_equal(got, expected);
	free(got);
}

static void test_pieces_print_as_they_were_read(void **state)
{
	(void)state;
	expect_print("0A1b  \"a\\x0a\\x41\\\"\\x7f\\\\\"  /\tu32:007", "0a1b \"a\\nA\\\"\\x7f\\\\\" / u32:7");
	expect_print("(0a(\"x\")*3)*2 ? ?*4 u32:? u32:+", "(0a (\"x\")*3)*2 ? ?*4 u32:? u32:+");
	expect_print("61*1 \"\" 62*002", "61 \"\" 62*2");
}

/* ---- faults */

struct fault {
	const char *text;
	size_t at;
	const char *expected;
};

#define PIECE "octets: hex digits, \"text\", u32:N, (, / or ?"
#define TIMES "how often: 1 to 536870912"
#define NUMBER "a number up to 4294967295, ? or +"

static const struct fault faults[] = {
	{"", 0, PIECE},
	{"  ", 2, PIECE},
	{"00 g", 3, PIECE},
	{"u16:1", 0, PIECE},
	{"u32", 0, PIECE},
	{"*3", 0, PIECE},
	{"00 \n01", 3, PIECE},
	{"00 # 01", 3, PIECE},
	{"00 0", 4, "a second hex digit: two make an octet"},
	{"0g", 1, "a second hex digit: two make an octet"},
	{"\"abc", 4, "a closing \""},
	{"\"a\n\"", 2, "a closing \""},
	{"\"a\\\n\"", 3, "\\\\, \\\", \\n, \\r, \\t or \\xHH"},
	{"\"\\q\"", 2, "\\\\, \\\", \\n, \\r, \\t or \\xHH"},
	{"\"\\x4\"", 4, "two hex digits"},
	{"\"\\xg0\"", 3, "two hex digits"},
	{"\"\x01\"", 1, "ASCII in a text, or \\xHH"},
	{"\"\xc3\xa4\"", 1, "ASCII in a text, or \\xHH"},
	{"u32:", 4, NUMBER},
	{"u32:x", 4, NUMBER},
	{"u32:4294967296", 4, NUMBER},
	{"u32:99999999999999999999999", 4, NUMBER},
	{"u32:12ab", 6, "white space behind a number"},
	{"00*", 3, TIMES},
	{"00*0", 3, TIMES},
	{"00*536870913", 3, TIMES},
	{"00*2a", 4, "white space behind a number"},
	{"\"\"*5", 2, "octets before a *"},
	{"/*5", 1, "octets before a *"},
	{"(/ \"\")*5", 6, "octets before a *"},
	{"()", 1, PIECE},
	{"(00", 3, "a closing )"},
	{"(00\n)", 3, "a closing )"},
	{"00)", 2, PIECE},
	{"((((((((00))))))))", SIZE_MAX, NULL},
	{"(((((((((00)))))))))", 8, "at most 8 groups within one another"},
	{"00*536870912", SIZE_MAX, NULL},
	{" 00*536870912 00", 1, "at most 536870912 octets"},
	{"((((00*65536)*65536)*65536)*65536)*65536", 0, "at most 536870912 octets"},
	{"(00 /)*1048576", SIZE_MAX, NULL},
	{"(00 /)*1048577", 0, "at most 1048576 cuts"},
	{"((00 /)*1000000 00)*100", 0, "at most 1048576 cuts"},
};

static void test_faults_say_what_was_expected_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct fault *f = &faults[i];
		size_t at = 0;
		const char *wrong = fp_octets_parse(&octets, f->text, strlen(f->text), &at);
		if (!f->expected)
			assert_null(wrong);
		else if (!wrong || at != f->at || strcmp(wrong, f->expected) != 0)
			fail_msg("%s: %zu: %s", f->text, at, wrong ? wrong : "no fault");
		fp_octets_fini(&octets);
	}
}

static void test_a_text_ends_where_it_is_said_to(void **state)
{
	(void)state;
	size_t at;
	assert_null(fp_octets_parse(&octets, "0011", 2, &at));
	fp_octets_fini(&octets);
	assert_string_equal(fp_octets_parse(&octets, "0011", 3, &at), "a second hex digit: two make an octet");
	assert_string_equal(fp_octets_parse(&octets, "u32:7", 4, &at), NUMBER);
	assert_string_equal(fp_octets_parse(&octets, "\"a\"", 2, &at), "a closing \"");
	assert_string_equal(fp_octets_parse(&octets, "\"\\x00\"", 3, &at), "two hex digits");
	assert_string_equal(fp_octets_parse(&octets, "\0", 1, &at), PIECE);
}

/* ---- from what was seen */

static void expect_of(const void *data, size_t len, const char *expected)
{
	fp_octets_of(&octets, data, len);
	char *got = print();
	assert_string_equal(got, expected);
	free(got);
	fp_octets_fini(&octets);
}

static void test_what_was_seen_is_text_where_it_is_text(void **state)
{
	(void)state;
	expect_of("", 0, "");
	expect_of("\0\0\0\11\4echo\3abc", 13, "0000000904 \"echo\" 03 \"abc\"");
	expect_of("\1ab", 3, "016162");
	expect_of("abc", 3, "\"abc\"");
	expect_of("a\"\\c\177", 5, "\"a\\\"\\\\c\" 7f");
}

static void test_what_was_seen_often_is_a_repetition(void **state)
{
	(void)state;
	expect_of("aaaaaaaaaaaaaaa", 15, "\"aaaaaaaaaaaaaaa\"");
	expect_of("aaaaaaaaaaaaaaaa", 16, "\"a\"*16");
	expect_of("\1\2\1\2\1\2\1\2\1\2\1\2\1\2\1\2\1", 17, "0102*8 01");
	expect_of("12345678123456781234567812345678xy", 34, "\"12345678\"*4 7879");
	expect_of("\0foo\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, "00 \"foo\" 00*16");
}

static size_t draw_octets(uint8_t *data, size_t most)
{
	size_t n = draw((uint32_t)most);
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(draw(4) ? 'a' + draw(2) : draw(256));
	if (n > 40)
		memset(data + draw((uint32_t)n - 40), 'z', 40);
	return n;
}

static void test_what_was_seen_can_be_read_again(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint8_t data[200];
		size_t n = draw_octets(data, sizeof data);
		fp_octets_of(&octets, data, n);
		char *text = print();
		fp_octets_fini(&octets);
		if (n) {
			lay(text, true);
			assert_int_equal(layout.len, n);
			assert_memory_equal(layout.data, data, n);
		}
		free(text);
		fp_octets_fini(&octets);
	}
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pieces_are_laid_out),
		TEST(test_many_octets_are_laid_out_fast),
		TEST(test_cuts_are_places),
		TEST(test_the_first_wrong_octet_is_found),
		TEST(test_any_octet_is_any),
		TEST(test_any_number_but_0),
		TEST(test_pieces_print_as_they_were_read),
		TEST(test_faults_say_what_was_expected_and_where),
		TEST(test_a_text_ends_where_it_is_said_to),
		TEST(test_what_was_seen_is_text_where_it_is_text),
		TEST(test_what_was_seen_often_is_a_repetition),
		TEST(test_what_was_seen_can_be_read_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
