/* The head of a transcript: one table says which lines there are, for reading and for printing.
 * Must not know the lines below it. */
#include "head.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {"must", "should", "may", "unspecified", NULL};
static const char *const sides[] = {"child", "parent", "pool", NULL};
static const char *const modes[] = {"sync", "async", "both", NULL};
static const char *const profiles[] = {"network", "native", "both", NULL};
static const char *const serialisers[] = {"string", "json", NULL};
static const char *const ways[] = {"as-written", "whole", "octets", "cuts", "pairs", "truncated", NULL};

/* ---- lists of words */

static const char *names_read(struct fp_cursor *c, const char *expected, char ***names, size_t *n)
{
	const char *wrong = fp_cursor_has_word(c) ? NULL : expected;
	while (!wrong && fp_cursor_has_word(c)) {
		char *name = NULL;
		wrong = fp_cursor_name(c, expected, &name);
		if (wrong)
			break;
		*names = fp_memory_more(*names, *n, sizeof **names);
		(*names)[(*n)++] = name;
	}
	return wrong;
}

static void names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* ---- the lines */

static const char *case_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return fp_cursor_name(c, "the name of the case", &t->name);
}

static const char *title_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return fp_cursor_rest(c, &t->title);
}

static const char *clause_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return names_read(c, "the id of a clause", &t->clauses, &t->n_clauses);
}

static const char *level_read(struct fp_cursor *c, struct fp_transcript *t)
{
	unsigned i;
	const char *wrong = fp_cursor_choice(c, levels, &i);
	t->level = wrong ? FP_LEVEL_OF_CLAUSE : FP_LEVEL_MUST + i;
	return wrong;
}

static const char *side_read(struct fp_cursor *c, struct fp_transcript *t)
{
	unsigned i;
	const char *wrong = fp_cursor_choice(c, sides, &i);
	t->side = wrong ? FP_SIDE_CHILD : i;
	return wrong;
}

static const char *either_read(struct fp_cursor *c, const char *const *names, enum fp_either *to)
{
	unsigned i;
	const char *wrong = fp_cursor_choice(c, names, &i);
	*to = wrong ? FP_BOTH : FP_FIRST + i;
	return wrong;
}

static const char *mode_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return either_read(c, modes, &t->mode);
}

static const char *profile_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return either_read(c, profiles, &t->profile);
}

static const char *serialiser_read(struct fp_cursor *c, struct fp_transcript *t)
{
	unsigned i;
	const char *wrong = fp_cursor_choice(c, serialisers, &i);
	t->is_json = !wrong && i == 1;
	return wrong;
}

static const char *needs_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return names_read(c, "a capability", &t->needs, &t->n_needs);
}

static const char *vary_read(struct fp_cursor *c, struct fp_transcript *t)
{
	unsigned i;
	const char *wrong;
	t->vary = 0;
	do {
		wrong = fp_cursor_choice(c, ways, &i);
		if (!wrong)
			t->vary |= 1U << i;
	} while (!wrong && fp_cursor_has_word(c));
	return wrong;
}

static bool is_option(struct fp_word w, size_t name_len)
{
	for (size_t i = 0; i < w.len; i++)
		if (w.text[i] <= ' ' || w.text[i] > '~')
			return false;
	return name_len > 0 && name_len + 1 < w.len;
}

static const char *options_read(struct fp_cursor *c, struct fp_transcript *t)
{
	do {
		struct fp_word w = fp_cursor_word(c);
		const char *equals = w.len ? memchr(w.text, '=', w.len) : NULL;
		size_t name_len = equals ? (size_t)(equals - w.text) : 0;
		if (!is_option(w, name_len)) {
			c->at -= w.len;
			return "NAME=VALUE";
		}
		t->options = fp_memory_more(t->options, t->n_options, sizeof *t->options);
		t->options[t->n_options].name = fp_memory_text(w.text, name_len);
		t->options[t->n_options++].value = fp_memory_text(equals + 1, w.len - name_len - 1);
	} while (fp_cursor_has_word(c));
	return NULL;
}

static const char *stays_read(struct fp_cursor *c, struct fp_transcript *t)
{
	return fp_cursor_rest(c, &t->stays);
}

/* ---- which there are */

static const struct head {
	const char *word;
	const char *(*read)(struct fp_cursor *c, struct fp_transcript *t);
} heads[] = {
	[FP_HEAD_CASE] = {"case", case_read},
	{"title", title_read},
	{"clause", clause_read},
	{"level", level_read},
	{"side", side_read},
	{"mode", mode_read},
	{"profile", profile_read},
	{"serialiser", serialiser_read},
	{"needs", needs_read},
	{"vary", vary_read},
	{"options", options_read},
	{"stays", stays_read},
};
#define N_HEADS ((int)(sizeof heads / sizeof *heads))

int fp_head_find(struct fp_word w)
{
	int i = 0;
	while (i < N_HEADS && !fp_word_is(w, heads[i].word))
		i++;
	return i < N_HEADS ? i : -1;
}

const char *fp_head_read(struct fp_cursor *c, int head, struct fp_transcript *t)
{
	fp_cursor_skip(c);
	const char *wrong = heads[head].read(c, t);
	return wrong ? wrong : fp_cursor_finish(c);
}

/* ---- printing: what is usual is left out, but for the side, on which all lines below depend */

static void word_print(FILE *to, const char *word)
{
	fprintf(to, "%-11s", word);
}

static void text_print(FILE *to, const char *word, const char *text)
{
	if (!text)
		return;
	word_print(to, word);
	fprintf(to, " %s\n", text);
}

static void names_print(FILE *to, const char *word, char *const *names, size_t n)
{
	if (!n)
		return;
	word_print(to, word);
	for (size_t i = 0; i < n; i++)
		fprintf(to, " %s", names[i]);
	putc('\n', to);
}

static void vary_print(FILE *to, unsigned vary)
{
	if (vary == FP_VARY_AS_WRITTEN)
		return;
	word_print(to, "vary");
	for (unsigned i = 0; ways[i]; i++)
		if (vary >> i & 1)
			fprintf(to, " %s", ways[i]);
	putc('\n', to);
}

static void options_print(FILE *to, const struct fp_option *options, size_t n)
{
	if (!n)
		return;
	word_print(to, "options");
	for (size_t i = 0; i < n; i++)
		fprintf(to, " %s=%s", options[i].name, options[i].value);
	putc('\n', to);
}

void fp_head_print(const struct fp_transcript *t, FILE *to)
{
	text_print(to, "case", t->name);
	text_print(to, "title", t->title);
	names_print(to, "clause", t->clauses, t->n_clauses);
	text_print(to, "level", t->level == FP_LEVEL_OF_CLAUSE ? NULL : levels[t->level - FP_LEVEL_MUST]);
	text_print(to, "side", sides[t->side]);
	text_print(to, "mode", t->mode == FP_BOTH ? NULL : modes[t->mode - FP_FIRST]);
	text_print(to, "profile", t->profile == FP_BOTH ? NULL : profiles[t->profile - FP_FIRST]);
	text_print(to, "serialiser", t->is_json ? serialisers[1] : NULL);
	names_print(to, "needs", t->needs, t->n_needs);
	vary_print(to, t->vary);
	options_print(to, t->options, t->n_options);
	text_print(to, "stays", t->stays);
}

void fp_head_fini(struct fp_transcript *t)
{
	free(t->name);
	free(t->title);
	free(t->stays);
	names_free(t->clauses, t->n_clauses);
	names_free(t->needs, t->n_needs);
	for (size_t i = 0; i < t->n_options; i++) {
		free(t->options[i].name);
		free(t->options[i].value);
	}
	free(t->options);
}
