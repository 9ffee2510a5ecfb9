/* The clauses as tiles, in the groups of SPEC.md: how the cases of each went; a tile opens to what the clause says. See
 * html.h. Must not know octets. */
#include "html.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

static bool has_clause(const struct fp_transcript *t, const char *id)
{
	for (size_t i = 0; i < t->n_clauses; i++)
		if (!strcmp(t->clauses[i], id))
			return true;
	return false;
}

/* A case that did not pass says something about the clause that its verdict is about, and about no other that it names. */
static bool is_about(const struct fp_verdict *v, const struct fp_clause *c)
{
	return fp_html_has_case(v) ? v->clause && !strcmp(v->clause, c->id) : has_clause(v->of, c->id);
}

static bool is_bound(const struct fp_clause *c, enum fp_side side)
{
	return strstr(c->binds, fp_words_side(side)) != NULL;
}

/* ---- how a clause fared ---- */

struct tally {
	unsigned counts[FP_STANDINGS], n;
};

static struct tally tally_of(const struct fp_run_summary *s, const struct fp_clause *c)
{
	struct tally t = {0};
	for (size_t i = 0; i < s->n; i++) {
		if (!is_about(&s->verdicts[i], c))
			continue;
		t.counts[fp_words_standing(&s->verdicts[i])]++;
		t.n++;
	}
	return t;
}

/* The worst that there is; but what was skipped is nothing beside what was played. */
static enum fp_standing worst(const struct tally *t)
{
	static const enum fp_standing order[] = {FP_STANDS_FAIL, FP_STANDS_ERROR, FP_STANDS_SURPRISE,
	                                         FP_STANDS_WARN, FP_STANDS_KNOWN, FP_STANDS_PASS};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (t->counts[order[i]])
			return order[i];
	return FP_STANDS_SKIP;
}

/* ---- what a clause says ---- */

/* Paragraphs; one that is set in is shown as it stands. */
static void put_prose(FILE *to, const char *at)
{
	while (*at) {
		const char *gap = strstr(at, "\n\n"), *end = gap ? gap : at + strlen(at);
		const char *element = strncmp(at, "    ", 4) ? "p" : "pre";
		char *paragraph = fp_text("%.*s", (int)(end - at), at);
		fprintf(to, "<%s>", element);
		fp_markup_prose(to, fp_plain_text(paragraph));
		fprintf(to, "</%s>\n", element);
		free(paragraph);
		at = end + strspn(end, "\n");
	}
}

void fp_html_clause(const struct fp_clause *c, FILE *to)
{
	fp_markup_put(to, "<p class=\"note\">%s</p>\n", c->binds);
	put_prose(to, c->text);
}

/* ---- tiles ---- */

static void put_cases(const struct fp_run_summary *s, const struct fp_clause *c, FILE *to)
{
	fputs("<ul class=\"cases\">\n", to);
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_verdict *v = &s->verdicts[i];
		enum fp_standing standing = fp_words_standing(v);
		if (!is_about(v, c))
			continue;
		fp_markup_put(to, "<li class=\"%s\"><span class=\"sign\">%s</span> ", fp_html_class(standing), fp_html_sign(standing));
		if (fp_html_has_case(v))
			fp_markup_put(to, "<a href=\"#case-%zu\"><code>%s</code></a>", i, v->id);
		else
			fp_markup_put(to, "<code>%s</code>", v->id);
		fp_markup_put(to, " %s%s%s</li>\n", v->of->title, standing == FP_STANDS_SKIP ? " – skipped: " : "",
		              standing == FP_STANDS_SKIP ? v->why : "");
	}
	fputs("</ul>\n", to);
}

static void put_tile(const struct fp_run_summary *s, const struct fp_clause *c, FILE *to)
{
	struct tally t = tally_of(s, c);
	enum fp_standing standing = worst(&t);
	unsigned played = t.n - t.counts[FP_STANDS_SKIP];
	fp_markup_put(to, "<details class=\"tile %s\" id=\"%s\"><summary title=\"%s: %s\">", played ? fp_html_class(standing) : "none",
	              c->id, c->title, c->text);
	fp_markup_put(to, "<b>%s</b>", c->id);
	if (played)
		fp_markup_put(to, "<span class=\"how\"><span class=\"sign\">%s</span> %u/%u</span>", fp_html_sign(standing),
		              t.counts[FP_STANDS_PASS], played);
	else
		fp_markup_put(to, "<span class=\"how\">%s</span>", t.n ? "skipped" : "no case");
	fp_markup_put(to, "<small>%s%s%s</small>", c->level == FP_LEVEL_MUST ? "" : fp_level_name(c->level),
	              c->level == FP_LEVEL_MUST ? "" : " · ", c->title);
	fp_markup_put(to, "</summary><div class=\"body\"><h4>%s</h4>\n", c->title);
	fp_html_clause(c, to);
	put_cases(s, c, to);
	fputs("</div></details>\n", to);
}

void fp_html_matrix(const struct fp_run_summary *s, FILE *to)
{
	const char *group = NULL;
	for (size_t i = 0; i < s->spec->n; i++) {
		const struct fp_clause *c = &s->spec->clauses[i];
		if (!is_bound(c, s->side))
			continue;
		if (!group || strcmp(group, c->group)) {
			fputs(group ? "</div>\n" : "", to);
			fp_markup_put(to, "<h3>%s</h3><div class=\"tiles\">\n", c->group);
			group = c->group;
		}
		put_tile(s, c, to);
	}
	fputs(group ? "</div>\n" : "", to);
}
