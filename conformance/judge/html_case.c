/* A case that did not pass, as a card: what is the matter, who sent what, which octets, how to see it again. See html.h.
 * Must not know what a clause says. */
#include "html.h"

bool fp_html_has_case(const struct fp_verdict *v)
{
	enum fp_standing standing = fp_words_standing(v);
	return standing != FP_STANDS_PASS && standing != FP_STANDS_SKIP;
}

static bool has_wrong_near(const struct fp_verdict *v, size_t step)
{
	size_t first = step > FP_HTML_STEPS_NEAR ? step - FP_HTML_STEPS_NEAR : 0;
	for (size_t i = first; i < v->n_seen && i <= step + FP_HTML_STEPS_NEAR; i++)
		if (v->seen[i].is_wrong)
			return true;
	return false;
}

bool fp_html_is_shown(const struct fp_verdict *v, size_t step)
{
	return step < FP_HTML_STEPS_HEAD || step + FP_HTML_STEPS_TAIL >= v->n_seen || has_wrong_near(v, step);
}

static void put_summary(const struct fp_verdict *v, size_t n, bool is_open, FILE *to)
{
	enum fp_standing standing = fp_words_standing(v);
	fp_markup_put(to, "<details class=\"case %s\" id=\"case-%zu\"", fp_html_class(standing), n);
	fputs(is_open ? " open>" : ">", to);
	fp_markup_put(to, "<summary><span class=\"sign\">%s</span><span><code>%s</code> <span class=\"title\">%s</span></span></summary>\n",
	              fp_html_sign(standing), v->id, v->of->title);
}

static void put_facts(const struct fp_verdict *v, FILE *to)
{
	fputs("<p class=\"why\">", to);
	fp_markup_prose(to, fp_plain_text(fp_words_why(v)));
	fputs("</p>\n", to);
	if (v->known)
		fp_markup_put(to, "<p class=\"note\">Known: %s</p>\n", v->known);
	if (v->variant && v->plays > 1)
		fp_markup_put(to, "<p class=\"note\">This is the play in which the octets are cut as <code>%s</code>; %u before it went well.</p>\n",
		              v->variant, v->plays - 1);
	if (v->repeat)
		fp_markup_put(to, "<p class=\"repeat\"><code>%s</code><button type=\"button\" hidden>Copy</button></p>\n", v->repeat);
}

static void put_play(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to)
{
	if (!v->n_seen)
		return;
	fputs("<div class=\"play\"><div class=\"scroll\">\n", to);
	fp_html_diagram(s, v, to);
	fputs("</div><div class=\"octets-side\">\n", to);
	fp_html_octets_wrong(s, v, to);
	fputs("</div></div>\n<details class=\"more\"><summary>All octets of this play</summary>\n", to);
	fp_html_octets_all(s, v, to);
	fputs("</details>\n", to);
}

static void put_stderr(const struct fp_verdict *v, FILE *to)
{
	if (!v->stderr_text)
		return;
	fputs("<details class=\"more\" open><summary>What the program wrote to standard error, last</summary><pre class=\"stderr\">", to);
	fp_markup_plain(to, fp_plain_text(v->stderr_text));
	fputs("</pre></details>\n", to);
}

void fp_html_case(const struct fp_run_summary *s, size_t n, bool is_open, FILE *to)
{
	const struct fp_verdict *v = &s->verdicts[n];
	put_summary(v, n, is_open, to);
	fputs("<div class=\"body\">\n", to);
	put_facts(v, to);
	put_play(s, v, to);
	put_stderr(v, to);
	fputs("</div></details>\n", to);
}
