/* Words of an option. See split.h. */
#include "split.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

static void add(struct fp_split *s, const char *word)
{
	s->words = fp_grow(s->words, s->n + 1, sizeof *s->words);
	s->words[s->n++] = word;
}

static void cut(struct fp_split *s, char *option)
{
	size_t before = s->n;
	for (char *word; (word = strsep(&option, ", "));)
		if (*word)
			add(s, word);
	if (s->n == before)
		add(s, "");
}

void fp_split_make(struct fp_split *s, const struct fp_cli_list *options)
{
	struct fp_bytes text = {0};
	*s = (struct fp_split){0};
	for (size_t i = 0; i < options->n; i++)
		fp_bytes_put(&text, options->items[i], strlen(options->items[i]) + 1);
	s->text = (char *)text.data;
	for (size_t i = 0, at = 0; i < options->n; i++) {
		cut(s, s->text + at);
		at += strlen(options->items[i]) + 1;
	}
}

void fp_split_fini(struct fp_split *s)
{
	free(s->text);
	free(s->words);
	*s = (struct fp_split){0};
}
