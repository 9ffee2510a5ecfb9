/* A run as TAP: a test point a case. Must not know the other reports.
 *
 * What is used of TAP 14 means the same in TAP 13, so that only the line with the version differs.
 * Its YAML blocks hold double-quoted strings only, which every reader of YAML or JSON takes. */
#include "plain.h"
#include "report.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_CHARS_MAX ((size_t)4096)

static void put_escaped(FILE *to, struct fp_plain p, const char *escaped)
{
	for (const char *c; (c = fp_plain_next(&p));) {
		if (*c == '\n' || *c == '\t') {
			fputs(*c == '\n' ? "\\n" : "\\t", to);
			continue;
		}
		for (; *c; c++)
			fprintf(to, strchr(escaped, *c) ? "\\%c" : "%c", *c);
	}
}

/* In a test point, where # would begin a directive. */
static void put_words(FILE *to, const char *text)
{
	put_escaped(to, fp_plain_line(text, LINE_CHARS_MAX), "\\#");
}

static void put_quoted(FILE *to, struct fp_plain p)
{
	putc('"', to);
	put_escaped(to, p, "\\\"");
	putc('"', to);
}

static void put_pair(FILE *to, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(to, "  %s: ", key);
	put_quoted(to, fp_plain_text(value));
	putc('\n', to);
}

static void put_seen(FILE *to, const struct fp_verdict *v)
{
	if (v->n_seen)
		fputs("  seen:\n", to);
	for (size_t i = 0; i < v->n_seen; i++) {
		char *line = fp_words_seen_line(&v->seen[i]);
		fputs("    - ", to);
		put_quoted(to, fp_plain_line(line, LINE_CHARS_MAX));
		putc('\n', to);
		free(line);
	}
}

static void put_diagnostics(FILE *to, const struct fp_run_summary *s, const struct fp_verdict *v)
{
	const struct fp_clause *clause = v->clause ? fp_spec_find(s->spec, v->clause) : NULL;
	char *sentence = clause ? fp_clause_sentence(clause) : NULL;
	fputs("  ---\n", to);
	put_pair(to, "severity", fp_judgement_name(v->judgement));
	put_pair(to, "message", fp_words_why(v));
	put_pair(to, "clause", v->clause);
	put_pair(to, "promise", sentence);
	put_pair(to, "variant", v->variant);
	put_pair(to, "known", v->known);
	put_pair(to, "repeat", v->repeat);
	put_seen(to, v);
	put_pair(to, "stderr", v->stderr_text);
	fputs("  ...\n", to);
	free(sentence);
}

static void put_directive(FILE *to, enum fp_standing standing, const struct fp_verdict *v)
{
	if (standing != FP_STANDS_SKIP && standing != FP_STANDS_KNOWN)
		return;
	fputs(standing == FP_STANDS_SKIP ? " # SKIP " : " # TODO ", to);
	put_words(to, standing == FP_STANDS_SKIP ? v->why : v->known);
}

static void put_point(FILE *to, const struct fp_run_summary *s, size_t i)
{
	const struct fp_verdict *v = &s->verdicts[i];
	enum fp_standing standing = fp_words_standing(v);
	bool is_ok = !fp_words_is_bad(standing) && standing != FP_STANDS_KNOWN;
	fprintf(to, "%s %zu - ", is_ok ? "ok" : "not ok", i + 1);
	put_words(to, v->id);
	if (v->of->title) {
		fputs(": ", to);
		put_words(to, v->of->title);
	}
	put_directive(to, standing, v);
	putc('\n', to);
	if (standing != FP_STANDS_PASS && standing != FP_STANDS_SKIP)
		put_diagnostics(to, s, v);
}

static void put_run(FILE *to, const struct fp_run_summary *s, unsigned version)
{
	fprintf(to, "TAP version %u\n1..%zu\n# ", version, s->n);
	put_words(to, s->testee);
	fprintf(to, ": %s, %s, %s, %s, seed %llu\n", fp_words_side(s->side), fp_words_mode(s), fp_words_profile(s),
	        fp_words_serialiser(s), (unsigned long long)s->seed);
	for (size_t i = 0; i < s->n; i++)
		put_point(to, s, i);
}

void fp_report_tap(const struct fp_run_summary *s, FILE *to)
{
	put_run(to, s, 14);
}

void fp_report_tap13(const struct fp_run_summary *s, FILE *to)
{
	put_run(to, s, 13);
}
