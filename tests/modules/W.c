/* The recorder's Perl module W in C, so that its recordings run against C processes.
 *
 *   names    a Perl name is looked up with `::` written `__` and without a leading `main::`; so W::run is W__run.
 *            The test worker's functions stand here under the recorded names; testworker.c and
 *            testworker_async.c are linked into this module.
 *   sources  some recordings define functions by Perl source in `e` commands. forkpool_eval knows these texts,
 *            octet for octet, and their C twins stand here: functions for the `r` command.
 *   left out `push @arg, scalar @arg` changes the pending argument list, which no module can reach. It is
 *            refused as any unknown source is, and so is `sub {`, which is an error in either language.
 *
 * It knows nothing of the command stream that these texts and calls arrive on. */
#include "examples/testworker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FP_API fp_function W__run, W__arun;
FP_API fp_init_function W__init, W__initlog, W__initdie, W__initev, W__initsig;
FP_API void W__mydone(void);
FP_API void W__donert(void);
FP_API fp_run_function report, rd, rx, wr, d, x, n;

/* 1: the source items[0] is known, and was evaluated with the other items as its arguments; 0: it is not known;
 * negative: it failed, with a message on standard error. */
FP_API fp_eval_function forkpool_eval;

/* ---- the test worker, under its Perl names --------------------------------------------------------- */

int W__run(struct fp_task *task, const struct fp_item *args, size_t count)
{
	return testworker(task, args, count);
}

int W__arun(struct fp_task *task, const struct fp_item *args, size_t count)
{
	return testworker_async(task, args, count);
}

int W__init(const struct fp_item *args, const int *fds, size_t count)
{
	return testworker_init(args, fds, count);
}

int W__initlog(const struct fp_item *args, const int *fds, size_t count)
{
	return testworker_initlog(args, fds, count);
}

int W__initdie(const struct fp_item *args, const int *fds, size_t count)
{
	return testworker_initdie(args, fds, count);
}

int W__initev(const struct fp_item *args, const int *fds, size_t count)
{
	return testworker_initev(args, fds, count);
}

int W__initsig(const struct fp_item *args, const int *fds, size_t count)
{
	return testworker_initsig(args, fds, count);
}

void W__mydone(void)
{
	testworker_mydone();
}

void W__donert(void)
{
	testworker_donert();
}

/* ---- functions for the `r` command ----------------------------------------------------------------- */

/* Octets that go out in one write at the end, or not at all if there is no memory for them. */
struct text {
	char *octets;
	size_t len;
	FILE *stream;
};

static void text_open(struct text *t)
{
	t->stream = open_memstream(&t->octets, &t->len);
	if (!t->stream) {
		perror("W: open_memstream");
		exit(1);
	}
}

static void text_add(struct text *t, const struct fp_item *item)
{
	fwrite(item->data, 1, item->len, t->stream);
}

static void text_join(struct text *t, const char *between, const struct fp_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i ? between : "", t->stream);
		text_add(t, &items[i]);
	}
}

/* Returns an exit status. */
static int text_send(struct text *t, int fd)
{
	bool failed = fclose(t->stream) != 0;
	size_t sent = 0;

	while (!failed && sent < t->len) {
		ssize_t some = write(fd, t->octets + sent, t->len - sent);

		if (some >= 0)
			sent += (size_t)some;
		else
			failed = errno != EINTR;
	}
	if (failed)
		perror("W: write");
	free(t->octets);
	return failed;
}

static void text_add_hex(struct text *t, const struct fp_item *item)
{
	const unsigned char *octets = item->data;

	for (size_t i = 0; i < item->len; i++)
		fprintf(t->stream, "%02x", octets[i]);
}

int report(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	struct text t;

	text_open(&t);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? "|" : "", t.stream);
		if (fds[i] >= 0)
			fputs("FH", t.stream);
		else
			text_add_hex(&t, &args[i]);
	}
	fputc('\n', t.stream);
	return text_send(&t, fd);
}

int rd(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	char octets[100];
	ssize_t got = read(fd, octets, sizeof octets);
	struct text t;

	(void)args, (void)fds, (void)count;
	if (got < 0) {
		perror("W: read");
		return 1;
	}
	text_open(&t);
	fputs("got ", t.stream);
	fwrite(octets, 1, (size_t)got, t.stream);
	return text_send(&t, fd);
}

int wr(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	struct text to_pipe, done;

	if (count == 0 || fds[0] < 0) {
		fputs("wr: the first argument must be a descriptor\n", stderr);
		return 255;
	}
	text_open(&to_pipe);
	fputs("to pipe ", to_pipe.stream);
	text_join(&to_pipe, " ", args + 1, count - 1);
	text_open(&done);
	fputs("done", done.stream);
	return text_send(&to_pipe, fds[0]) | text_send(&done, fd);
}

static struct text main_x; /* Perl's $main::x: what was joined with + when it was set */

int rx(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	struct text t;

	(void)args, (void)fds, (void)count;
	text_open(&t);
	fputs("x=", t.stream);
	fwrite(main_x.octets, 1, main_x.len, t.stream);
	return text_send(&t, fd);
}

int d(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	(void)fd, (void)args, (void)fds, (void)count;
	fputs("in function\n", stderr);
	return 255;
}

int x(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	(void)fd, (void)args, (void)fds, (void)count;
	exit(3);
}

int n(int fd, const struct fp_item *args, const int *fds, size_t count)
{
	(void)fd, (void)args, (void)fds, (void)count;
	return 0;
}

/* ---- sources --------------------------------------------------------------------------------------- */

typedef int eval_function(const struct fp_item *args, size_t count);

static int eval_nothing(const struct fp_item *args, size_t count)
{
	(void)args, (void)count;
	return 1;
}

static int eval_oops(const struct fp_item *args, size_t count)
{
	(void)args, (void)count;
	fputs("oops\n", stderr);
	return -1;
}

static int eval_set_x(const struct fp_item *args, size_t count)
{
	free(main_x.octets);
	text_open(&main_x);
	text_join(&main_x, "+", args, count);
	if (fclose(main_x.stream)) {
		perror("W: $main::x");
		return -1;
	}
	return 1;
}

static const struct {
	const char *source;
	eval_function *eval;
} sources[] = {
	{"require W", eval_nothing},
	{"sub report { my ($fh, @a) = @_; syswrite $fh, join (\"|\", map { ref $_ ? \"FH\" : unpack \"H*\", $_ } @a) . "
	  "\"\\n\"; }",
	  eval_nothing},
	{"sub rd { my $fh = shift; sysread $fh, my $b, 100; syswrite $fh, \"got $b\" }", eval_nothing},
	{"sub rx { my ($fh) = @_; syswrite $fh, \"x=$main::x\" }", eval_nothing},
	{"sub wr { my ($fh, $p, @r) = @_; syswrite $p, \"to pipe @r\"; syswrite $fh, \"done\" }", eval_nothing},
	{"sub d { die \"in function\\n\" }", eval_nothing},
	{"sub x { exit 3 }", eval_nothing},
	{"sub n { 1 }", eval_nothing},
	{"$main::x = join \"+\", @_", eval_set_x},
	{"die \"oops\\n\"", eval_oops},
};

int forkpool_eval(const struct fp_item *items, size_t count)
{
	for (size_t i = 0; count && i < sizeof sources / sizeof *sources; i++) {
		if (testworker_item_is(&items[0], sources[i].source))
			return sources[i].eval(items + 1, count - 1);
	}
	return 0;
}
