/* The clauses of SPEC.md. See clause.h.
 *
 * A clause is a heading `### ID TITLE`, a line `LEVEL · sides · mode · profile`, and text up to the next heading. */
#include "clause.h"

#include "base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const levels[] = {
	[FP_LEVEL_OF_CLAUSE] = "", [FP_LEVEL_MUST] = "MUST", [FP_LEVEL_SHOULD] = "SHOULD", [FP_LEVEL_MAY] = "MAY",
	[FP_LEVEL_UNSPECIFIED] = "UNSPECIFIED",
};

const char *fp_level_name(enum fp_level level)
{
	return levels[level];
}

/* ---- lines of a file ---- */

struct lines {
	const char *at;      /* NULL: no line is left */
	unsigned number;     /* of the line that was taken last */
};

static size_t line_len(const char *line)
{
	return strcspn(line, "\n");
}

static const char *line_take(struct lines *l)
{
	const char *line = l->at, *end = line + line_len(line);
	l->at = *end && end[1] ? end + 1 : NULL;
	l->number++;
	return line;
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\n' || !*line;
}

/* ---- one clause ---- */

static enum fp_level level_of(const char *line)
{
	size_t len = strcspn(line, " \n");
	for (unsigned i = FP_LEVEL_MUST; i <= FP_LEVEL_UNSPECIFIED; i++)
		if (strlen(levels[i]) == len && !strncmp(levels[i], line, len))
			return i;
	return FP_LEVEL_OF_CLAUSE;
}

static bool begins_clause(const char *line)
{
	return !strncmp(line, "### ", 4);
}

static bool begins_group(const char *line)
{
	return !strncmp(line, "## ", 3);
}

static char *copy(const char *from, const char *to)
{
	while (to > from && strchr(" \t\r\n", to[-1]))
		to--;
	return fp_text("%.*s", (int)(to - from), from);
}

/* The text up to the next heading of any kind. */
static char *text_take(struct lines *l)
{
	while (l->at && is_blank(l->at))
		line_take(l);
	const char *from = l->at, *to = from;
	while (l->at && *l->at != '#') {
		const char *line = line_take(l);
		to = line + line_len(line);
	}
	return copy(from ? from : "", from ? to : "");
}

static bool clause_take(struct fp_clause *c, struct lines *l, const char *heading)
{
	const char *id = heading + 4, *end = heading + line_len(heading), *id_end = id + strcspn(id, " \n");
	while (l->at && is_blank(l->at))
		line_take(l);
	const char *binds = l->at ? line_take(l) : "";
	c->level = level_of(binds);
	if (c->level == FP_LEVEL_OF_CLAUSE)
		return false;
	c->id = copy(id, id_end);
	c->title = copy(id_end + (*id_end == ' '), end);
	c->binds = copy(binds, binds + line_len(binds));
	c->text = text_take(l);
	return true;
}

/* ---- all of them ---- */

static bool spec_parse(struct fp_spec *s, const char *file, const char *text, struct fp_fault *fault)
{
	struct lines l = {.at = *text ? text : NULL};
	const char *group = "## ";
	while (l.at) {
		const char *line = line_take(&l);
		if (begins_group(line))
			group = line;
		if (!begins_clause(line))
			continue;
		s->clauses = fp_grow(s->clauses, s->n + 1, sizeof *s->clauses);
		s->clauses[s->n] = (struct fp_clause){0};
		if (!clause_take(&s->clauses[s->n], &l, line)) {
			snprintf(fault->text, sizeof fault->text, "%s:%u:1: a level is expected: MUST, SHOULD, MAY, UNSPECIFIED", file,
			         l.number);
			return false;
		}
		s->clauses[s->n++].group = copy(group + 3, group + line_len(group));
	}
	return true;
}

bool fp_spec_read(struct fp_spec *s, const char *file, struct fp_fault *fault)
{
	size_t len;
	char *text = fp_read_file(file, &len);
	*s = (struct fp_spec){0};
	if (!text) {
		snprintf(fault->text, sizeof fault->text, "%s: the clauses cannot be read: %s", file, strerror(errno));
		return false;
	}
	bool is_right = spec_parse(s, file, text, fault);
	free(text);
	return is_right;
}

const struct fp_clause *fp_spec_find(const struct fp_spec *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->clauses[i].id, id))
			return &s->clauses[i];
	return NULL;
}

void fp_spec_fini(struct fp_spec *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->clauses[i].id);
		free(s->clauses[i].title);
		free(s->clauses[i].group);
		free(s->clauses[i].binds);
		free(s->clauses[i].text);
	}
	free(s->clauses);
	*s = (struct fp_spec){0};
}

char *fp_clause_sentence(const struct fp_clause *c)
{
	const char *end = c->text;
	while (*end && !(*end == '.' && (end[1] == ' ' || end[1] == '\n' || !end[1])) && !(*end == '\n' && end[1] == '\n'))
		end++;
	char *sentence = copy(c->text, end + (*end == '.'));
	for (char *at = sentence; *at; at++)
		if (*at == '\n')
			*at = ' ';
	return sentence;
}
