/* A parent under test on the library's own parent endpoint, with poll(2) for a loop. Must not know pools.
 *
 * capabilities: call event error failure end lastid limit */
#include "parent_inside.h"

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct control control;
struct fp_parent parent;
int reading, writing;
bool is_over, is_half_closed;

static void obey(size_t n_words)
{
	const char *command = control.words[0];
	if (strcmp(command, "call") == 0 && n_words > 1)
		make_call(n_words);
	else if (strcmp(command, "drop") == 0)
		fp_parent_close(&parent);
	else if (strcmp(command, "lastid") == 0 && n_words == 2)
		parent.last_id = (uint32_t)strtoul(control.words[1], NULL, 10);
	else if (strcmp(command, "ping") == 0 && n_words == 2)
		control_keep_ping(&control, control.words[1]);
	else
		errx(2, "control channel: %s: no such command", command);
}

static void obey_all(void)
{
	control_read(&control);
	for (size_t n; (n = control_next(&control));)
		obey(n);
	if (!control.is_open)
		fp_parent_close(&parent);
}

/* Waits, unless a ping is to be answered: that is when nothing moves. */
static void turn(void)
{
	bool has_output = !is_over && fp_parent_tx_buf(&parent).len;
	struct pollfd p[] = {{control.is_open ? control.reading : -1, POLLIN, 0},
	                     {is_over ? -1 : reading, POLLIN, 0},
	                     {has_output ? writing : -1, POLLOUT, 0}};
	int n = poll(p, 3, control.n_pings ? 0 : -1);
	if (p[0].revents)
		obey_all();
	if (p[1].revents)
		receive();
	deliver();
	if (!is_over)
		send_on();
	deliver();
	if (n == 0)
		control_answer_pings(&control);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	open_wire();
	while (control.is_open || !is_over)
		turn();
	fp_parent_fini(&parent);
	return 0;
}
