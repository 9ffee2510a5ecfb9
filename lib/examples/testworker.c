/* A worker for tests: a call's first argument is a verb, the others are what it acts on. `testworker` answers at
 * once; `testworker_async` (testworker_async.c) adds verbs that answer later, and falls back to these:
 *
 *   (nothing)      -> noargs
 *   echo A...      -> A...
 *   void ...       -> (nothing)
 *   nargs A...     -> number of A
 *   rev A...       -> A... reversed
 *   size A...      -> length of each A in octets
 *   fill N S       -> one string, S repeated N times
 *   list N S       -> N times S
 *   event A...     event A..., then -> evented
 *   emptyevent     event without items, then -> (nothing)
 *   events N A...  N events I A... with I = 1..N, then -> A...
 *   die S          S on standard error, and the function fails
 *   exit N         exits with status N
 *   sleep MS       -> slept, after MS milliseconds
 *   spin MS        -> spun, after MS milliseconds of computing without a system call
 *   retire         asks to retire, then -> retiring
 *   pid            -> process number
 *   ppid           -> process number of its parent
 *   fds            -> the process's open descriptors
 *   kill SIGNUM    sends the signal to itself; if it survives -> killed
 *   ignore-term    ignores SIGTERM from now on, then -> ignored
 *   writeerr S     S on standard error, then -> written
 *   initargs       -> what testworker_init was given
 *   anything else  -> ? VERB
 *
 * Beside them stand functions for a worker's start (testworker_init...) and end (..._mydone, ..._donert).
 * This file knows no event loop, and nothing of who calls it. */
#include "testworker.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct testworker_list *init_args;

/* ---- items and lists ------------------------------------------------------------------------------- */

bool testworker_item_is(const struct fp_item *item, const char *text)
{
	return item->len == strlen(text) && memcmp(item->data, text, item->len) == 0;
}

uint64_t testworker_number(const struct fp_item *args, size_t n, size_t i)
{
	const char *digits = i < n ? args[i].data : NULL;
	size_t len = i < n ? args[i].len : 0;
	uint64_t v = 0;

	for (size_t k = 0; k < len && k < 18 && digits[k] >= '0' && digits[k] <= '9'; k++)
		v = 10 * v + (uint64_t)(digits[k] - '0');
	return v;
}

static struct fp_item arg(const struct fp_item *args, size_t n, size_t i)
{
	return i < n ? args[i] : (struct fp_item){0};
}

struct testworker_list *testworker_list_copy(const struct fp_item *items, size_t n)
{
	size_t bytes = sizeof(struct testworker_list) + n * sizeof *items;
	struct testworker_list *list;
	char *octets;

	for (size_t i = 0; i < n; i++)
		bytes += items[i].len;
	list = malloc(bytes);
	if (!list)
		return NULL;
	list->n = n;
	octets = (char *)&list->items[n];
	for (size_t i = 0; i < n; i++) {
		list->items[i] = items[i];
		list->items[i].data = octets;
		if (items[i].len)
			memcpy(octets, items[i].data, items[i].len);
		octets += items[i].len;
	}
	return list;
}

static int put_list(struct fp_task *task, const struct fp_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fp_put_item(task, &items[i]))
			return 1;
	}
	return 0;
}

static int put_word(struct fp_task *task, const char *word)
{
	return fp_put_str(task, word) != FP_NONE;
}

static void complain(struct fp_item text, const char *end)
{
	fwrite(text.data, 1, text.len, stderr);
	fputs(end, stderr);
}

/* ---- verbs: lists ---------------------------------------------------------------------------------- */

static int verb_void(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)task, (void)args, (void)n;
	return 0;
}

static int verb_nargs(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args;
	return fp_put_int(task, (int64_t)n) != FP_NONE;
}

static int verb_rev(struct fp_task *task, const struct fp_item *args, size_t n)
{
	while (n > 0) {
		if (fp_put_item(task, &args[--n]))
			return 1;
	}
	return 0;
}

static int verb_size(struct fp_task *task, const struct fp_item *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fp_put_int(task, (int64_t)args[i].len))
			return 1;
	}
	return 0;
}

static int verb_fill(struct fp_task *task, const struct fp_item *args, size_t n)
{
	uint64_t count = testworker_number(args, n, 0);
	struct fp_item unit = arg(args, n, 1);
	size_t len;
	char *octets;
	int failed;

	if (unit.len && count > SIZE_MAX / unit.len)
		return 1;
	len = unit.len * (size_t)count;
	octets = malloc(len ? len : 1);
	if (!octets)
		return 1;
	for (size_t at = 0; at < len; at += unit.len)
		memcpy(octets + at, unit.data, unit.len);
	failed = fp_put(task, octets, len) != FP_NONE;
	free(octets);
	return failed;
}

static int verb_list(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct fp_item unit = arg(args, n, 1);

	for (uint64_t count = testworker_number(args, n, 0); count > 0; count--) {
		if (fp_put_item(task, &unit))
			return 1;
	}
	return 0;
}

/* ---- verbs: events --------------------------------------------------------------------------------- */

static int verb_event(struct fp_task *task, const struct fp_item *args, size_t n)
{
	return fp_event(args, n) || put_word(task, "evented");
}

static int verb_emptyevent(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)task, (void)args, (void)n;
	return fp_event(NULL, 0) != FP_NONE;
}

static int verb_events(struct fp_task *task, const struct fp_item *args, size_t n)
{
	uint64_t count = testworker_number(args, n, 0);
	struct testworker_list *event;
	char number[24];
	int failed = 0;

	if (n == 0)
		return 0;
	event = testworker_list_copy(args, n);
	if (!event)
		return 1;
	for (uint64_t i = 1; i <= count && !failed; i++) {
		int len = snprintf(number, sizeof number, "%" PRIu64, i);

		event->items[0] = (struct fp_item){number, (size_t)len, FP_VALUE};
		failed = fp_event(event->items, n) != FP_NONE;
	}
	free(event);
	return failed || put_list(task, args + 1, n - 1);
}

static int verb_retire(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	return fp_retire() || put_word(task, "retiring");
}

/* ---- verbs: the process ---------------------------------------------------------------------------- */

static int verb_die(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)task;
	complain(arg(args, n, 0), "\n");
	return 1;
}

static int verb_exit(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)task;
	exit((int)(testworker_number(args, n, 0) & 255));
}

static int verb_sleep(struct fp_task *task, const struct fp_item *args, size_t n)
{
	uint64_t ms = testworker_number(args, n, 0);
	struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return put_word(task, "slept");
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t); /* in the vDSO: the kernel is not entered */
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int verb_spin(struct fp_task *task, const struct fp_item *args, size_t n)
{
	uint64_t end_ms = now_ms() + testworker_number(args, n, 0);

	while (now_ms() < end_ms)
		;
	return put_word(task, "spun");
}

static int verb_pid(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	return fp_put_int(task, getpid()) != FP_NONE;
}

static int verb_ppid(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	return fp_put_int(task, getppid()) != FP_NONE;
}

static int verb_fds(struct fp_task *task, const struct fp_item *args, size_t n)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int failed = 0;

	(void)args, (void)n;
	if (!dir)
		return 1;
	while (!failed && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(dir))
			failed = fp_put_int(task, fd) != FP_NONE;
	}
	closedir(dir);
	return failed;
}

static int verb_kill(struct fp_task *task, const struct fp_item *args, size_t n)
{
	return kill(getpid(), (int)testworker_number(args, n, 0)) < 0 || put_word(task, "killed");
}

static int verb_ignore_term(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	signal(SIGTERM, SIG_IGN);
	return put_word(task, "ignored");
}

static int verb_writeerr(struct fp_task *task, const struct fp_item *args, size_t n)
{
	complain(arg(args, n, 0), "");
	return put_word(task, "written");
}

static int verb_initargs(struct fp_task *task, const struct fp_item *args, size_t n)
{
	(void)args, (void)n;
	return init_args ? put_list(task, init_args->items, init_args->n) : 0;
}

/* ---- the worker ------------------------------------------------------------------------------------ */

static const struct testworker_verb verbs[] = {
	{"echo", put_list},
	{"void", verb_void},
	{"nargs", verb_nargs},
	{"rev", verb_rev},
	{"size", verb_size},
	{"fill", verb_fill},
	{"list", verb_list},
	{"event", verb_event},
	{"emptyevent", verb_emptyevent},
	{"events", verb_events},
	{"die", verb_die},
	{"exit", verb_exit},
	{"sleep", verb_sleep},
	{"spin", verb_spin},
	{"retire", verb_retire},
	{"pid", verb_pid},
	{"ppid", verb_ppid},
	{"fds", verb_fds},
	{"kill", verb_kill},
	{"ignore-term", verb_ignore_term},
	{"writeerr", verb_writeerr},
	{"initargs", verb_initargs},
	{NULL, NULL},
};

fp_function *testworker_verb_find(const struct testworker_verb *table, const struct fp_item *word)
{
	while (table->name && !testworker_item_is(word, table->name))
		table++;
	return table->run;
}

int testworker(struct fp_task *task, const struct fp_item *args, size_t n)
{
	fp_function *run;

	if (n == 0)
		return put_word(task, "noargs");
	run = testworker_verb_find(verbs, &args[0]);
	if (run)
		return run(task, args + 1, n - 1);
	return put_word(task, "?") || fp_put_item(task, &args[0]);
}

/* ---- its start and its end ------------------------------------------------------------------------- */

int testworker_init(const struct fp_item *args, const int *fds, size_t n)
{
	(void)fds;
	free(init_args);
	init_args = testworker_list_copy(args, n);
	return !init_args;
}

int testworker_initlog(const struct fp_item *args, const int *fds, size_t n)
{
	(void)fds;
	fputs("init(", stderr);
	for (size_t i = 0; i < n; i++)
		complain(args[i], i + 1 < n ? "," : "");
	fputs(")\n", stderr);
	return 0;
}

int testworker_initdie(const struct fp_item *args, const int *fds, size_t n)
{
	(void)args, (void)fds, (void)n;
	fputs("init failed\n", stderr);
	return 1;
}

int testworker_initev(const struct fp_item *args, const int *fds, size_t n)
{
	enum fp_reason refused = fp_event(args, n);

	(void)fds;
	if (refused)
		fprintf(stderr, "init: event refused: %s\n", fp_reason_text(refused));
	return refused != FP_NONE;
}

static void on_usr1(int sig)
{
	(void)sig;
}

/* Without SA_RESTART: the signal interrupts system calls. */
int testworker_initsig(const struct fp_item *args, const int *fds, size_t n)
{
	struct sigaction act = {.sa_handler = on_usr1};

	(void)args, (void)fds, (void)n;
	return sigaction(SIGUSR1, &act, NULL) < 0;
}

void testworker_mydone(void)
{
	fputs("done called with 0 args\n", stderr);
	exit(7);
}

void testworker_donert(void)
{
	fputs("done called, returning\n", stderr);
}
