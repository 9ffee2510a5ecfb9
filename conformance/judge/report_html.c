/* A run as one HTML page: what the author of an implementation wants to see first stands first. See html.h for its parts.
 * Must not know the other reports. */
#include "report.h"

#include "base.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 5 /* cases that are open from the start: the first of as many clauses */

const char *fp_html_class(enum fp_standing standing)
{
	static const char *const classes[FP_STANDINGS] = {"pass", "warn", "skip", "known", "surprise", "fail", "error"};
	return classes[standing];
}

const char *fp_html_sign(enum fp_standing standing)
{
	static const char *const signs[FP_STANDINGS] = {"✓", "!", "–", "~", "?", "✗", "⚠"};
	return signs[standing];
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- verdicts by clause: in the order of SPEC.md, which begins with what all else stands on ---- */

/* Clauses are numbered from 0; the number behind the last stands for none. */
static bool is_of(const struct fp_run_summary *s, const struct fp_verdict *v, enum fp_standing standing, size_t clause)
{
	if (fp_words_standing(v) != standing)
		return false;
	const struct fp_clause *c = v->clause ? fp_spec_find(s->spec, v->clause) : NULL;
	return (c ? (size_t)(c - s->spec->clauses) : s->spec->n) == clause;
}

static bool has_any(const struct fp_run_summary *s, enum fp_standing standing, size_t clause)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_of(s, &s->verdicts[i], standing, clause))
			return true;
	return false;
}

static size_t clauses_broken(const struct fp_run_summary *s)
{
	size_t n = 0;
	for (size_t c = 0; c < s->spec->n; c++)
		n += has_any(s, FP_STANDS_FAIL, c);
	return n;
}

/* ---- the verdict in a sentence ---- */

static const char *headline(const struct fp_run_summary *s, const unsigned counts[FP_STANDINGS])
{
	if (counts[FP_STANDS_FAIL])
		return "Does not conform";
	if (counts[FP_STANDS_ERROR])
		return "No verdict: the suite itself failed";
	if (!s->is_conforming)
		return "The list of known failures is out of date";
	return counts[FP_STANDS_SKIP] == s->n ? "Nothing was judged" : "Conforms";
}

static void put_sentence(const struct fp_run_summary *s, const unsigned counts[FP_STANDINGS], FILE *to)
{
	size_t played = s->n - counts[FP_STANDS_SKIP], broken = clauses_broken(s);
	fputs("<p class=\"lead\">", to);
	if (counts[FP_STANDS_FAIL])
		fp_markup_put(to, "%u of the %zu case%s played fail, on %zu clause%s.", counts[FP_STANDS_FAIL], played,
		              plural(played), broken, plural(broken));
	else if (counts[FP_STANDS_PASS] == played)
		fp_markup_put(to, "All %zu case%s played pass.", played, plural(played));
	else
		fp_markup_put(to, "%u of the %zu case%s played pass.", counts[FP_STANDS_PASS], played, plural(played));
	fputs("</p>\n", to);
}

/* Where to look: the clauses that are broken. */
static void put_broken(const struct fp_run_summary *s, FILE *to)
{
	fputs("<p class=\"broken\">", to);
	for (size_t c = 0; c < s->spec->n; c++)
		if (has_any(s, FP_STANDS_FAIL, c))
			fp_markup_put(to, "<a href=\"#fail-%s\" title=\"%s\">%s</a> ", s->spec->clauses[c].id,
			              s->spec->clauses[c].title, s->spec->clauses[c].id);
	fputs("</p>\n", to);
}

static void put_bar(const unsigned counts[FP_STANDINGS], FILE *to)
{
	static const char *const names[FP_STANDINGS] = {"pass", "warn", "skipped", "known", "unexpected pass",
	                                                "fail", "error"};
	static const enum fp_standing order[FP_STANDINGS] = {FP_STANDS_FAIL, FP_STANDS_ERROR, FP_STANDS_SURPRISE,
	                                                     FP_STANDS_WARN, FP_STANDS_KNOWN, FP_STANDS_PASS,
	                                                     FP_STANDS_SKIP};
	fputs("<ul class=\"bar\">", to);
	for (int i = 0; i < FP_STANDINGS; i++) {
		unsigned n = counts[order[i]];
		if (n)
			fp_markup_put(to, "<li class=\"%s\" style=\"flex-grow:%u\"><span>%s %u %s</span></li>",
			              fp_html_class(order[i]), n, fp_html_sign(order[i]), n, names[order[i]]);
	}
	fputs("</ul>\n", to);
}

static void put_head(const struct fp_run_summary *s, FILE *to)
{
	unsigned counts[FP_STANDINGS];
	fp_words_count(s, counts);
	const char *class = !s->is_conforming ? "fail" : counts[FP_STANDS_SKIP] == s->n ? "skip" : "pass";
	fp_markup_put(to, "<header class=\"%s\"><h1>%s</h1>\n", class, headline(s, counts));
	put_sentence(s, counts, to);
	put_broken(s, to);
	put_bar(counts, to);
	char *seed = fp_text("%llu", (unsigned long long)s->seed),
	     *time = fp_text("%.1f", (double)s->time_ns / (double)FP_NS_S);
	fp_markup_put(to,
	              "<p class=\"testee\"><code>%s</code></p>\n<p class=\"note\">as a %s · %s · %s profile · %s serialiser",
	              s->testee, fp_words_side(s->side), fp_words_mode(s), fp_words_profile(s), fp_words_serialiser(s));
	if (s->side != FP_SIDE_POOL) /* its connections are its own */
		fp_markup_put(to, " · on %s", s->is_stdio ? "standard input and output" : "an inherited descriptor");
	fp_markup_put(to, " · seed %s", seed);
	if (s->time_ns)
		fp_markup_put(to, " · %s s", time);
	fputs("</p></header>\n", to);
	free(seed);
	free(time);
}

/* ---- the cases that did not pass ---- */

static void put_clause(const struct fp_run_summary *s, enum fp_standing standing, size_t clause, FILE *to)
{
	if (clause == s->spec->n) {
		fputs("<h3>No clause</h3>\n", to);
		return;
	}
	const struct fp_clause *c = &s->spec->clauses[clause];
	char *sentence = fp_clause_sentence(c);
	fp_markup_put(to, "<h3 id=\"%s-%s\"><a href=\"#%s\">%s</a> %s <small>%s</small></h3>\n<p class=\"promise\">",
	              fp_html_class(standing), c->id, c->id, c->id, c->title, fp_level_name(c->level));
	fp_markup_prose(to, fp_plain_text(sentence));
	fputs("</p>\n", to);
	free(sentence);
}

static void put_cases_of(const struct fp_run_summary *s, enum fp_standing standing, size_t clause, bool is_open, FILE *to)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!is_of(s, &s->verdicts[i], standing, clause))
			continue;
		fp_html_case(s, i, is_open, to);
		is_open = false;
	}
}

static void put_standing(const struct fp_run_summary *s, enum fp_standing standing, const char *title, FILE *to)
{
	size_t clauses = 0;
	for (size_t c = 0; c <= s->spec->n; c++) {
		if (!has_any(s, standing, c))
			continue;
		if (!clauses)
			fp_markup_put(to, "<section><h2>%s</h2>\n", title);
		put_clause(s, standing, c, to);
		put_cases_of(s, standing, c, standing == FP_STANDS_FAIL && clauses < OPEN_MAX, to);
		clauses++;
	}
	if (clauses)
		fputs("</section>\n", to);
}

/* ---- what was not played ---- */

static size_t skips_like(const struct fp_run_summary *s, size_t n, size_t end)
{
	size_t count = 0;
	for (size_t i = 0; i < end; i++) {
		const struct fp_verdict *v = &s->verdicts[i];
		count += v->judgement == FP_SKIP && !strcmp(v->why, s->verdicts[n].why);
	}
	return count;
}

static void put_skips(const struct fp_run_summary *s, FILE *to)
{
	bool has_begun = false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->verdicts[i].judgement != FP_SKIP || skips_like(s, i, i))
			continue;
		if (!has_begun)
			fputs("<section><h2>What was skipped, and why</h2>\n<table class=\"skips\">\n", to);
		has_begun = true;
		fp_markup_put(to, "<tr><td>%zu</td><td>%s</td></tr>\n", skips_like(s, i, s->n), s->verdicts[i].why);
	}
	if (has_begun)
		fputs("</table></section>\n", to);
}

void fp_report_html(const struct fp_run_summary *s, FILE *to)
{
	fputs(fp_page_begin, to);
	fp_markup_put(to, "forkpool-conform: %s", s->testee);
	fputs(fp_page_body, to);
	put_head(s, to);
	put_standing(s, FP_STANDS_FAIL, "What fails", to);
	put_standing(s, FP_STANDS_ERROR, "The suite’s own faults", to);
	put_standing(s, FP_STANDS_SURPRISE, "Passes, though known to fail", to);
	fp_markup_put(
		to,
		"<section><h2>The clauses that bind a %s</h2>\n<p class=\"note\">3/4: of the four cases played, three pass. "
		"A tile opens to what its clause says. What is not marked is a MUST.</p>\n",
		fp_words_side(s->side));
	fp_html_matrix(s, to);
	fputs("</section>\n", to);
	put_standing(s, FP_STANDS_WARN, "Warnings: these fail nobody", to);
	put_standing(s, FP_STANDS_KNOWN, "Known to fail", to);
	put_skips(s, to);
	fputs(fp_page_end, to);
}
