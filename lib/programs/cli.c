/* cli: options by table, on getopt_long, with messages of our own.
 * Must never know what an option is for. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 1024 /* octets; what is longer is cut */
#define LONG_OPTION 256  /* getopt's number of the first option; lower ones are letters */
#define OPTIONS_MAX 64   /* of a program */

/* ---- messages -------------------------------------------------------------------------------------- */

static void message_put(const struct fp_cli *cli, const char *end, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	vsnprintf(text, sizeof text, format, args);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 32 || *c == 127)
			*c = '?';
	if (end)
		fprintf(stderr, "%s: %s: %s '%s --help'\n", cli->name, text, end, cli->name);
	else
		fprintf(stderr, "%s: %s\n", cli->name, text);
}

void fp_cli_say(const struct fp_cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_put(cli, NULL, format, args);
	va_end(args);
}

_Noreturn void fp_cli_wrong(const struct fp_cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_put(cli, "try", format, args);
	va_end(args);
	exit(FP_CLI_WRONG);
}

_Noreturn void fp_cli_no_memory(const struct fp_cli *cli)
{
	fp_cli_say(cli, "out of memory");
	exit(EXIT_FAILURE);
}

void *fp_cli_realloc(const struct fp_cli *cli, void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		fp_cli_no_memory(cli);
	return q;
}

/* ---- files that came with the program -------------------------------------------------------------- */

static char *joined(const struct fp_cli *cli, const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = fp_cli_realloc(cli, NULL, size);

	snprintf(path, size, "%s/%s", folder, name);
	return path;
}

char *fp_cli_folder(const struct fp_cli *cli, const char *const *places, const char *file)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	program[len < 0 ? 0 : len] = '\0';
	char *slash = strrchr(program, '/');
	if (slash)
		*slash = '\0';
	for (; *places; places++) {
		char *folder = joined(cli, program, *places), *path = joined(cli, folder, file);
		bool is_there = access(path, R_OK) == 0;
		free(path);
		if (is_there)
			return folder;
		free(folder);
	}
	return NULL;
}

static _Noreturn void print_and_exit(const struct fp_cli *cli, const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
		fp_cli_say(cli, "cannot write standard output: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	exit(EXIT_SUCCESS);
}

/* ---- numbers --------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits at *text and moves it past them. */
static enum fp_reason digits_get(const char **text, uint64_t *to)
{
	uint64_t value = 0;

	if (!is_digit(**text))
		return FP_INVALID;
	for (; is_digit(**text); ++*text) {
		uint64_t digit = (uint64_t)(**text - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return FP_INVALID;
		value = 10 * value + digit;
	}
	*to = value;
	return FP_NONE;
}

static enum fp_reason range_check(uint64_t value, uint64_t least, uint64_t most, uint64_t *to)
{
	if (value < least || value > most)
		return FP_INVALID;
	*to = value;
	return FP_NONE;
}

enum fp_reason fp_cli_count(const char *text, uint64_t least, uint64_t most, uint64_t *to)
{
	uint64_t value;

	if (digits_get(&text, &value) || *text)
		return FP_INVALID;
	return range_check(value, least, most, to);
}

enum fp_reason fp_cli_size(const char *text, uint64_t least, uint64_t most, uint64_t *to)
{
	uint64_t value;
	int shift = 0;

	if (digits_get(&text, &value))
		return FP_INVALID;
	switch (*text) {
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'M':
		shift = 20;
		break;
	case 'G':
		shift = 30;
		break;
	}
	if (text[shift ? 1 : 0] || value > UINT64_MAX >> shift)
		return FP_INVALID;
	return range_check(value << shift, least, most, to);
}

/* Nanoseconds of a unit; 0: there is none of this name. */
static uint64_t unit_ns(const char *name)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1}, {"us", 1000}, {"ms", FP_MS}, {"s", FP_S}, {"m", 60 * FP_S}, {"h", 3600 * FP_S},
	};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(name, units[i].name))
			return units[i].ns;
	return 0;
}

/* Adds the digits after the point, in units of `scale`. A digit that is worth no whole nanoseconds is an error. */
static enum fp_reason fraction_add(const char *digits, const char *end, uint64_t scale, uint64_t *value)
{
	for (; digits < end; digits++) {
		uint64_t digit = (uint64_t)(*digits - '0');
		bool is_whole = scale >= 10 && scale % 10 == 0;
		scale /= 10;
		if (digit && !is_whole)
			return FP_INVALID;
		if (*value > UINT64_MAX - digit * scale)
			return FP_INVALID;
		*value += digit * scale;
	}
	return FP_NONE;
}

enum fp_reason fp_cli_duration(const char *text, uint64_t *ns)
{
	uint64_t value;

	if (digits_get(&text, &value))
		return FP_INVALID;
	const char *fraction = text, *end = text;
	if (*text == '.') {
		fraction = end = text + 1;
		while (is_digit(*end))
			end++;
		if (end == fraction)
			return FP_INVALID;
	}
	uint64_t scale = unit_ns(end);
	if (!*end && value == 0 && end == text)
		scale = 1;
	if (!scale || value > UINT64_MAX / scale)
		return FP_INVALID;
	value *= scale;
	if (fraction_add(fraction, end, scale, &value))
		return FP_INVALID;
	*ns = value;
	return FP_NONE;
}

/* ---- options --------------------------------------------------------------------------------------- */

static void list_add(const struct fp_cli *cli, struct fp_cli_list *list, const char *text)
{
	list->items = fp_cli_realloc(cli, list->items, (list->n + 2) * sizeof *list->items);
	list->items[list->n++] = text;
	list->items[list->n] = NULL;
}

void fp_cli_list_fini(struct fp_cli_list *list)
{
	free(list->items);
	*list = (struct fp_cli_list){0};
}

static uint64_t option_most(const struct fp_cli_option *o)
{
	return o->most ? o->most : o->kind == FP_CLI_COUNT32 ? UINT32_MAX : UINT64_MAX;
}

static enum fp_reason word_find(const char *const *words, const char *text, unsigned *to)
{
	for (unsigned i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*to = i;
			return FP_NONE;
		}
	}
	return FP_INVALID;
}

static enum fp_reason option_set(const struct fp_cli *cli, const struct fp_cli_option *o, const char *text)
{
	uint64_t value;

	switch (o->kind) {
	case FP_CLI_FLAG:
		*(bool *)o->to = true;
		return FP_NONE;
	case FP_CLI_COUNT32:
		if (fp_cli_count(text, o->least, option_most(o), &value))
			return FP_INVALID;
		*(uint32_t *)o->to = (uint32_t)value;
		return FP_NONE;
	case FP_CLI_COUNT64:
		return fp_cli_count(text, o->least, option_most(o), o->to);
	case FP_CLI_SIZE:
		return fp_cli_size(text, o->least, option_most(o), o->to);
	case FP_CLI_DURATION:
		return fp_cli_duration(text, o->to);
	case FP_CLI_WORD:
		return word_find(o->words, text, o->to);
	case FP_CLI_TEXT:
		*(const char **)o->to = text;
		return *text ? FP_NONE : FP_INVALID;
	case FP_CLI_LIST:
		list_add(cli, o->to, text);
		return FP_NONE;
	}
	return FP_INVALID;
}

static void words_join(char *to, size_t size, const char *const *words)
{
	size_t len = 0;

	*to = '\0';
	for (; *words && len < size; words++)
		len += (size_t)snprintf(to + len, size - len, "%s%s", *words, words[1] ? ", " : "");
}

/* Says what would have been right and exits. */
static _Noreturn void option_wrong(const struct fp_cli *cli, const struct fp_cli_option *o, const char *text)
{
	char expected[256];

	switch (o->kind) {
	case FP_CLI_COUNT32:
	case FP_CLI_COUNT64:
		snprintf(expected, sizeof expected, "a whole number from %" PRIu64 " to %" PRIu64, o->least, option_most(o));
		break;
	case FP_CLI_SIZE:
		snprintf(expected, sizeof expected, "octets from %" PRIu64 " to %" PRIu64 ", as in 512, 64k or 256M",
		         o->least, option_most(o));
		break;
	case FP_CLI_DURATION:
		snprintf(expected, sizeof expected, "a time such as 100ms, 1.5s or 5m");
		break;
	case FP_CLI_WORD:
		memcpy(expected, "one of ", 8);
		words_join(expected + 7, sizeof expected - 7, o->words);
		break;
	default:
		snprintf(expected, sizeof expected, "some text");
		break;
	}
	fp_cli_wrong(cli, "--%s '%s': expected %s", o->name, text, expected);
}

/* The options in getopt's form, with --help and --version as numbers n and n + 1. */
static void table_make(struct option *table, const struct fp_cli_option *options, size_t n)
{
	if (n > OPTIONS_MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		int has_arg = options[i].kind == FP_CLI_FLAG ? no_argument : required_argument;
		table[i] = (struct option){options[i].name, has_arg, NULL, LONG_OPTION + (int)i};
	}
	table[n] = (struct option){"help", no_argument, NULL, LONG_OPTION + (int)n};
	table[n + 1] = (struct option){"version", no_argument, NULL, LONG_OPTION + (int)n + 1};
	table[n + 2] = (struct option){0};
}

/* After getopt_long has returned ':' or '?'. */
static _Noreturn void table_wrong(const struct fp_cli *cli, const struct option *table, int found, const char *text)
{
	if (found == ':')
		fp_cli_wrong(cli, "--%s: its argument is missing", table[optopt - LONG_OPTION].name);
	if (optopt >= LONG_OPTION)
		fp_cli_wrong(cli, "--%s: it takes no argument", table[optopt - LONG_OPTION].name);
	if (optopt)
		fp_cli_wrong(cli, "-%c: no such option", optopt);
	fp_cli_wrong(cli, "%s: no such option, or several begin so", text);
}

int fp_cli_parse(const struct fp_cli *cli, const struct fp_cli_option *options, size_t n, int argc, char **argv)
{
	struct option table[OPTIONS_MAX + 3];

	table_make(table, options, n);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	for (;;) {
		int found = getopt_long(argc, argv, "+:", table, NULL);
		if (found == -1)
			break;
		if (found < LONG_OPTION)
			table_wrong(cli, table, found, argv[optind - 1]);
		size_t i = (size_t)(found - LONG_OPTION);
		if (i == n)
			print_and_exit(cli, cli->help);
		if (i == n + 1) {
			printf("%s ", cli->name);
			print_and_exit(cli, FP_VERSION "\n");
		}
		if (option_set(cli, &options[i], optarg))
			option_wrong(cli, &options[i], optarg);
	}
	return optind;
}

/* ---- the rest -------------------------------------------------------------------------------------- */

void fp_cli_open_standard(const struct fp_cli *cli)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The lowest free number is this one. */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
			fp_cli_say(cli, "cannot open /dev/null: %s", strerror(errno));
			exit(EXIT_FAILURE);
		}
	}
}
