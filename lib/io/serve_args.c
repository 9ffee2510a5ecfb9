/* Arguments of a process: strings and descriptors. See serve_inside.h. */
#include "serve_inside.h"

#include "sys.h"

#include <stdlib.h>
#include <string.h>

static bool has_room_for_fd(struct serve *s)
{
	if (s->args.n < s->fds_cap)
		return true;
	size_t cap = s->fds_cap ? s->fds_cap * 2 : 16;
	int *fds = realloc(s->fds, cap * sizeof *fds);
	if (!fds)
		return false;
	s->fds = fds;
	s->fds_cap = cap;
	return true;
}

static void add_arg(struct serve *s, struct fp_item item, int fd)
{
	if (!has_room_for_fd(s) || fp_args_copy(&s->args, item)) {
		fp_serve_complain(s, "too many arguments", NULL);
		return;
	}
	s->fds[s->args.n - 1] = fd;
}

/* The items of the command, which point into its payload. */
bool fp_serve_read_list(struct serve *s)
{
	size_t fault;
	enum fp_reason r = fp_args_thaw(&s->list, &fp_string_serialiser, fp_buf_front(&s->payload), &fault);
	if (r)
		fp_serve_complain(s, "a command's list", fp_reason_text(r));
	return r == FP_NONE;
}

void fp_serve_args(struct serve *s)
{
	if (!fp_serve_read_list(s))
		return;
	for (size_t i = 0; i < s->list.n && !s->is_over; i++)
		add_arg(s, s->list.items[i], -1);
}

void fp_serve_fd(struct serve *s)
{
	uint8_t octet;
	int fd;
	ssize_t n = fp_sys_recv_fd(s->options.fd, &octet, 1, &fd);
	if (n < 0)
		fp_serve_complain(s, "a descriptor was announced", strerror((int)-n));
	else if (fd < 0)
		fp_serve_complain(s, "a descriptor was announced, and none came", fd == -1 ? NULL : strerror(-fd));
	else
		add_arg(s, (struct fp_item){NULL, 0, FP_STRING}, fd);
}
