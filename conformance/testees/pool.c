/* A pool under test: the library as an application uses it, through its one header. Must not know the protocol.
 *
 * capabilities: min min_idle max_idle busy_time idle_time retire restore retries calls_max run_timeout queue_timeout queue_max
 * grace cancel deaf */
#include "pool_inside.h"

#include <err.h>
#include <ev.h>
#include <signal.h>
#include <string.h>

struct control control;
struct fp_pool *pool;
static struct ev_loop *loop;
static ev_io commands;
static ev_idle at_rest;

static void on_rest(struct ev_loop *l, ev_idle *idle, int events)
{
	(void)events;
	control_answer_pings(&control);
	ev_idle_stop(l, idle);
}

static void drop(void)
{
	if (pool)
		fp_pool_destroy(pool);
}

static void obey(size_t n_words)
{
	const char *command = control.words[0];
	if (strcmp(command, "open") == 0 && !pool)
		open_pool(loop, n_words);
	else if (strcmp(command, "call") == 0 && n_words > 1)
		make_call(n_words);
	else if (strcmp(command, "cancel") == 0 && n_words == 2)
		cancel(control.words[1]);
	else if (strcmp(command, "drop") == 0)
		drop();
	else if (strcmp(command, "ping") == 0 && n_words == 2)
		control_keep_ping(&control, control.words[1]);
	else
		errx(2, "control channel: %s: no such command", command);
}

static void on_commands(struct ev_loop *l, ev_io *io, int events)
{
	(void)events;
	control_read(&control);
	for (size_t n; (n = control_next(&control));)
		obey(n);
	ev_idle_start(l, &at_rest);
	if (control.is_open)
		return;
	ev_io_stop(l, io);
	drop();
}

int main(void)
{
	loop = ev_default_loop(0);
	control_init(&control, 0, 1);
	signal(SIGPIPE, SIG_IGN);
	ev_idle_init(&at_rest, on_rest);
	ev_io_init(&commands, on_commands, control.reading, EV_READ);
	ev_io_start(loop, &commands);
	ev_run(loop, 0);
	return 0;
}
