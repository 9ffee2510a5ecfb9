/* Items and lines of the control channel. See control.h. */
#include "control.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char digit(char hex)
{
	return (unsigned char)(hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10);
}

size_t control_unhex(char *word)
{
	size_t n = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
	for (size_t i = 0; i < n; i++)
		word[i] = (char)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
	return n;
}

size_t control_items(struct control *c, size_t first, size_t n_words)
{
	for (size_t i = first; i < n_words; i++)
		c->items[i - first] = (struct fp_item){c->words[i], control_unhex(c->words[i]), FP_STRING};
	return n_words - first;
}

static void put_item(FILE *to, const struct fp_item *item)
{
	const unsigned char *octets = item->data;
	fputs(item->len ? " " : " -", to);
	for (size_t i = 0; i < item->len; i++) {
		putc_unlocked("0123456789abcdef"[octets[i] >> 4], to);
		putc_unlocked("0123456789abcdef"[octets[i] & 15], to);
	}
}

void control_tell(const struct control *c, const char *word, const char *word2, const char *word3, const struct fp_item *items, size_t n)
{
	char *line = NULL;
	size_t len = 0, done = 0;
	FILE *to = open_memstream(&line, &len);
	if (!to)
		err(1, "control channel");
	fprintf(to, "%s%s%s%s%s", word, word2 ? " " : "", word2 ? word2 : "", word3 ? " " : "", word3 ? word3 : "");
	for (size_t i = 0; i < n; i++)
		put_item(to, &items[i]);
	fputc('\n', to);
	fclose(to);
	for (ssize_t m; done < len && ((m = write(c->writing, line + done, len - done)) >= 0 || errno == EINTR);)
		done += m > 0 ? (size_t)m : 0;
	free(line);
}
