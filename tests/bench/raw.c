/* The raw baseline. Messages have no header: both ends know their size. *Batched* lets one read and one write carry all
 * there is; *plain* reads like that and writes each message by itself. The parent is driven by libev, the echo
 * processes block.
 *
 * It must never know forkpool. It does what any pool must do at the least, as fast as it is done by hand. */
#define _GNU_SOURCE 1
#include "raw.h"

#include "usage.h"

#include <dlfcn.h>
#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH_BYTES ((size_t)64 << 10) /* octets: the most that a batched read or write carries */
#define WARM_UP 1000u                  /* messages before the timed ones, where messages are small */
#define CHILD_FD 3

struct link { /* to one echo process */
	struct ev_io rx, tx;
	struct party *party;
	pid_t pid;
	int fd;
	size_t unwritten; /* octets of messages that were sent and not yet written */
	size_t partial;   /* octets that have arrived of a message that is not complete */
};

struct party {
	struct ev_loop *loop;
	const struct bench_shape *shape;
	struct link links[BENCH_WORKERS_MAX];
	uint64_t unsent, unanswered; /* messages */
	uint8_t *in, *out;
	uint64_t *trips; /* ns; NULL unless one message is outstanding */
	size_t trips_n;
	uint64_t sent_ns; /* when that one was */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t block_bytes(const struct bench_shape *s)
{
	return s->bytes > BATCH_BYTES ? s->bytes : BATCH_BYTES;
}

/* ---- processes ---- */

/* The child's end becomes CHILD_FD and its only descriptor: an inherited end of another socketpair would keep that
 * one's process from ever seeing end of file. */
static void child_descriptors(int fd)
{
	if (fd != CHILD_FD && dup2(fd, CHILD_FD) < 0)
		_exit(1);
	if (close_range(CHILD_FD + 1, ~0u, 0) < 0)
		_exit(1);
}

/* A process that runs body(arg) with a socket at CHILD_FD; the other end is stored. */
static pid_t spawn(int *fd, void (*body)(const void *arg), const void *arg)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		bench_die("socketpair: %s", strerror(errno));
	pid_t pid = fork();
	if (pid < 0)
		bench_die("fork: %s", strerror(errno));
	if (!pid) {
		child_descriptors(pair[1]);
		body(arg);
		_exit(0);
	}
	close(pair[1]);
	*fd = pair[0];
	return pid;
}

/* False: end of file, or the other end is gone. */
static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_all(int fd, uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = read(fd, data, len);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whole messages, each written by itself. */
static void echo_plain(size_t bytes, uint8_t *block, size_t cap)
{
	size_t held = 0, done = 0;
	ssize_t n;
	while ((n = read(CHILD_FD, block + held, cap - held)) > 0) {
		held += (size_t)n;
		for (done = 0; held - done >= bytes; done += bytes)
			if (!write_all(CHILD_FD, block + done, bytes))
				return;
		held -= done;
		memmove(block, block + done, held);
	}
}

static void echo_batched(uint8_t *block)
{
	ssize_t n;
	while ((n = read(CHILD_FD, block, BATCH_BYTES)) > 0 && write_all(CHILD_FD, block, (size_t)n))
		;
}

static void echo_body(const void *arg)
{
	const struct bench_shape *s = arg;
	uint8_t *block = malloc(block_bytes(s));
	if (!block)
		_exit(1);
	if (s->batched)
		echo_batched(block);
	else
		echo_plain(s->bytes, block, block_bytes(s));
}

/* ---- the parent ---- */

static void link_write(struct link *l)
{
	size_t bytes = l->party->shape->bytes;
	while (l->unwritten) {
		size_t message = l->unwritten % bytes ? l->unwritten % bytes : bytes;
		size_t len = l->party->shape->batched ? smaller(l->unwritten, BATCH_BYTES) : message;
		ssize_t n = send(l->fd, l->party->out, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			ev_io_start(l->party->loop, &l->tx);
			return;
		}
		if (n < 0)
			bench_die("raw: send: %s", strerror(errno));
		l->unwritten -= (size_t)n;
	}
	ev_io_stop(l->party->loop, &l->tx);
}

static void link_writable(struct ev_loop *loop, struct ev_io *w, int revents)
{
	(void)loop, (void)revents;
	link_write(w->data);
}

static void link_send(struct link *l)
{
	struct party *p = l->party;
	if (!p->unsent)
		return;
	p->unsent--;
	l->unwritten += p->shape->bytes;
	if (p->trips)
		p->sent_ns = usage_now_ns();
}

static void link_answered(struct link *l)
{
	struct party *p = l->party;
	p->unanswered--;
	if (p->trips)
		p->trips[p->trips_n++] = usage_now_ns() - p->sent_ns;
	link_send(l);
}

static void link_readable(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct link *l = w->data;
	struct party *p = l->party;
	size_t bytes = p->shape->bytes;
	(void)revents;
	ssize_t n = recv(l->fd, p->in, block_bytes(p->shape), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		bench_die("raw: an echo process ended early");
	for (l->partial += (size_t)n; l->partial >= bytes; l->partial -= bytes)
		link_answered(l);
	link_write(l);
	if (!p->unanswered)
		ev_break(loop, EVBREAK_ONE);
}

static void link_open(struct link *l, struct party *p)
{
	*l = (struct link){.party = p};
	l->pid = spawn(&l->fd, echo_body, p->shape);
	ev_io_init(&l->rx, link_readable, l->fd, EV_READ);
	ev_io_init(&l->tx, link_writable, l->fd, EV_WRITE);
	l->rx.data = l->tx.data = l;
	ev_io_start(p->loop, &l->rx);
}

static void link_close(struct link *l)
{
	ev_io_stop(l->party->loop, &l->rx);
	ev_io_stop(l->party->loop, &l->tx);
	close(l->fd);
	if (waitpid(l->pid, NULL, 0) < 0)
		bench_die("raw: waitpid: %s", strerror(errno));
}

static void party_open(struct party *p, const struct bench_shape *s)
{
	*p = (struct party){.shape = s};
	p->loop = ev_loop_new(EVFLAG_AUTO);
	p->in = malloc(block_bytes(s));
	p->out = calloc(1, block_bytes(s));
	if (!p->loop || !p->in || !p->out || s->workers > BENCH_WORKERS_MAX)
		bench_die("raw: no memory, or more than %u workers", BENCH_WORKERS_MAX);
	for (uint32_t i = 0; i < s->workers; i++)
		link_open(&p->links[i], p);
}

static void party_close(struct party *p)
{
	for (uint32_t i = 0; i < p->shape->workers; i++)
		link_close(&p->links[i]);
	ev_loop_destroy(p->loop);
	free(p->in);
	free(p->out);
	free(p->trips);
}

static void party_run(struct party *p, uint64_t messages)
{
	p->unsent = p->unanswered = messages;
	p->trips_n = 0;
	for (uint32_t i = 0; i < p->shape->workers; i++) {
		for (uint32_t k = 0; k < p->shape->window; k++)
			link_send(&p->links[i]);
		link_write(&p->links[i]);
	}
	ev_run(p->loop, 0);
}

void raw_echo(const struct bench_setup *setup, const struct bench_shape *s, struct bench_sample *out)
{
	struct party p;
	struct usage_cpu cpu;
	(void)setup;
	party_open(&p, s);
	party_run(&p, s->bytes > BATCH_BYTES ? s->workers * s->window : WARM_UP);
	if (s->workers * s->window == 1 && !(p.trips = malloc(s->messages * sizeof *p.trips)))
		bench_die("raw: no memory");
	usage_cpu_begin(&cpu, s->workers);
	uint64_t began = usage_now_ns();
	party_run(&p, s->messages);
	uint64_t ns = usage_now_ns() - began;
	*out = (struct bench_sample){.seconds = (double)ns * 1e-9, .cpu_seconds = usage_cpu_end(&cpu)};
	out->p50_seconds = usage_median(p.trips, p.trips_n) * 1e-9;
	party_close(&p);
}

/* ---- the nursery ---- */

struct births;

struct birth { /* one process that has not sent its octet */
	struct ev_io rx;
	struct births *all;
};

struct births {
	struct ev_loop *loop;
	struct birth slots[BENCH_WORKERS_MAX];
	uint64_t unstarted, unanswered; /* processes */
};

struct order { /* from the benchmark to its nursery; the answer is a double, seconds; one more says that it is ready */
	uint32_t at_a_time;
	uint64_t processes;
};

static void newborn_body(const void *arg)
{
	uint8_t octet = 0;
	(void)arg;
	if (write_all(CHILD_FD, &octet, 1))
		read_all(CHILD_FD, &octet, 1);
}

static void birth_begin(struct birth *b);

static void birth_readable(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct birth *b = w->data;
	uint8_t octet;
	(void)revents;
	if (recv(w->fd, &octet, 1, MSG_DONTWAIT) != 1)
		bench_die("raw: a process ended before its first octet");
	ev_io_stop(loop, w);
	close(w->fd);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (!--b->all->unanswered)
		ev_break(loop, EVBREAK_ONE);
	birth_begin(b);
}

static void birth_begin(struct birth *b)
{
	int fd;
	if (!b->all->unstarted)
		return;
	b->all->unstarted--;
	spawn(&fd, newborn_body, NULL);
	ev_io_init(&b->rx, birth_readable, fd, EV_READ);
	b->rx.data = b;
	ev_io_start(b->all->loop, &b->rx);
}

static double births_run(struct births *all, const struct order *o)
{
	all->unstarted = all->unanswered = o->processes;
	uint64_t began = usage_now_ns();
	for (uint32_t i = 0; i < o->at_a_time; i++) {
		all->slots[i].all = all;
		birth_begin(&all->slots[i]);
	}
	ev_run(all->loop, 0);
	uint64_t ns = usage_now_ns() - began;
	while (waitpid(-1, NULL, 0) > 0)
		;
	return (double)ns * 1e-9;
}

static void nursery_body(const void *arg)
{
	const struct bench_setup *setup = arg;
	struct births all = {.loop = ev_loop_new(EVFLAG_AUTO)};
	struct order o;
	double seconds = 0;
	if (!all.loop)
		bench_die("nursery: no event loop");
	if (!dlopen(setup->echo_module, RTLD_LAZY | RTLD_LOCAL))
		bench_die("nursery: %s; name the directory of the modules with --modules", dlerror());
	do
		if (!write_all(CHILD_FD, (const uint8_t *)&seconds, sizeof seconds))
			return;
	while (read_all(CHILD_FD, (uint8_t *)&o, sizeof o) && (seconds = births_run(&all, &o)) > 0);
}

void raw_nursery_start(struct bench_setup *setup)
{
	double ready;
	setup->nursery = spawn(&setup->nursery_fd, nursery_body, setup);
	if (!read_all(setup->nursery_fd, (uint8_t *)&ready, sizeof ready))
		exit(1); /* it has said why */
}

void raw_nursery_stop(const struct bench_setup *setup)
{
	close(setup->nursery_fd);
	waitpid(setup->nursery, NULL, 0);
}

static double nursery_ask(const struct bench_setup *setup, uint32_t at_a_time, uint64_t processes)
{
	struct order o = {.at_a_time = at_a_time, .processes = processes};
	double seconds;
	if (!write_all(setup->nursery_fd, (const uint8_t *)&o, sizeof o) ||
	    !read_all(setup->nursery_fd, (uint8_t *)&seconds, sizeof seconds))
		bench_die("raw: the nursery ended early");
	return seconds;
}

void raw_starts(const struct bench_setup *setup, const struct bench_shape *s, struct bench_sample *out)
{
	nursery_ask(setup, s->workers, 2 * s->workers);
	*out = (struct bench_sample){.seconds = nursery_ask(setup, s->workers, s->messages)};
}
