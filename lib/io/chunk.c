/* A piece of a command stream. See chunk.h. */
#include "chunk.h"

#include "sys.h"

#include <errno.h>
#include <stdlib.h>

struct fp_chunk *fp_chunk_new(const void *data, size_t len, int fd)
{
	struct fp_chunk *c = malloc(sizeof *c + len);
	if (!c)
		return NULL;
	*c = (struct fp_chunk){.fd = fd, .len = len};
	fp_copy(c->data, data, len);
	return c;
}

void fp_chunk_free(struct fp_chunk *c)
{
	if (!c)
		return;
	fp_sys_close(c->fd);
	free(c);
}

void fp_chunks_free(struct fp_list *l)
{
	for (struct fp_link *k; (k = fp_list_pop(l));)
		fp_chunk_free(FP_OWNER(k, struct fp_chunk, link));
}

struct fp_chunk *fp_chunk_copy(const struct fp_chunk *c)
{
	int fd = c->fd < 0 ? -1 : fp_sys_dup(c->fd);
	if (c->fd >= 0 && fd < 0)
		return NULL;
	struct fp_chunk *copy = fp_chunk_new(c->data, c->len, fd);
	if (!copy)
		fp_sys_close(fd);
	return copy;
}

int fp_chunk_write(struct fp_chunk *c, int socket)
{
	while (c->done < c->len) {
		const uint8_t *from = c->data + c->done;
		ssize_t n = c->fd >= 0 && !c->done ? fp_sys_send_fd(socket, from, c->len, c->fd)
		                                   : fp_sys_write(socket, from, c->len - c->done);
		if (n < 0)
			return (int)n;
		c->done += (size_t)n;
	}
	return 0;
}
