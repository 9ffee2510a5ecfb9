/* Tests of transcript/transcript: whole texts read and printed, every line of the language, every fault, hostile texts. */
#include "../../conformance/transcript/transcript.h"
#include "../rounds.h"
#include "transcript_rig.h"

#include <unistd.h>

static struct fp_transcripts transcripts;
static struct fp_fault fault;

static int teardown(void **state)
{
	(void)state;
	fp_transcripts_fini(&transcripts);
	return 0;
}

static bool is_read(const char *text)
{
	fp_transcripts_fini(&transcripts);
	return fp_transcripts_parse(&transcripts, "f", text, strlen(text), &fault);
}

static void parse(const char *text)
{
	if (!is_read(text))
		fail_msg("%s", fault.text);
}

static char *print(void)
{
	struct printed p;
	printed_begin(&p);
	for (size_t i = 0; i < transcripts.n; i++) {
		if (i)
			putc('\n', p.to);
		fp_transcript_print(&transcripts.cases[i], p.to);
	}
	return printed_take(&p);
}

static void expect_print(const char *expected)
{
	char *got = print();
	assert_string_equal(got, expected);
	free(got);
}

/* ---- every line, as it is printed */

static const char child[] = "case        a/b-c_d.1\n"
			    "title       what it is \"about: # 1\n"
			    "clause      FRM-1 FRM-3\n"
			    "level       should\n"
			    "side        child\n"
			    "mode        sync\n"
			    "profile     native\n"
			    "serialiser  json\n"
			    "needs       echo event\n"
			    "vary        as-written whole octets cuts pairs truncated\n"
			    "options     frame_bytes_max=100 x=y=z\n"
			    "stays       it is a walk through\n"
			    "\n"
			    "parent sends 00 / \"x\"*5 u32:1\n"
			    "parent ends\n"
			    "parent closes\n"
			    "parent stops reading\n"
			    "parent reads\n"
			    "child sends u32:? ?*3\n"
			    "child sends unordered u32:+\n"
			    "child may send 00\n"
			    "child ends\n"
			    "child closes\n"
			    "child exits 255\n"
			    "child exits zero\n"
			    "child exits nonzero\n"
			    "child exits any\n"
			    "child stays within 64M\n"
			    "child stays within 1025\n"
			    "child gets USR1\n"
			    "child gets STOP\n"
			    "child gets CONT\n"
			    "nothing more\n";

static const char parent[] = "case        p\n"
			     "side        parent\n"
			     "\n"
			     "app calls a\n"
			     "app calls b \"x y\"+00*3 - (\"a\" 00)*2\n"
			     "app drops\n"
			     "app sets lastid 4294967295\n"
			     "parent sends u32:0\n"
			     "parent ends\n"
			     "parent closes\n"
			     "child sends 00 / 01\n"
			     "child ends\n"
			     "child closes\n"
			     "child stops reading\n"
			     "child reads\n"
			     "app gets result a - ?*2+\"x\"\n"
			     "app gets failure b\n"
			     "app gets failure b eof\n"
			     "app gets event\n"
			     "app gets event \"e\"\n"
			     "app gets error\n"
			     "app gets error eof\n"
			     "app gets error reply\n"
			     "app gets error payload\n"
			     "app gets error length\n"
			     "app gets error read\n"
			     "app gets error write\n"
			     "app gets end\n"
			     "app may get result a\n"
			     "app may get failure a\n"
			     "app may get event\n"
			     "app may get error\n"
			     "app may get end\n";

static const char pool[] = "case        l\n"
			   "side        pool\n"
			   "options     max=2\n"
			   "\n"
			   "app calls a \"x\"\n"
			   "app cancels a\n"
			   "app drops\n"
			   "pool starts worker 1\n"
			   "pool starts worker 65535 after 100ms\n"
			   "pool ends worker 1 after 2s\n"
			   "pool ends worker any\n"
			   "pool ends worker any after 300ms\n"
			   "pool kills worker 1 after 1001us\n"
			   "pool kills worker 1 after 7ns\n"
			   "worker 1 gets a\n"
			   "worker 1 answers a \"x\" -\n"
			   "worker 1 sends 00 / 01\n"
			   "worker 1 ends\n"
			   "worker 1 closes\n"
			   "worker 1 stops reading\n"
			   "worker 1 retires\n"
			   "worker 1 dies\n"
			   "worker 1 holds\n"
			   "worker 1 exits\n"
			   "app gets failure a crashed\n"
			   "app gets failure a timeout\n"
			   "app gets failure a cancelled\n"
			   "app gets failure a rejected\n"
			   "app gets failure a protocol\n"
			   "app gets failure a shutdown\n"
			   "app gets end\n";

static void test_every_line_prints_as_it_was_read(void **state)
{
	(void)state;
	static const char *const texts[] = {child, parent, pool};
	for (size_t i = 0; i < 3; i++) {
		parse(texts[i]);
		expect_print(texts[i]);
	}
}

static void test_a_text_holds_several(void **state)
{
	(void)state;
	struct printed p;
	printed_begin(&p);
	fprintf(p.to, "%s\n%s\n%s", child, parent, pool);
	char *text = printed_take(&p);
	parse(text);
	assert_int_equal(transcripts.n, 3);
	expect_print(text);
	free(text);
}

static void test_what_is_usual_is_not_printed(void **state)
{
	(void)state;
	parse("case x\nmode both\nprofile both\nserialiser string\nvary as-written\nside child\n");
	expect_print("case        x\nside        child\n");
}

static void test_white_space_comments_and_long_lines_mean_nothing(void **state)
{
	(void)state;
	parse("\n# c\r\n \tcase\tx # c \\\r\n  # c\ntitle  a b \t\r\n\nparent \\\n sends 00\\\n 01 # \"\nchild exits 0#\n");
	expect_print("case        x\ntitle       a b\nside        child\n\nparent sends 00 01\nchild exits 0\n");
	parse("case x\nchild exits any");
	expect_print("case        x\nside        child\n\nchild exits any\n");
}

/* ---- what the lines become */

static void test_lines_hold_what_they_say(void **state)
{
	(void)state;
	parse("# c\ncase x\nside pool\n\napp calls a \"x\" -\npool starts worker 3 after 1500us\nworker 3 answers a\n"
	      "app may get failure a crashed|protocol\n");
	const struct fp_transcript *t = transcripts.cases;
	assert_int_equal(t->number, 2);
	assert_int_equal(t->n_lines, 4);
	const struct fp_line *l = t->lines;
	assert_int_equal(l[0].actor, FP_ACTOR_APP);
	assert_int_equal(l[0].verb, FP_CALLS);
	assert_int_equal(l[0].number, 5);
	assert_string_equal(l[0].word, "a");
	assert_int_equal(l[0].n_items, 2);
	assert_int_equal(l[0].items[1].n, 0);
	assert_int_equal(l[1].verb, FP_STARTS);
	assert_int_equal(l[1].worker, 3);
	assert_int_equal(l[1].after_ns, 1500000);
	assert_int_equal(l[2].actor, FP_ACTOR_WORKER);
	assert_int_equal(l[2].worker, 3);
	assert_int_equal(l[2].n_items, 0);
	assert_int_equal(l[3].number, 8);
	assert_true(l[3].is_optional);
	assert_string_equal(l[3].class, "crashed|protocol");
}

/* What is done, then what is expected, of each side. */
static void test_a_side_says_what_is_done(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t n_done;
	} sides[] = {
		{"case a\nside child\nparent sends 00\nparent ends\nparent stops reading\nchild gets USR1\n"
		 "child sends 00\nchild exits 0\nchild stays within 1M\nnothing more\n", 4},
		{"case a\nside parent\napp calls a\napp drops\nchild sends 00\nchild closes\nchild reads\n"
		 "parent sends 00\nparent ends\napp gets result a\napp may get end\nnothing more\n", 5},
		{"case a\nside pool\napp calls a\napp cancels a\nworker 1 answers a\nworker 1 exits\nworker 1 sends 00\n"
		 "worker 1 gets a\npool starts worker 1\napp gets end\nnothing more\n", 5},
	};
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		parse(sides[i].text);
		const struct fp_transcript *t = transcripts.cases;
		for (size_t k = 0; k < t->n_lines; k++)
			assert_int_equal(fp_line_is_done(&t->lines[k], t->side), k < sides[i].n_done);
	}
}

/* ---- faults */

#define PIECE "octets: hex digits, \"text\", u32:N, (, / or ?"
#define CHILD_ACTORS "a line of a head, or one of nothing, parent, child"

static const char *const faults[][2] = {
	{"", "f:1:1: expected `case NAME`"},
	{"# c\n", "f:2:1: expected `case NAME`"},
	{"  side child\n", "f:1:3: expected `case NAME` first"},
	{"\nparent ends\n", "f:2:1: expected `case NAME` first"},
	{"case\n", "f:1:5: expected the name of the case"},
	{"case a+b\n", "f:1:7: expected letters, digits, - _ . or /"},
	{"case +\n", "f:1:6: expected the name of the case"},
	{"case a b\n", "f:1:8: expected the end of the line"},
	{"case a\n\ncase b\ncase  a\n", "f:4:7: expected a name that no other case of this file has"},
	{"case a\ntitle\n", "f:2:6: expected text"},
	{"case a\ntitle  \t\n", "f:2:9: expected text"},
	{"case a\ntitle a\001b\n", "f:2:8: expected text without control characters"},
	{"case a\nstays\n", "f:2:6: expected text"},
	{"case a\nclause\n", "f:2:7: expected the id of a clause"},
	{"case a\nclause A B,C\n", "f:2:11: expected letters, digits, - _ . or /"},
	{"case a\nneeds # x\n", "f:2:7: expected a capability"},
	{"case a\nlevel x\n", "f:2:7: expected one of must, should, may, unspecified"},
	{"case a\nside x\n", "f:2:6: expected one of child, parent, pool"},
	{"case a\nside\n", "f:2:5: expected one of child, parent, pool"},
	{"case a\nmode x\n", "f:2:6: expected one of sync, async, both"},
	{"case a\nprofile x\n", "f:2:9: expected one of network, native, both"},
	{"case a\nserialiser x\n", "f:2:12: expected one of string, json"},
	{"case a\nvary\n", "f:2:5: expected one of as-written, whole, octets, cuts, pairs, truncated"},
	{"case a\nvary cuts x\n", "f:2:11: expected one of as-written, whole, octets, cuts, pairs, truncated"},
	{"case a\noptions\n", "f:2:8: expected NAME=VALUE"},
	{"case a\noptions a=1 b\n", "f:2:13: expected NAME=VALUE"},
	{"case a\noptions =1\n", "f:2:9: expected NAME=VALUE"},
	{"case a\noptions a=\n", "f:2:9: expected NAME=VALUE"},
	{"case a\noptions a=\001\n", "f:2:9: expected NAME=VALUE"},
	{"case a\nmode sync\nmode async\n", "f:3:1: expected this line of a head only once"},
	{"case a\nparent ends\nmode sync\n", "f:3:1: expected the head of a case before all its other lines"},
	{"case a\nmode sync async\n", "f:2:11: expected the end of the line"},
	{"case a\nfoo\n", "f:2:1: expected " CHILD_ACTORS},
	{"case a\napp drops\n", "f:2:1: expected " CHILD_ACTORS},
	{"case a\nside parent\nworker 1 ends\n", "f:3:1: expected a line of a head, or one of nothing, parent, child, app"},
	{"case a\nside pool\nchild ends\n", "f:3:1: expected a line of a head, or one of nothing, app, pool, worker"},
	{"case a\nparent\n", "f:2:7: expected one of sends, ends, closes, stops reading, reads"},
	{"case a\nparent jumps\n", "f:2:8: expected one of sends, ends, closes, stops reading, reads"},
	{"case a\nparent stops\n", "f:2:8: expected one of sends, ends, closes, stops reading, reads"},
	{"case a\nchild reads\n", "f:2:7: expected one of sends unordered, sends, may send, ends, closes, exits, stays within, gets"},
	{"case a\nside parent\nchild exits 0\n", "f:3:7: expected one of sends, ends, closes, stops reading, reads"},
	{"case a\nside parent\napp cancels a\n",
	 "f:3:5: expected one of calls, drops, sets lastid, gets result, gets failure, gets event, gets error, gets end, may get result, "
	 "may get failure, may get event, may get error, may get end"},
	{"case a\nside pool\npool x\n", "f:3:6: expected one of starts worker, ends worker, kills worker"},
	{"case a\nside pool\nworker 1\n", "f:3:9: expected one of gets, answers, sends, ends, closes, stops reading, retires, dies, holds, exits"},
	{"case a\nnothing\n", "f:2:8: expected one of more"},
	{"case a\nparent ends now\n", "f:2:13: expected the end of the line"},
	{"case a\nparent sends\n", "f:2:13: expected " PIECE},
	{"case a\nparent sends 00 g\n", "f:2:17: expected " PIECE},
	{"case a\nparent sends \\\n 00 \\\n\"x\n", "f:4:3: expected a closing \""},
	{"case a\nparent sends 00 ?\n", "f:2:14: expected octets that are known, in what is done"},
	{"case a\nparent sends (u32:+)\n", "f:2:14: expected octets that are known, in what is done"},
	{"case a\nchild sends 00 (/ 01)\n", "f:2:13: expected octets without /, in what is expected"},
	{"case a\nchild exits\n", "f:2:12: expected an exit status: 0 to 255, zero, nonzero or any"},
	{"case a\nchild exits 256\n", "f:2:13: expected an exit status: 0 to 255, zero, nonzero or any"},
	{"case a\nchild exits 1x\n", "f:2:14: expected the end of the line"},
	{"case a\nchild stays within\n", "f:2:19: expected a size, such as 512K, 64M or 1G"},
	{"case a\nchild stays within M\n", "f:2:20: expected a size, such as 512K, 64M or 1G"},
	{"case a\nchild stays within 1X\n", "f:2:20: expected a size, such as 512K, 64M or 1G"},
	{"case a\nchild stays within 0\n", "f:2:20: expected a size, such as 512K, 64M or 1G"},
	{"case a\nchild stays within 17179869184G\n", "f:2:20: expected a size, such as 512K, 64M or 1G"},
	{"case a\nchild gets KILL\n", "f:2:12: expected one of USR1, STOP, CONT"},
	{"case a\nside parent\napp calls\n", "f:3:10: expected the name of a call"},
	{"case a\nside parent\napp calls \"a\"\n", "f:3:11: expected the name of a call"},
	{"case a\nside parent\napp calls a b\n", "f:3:14: expected a second hex digit: two make an octet"},
	{"case a\nside parent\napp calls a z\n", "f:3:13: expected " PIECE},
	{"case a\nside parent\napp calls a -x\n", "f:3:14: expected + or white space behind a part of an item"},
	{"case a\nside parent\napp calls a 00\"x\"\n", "f:3:15: expected + or white space behind a part of an item"},
	{"case a\nside parent\napp calls a 00+\n", "f:3:16: expected " PIECE},
	{"case a\nside parent\napp calls a 00 01+/\n", "f:3:16: expected an item without cuts"},
	{"case a\nside parent\napp calls a 00*536870912+00\n", "f:3:13: expected at most 536870912 octets"},
	{"case a\nside parent\napp calls a ?\n", "f:3:11: expected octets that are known, in what is done"},
	{"case a\nside parent\napp gets error x\n", "f:3:16: expected one of eof, reply, payload, length, read, write"},
	{"case a\nside parent\napp gets error eof|x\n", "f:3:16: expected one of eof, reply, payload, length, read, write"},
	{"case a\nside parent\napp gets error x|eof\n", "f:3:16: expected one of eof, reply, payload, length, read, write"},
	{"case a\nside parent\napp gets error eof|\n", "f:3:16: expected one of eof, reply, payload, length, read, write"},
	{"case a\nside parent\napp gets failure\n", "f:3:17: expected the name of a call"},
	{"case a\nside parent\napp gets failure a x\n",
	 "f:3:20: expected one of eof, reply, payload, length, read, write, crashed, timeout, cancelled, rejected, protocol, shutdown"},
	{"case a\nside pool\nworker x ends\n", "f:3:8: expected the number of a worker: 1 to 65535"},
	{"case a\nside pool\nworker 0 ends\n", "f:3:8: expected the number of a worker: 1 to 65535"},
	{"case a\nside pool\nworker 65536 ends\n", "f:3:8: expected the number of a worker: 1 to 65535"},
	{"case a\nside pool\npool starts worker\n", "f:3:19: expected the number of a worker: 1 to 65535"},
	{"case a\nside pool\npool starts worker any\n", "f:3:20: expected the number of a worker: 1 to 65535"},
	{"case a\nside pool\npool ends worker all\n", "f:3:18: expected any, or the number of a worker: 1 to 65535"},
	{"case a\nside pool\npool ends worker any x\n", "f:3:22: expected `after` a time, or the end of the line"},
	{"case a\nside parent\napp sets lastid\n", "f:3:16: expected an id: 0 to 4294967295"},
	{"case a\nside parent\napp sets lastid 4294967296\n", "f:3:17: expected an id: 0 to 4294967295"},
	{"case a\nside pool\npool starts worker 1 x\n", "f:3:22: expected `after` a time, or the end of the line"},
	{"case a\nside pool\npool starts worker 1 after\n", "f:3:27: expected a time, such as 100ms or 2s"},
	{"case a\nside pool\npool starts worker 1 after 5\n", "f:3:28: expected a time, such as 100ms or 2s"},
	{"case a\nside pool\npool starts worker 1 after 5m\n", "f:3:28: expected a time, such as 100ms or 2s"},
	{"case a\nside pool\npool starts worker 1 after 18446744074s\n", "f:3:28: expected a time, such as 100ms or 2s"},
	{"case a\nside pool\npool starts worker 1 after 1s x\n", "f:3:31: expected the end of the line"},
};

static void test_faults_say_what_was_expected_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		assert_false(is_read(faults[i][0]));
		assert_string_equal(fault.text, faults[i][1]);
		assert_int_equal(transcripts.n, 0);
	}
}

static void test_too_many_cases_are_refused(void **state)
{
	(void)state;
	struct printed p;
	printed_begin(&p);
	for (int i = 0; i < FP_CASES_MAX + 1; i++)
		fprintf(p.to, "case c%d\n", i);
	char *text = printed_take(&p);
	assert_false(is_read(text));
	assert_string_equal(fault.text, "f:4097:1: expected at most 4096 cases");
	free(text);
}

static void test_too_many_lines_are_refused(void **state)
{
	(void)state;
	struct printed p;
	if (is_watched())
		skip(); /* a million lines are read as a few are */
	printed_begin(&p);
	fputs("case c\n", p.to);
	for (size_t i = 0; i < FP_LINES_MAX + 1; i++)
		fputs("parent ends\n", p.to);
	char *text = printed_take(&p);
	assert_false(is_read(text));
	assert_string_equal(fault.text, "f:1048578:1: expected at most 1048576 lines in a case");
	free(text);
}

/* ---- files */

static void test_a_file_is_read(void **state)
{
	(void)state;
	char name[] = "transcript-XXXXXX";
	int fd = mkstemp(name);
	assert_int_equal(write(fd, parent, strlen(parent)), strlen(parent));
	close(fd);
	bool is_right = fp_transcripts_read(&transcripts, name, &fault);
	assert_int_equal(truncate(name, (off_t)FP_TRANSCRIPT_BYTES_MAX + 1), 0);
	struct fp_transcripts none;
	bool is_long_right = fp_transcripts_read(&none, name, &fault);
	unlink(name);
	assert_true(is_right);
	expect_print(parent);
	assert_false(is_long_right);
	assert_non_null(strstr(fault.text, ": cannot be read: File too large"));
	if (is_watched())
		return; /* of a device, so much has to be read */
	assert_false(fp_transcripts_read(&none, "/dev/zero", &fault));
	assert_string_equal(fault.text, "/dev/zero: cannot be read: File too large");
}

static void test_a_file_that_cannot_be_read(void **state)
{
	(void)state;
	assert_false(fp_transcripts_read(&transcripts, "no/such", &fault));
	assert_string_equal(fault.text, "no/such: cannot be read: No such file or directory");
	assert_false(fp_transcripts_read(&transcripts, ".", &fault));
	assert_string_equal(fault.text, ".: cannot be read: Is a directory");
}

/* ---- hostile texts */

/* A few octets of the text become others, are left out or doubled; some come from where the language has a meaning. */
static size_t mutate(char *text, size_t len, size_t room)
{
	static const char telling[] = "\"()*+-/?\\#\n \r\t0u32:";
	for (uint32_t i = 0, n = 1 + draw(2); i < n && len > 1; i++) {
		size_t at = draw((uint32_t)len), some = 1 + draw((uint32_t)(len - at < 20 ? len - at : 20));
		switch (draw(4)) {
		case 0:
			text[at] = (char)draw(256);
			break;
		case 1:
			text[at] = telling[draw(sizeof telling - 1)];
			break;
		case 2:
			memmove(text + at, text + at + some, len - at - some);
			len -= some;
			break;
		default:
			if (len + some > room)
				break;
			memmove(text + at + some, text + at, len - at);
			len += some;
		}
	}
	return len;
}

/* Whatever is read prints so that it is read again, and prints the same again. */
static void print_again(void)
{
	char *first = print();
	parse(first);
	expect_print(first);
	free(first);
}

static void test_mutated_texts_are_read_or_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {child, parent, pool};
	uint32_t n = rounds(10000), read = 0;
	for (uint32_t i = 0; i < n; i++) {
		const char *from = texts[draw(3)];
		char text[sizeof child + sizeof parent + sizeof pool];
		memcpy(text, from, strlen(from));
		size_t len = mutate(text, strlen(from), sizeof text);
		char *exact = malloc(len ? len : 1); /* so that a sanitizer sees a step beyond it */
		memcpy(exact, text, len);
		fp_transcripts_fini(&transcripts);
		if (fp_transcripts_parse(&transcripts, "f", exact, len, &fault)) {
			read++;
			print_again();
		} else
			assert_int_equal(strncmp(fault.text, "f:", 2), 0);
		free(exact);
	}
	assert_in_range(read, n / 30, n - n / 30); /* both were seen often */
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_line_prints_as_it_was_read),
		TEST(test_a_text_holds_several),
		TEST(test_what_is_usual_is_not_printed),
		TEST(test_white_space_comments_and_long_lines_mean_nothing),
		TEST(test_lines_hold_what_they_say),
		TEST(test_a_side_says_what_is_done),
		TEST(test_faults_say_what_was_expected_and_where),
		TEST(test_too_many_cases_are_refused),
		TEST(test_too_many_lines_are_refused),
		TEST(test_a_file_is_read),
		TEST(test_a_file_that_cannot_be_read),
		TEST(test_mutated_texts_are_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
