/* cli: what the command lines of all programs have in common.
 *
 * A program describes its options in a table and calls fp_cli_parse, which sets the variables the table points to. Wrong
 * usage is one line on standard error that names the option and what is expected, and exit status 2. */
#ifndef FORKPOOL_CLI_H
#define FORKPOOL_CLI_H

#include "../forkpool.h"

#define FP_CLI_WRONG 2 /* exit status after wrong usage */

enum fp_cli_kind {
	FP_CLI_FLAG,     /* bool: no argument, sets true */
	FP_CLI_COUNT32,  /* uint32_t: a whole number from least to most */
	FP_CLI_COUNT64,  /* uint64_t: likewise */
	FP_CLI_SIZE,     /* uint64_t: octets from least to most, as in 512, 64k, 256M, 1G */
	FP_CLI_DURATION, /* uint64_t: nanoseconds, as in 100ms, 1.5s, 5m */
	FP_CLI_WORD,     /* unsigned: the index of one of words */
	FP_CLI_TEXT,     /* const char *: not empty; points to the argument */
	FP_CLI_LIST      /* struct fp_cli_list: each use adds one text, which may be empty */
};

struct fp_cli_list {
	const char **items; /* NULL while n is 0, else followed by a NULL; point to arguments */
	size_t n;
};

struct fp_cli_option {
	const char *name; /* without the dashes; several names may set the same */
	enum fp_cli_kind kind;
	void *to;
	uint64_t least, most;     /* FP_CLI_COUNT*, FP_CLI_SIZE; most 0: all that the variable can hold */
	const char *const *words; /* FP_CLI_WORD: NULL-terminated */
};

struct fp_cli {
	const char *name; /* of the program: stands before its messages */
	const char *help; /* what --help prints */
};

/* Reads the options, --help and --version included, up to the first argument that is none or past "--". Returns the index
 * of the next argument. At most 64 options. Does not return after --help and --version (status 0), nor on wrong usage. */
int fp_cli_parse(const struct fp_cli *cli, const struct fp_cli_option *options, size_t n, int argc, char **argv);
void fp_cli_list_fini(struct fp_cli_list *list);

/* One line on standard error, "NAME: ...". Control octets in it become question marks. */
void fp_cli_say(const struct fp_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Likewise, with ": try 'NAME --help'" at its end; then exits with FP_CLI_WRONG. */
_Noreturn void fp_cli_wrong(const struct fp_cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Memory that a program cannot go on without: exits with status 1 if there is none. `p` as for realloc. */
_Noreturn void fp_cli_no_memory(const struct fp_cli *cli);
void *fp_cli_realloc(const struct fp_cli *cli, void *p, size_t size);

/* The folder that came with the program and has FILE in it: the first of `places`, which are relative to the program's own
 * folder and end in a NULL. To be freed; NULL: none has it. */
char *fp_cli_folder(const struct fp_cli *cli, const char *const *places, const char *file);

/* Takes those of descriptors 0, 1, 2 that are closed, so that nothing else gets their numbers. Reading from 0 and writing
 * to 1 and 2 then still is an error. */
void fp_cli_open_standard(const struct fp_cli *cli);

/* The texts of options. FP_INVALID: trailing garbage, a sign, out of range; then *to is as before. */
enum fp_reason fp_cli_count(const char *text, uint64_t least, uint64_t most, uint64_t *to);
enum fp_reason fp_cli_size(const char *text, uint64_t least, uint64_t most, uint64_t *to); /* k, M, G: powers of 1024 */
/* A decimal number, with a fraction if need be, and ns, us, ms, s, m or h; 0 needs no unit. What is not a whole number of
 * nanoseconds is out of range, not rounded. */
enum fp_reason fp_cli_duration(const char *text, uint64_t *ns);

#endif
