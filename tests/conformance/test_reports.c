/* Tests of what the reports stand on: text made plain, markup, rows of octets, what a verdict means. The reports themselves are
 * read back by test_reports.py. */
#include "../../conformance/judge/dump.h"
#include "../../conformance/judge/markup.h"
#include "../../conformance/judge/words.h"
#include "made_up.h"
#include "transcript_rig.h"

static struct made_up made_up;

/* ---- plain ---- */

static void expect_plain(struct fp_plain p, const char *expected)
{
	char *got = fp_plain_all(p);
	assert_string_equal(got, expected);
	free(got);
}

static void test_plain_keeps_text(void **state)
{
	(void)state;
	expect_plain(fp_plain_line("", 9), "");
	expect_plain(fp_plain_line(NULL, 9), "");
	expect_plain(fp_plain_line("a é € 𝄞 \\", 20), "a é € 𝄞 \\");
}

static void test_plain_names_what_is_not_seen(void **state)
{
	(void)state;
	expect_plain(fp_plain_line("\x1b[0m\x01\x7f\r", 99), "\\x1b[0m\\x01\\x7f\\x0d");
	expect_plain(fp_plain_line("\xc2\x9b\xe2\x80\xae\xef\xbb\xbf\xef\xbf\xbf", 99),
	             "\\u{9b}\\u{202e}\\u{feff}\\u{ffff}");
}

static void test_plain_names_octets_that_are_no_utf8(void **state)
{
	(void)state;
	expect_plain(fp_plain_line("\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80", 99),
	             "\\xff\\xc0\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
	expect_plain(fp_plain_line("a\xe2\x82", 99), "a\\xe2\\x82"); /* ends within a character */
}

static void test_plain_lines(void **state)
{
	(void)state;
	expect_plain(fp_plain_line("a\n\tb", 99), "a\\n\\tb");
	expect_plain(fp_plain_text("a\n\tb"), "a\n\tb");
}

static void test_plain_is_cut_off_by_characters(void **state)
{
	(void)state;
	expect_plain(fp_plain_line("éàü", 3), "éàü");
	expect_plain(fp_plain_line("éàü", 2), "éà…");
	expect_plain(fp_plain_line("x", 0), "…");
}

/* ---- markup ---- */

static void expect_markup(struct printed *p, const char *expected)
{
	char *got = printed_take(p);
	assert_string_equal(got, expected);
	free(got);
}

static void test_markup_quotes(void **state)
{
	const char *volatile none = NULL;
	struct printed p;
	(void)state;
	printed_begin(&p);
	fp_markup_put(p.to, "<a href=\"%s\">%zu %u</a>%s", "\"'<&>\n", (size_t)7, 8u, none);
	expect_markup(&p, "<a href=\"&quot;&#39;&lt;&amp;&gt;\\n\">7 8</a>");
}

static void test_markup_prose(void **state)
{
	struct printed p;
	(void)state;
	printed_begin(&p);
	fp_markup_prose(p.to, fp_plain_text("*Why:* `a*b<` 2 * 3 * 4 `"));
	expect_markup(&p, "<em>Why:</em> <code>a*b&lt;</code> 2 * 3 * 4 `");
	printed_begin(&p);
	fp_markup_prose(p.to, fp_plain_text("*"));
	expect_markup(&p, "*");
}

/* ---- rows of octets ---- */

/* Each row as `at+len`, a header with its numbers. */
static void expect_rows(const uint8_t *data, size_t len, bool has_id, const char *expected)
{
	struct fp_dump d;
	struct fp_dump_row row;
	struct printed p;
	printed_begin(&p);
	fp_dump_init(&d, data, len, (struct fp_framing){.has_id = has_id, .is_big_endian = true}, NULL);
	while (fp_dump_next(&d, &row)) {
		fprintf(p.to, "%zu+%zu", row.at, row.len);
		if (row.is_header && row.has_numbers)
			fprintf(p.to, "(%u,%u)", row.id, row.payload_len);
		fputs(row.is_header && !row.has_numbers ? "(part) " : " ", p.to);
	}
	expect_markup(&p, expected);
}

static void test_dump_has_a_row_for_each_header(void **state)
{
	static const uint8_t replies[] = {0, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6,
	                                  7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
	static const uint8_t requests[] = {0, 0, 0, 1, 7, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1};
	(void)state;
	expect_rows(replies, sizeof replies, true, "0+8(1,9) 8+8 16+1 17+8(0,0) 25+3(part) ");
	expect_rows(requests, sizeof requests, false, "0+4(0,1) 4+1 5+4(0,0) 9+4(0,4294967295) 13+1 ");
	expect_rows(requests, 0, false, "");
}

/* What is told of frames, when their octets come in two parts. */
static void cut_rows(const uint8_t *data, size_t len, size_t cut, struct printed *p)
{
	struct fp_framing framing = {.has_id = true, .is_big_endian = true};
	struct fp_dump_stream stream = {0};
	struct fp_dump_row row;
	for (int part = 0; part < 2; part++) {
		struct fp_dump d;
		fp_dump_init(&d, part ? data + cut : data, part ? len - cut : cut, framing, &stream);
		while (fp_dump_next(&d, &row))
			if (row.has_numbers)
				fprintf(p->to, "%u,%u ", row.id, row.payload_len);
		stream = d.stream;
	}
}

static void test_dump_goes_on_where_a_stream_was_cut(void **state)
{
	static const uint8_t data[] = {0, 0, 0, 1, 0, 0, 0, 2, 'a', 'b', 0, 0, 0,  2,
	                               0, 0, 0, 0, 0, 0, 0, 3, 0,   0,   0, 1, 'c'};
	(void)state;
	for (size_t cut = 0; cut <= sizeof data; cut++) {
		struct printed p;
		printed_begin(&p);
		cut_rows(data, sizeof data, cut, &p);
		expect_markup(&p, "1,2 2,0 3,1 ");
	}
}

/* ---- words ---- */

static void test_standings(void **state)
{
	unsigned counts[FP_STANDINGS];
	(void)state;
	assert_true(made_up_fill(&made_up, "all"));
	for (int i = 0; i < FP_STANDINGS; i++) {
		assert_int_equal(fp_words_standing(&made_up.verdicts[i]), i);
		assert_int_equal(fp_words_is_bad((enum fp_standing)i), i >= FP_STANDS_SURPRISE);
	}
	fp_words_count(&made_up.summary, counts);
	assert_int_equal(counts[FP_STANDS_FAIL], 2);
	assert_int_equal(counts[FP_STANDS_PASS], 1);
}

static void expect_line(struct fp_seen seen, const char *expected)
{
	char *got = fp_words_seen_line(&seen);
	assert_string_equal(got, expected);
	free(got);
}

static void test_seen_lines(void **state)
{
	static char result[] = "gets result a", starts[] = "starts worker 2", sends[] = "sends 00";
	(void)state;
	expect_line((struct fp_seen){.from = FP_ACTOR_PARENT, .to = FP_ACTOR_APP, .text = result}, "app gets result a");
	expect_line((struct fp_seen){.from = FP_ACTOR_POOL, .to = FP_ACTOR_WORKER, .worker = 2, .text = starts},
	            "pool starts worker 2");
	expect_line((struct fp_seen){.from = FP_ACTOR_POOL, .to = FP_ACTOR_WORKER, .worker = 2, .text = result},
	            "worker 2 gets result a");
	expect_line(
		(struct fp_seen){
			.from = FP_ACTOR_CHILD, .to = FP_ACTOR_PARENT, .text = sends, .is_wrong = true, .wrong_at = 5},
		"child sends 00  # wrong from octet 5");
	expect_line(
		(struct fp_seen){
			.from = FP_ACTOR_CHILD, .to = FP_ACTOR_PARENT, .text = sends, .is_wrong = true, .is_missing = true},
		"child sends 00  # expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_keeps_text),
		cmocka_unit_test(test_plain_names_what_is_not_seen),
		cmocka_unit_test(test_plain_names_octets_that_are_no_utf8),
		cmocka_unit_test(test_plain_lines),
		cmocka_unit_test(test_plain_is_cut_off_by_characters),
		cmocka_unit_test(test_markup_quotes),
		cmocka_unit_test(test_markup_prose),
		cmocka_unit_test(test_dump_has_a_row_for_each_header),
		cmocka_unit_test(test_dump_goes_on_where_a_stream_was_cut),
		cmocka_unit_test(test_standings),
		cmocka_unit_test(test_seen_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
