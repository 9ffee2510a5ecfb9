/* The control channel. See control.h. */
#include "control.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536u

void control_init(struct control *c, int reading, int writing)
{
	*c = (struct control){.reading = reading, .writing = writing, .is_open = true};
}

void control_read(struct control *c)
{
	if (c->cap - c->len < READ_BYTES) {
		c->cap = 2 * c->cap + READ_BYTES;
		c->text = realloc(c->text, c->cap);
		if (!c->text)
			err(1, "control channel");
	}
	ssize_t n = read(c->reading, c->text + c->len, READ_BYTES);
	if (n > 0)
		c->len += (size_t)n;
	else if (n == 0 || errno != EINTR)
		c->is_open = false;
}

size_t control_next(struct control *c)
{
	c->len -= c->taken;
	if (c->taken)
		memmove(c->text, c->text + c->taken, c->len);
	c->taken = 0;
	char *end = c->len ? memchr(c->text, '\n', c->len) : NULL;
	if (!end)
		return 0;
	*end = '\0';
	c->taken = (size_t)(end - c->text) + 1;
	size_t n = 0;
	char *rest = NULL;
	for (char *word = strtok_r(c->text, " ", &rest); word && n < CONTROL_WORDS_MAX; word = strtok_r(NULL, " ", &rest))
		c->words[n++] = word;
	return n;
}

void control_keep_ping(struct control *c, const char *number)
{
	if (c->n_pings == CONTROL_PINGS_MAX || !(c->pings[c->n_pings++] = strdup(number)))
		errx(1, "control channel: too many pings");
}

void control_answer_pings(struct control *c)
{
	for (size_t i = 0; i < c->n_pings; i++) {
		control_tell(c, "pong", c->pings[i], NULL, NULL, 0);
		free(c->pings[i]);
	}
	c->n_pings = 0;
}
