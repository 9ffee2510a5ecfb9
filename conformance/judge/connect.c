/* A testee with its connection and its control channel. See connect.h. */
#include "connect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define TESTEE_FD 3
#define HANDED 4 /* at most two ends of two links */

struct ends {
	struct fp_handed handed[HANDED];
	size_t n;
};

/* Opens a link whose peer is handed over: pipes as standard input and output, or a socket. */
static int hand(struct ends *e, struct fp_link *l, bool is_standard)
{
	int peer[2];
	int r = fp_link_open(l, is_standard, peer);
	if (r)
		return r;
	e->handed[e->n++] = (struct fp_handed){peer[0], is_standard ? 0 : TESTEE_FD};
	if (is_standard)
		e->handed[e->n++] = (struct fp_handed){peer[1], 1};
	return 0;
}

static void ends_close(const struct ends *e)
{
	for (size_t i = 0; i < e->n; i++)
		close(e->handed[i].from);
}

/* As one shares them that set this mode for itself. */
static void set_nonblocking(const struct ends *e)
{
	for (size_t i = 0; i < e->n; i++)
		fcntl(e->handed[i].from, F_SETFL, fcntl(e->handed[i].from, F_GETFL) | O_NONBLOCK);
}

static char *command_of(const struct fp_testee *t, int fd, int control)
{
	char *connected = fp_testee_command(t->command, "{fd}", fd);
	char *command = fp_testee_command(connected, "{control}", control);
	free(connected);
	return command;
}

static int open_links(struct ends *e, struct fp_link *wire, struct fp_link *control, bool is_stdio)
{
	int r = wire ? hand(e, wire, is_stdio) : 0;
	return r || !control ? r : hand(e, control, !wire || !is_stdio);
}

int fp_connect(struct fp_link *wire, struct fp_link *control, struct fp_process *p, const struct fp_testee *t,
               const struct fp_transcript *c)
{
	struct ends e = {.n = 0};
	int fd = !wire || t->is_stdio ? -1 : TESTEE_FD, channel = wire && control && t->is_stdio ? TESTEE_FD : -1;
	int r = open_links(&e, wire, control, t->is_stdio);
	if (fp_testee_option(c, "nonblocking"))
		set_nonblocking(&e);
	if (!r) {
		char *command = command_of(t, fd < 0 ? 0 : fd, channel < 0 ? 0 : channel);
		fp_testee_environment(t, fd, channel, c);
		r = fp_process_start(p, command, e.handed, e.n);
		if (r)
			fp_process_end(p);
		free(command);
	}
	ends_close(&e);
	if (r && wire)
		fp_link_fini(wire);
	if (r && control)
		fp_link_fini(control);
	return r;
}
