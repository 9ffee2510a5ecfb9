/* A text of transcripts: which line belongs to which, and where a fault is. See transcript.h. Must not know what the
 * words of a line mean. */
#include "transcript.h"

#include "cursor.h"
#include "head.h"
#include "memory.h"
#include "statement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define READ_BYTES ((size_t)1 << 20) /* at a time */

struct reader {
	struct fp_cursor cursor;
	struct fp_transcripts *all;
	struct fp_transcript *now; /* the one that the line belongs to; NULL before the first */
	unsigned heads_seen;       /* bits: a head's line comes once */
};

static const char *name_check(const struct fp_transcripts *all)
{
	for (size_t i = 0; i + 1 < all->n; i++)
		if (strcmp(all->cases[i].name, all->cases[all->n - 1].name) == 0)
			return "a name that no other case of this file has";
	return NULL;
}

static struct fp_transcript *transcript_add(struct fp_transcripts *all)
{
	all->cases = fp_memory_more(all->cases, all->n, sizeof *all->cases);
	struct fp_transcript *t = &all->cases[all->n++];
	t->mode = t->profile = FP_BOTH;
	t->vary = FP_VARY_AS_WRITTEN;
	return t;
}

/* Whether a line that begins with this word of a head, or none (-1), may come here. */
static const char *order_check(const struct reader *r, int head)
{
	if (head == FP_HEAD_CASE)
		return r->all->n < FP_CASES_MAX ? NULL : "at most 4096 cases";
	if (!r->now)
		return "`case NAME` first";
	if (head < 0)
		return r->now->n_lines < FP_LINES_MAX ? NULL : "at most 1048576 lines in a case";
	if (r->now->n_lines)
		return "the head of a case before all its other lines";
	return r->heads_seen >> head & 1 ? "this line of a head only once" : NULL;
}

static const char *case_begin(struct reader *r, unsigned number)
{
	r->now = transcript_add(r->all);
	r->now->number = number;
	r->heads_seen = 0;
	fp_cursor_skip(&r->cursor);
	size_t begin = r->cursor.at;
	const char *wrong = fp_head_read(&r->cursor, FP_HEAD_CASE, r->now);
	if (!wrong && (wrong = name_check(r->all)))
		r->cursor.at = begin;
	return wrong;
}

static const char *statement_read(struct reader *r, unsigned number)
{
	struct fp_transcript *t = r->now;
	t->lines = fp_memory_more(t->lines, t->n_lines, sizeof *t->lines);
	struct fp_line *l = &t->lines[t->n_lines++];
	l->number = number;
	return fp_line_read(&r->cursor, t->side, l);
}

/* On a fault, the cursor is where it is. */
static const char *line_read(struct reader *r, unsigned number)
{
	size_t begin = r->cursor.at;
	int head = fp_head_find(fp_cursor_word(&r->cursor));
	const char *wrong = order_check(r, head);
	if (wrong || head < 0)
		r->cursor.at = begin;
	if (wrong)
		return wrong;
	if (head < 0)
		return statement_read(r, number);
	if (head == FP_HEAD_CASE)
		return case_begin(r, number);
	r->heads_seen |= 1U << head;
	return fp_head_read(&r->cursor, head, r->now);
}

static const char *all_read(struct reader *r)
{
	const char *wrong = NULL;
	unsigned line = 1;
	size_t counted = 0;
	while (!wrong && fp_cursor_has_line(&r->cursor)) {
		for (; counted < r->cursor.at; counted++)
			line += r->cursor.text[counted] == '\n';
		wrong = line_read(r, line);
	}
	return wrong || r->all->n ? wrong : "`case NAME`";
}

bool fp_transcripts_parse(struct fp_transcripts *t, const char *file, const char *text, size_t len, struct fp_fault *fault)
{
	struct reader r = {.cursor = {.text = text, .len = len}, .all = t};
	*t = (struct fp_transcripts){0};
	const char *wrong = all_read(&r);
	if (!wrong)
		return true;
	unsigned line, column;
	fp_cursor_place(&r.cursor, &line, &column);
	snprintf(fault->text, sizeof fault->text, "%s:%u:%u: expected %s", file, line, column, wrong);
	fp_transcripts_fini(t);
	return false;
}

/* ---- a file */

/* A file says how long it is; a pipe and a device do not. */
static bool says_too_long(FILE *from)
{
	struct stat s;
	return fstat(fileno(from), &s) == 0 && s.st_size > (off_t)FP_TRANSCRIPT_BYTES_MAX;
}

/* All of it, or NULL with errno. */
static char *file_read(const char *file, size_t *len)
{
	FILE *from = fopen(file, "rb");
	char *text = NULL;
	size_t n = 1;

	if (!from)
		return NULL;
	*len = says_too_long(from) ? FP_TRANSCRIPT_BYTES_MAX + 1 : 0;
	for (; n > 0 && *len <= FP_TRANSCRIPT_BYTES_MAX; *len += n) {
		text = fp_memory_again(text, *len + READ_BYTES);
		n = fread(text + *len, 1, READ_BYTES, from);
	}
	int e = ferror(from) ? errno : *len > FP_TRANSCRIPT_BYTES_MAX ? EFBIG : 0;
	fclose(from);
	if (!e)
		return text;
	free(text);
	errno = e;
	return NULL;
}

bool fp_transcripts_read(struct fp_transcripts *t, const char *file, struct fp_fault *fault)
{
	size_t len;
	char *text = file_read(file, &len);
	*t = (struct fp_transcripts){0};
	if (!text) {
		snprintf(fault->text, sizeof fault->text, "%s: cannot be read: %s", file, strerror(errno));
		return false;
	}
	bool is_right = fp_transcripts_parse(t, file, text, len, fault);
	free(text);
	return is_right;
}

static void lines_fini(struct fp_transcript *t)
{
	for (size_t i = 0; i < t->n_lines; i++)
		fp_line_fini(&t->lines[i]);
	free(t->lines);
}

void fp_transcripts_fini(struct fp_transcripts *t)
{
	for (size_t i = 0; i < t->n; i++) {
		fp_head_fini(&t->cases[i]);
		lines_fini(&t->cases[i]);
	}
	free(t->cases);
	*t = (struct fp_transcripts){0};
}

void fp_transcript_print(const struct fp_transcript *t, FILE *to)
{
	fp_head_print(t, to);
	if (t->n_lines)
		putc('\n', to);
	for (size_t i = 0; i < t->n_lines; i++) {
		fp_line_print(&t->lines[i], to);
		putc('\n', to);
	}
}
