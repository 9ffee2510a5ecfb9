/* The report for a person: what did not pass, with its octets and the command that plays it again, and the counts. */
#include "report.h"

#include "base.h"
#include "clause.h"
#include "plain.h"
#include "words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_SHOWN 24u     /* things of a play that are shown: the last ones */
#define TEXT_SHOWN 100     /* characters of their text */
#define LINE_SHOWN ((size_t)4096) /* of any other line */
#define ROW 16u            /* octets in a row of a dump */
#define ROWS_BEFORE 2u     /* of the row with the wrong octet */
#define ROWS_SHOWN 6u

/* What a testee said, or was said about it, is not let through to a terminal as it stands. */
static void line_end(FILE *to, const char *text, size_t chars_max)
{
	fp_plain_print(fp_plain_line(text, chars_max), to);
	fputc('\n', to);
}

/* ---- octets ---- */

static void row_print(FILE *to, const uint8_t *data, size_t len, size_t from, size_t wrong_at)
{
	char hex[ROW * 4 + 1] = "", text[ROW + 1] = "";
	size_t at = 0;
	for (size_t i = 0; i < ROW && from + i < len; i++) {
		uint8_t octet = data[from + i];
		bool is_wrong = from + i == wrong_at;
		at += (size_t)snprintf(hex + at, sizeof hex - at, "%c%02x%c", is_wrong ? '[' : ' ', octet, is_wrong ? ']' : ' ');
		text[i] = isprint(octet) ? (char)octet : '.';
	}
	fprintf(to, "        %06zx %-*s |%s|\n", from, (int)ROW * 4, hex, text);
}

/* The rows around the wrong octet, or the first ones. */
static void dump(FILE *to, const uint8_t *data, size_t len, size_t wrong_at)
{
	size_t row = wrong_at == SIZE_MAX ? 0 : wrong_at / ROW, first = row > ROWS_BEFORE ? row - ROWS_BEFORE : 0, shown = 0;
	if (first)
		fprintf(to, "        …\n");
	for (size_t from = first * ROW; from < len && shown < ROWS_SHOWN; from += ROW, shown++)
		row_print(to, data, len, from, wrong_at);
	if ((first + shown) * ROW < len)
		fprintf(to, "        … %zu octets in all\n", len);
	if (wrong_at != SIZE_MAX && wrong_at >= len)
		fprintf(to, "        ends before octet %zu\n", wrong_at);
}

/* ---- one verdict ---- */

static void seen_print(FILE *to, const struct fp_seen *s, size_t wrong_at)
{
	fputs(s->is_missing ? "  wanted: " : s->is_wrong ? "  came:   " : "          ", to);
	char *actor = fp_words_seen_actor(s);
	fprintf(to, "%s ", actor);
	free(actor);
	line_end(to, s->text, TEXT_SHOWN);
	if (s->is_wrong && s->data)
		dump(to, s->data, s->len, s->is_missing ? wrong_at : s->wrong_at);
}

static void play_print(FILE *to, const struct fp_verdict *v)
{
	size_t first = v->n_seen > SEEN_SHOWN ? v->n_seen - SEEN_SHOWN : 0, wrong_at = SIZE_MAX;
	if (first)
		fprintf(to, "          (%zu before)\n", first);
	for (size_t i = first; i < v->n_seen; i++) {
		seen_print(to, &v->seen[i], wrong_at);
		if (v->seen[i].is_wrong)
			wrong_at = v->seen[i].wrong_at;
	}
}

static void stderr_print(FILE *to, const char *text)
{
	struct fp_plain p = fp_plain_text(text);
	bool is_new = true;
	fputs("  standard error:\n", to);
	for (const char *c; (c = fp_plain_next(&p));) {
		fprintf(to, "%s%s", is_new ? "        " : "", c);
		is_new = *c == '\n';
	}
	if (!is_new)
		fputc('\n', to);
}

static void clause_print(FILE *to, const struct fp_spec *spec, const char *id)
{
	const struct fp_clause *c = spec && id ? fp_spec_find(spec, id) : NULL;
	if (!c)
		return;
	char *sentence = fp_clause_sentence(c);
	fprintf(to, "  %s (%s) %s\n  %s\n", c->id, fp_level_name(c->level), c->title, sentence);
	free(sentence);
}

static const char *verdict_word(const struct fp_verdict *v)
{
	static const char *const words[FP_JUDGEMENTS] = {"PASS", "WARN", "FAIL", "SKIP", "ERROR"};
	return v->is_unexpected_pass ? "UNEXPECTED PASS" : v->known ? "KNOWN" : words[v->judgement];
}

static void verdict_print(FILE *to, const struct fp_verdict *v, const struct fp_spec *spec)
{
	const char *title = v->of && v->of->title ? v->of->title : "";
	fprintf(to, "%s ", verdict_word(v));
	fp_plain_print(fp_plain_line(v->id, LINE_SHOWN), to);
	fputs(*title ? ": " : "", to);
	line_end(to, title, LINE_SHOWN);
	if (v->is_unexpected_pass)
		return;
	if (v->known) {
		fputs("  known: ", to);
		line_end(to, v->known, LINE_SHOWN);
		return;
	}
	clause_print(to, spec, v->clause);
	fputs("  ", to);
	fp_plain_print(fp_plain_line(v->why, LINE_SHOWN), to);
	fputs(v->variant ? ", played " : "", to);
	line_end(to, v->variant, LINE_SHOWN);
	play_print(to, v);
	if (v->stderr_text)
		stderr_print(to, v->stderr_text);
	if (v->repeat) {
		fputs("  again: ", to);
		fp_plain_print(fp_plain_text(v->repeat), to); /* a command may have several lines */
		fputc('\n', to);
	}
	fputc('\n', to);
}

/* ---- all of them ---- */

/* How many of the verdicts about a clause are of this judgement, and known to nobody. */
static unsigned count(const struct fp_run_summary *s, const char *clause, enum fp_judgement judgement)
{
	unsigned n = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_verdict *v = &s->verdicts[i];
		n += v->judgement == judgement && !v->known && v->clause && !strcmp(v->clause, clause);
	}
	return n;
}

/* The clauses that are broken: one fault is met by many cases. */
static void broken_print(FILE *to, const struct fp_run_summary *s)
{
	for (size_t i = 0; s->spec && i < s->spec->n; i++) {
		const struct fp_clause *c = &s->spec->clauses[i];
		unsigned failed = count(s, c->id, FP_FAIL), warned = count(s, c->id, FP_WARN);
		if (failed + warned)
			fprintf(to, "broken: %s (%s) %s: %u fail, %u warn\n", c->id, fp_level_name(c->level), c->title, failed, warned);
	}
}

/* Reasons why cases were left out, each once, with how often. */
static void skips_print(FILE *to, const struct fp_run_summary *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_verdict *v = &s->verdicts[i];
		size_t times = 0, earlier = 0;
		if (v->judgement != FP_SKIP)
			continue;
		for (size_t j = 0; j < s->n; j++) {
			bool is_same = s->verdicts[j].judgement == FP_SKIP && !strcmp(s->verdicts[j].why, v->why);
			earlier += is_same && j < i;
			times += is_same;
		}
		if (earlier)
			continue;
		fprintf(to, "skipped %zu: ", times);
		line_end(to, v->why, LINE_SHOWN);
	}
}

void fp_report_text(const struct fp_run_summary *s, FILE *to)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_verdict *v = &s->verdicts[i];
		bool is_plain = v->judgement == FP_PASS && !v->is_unexpected_pass;
		if (!is_plain && v->judgement != FP_SKIP)
			verdict_print(to, v, s->spec);
	}
	broken_print(to, s);
	skips_print(to, s);
	fprintf(to, "%zu cases:", s->n);
	for (unsigned j = 0; j < FP_JUDGEMENTS; j++)
		if (s->counts[j])
			fprintf(to, " %u %s", s->counts[j], fp_judgement_name(j));
	if (s->known_failures)
		fprintf(to, " (%u known)", s->known_failures);
	if (s->unexpected_passes)
		fprintf(to, " (%u passed unexpectedly)", s->unexpected_passes);
	fprintf(to, " in %.1f s: %s\n", (double)s->time_ns / (double)FP_NS_S, s->is_conforming ? "conforms" : "does not conform");
}
