/* Failures that are known. See known.h. */
#include "known.h"

#include "base.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool line_parse(struct fp_known *k, char *line, unsigned number, const char *file, struct fp_fault *fault)
{
	char *glob = line + strspn(line, " \t"), *end = glob + strcspn(glob, " \t"), *reason = end + strspn(end, " \t");
	if (!*glob || *glob == '#')
		return true;
	if (!*reason) {
		snprintf(fault->text, sizeof fault->text, "%s:%u:%td: a reason is expected behind the case", file, number,
		         reason - line + 1);
		return false;
	}
	k->lines = fp_grow(k->lines, k->n + 1, sizeof *k->lines);
	k->lines[k->n++] = (struct fp_known_line){fp_text("%.*s", (int)(end - glob), glob), fp_text("%s", reason), number, false};
	return true;
}

bool fp_known_read(struct fp_known *k, const char *file, struct fp_fault *fault)
{
	size_t len;
	unsigned number = 0;
	char *text = fp_read_file(file, &len), *rest = text;
	*k = (struct fp_known){0};
	if (!text) {
		snprintf(fault->text, sizeof fault->text, "%s: cannot be read: %s", file, strerror(errno));
		return false;
	}
	bool is_right = true;
	for (char *line; is_right && (line = strsep(&rest, "\n")); )
		is_right = line_parse(k, line, ++number, file, fault);
	free(text);
	return is_right;
}

static struct fp_known_line *find(struct fp_known *k, const char *id)
{
	for (size_t i = 0; i < k->n; i++)
		if (!fnmatch(k->lines[i].glob, id, 0))
			return &k->lines[i];
	return NULL;
}

void fp_known_meet(struct fp_known *k, const char *id)
{
	for (size_t i = 0; i < k->n; i++)
		if (!fnmatch(k->lines[i].glob, id, 0))
			k->lines[i].is_of_a_case = true;
}

void fp_known_apply(struct fp_known *k, struct fp_verdict *v)
{
	const struct fp_known_line *line = find(k, v->id);
	if (!line)
		return;
	if (v->judgement == FP_FAIL || v->judgement == FP_WARN)
		v->known = line->reason;
	v->is_unexpected_pass = v->judgement == FP_PASS;
}

void fp_known_fini(struct fp_known *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->lines[i].glob);
		free(k->lines[i].reason);
	}
	free(k->lines);
	*k = (struct fp_known){0};
}
