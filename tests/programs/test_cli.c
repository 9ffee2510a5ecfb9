/* The command line helpers: numbers with units by example and at their edges, options by table, and, in a child process,
 * what wrong usage says and with which status it exits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/programs/cli.h"

#define UNTOUCHED 0xfeedface
#define PARSED 77 /* status of the child that got past the options */

static const struct fp_cli CLI = { "prog", "how to use prog\n" };

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- numbers --------------------------------------------------------------------------------------- */

static void counts(void **state)
{
	static const char *const wrong[] = { "", " ", "-1", "+1", " 1", "1 ", "1x", "x1", "0x10", "1.0", "1e3", "1k", "-0",
		                             "18446744073709551616", "99999999999999999999999", "\xd9\xa1" };
	uint64_t to;

	(void)state;
	assert_int_equal(fp_cli_count("0", 0, UINT64_MAX, &to), FP_NONE);
	assert_true(to == 0);
	assert_int_equal(fp_cli_count("007", 0, 10, &to), FP_NONE);
	assert_true(to == 7);
	assert_int_equal(fp_cli_count("18446744073709551615", 0, UINT64_MAX, &to), FP_NONE);
	assert_true(to == UINT64_MAX);
	to = UNTOUCHED;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(fp_cli_count(wrong[i], 0, UINT64_MAX, &to), FP_INVALID);
	assert_int_equal(fp_cli_count("4", 5, 9, &to), FP_INVALID);
	assert_int_equal(fp_cli_count("10", 5, 9, &to), FP_INVALID);
	assert_true(to == UNTOUCHED);
	assert_int_equal(fp_cli_count("5", 5, 9, &to), FP_NONE);
	assert_int_equal(fp_cli_count("9", 5, 9, &to), FP_NONE);
	assert_true(to == 9);
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t octets;
	} right[] = {
		{ "0", 0 }, { "512", 512 }, { "1k", 1024 }, { "64k", 65536 }, { "64K", 65536 }, { "256M", 268435456 },
		{ "1G", 1073741824 }, { "0G", 0 }, { "17179869183G", (uint64_t)17179869183 << 30 }, { "18446744073709551615", UINT64_MAX },
	};
	static const char *const wrong[] = { "", "k", "-1k", "1kB", "1kk", "1 k", "1.5k", "1m", "1T", "k1", "1k ", "1b",
		                             "17179869184G", "18446744073709551615k", "18446744073709551616" };
	uint64_t to;

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_int_equal(fp_cli_size(right[i].text, 0, UINT64_MAX, &to), FP_NONE);
		assert_true(to == right[i].octets);
	}
	to = UNTOUCHED;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(fp_cli_size(wrong[i], 0, UINT64_MAX, &to), FP_INVALID);
	assert_int_equal(fp_cli_size("4G", 1, UINT32_MAX, &to), FP_INVALID);
	assert_int_equal(fp_cli_size("0", 1, UINT32_MAX, &to), FP_INVALID);
	assert_true(to == UNTOUCHED);
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} right[] = {
		{ "0", 0 }, { "0s", 0 }, { "0.0s", 0 }, { "1ns", 1 }, { "7us", 7000 }, { "100ms", 100 * FP_MS }, { "2s", 2 * FP_S },
		{ "1.5s", 1500 * FP_MS }, { "5m", 300 * FP_S }, { "2h", 7200 * FP_S }, { "0.5m", 30 * FP_S }, { "1.25h", 4500 * FP_S },
		{ "0.000000001s", 1 }, { "1.000000000s", FP_S }, { "1.0000000000000000000000s", FP_S }, { "0.999999999s", FP_S - 1 },
		{ "0.001us", 1 }, { "3.0ns", 3 }, { "0.0000000001m", 6 }, { "0.00000000001h", 36 },
		{ "18446744073709551615ns", UINT64_MAX }, { "18446744073.709551615s", UINT64_MAX },
	};
	static const char *const wrong[] = { "", "1", "00.", "0.0", "s", ".5s", "1.s", "1.5", "-1s", "+1s", " 1s", "1s ", "1 s",
		                             "1S", "1sec", "1d", "1.5.5s", "1e3s", "1,5s", "1ss", "s1", "0x1s", "1.-5s", "nans",
		                             "0.5ns", "0.0000000001s", "0.0001us", "0.00000000001m", "0.000000000001h",
		                             "1.5msx", "18446744073709551616ns", "18446744073.709551616s", "18446744074s",
		                             "5124096h", "99999999999999999999s" };
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_int_equal(fp_cli_duration(right[i].text, &ns), FP_NONE);
		assert_true(ns == right[i].ns);
	}
	ns = UNTOUCHED;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(fp_cli_duration(wrong[i], &ns), FP_INVALID);
	assert_true(ns == UNTOUCHED);
}

/* A number of nanoseconds, written in any of the units that suit it, is read as the same number. */
static void random_durations_round_trip(void **state)
{
	static const struct {
		const char *name;
		uint64_t ns;
		int digits; /* after the point */
	} units[] = { { "ns", 1, 0 }, { "us", 1000, 3 }, { "ms", FP_MS, 6 }, { "s", FP_S, 9 } };
	uint64_t seed = 0x853c49e6748fea9b;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint64_t want = random_next(&seed) >> (random_next(&seed) % 64), ns = UNTOUCHED;
		size_t u = random_next(&seed) % (sizeof units / sizeof *units);
		char text[64];
		int len = snprintf(text, sizeof text, "%llu", (unsigned long long)(want / units[u].ns));
		if (units[u].digits)
			len += snprintf(text + len, sizeof text - (size_t)len, ".%0*llu", units[u].digits,
			                (unsigned long long)(want % units[u].ns));
		snprintf(text + len, sizeof text - (size_t)len, "%s", units[u].name);
		assert_int_equal(fp_cli_duration(text, &ns), FP_NONE);
		assert_true(ns == want);
	}
}

static void random_counts_have_no_tail(void **state)
{
	uint64_t seed = 0xda3e39cb94b95bdb;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint64_t want = random_next(&seed) >> (random_next(&seed) % 64), to = UNTOUCHED;
		char text[32];
		int len = snprintf(text, sizeof text, "%llu", (unsigned long long)want);
		assert_int_equal(fp_cli_count(text, 0, UINT64_MAX, &to), FP_NONE);
		assert_true(to == want);
		char tail = (char)(1 + random_next(&seed) % 255);
		if (tail >= '0' && tail <= '9')
			continue;
		text[len] = tail;
		text[len + 1] = '\0';
		assert_int_equal(fp_cli_count(text, 0, UINT64_MAX, &to), FP_INVALID);
	}
}

/* ---- options --------------------------------------------------------------------------------------- */

struct values {
	bool flag;
	uint32_t small;
	uint64_t big, size, ns;
	unsigned word;
	const char *text;
	struct fp_cli_list list;
};

static int values_parse(struct values *v, char **argv)
{
	static const char *const words[] = { "red", "green", NULL };
	const struct fp_cli_option options[] = {
		{ .name = "flag", .kind = FP_CLI_FLAG, .to = &v->flag },
		{ .name = "small", .kind = FP_CLI_COUNT32, .to = &v->small, .least = 1 },
		{ .name = "big", .kind = FP_CLI_COUNT64, .to = &v->big },
		{ .name = "size", .kind = FP_CLI_SIZE, .to = &v->size, .least = 1, .most = 1 << 20 },
		{ .name = "time", .kind = FP_CLI_DURATION, .to = &v->ns },
		{ .name = "time-too", .kind = FP_CLI_DURATION, .to = &v->ns },
		{ .name = "word", .kind = FP_CLI_WORD, .to = &v->word, .words = words },
		{ .name = "text", .kind = FP_CLI_TEXT, .to = &v->text },
		{ .name = "list", .kind = FP_CLI_LIST, .to = &v->list },
	};
	int argc = 0;

	while (argv[argc])
		argc++;
	return fp_cli_parse(&CLI, options, sizeof options / sizeof *options, argc, argv);
}

#define ARGV(...) ((char *[]){ (char[]){ "prog" }, __VA_ARGS__, NULL })
#define A(text) ((char[]){ text })

static void each_kind_sets_its_variable(void **state)
{
	struct values v = { 0 };
	char **argv = ARGV(A("--flag"), A("--small"), A("4294967295"), A("--big=18446744073709551615"), A("--size"), A("1M"),
	                   A("--time"), A("1s"), A("--word"), A("green"), A("--text"), A("--flag"), A("--list="), A("--list"),
	                   A("b"), A("operand"), A("--big=x"));

	(void)state;
	assert_int_equal(values_parse(&v, argv), 16);
	assert_true(v.flag);
	assert_true(v.small == UINT32_MAX && v.big == UINT64_MAX && v.size == 1 << 20 && v.ns == FP_S);
	assert_int_equal(v.word, 1);
	assert_string_equal(v.text, "--flag");
	assert_int_equal(v.list.n, 2);
	assert_string_equal(v.list.items[0], "");
	assert_string_equal(v.list.items[1], "b");
	assert_null(v.list.items[2]);
	fp_cli_list_fini(&v.list);
	assert_null(v.list.items);
}

static void what_is_not_given_is_left_alone(void **state)
{
	struct values v = { .small = 3, .word = 1, .text = "was" };

	(void)state;
	assert_int_equal(values_parse(&v, ARGV(A("--"), A("--flag"))), 2);
	assert_false(v.flag);
	assert_int_equal(v.small, 3);
	assert_int_equal(v.word, 1);
	assert_string_equal(v.text, "was");
	assert_null(v.list.items);
}

static void the_last_use_counts_and_names_share(void **state)
{
	struct values v = { 0 };

	(void)state;
	assert_int_equal(values_parse(&v, ARGV(A("--time=1s"), A("--time-too"), A("2s"), A("x"))), 4);
	assert_true(v.ns == 2 * FP_S);
	assert_int_equal(values_parse(&v, ARGV(A("-"), A("--flag"))), 1);
	assert_false(v.flag);
}

/* ---- what is said ---------------------------------------------------------------------------------- */

struct said {
	char out[512], err[512];
	int status;
};

static void drain(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, to + len, size - 1 - len)) > 0)
		len += (size_t)got;
	assert_int_equal(got, 0);
	to[len] = '\0';
	close(fd);
}

/* Calls act(data) in a child process and keeps what it says and the status it ends with. */
static void run_apart(struct said *said, void (*act)(void *data), void *data)
{
	int out[2], err[2], status;

	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		for (int i = 0; i < 2; i++) {
			close(out[i]);
			close(err[i]);
		}
		act(data);
		_exit(PARSED);
	}
	close(out[1]);
	close(err[1]);
	drain(out[0], said->out, sizeof said->out);
	drain(err[0], said->err, sizeof said->err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	said->status = WEXITSTATUS(status);
}

static void act_parse(void *argv)
{
	struct values v = { 0 };

	values_parse(&v, argv);
}

static void assert_wrong(char **argv, const char *message)
{
	struct said said;
	char want[512];

	run_apart(&said, act_parse, argv);
	snprintf(want, sizeof want, "prog: %s: try 'prog --help'\n", message);
	assert_string_equal(said.err, want);
	assert_string_equal(said.out, "");
	assert_int_equal(said.status, FP_CLI_WRONG);
}

static void wrong_usage_names_the_option_and_what_is_expected(void **state)
{
	(void)state;
	assert_wrong(ARGV(A("--small"), A("0")), "--small '0': expected a whole number from 1 to 4294967295");
	assert_wrong(ARGV(A("--small=4294967296")), "--small '4294967296': expected a whole number from 1 to 4294967295");
	assert_wrong(ARGV(A("--small="), A("7")), "--small '': expected a whole number from 1 to 4294967295");
	assert_wrong(ARGV(A("--big"), A("-1")), "--big '-1': expected a whole number from 0 to 18446744073709551615");
	assert_wrong(ARGV(A("--size=2M")), "--size '2M': expected octets from 1 to 1048576, as in 512, 64k or 256M");
	assert_wrong(ARGV(A("--time=5")), "--time '5': expected a time such as 100ms, 1.5s or 5m");
	assert_wrong(ARGV(A("--time-too=5")), "--time-too '5': expected a time such as 100ms, 1.5s or 5m");
	assert_wrong(ARGV(A("--word=blue")), "--word 'blue': expected one of red, green");
	assert_wrong(ARGV(A("--word=re")), "--word 're': expected one of red, green");
	assert_wrong(ARGV(A("--text="), A("x")), "--text '': expected some text");
	assert_wrong(ARGV(A("--time"), A("a\nb\x1b")), "--time 'a?b?': expected a time such as 100ms, 1.5s or 5m");
}

static void wrong_options(void **state)
{
	(void)state;
	assert_wrong(ARGV(A("--none")), "--none: no such option, or several begin so");
	assert_wrong(ARGV(A("--flag"), A("--none=1"), A("x")), "--none=1: no such option, or several begin so");
	assert_wrong(ARGV(A("--s=1")), "--s=1: no such option, or several begin so");
	assert_wrong(ARGV(A("-x")), "-x: no such option");
	assert_wrong(ARGV(A("-xy"), A("z")), "-x: no such option");
	assert_wrong(ARGV(A("--flag=yes")), "--flag: it takes no argument");
	assert_wrong(ARGV(A("--help=yes")), "--help: it takes no argument");
	assert_wrong(ARGV(A("--flag"), A("--big")), "--big: its argument is missing");
}

static void help_and_version(void **state)
{
	struct said said;

	(void)state;
	run_apart(&said, act_parse, ARGV(A("--flag"), A("--help"), A("--none")));
	assert_string_equal(said.out, "how to use prog\n");
	assert_string_equal(said.err, "");
	assert_int_equal(said.status, 0);
	run_apart(&said, act_parse, ARGV(A("--version")));
	assert_string_equal(said.out, "prog " FP_VERSION "\n");
	assert_string_equal(said.err, "");
	assert_int_equal(said.status, 0);
	run_apart(&said, act_parse, ARGV(A("x"), A("--help")));
	assert_string_equal(said.out, "");
	assert_int_equal(said.status, PARSED);
}

static void act_help_to_a_full_disk(void *argv)
{
	assert_non_null(freopen("/dev/full", "w", stdout));
	act_parse(argv);
}

static void help_that_cannot_be_written_is_a_failure(void **state)
{
	struct said said;

	(void)state;
	run_apart(&said, act_help_to_a_full_disk, ARGV(A("--help")));
	assert_string_equal(said.err, "prog: cannot write standard output: No space left on device\n");
	assert_int_equal(said.status, 1);
}

static void act_say_much(void *data)
{
	char text[5000];

	(void)data;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	fp_cli_say(&CLI, "%s\n%d", "first\tline", 7);
	text[300] = '\0';
	fp_cli_say(&CLI, "%s", text);
}

static void a_message_is_one_line(void **state)
{
	struct said said;

	(void)state;
	run_apart(&said, act_say_much, NULL);
	assert_int_equal(strncmp(said.err, "prog: first?line?7\nprog: xxx", 28), 0);
	assert_int_equal(strlen(said.err), 19 + 6 + 300 + 1);
	assert_int_equal(said.status, PARSED);
}

/* ---- the rest -------------------------------------------------------------------------------------- */

static void act_open_standard(void *data)
{
	int fds[2];

	(void)data;
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	fp_cli_open_standard(&CLI);
	if (pipe(fds) != 0 || fds[0] <= 2)
		_exit(1);
	char octet;
	_exit(read(STDIN_FILENO, &octet, 1) == -1 && write(STDOUT_FILENO, "x", 1) == -1 ? PARSED : 2);
}

static void closed_standard_descriptors_are_taken(void **state)
{
	struct said said;

	(void)state;
	run_apart(&said, act_open_standard, NULL);
	assert_int_equal(said.status, PARSED);
	assert_string_equal(said.out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(sizes),
		cmocka_unit_test(durations),
		cmocka_unit_test(random_durations_round_trip),
		cmocka_unit_test(random_counts_have_no_tail),
		cmocka_unit_test(each_kind_sets_its_variable),
		cmocka_unit_test(what_is_not_given_is_left_alone),
		cmocka_unit_test(the_last_use_counts_and_names_share),
		cmocka_unit_test(wrong_usage_names_the_option_and_what_is_expected),
		cmocka_unit_test(wrong_options),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(help_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(a_message_is_one_line),
		cmocka_unit_test(closed_standard_descriptors_are_taken),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
