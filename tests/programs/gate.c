/* A worker that waits where a test tells it to, so that no test has to guess how far it is:
 *
 *   wait PATH      event "waiting" and its process number; then reads the fifo PATH to its end -> what it read
 *   stubborn PATH  as wait, but SIGTERM no longer ends the process: it writes a line on standard error
 *   note A...      event A..., then -> A...
 *   print A...     writes A... on standard output -> octets that standard input had
 *   pid            -> process number
 *   anything else  -> the arguments
 *
 * an init function that writes its arguments on standard error, and functions for the template's `r` command. It knows nothing of who calls it. */
#include "forkpool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

FP_API fp_function gate;
FP_API fp_init_function gate_init;
FP_API fp_run_function gate_spin, gate_stop;

#define CONTENT_MAX 4096 /* octets of a fifo */

static int put_all(struct fp_task *task, const struct fp_item *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fp_put_item(task, &args[i]))
			return 1;
	}
	return 0;
}

static int tell_waiting(void)
{
	char number[16];
	snprintf(number, sizeof number, "%d", (int)getpid());
	struct fp_item event[] = {fp_item_str("waiting"), fp_item_str(number)};

	return fp_event(event, 2) != FP_NONE;
}

static int wait_at(struct fp_task *task, const struct fp_item *args, size_t n)
{
	char path[256], content[CONTENT_MAX];
	size_t len = 0;
	ssize_t got;

	if (n != 1 || tell_waiting())
		return 1;
	snprintf(path, sizeof path, "%.*s", (int)args[0].len, (const char *)args[0].data);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	while ((got = read(fd, content + len, sizeof content - len)) > 0)
		len += (size_t)got;
	close(fd);
	return got < 0 || fp_put(task, content, len);
}

static void tell_term(int number)
{
	static const char told[] = "told to end\n";

	(void)number;
	(void)!write(STDERR_FILENO, told, sizeof told - 1);
}

static int wait_stubbornly(struct fp_task *task, const struct fp_item *args, size_t n)
{
	const struct sigaction stay = {.sa_handler = tell_term, .sa_flags = SA_RESTART};

	return sigaction(SIGTERM, &stay, NULL) || wait_at(task, args, n);
}

static int note(struct fp_task *task, const struct fp_item *args, size_t n)
{
	return fp_event(args, n) || put_all(task, args, n);
}

static int print(struct fp_task *task, const struct fp_item *args, size_t n)
{
	char octets[64];

	for (size_t i = 0; i < n; i++)
		fwrite(args[i].data, 1, args[i].len, stdout);
	fflush(stdout);
	return fp_put_int(task, read(STDIN_FILENO, octets, sizeof octets)) != FP_NONE;
}

static int pid(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	return fp_put_int(task, getpid()) != FP_NONE;
}

int gate(struct fp_task *task, const struct fp_item *args, size_t n)
{
	static const struct {
		const char *name;
		fp_function *run;
	} verbs[] = {{"wait", wait_at}, {"stubborn", wait_stubbornly}, {"note", note}, {"print", print}, {"pid", pid}};

	for (size_t i = 0; n && i < sizeof verbs / sizeof *verbs; i++) {
		if (strlen(verbs[i].name) == args[0].len && !memcmp(verbs[i].name, args[0].data, args[0].len))
			return verbs[i].run(task, args + 1, n - 1);
	}
	return put_all(task, args, n);
}

/* "init A..." in one write, so that two processes' lines do not mix. */
int gate_init(const struct fp_item *args, const int *fds, size_t n)
{
	char line[256] = "init";
	size_t len = 4;

	(void)fds;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(line + len, sizeof line - len, " %.*s", (int)args[i].len,
					(const char *)args[i].data);
	line[len++] = '\n';
	return write(STDERR_FILENO, line, len) < 0;
}

/* ---- processes that do not look at their socket again ----------------------------------------------- */

static void tell_pid(int fd)
{
	char line[16];
	int len = snprintf(line, sizeof line, "%d\n", (int)getpid());

	(void)!write(fd, line, (size_t)len);
}

/* Computes for ever, whatever it is asked. */
int gate_spin(int fd, const struct fp_item *args, const int *fds, size_t n)
{
	(void)args, (void)fds, (void)n;
	signal(SIGTERM, SIG_IGN);
	tell_pid(fd);
	for (volatile unsigned turns = 0;; turns++)
		;
}

/* Stopped: it takes no signal but SIGKILL and SIGCONT. */
int gate_stop(int fd, const struct fp_item *args, const int *fds, size_t n)
{
	(void)args, (void)fds, (void)n;
	tell_pid(fd);
	raise(SIGSTOP);
	return 0;
}
