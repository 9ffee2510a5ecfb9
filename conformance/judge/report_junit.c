/* A run as JUnit XML, in the form that Jenkins, Surefire and GitLab read: a test case a case. Must not know the other
 * reports. */
#include "base.h"
#include "markup.h"
#include "report.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

static void put_time(FILE *to, const struct fp_run_summary *s, uint64_t time_ns)
{
	if (s->time_ns)
		fprintf(to, " time=\"%.3f\"", (double)time_ns / (double)FP_NS_S);
}

/* FILE/CASE, as a class and a name: readers make folders of the dots in a class. */
static void put_name(FILE *to, const struct fp_verdict *v)
{
	size_t file_len = strcspn(v->id, "/");
	char *file = fp_text("%.*s", (int)file_len, v->id);
	fp_markup_put(to, "  <testcase classname=\"conform.%s\" name=\"%s\"", file, v->id + file_len + (v->id[file_len] == '/'));
	free(file);
}

static void put_line(FILE *to, const char *name, const char *value)
{
	if (value)
		fp_markup_put(to, "%s%s\n", name, value);
}

/* What a person reads: the promise, what was seen, how to see it again. */
static void put_story(FILE *to, const struct fp_run_summary *s, const struct fp_verdict *v)
{
	const struct fp_clause *clause = v->clause ? fp_spec_find(s->spec, v->clause) : NULL;
	char *sentence = clause ? fp_clause_sentence(clause) : NULL;
	put_line(to, "", fp_words_why(v));
	put_line(to, "case: ", v->of->title);
	put_line(to, "promise: ", sentence);
	put_line(to, "variant: ", v->variant);
	put_line(to, "known: ", v->known);
	put_line(to, "repeat: ", v->repeat);
	for (size_t i = 0; i < v->n_seen; i++) {
		char *line = fp_words_seen_line(&v->seen[i]);
		put_line(to, "  ", line);
		free(line);
	}
	free(sentence);
}

static void put_bad(FILE *to, const struct fp_run_summary *s, const struct fp_verdict *v, const char *element,
                    const char *type)
{
	fp_markup_put(to, "   <%s type=\"%s\" message=\"%s\">", element, type, fp_words_why(v));
	put_story(to, s, v);
	fp_markup_put(to, "</%s>\n", element);
}

static void put_output(FILE *to, const struct fp_run_summary *s, const struct fp_verdict *v, enum fp_standing standing)
{
	if (standing == FP_STANDS_WARN || standing == FP_STANDS_KNOWN) {
		fputs("   <system-out>", to);
		put_story(to, s, v);
		fputs("</system-out>\n", to);
	}
	if (v->stderr_text) {
		fputs("   <system-err>", to);
		fp_markup_plain(to, fp_plain_text(v->stderr_text));
		fputs("</system-err>\n", to);
	}
}

static void put_case(FILE *to, const struct fp_run_summary *s, const struct fp_verdict *v)
{
	enum fp_standing standing = fp_words_standing(v);
	put_name(to, v);
	put_time(to, s, v->time_ns);
	fputs(">\n", to);
	if (standing == FP_STANDS_SKIP)
		fp_markup_put(to, "   <skipped message=\"%s\"/>\n", v->why);
	else if (standing == FP_STANDS_KNOWN)
		fp_markup_put(to, "   <skipped message=\"known: %s\"/>\n", v->known);
	else if (standing == FP_STANDS_ERROR)
		put_bad(to, s, v, "error", "harness");
	else if (standing == FP_STANDS_SURPRISE)
		put_bad(to, s, v, "failure", "unexpected-pass");
	else if (standing == FP_STANDS_FAIL)
		put_bad(to, s, v, "failure", v->clause ? v->clause : "case");
	put_output(to, s, v, standing);
	fputs("  </testcase>\n", to);
}

static void put_properties(FILE *to, const struct fp_run_summary *s)
{
	char *seed = fp_text("%llu", (unsigned long long)s->seed);
	const char *const pairs[][2] = {
		{"testee", s->testee},
		{"mode", fp_words_mode(s)},
		{"profile", fp_words_profile(s)},
		{"serialiser", fp_words_serialiser(s)},
		{"transport", fp_words_transport(s)},
		{"seed", seed},
	};
	fputs("  <properties>\n", to);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		fp_markup_put(to, "   <property name=\"%s\" value=\"%s\"/>\n", pairs[i][0], pairs[i][1]);
	fputs("  </properties>\n", to);
	free(seed);
}

static void put_counts(FILE *to, const struct fp_run_summary *s)
{
	unsigned counts[FP_STANDINGS];
	fp_words_count(s, counts);
	fprintf(to, " tests=\"%zu\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"", s->n,
	        counts[FP_STANDS_FAIL] + counts[FP_STANDS_SURPRISE], counts[FP_STANDS_ERROR],
	        counts[FP_STANDS_SKIP] + counts[FP_STANDS_KNOWN]);
	put_time(to, s, s->time_ns);
	fputs(">\n", to);
}

void fp_report_junit(const struct fp_run_summary *s, FILE *to)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", to);
	put_counts(to, s);
	fp_markup_put(to, " <testsuite name=\"forkpool-conform %s\"", fp_words_side(s->side));
	put_counts(to, s);
	put_properties(to, s);
	for (size_t i = 0; i < s->n; i++)
		put_case(to, s, &s->verdicts[i]);
	fputs(" </testsuite>\n</testsuites>\n", to);
}
