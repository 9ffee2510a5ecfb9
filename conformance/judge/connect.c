/* A testee with a connection to it. See connect.h. Must not know what goes over it. */
#include "connect.h"

#include <stdlib.h>
#include <unistd.h>

#define TESTEE_FD 3

int fp_connect(struct fp_link *l, struct fp_process *p, const struct fp_testee *t, const struct fp_transcript *c)
{
	int peer[2], fd = t->is_stdio ? 0 : TESTEE_FD;
	int r = fp_link_open(l, t->is_stdio, peer);
	if (r)
		return r;
	struct fp_handed handed[] = {{peer[0], fd}, {peer[1], 1}};
	char *command = fp_testee_command(t->command, "{fd}", fd);
	fp_testee_environment(t, t->is_stdio ? -1 : fd, c);
	r = fp_process_start(p, command, handed, t->is_stdio ? 2 : 1);
	free(command);
	close(peer[0]);
	if (peer[1] != peer[0])
		close(peer[1]);
	if (r) {
		fp_process_end(p);
		fp_link_fini(l);
	}
	return r;
}
