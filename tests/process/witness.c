/* A worker that leaves traces: what it executed, in which order, how often, and what it was given at its start.
 *
 *   witness LOG NAME VERB [ARG]   appends the line NAME to the file LOG, sends the event NAME, then
 *     say           -> NAME
 *     kill SIGNUM   ends by the signal
 *     exit N        exits
 *     once SIGNUM   the first time that LOG has NAME: ends by the signal; then -> NAME
 *     gate FIFO     waits until somebody has opened FIFO for writing and closed it; then -> NAME
 *     spin          computes for ever, without a system call
 *     pid           -> process number
 *     ppid          -> process number of its parent
 *   witness given   -> what witness_init was given: texts, and for a descriptor the name of its file
 *
 * witness_init_if fails unless the file named by its first argument is there. It knows the child's half of forkpool.h. */
#include "../../lib/forkpool.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIVEN_MAX 16u

FP_API fp_function witness;
FP_API fp_init_function witness_init, witness_init_if;

static char *given[GIVEN_MAX];
static size_t n_given;

static char *text_of(const struct fp_item *item)
{
	return strndup(item->data ? item->data : "", item->len);
}

static bool is_word(const struct fp_item *item, const char *word)
{
	return item->len == strlen(word) && memcmp(item->data, word, item->len) == 0;
}

static int number_of(const struct fp_item *item)
{
	char *text = text_of(item);
	int n = text ? atoi(text) : 0;
	free(text);
	return n;
}

/* Writes the line; answers how often the file has it now, or -1. */
static int note(const char *path, const char *name)
{
	char line[256];
	int times = 0;
	FILE *log = fopen(path, "a+e");
	if (!log)
		return -1;
	fprintf(log, "%s\n", name);
	fflush(log);
	rewind(log);
	while (fgets(line, sizeof line, log)) {
		line[strcspn(line, "\n")] = '\0';
		times += strcmp(line, name) == 0;
	}
	fclose(log);
	return times;
}

static void wait_at(const struct fp_item *fifo)
{
	char octet, *path = text_of(fifo);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	while (fd >= 0 && read(fd, &octet, 1) > 0)
		;
	if (fd >= 0)
		close(fd);
	free(path);
}

static int act(struct fp_task *task, const struct fp_item *name, int times, const struct fp_item *verb, const struct fp_item *arg)
{
	if (is_word(verb, "exit"))
		exit(number_of(arg));
	if (is_word(verb, "kill") || (is_word(verb, "once") && times == 1))
		kill(getpid(), number_of(arg));
	if (is_word(verb, "gate"))
		wait_at(arg);
	for (volatile bool is_endless = is_word(verb, "spin"); is_endless;)
		;
	if (is_word(verb, "pid"))
		return fp_put_int(task, getpid()) != FP_NONE;
	if (is_word(verb, "ppid"))
		return fp_put_int(task, getppid()) != FP_NONE;
	return fp_put_item(task, name) != FP_NONE;
}

static int put_given(struct fp_task *task)
{
	for (size_t i = 0; i < n_given; i++)
		if (fp_put_str(task, given[i]))
			return 1;
	return 0;
}

int witness(struct fp_task *task, const struct fp_item *args, size_t n)
{
	if (n == 1 && is_word(&args[0], "given"))
		return put_given(task);
	if (n < 3)
		return 1;
	char *path = text_of(&args[0]), *name = text_of(&args[1]);
	int times = path && name ? note(path, name) : -1;
	free(path);
	free(name);
	if (times < 0 || fp_event(&args[1], 1))
		return 1;
	return act(task, &args[1], times, &args[2], &args[n - 1]);
}

static char *name_of_fd(int fd)
{
	char path[64], name[PATH_MAX];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, name, sizeof name);
	return n < 0 ? NULL : strndup(name, (size_t)n);
}

int witness_init(const struct fp_item *args, const int *fds, size_t n)
{
	for (n_given = 0; n_given < n && n_given < GIVEN_MAX; n_given++) {
		given[n_given] = fds[n_given] >= 0 ? name_of_fd(fds[n_given]) : text_of(&args[n_given]);
		if (!given[n_given])
			return 1;
	}
	return 0;
}

int witness_init_if(const struct fp_item *args, const int *fds, size_t n)
{
	(void)fds;
	char *path = n ? text_of(&args[0]) : NULL;
	int r = path && access(path, F_OK) == 0 ? 0 : 1;
	free(path);
	return r;
}
