/* A run as JSON, for programs; ../report.schema.json describes it. Must not know the other reports.
 *
 * Keys come in the order in which they are set here. All wall clock is under the one key `times`, which is left out of a
 * summary without a time. */
#include "base.h"
#include "plain.h"
#include "report.h"
#include "words.h"

#include <jansson.h>
#include <stdlib.h>

#define FORMAT 1                        /* of what is written: a key that goes or changes its meaning makes another */
#define OCTETS_MAX ((size_t)4096)       /* of one thing: around the first wrong one */
#define LINE_CHARS_MAX ((size_t)16384)

static json_t *checked(json_t *j)
{
	if (!j)
		abort(); /* no memory: every text is made valid before */
	return j;
}

static void set(json_t *to, const char *key, json_t *value)
{
	if (json_object_set_new(to, key, checked(value)))
		abort();
}

static json_t *plain(struct fp_plain p)
{
	char *text = fp_plain_all(p);
	json_t *j = json_string(text);
	free(text);
	return checked(j);
}

static json_t *line(const char *text)
{
	return text ? plain(fp_plain_line(text, LINE_CHARS_MAX)) : json_null();
}

static json_t *number(uint64_t n)
{
	return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static json_t *hex(const uint8_t *data, size_t len)
{
	char *text = fp_get(2 * len + 1, 1);
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	json_t *j = json_string(text);
	free(text);
	return checked(j);
}

/* ---- one thing that was seen ---- */

static void set_octets(json_t *to, const struct fp_seen *seen)
{
	size_t wrong_at = seen->wrong_at < seen->len ? seen->wrong_at : 0;
	size_t at = seen->len > OCTETS_MAX && wrong_at > OCTETS_MAX / 2 ? wrong_at - OCTETS_MAX / 2 : 0;
	size_t len = seen->len - at < OCTETS_MAX ? seen->len - at : OCTETS_MAX;
	set(to, "octets", hex(seen->data + at, len));
	set(to, "octets_at", number(at));
	set(to, "octets_all", number(seen->len));
}

static json_t *seen_one(const struct fp_seen *seen)
{
	json_t *j = checked(json_object());
	set(j, "from", line(fp_words_actor(seen->from)));
	set(j, "to", seen->to ? line(fp_words_actor(seen->to)) : json_null());
	set(j, "worker", seen->worker ? number(seen->worker) : json_null());
	set(j, "by", json_string(seen->is_done ? "suite" : "testee"));
	set(j, "text", line(seen->text ? seen->text : ""));
	set(j, "is_wrong", json_boolean(seen->is_wrong));
	set(j, "is_missing", json_boolean(seen->is_missing));
	set(j, "wrong_at", seen->wrong_at == SIZE_MAX ? json_null() : number(seen->wrong_at));
	if (seen->data)
		set_octets(j, seen);
	return j;
}

static json_t *seen_all(const struct fp_verdict *v)
{
	json_t *all = checked(json_array());
	for (size_t i = 0; i < v->n_seen; i++)
		json_array_append_new(all, seen_one(&v->seen[i]));
	return all;
}

/* ---- one case ---- */

static json_t *clauses(const struct fp_transcript *t)
{
	json_t *all = checked(json_array());
	for (size_t i = 0; i < t->n_clauses; i++)
		json_array_append_new(all, line(t->clauses[i]));
	return all;
}

static json_t *verdict(const struct fp_verdict *v)
{
	json_t *j = checked(json_object());
	set(j, "id", line(v->id));
	set(j, "title", line(v->of->title));
	set(j, "clauses", clauses(v->of));
	set(j, "verdict", line(fp_judgement_name(v->judgement)));
	set(j, "is_bad", json_boolean(fp_words_is_bad(fp_words_standing(v))));
	set(j, "is_late", json_boolean(v->is_late));
	set(j, "plays", number(v->plays));
	set(j, "clause", line(v->clause));
	set(j, "variant", line(v->variant));
	set(j, "why", line(fp_words_why(v)));
	set(j, "known", line(v->known));
	set(j, "repeat", line(v->repeat));
	set(j, "stderr", v->stderr_text ? plain(fp_plain_text(v->stderr_text)) : json_null());
	set(j, "seen", seen_all(v));
	return j;
}

/* ---- the run ---- */

static json_t *counts(const struct fp_run_summary *s)
{
	static const char *const names[FP_STANDINGS] = {"pass", "warn", "skip", "known", "unexpected_pass", "fail", "error"};
	unsigned n[FP_STANDINGS];
	json_t *j = checked(json_object());
	fp_words_count(s, n);
	for (int i = 0; i < FP_STANDINGS; i++)
		set(j, names[i], number(n[i]));
	return j;
}

static json_t *times(const struct fp_run_summary *s)
{
	json_t *j = checked(json_object()), *cases = checked(json_object());
	set(j, "run_ns", number(s->time_ns));
	for (size_t i = 0; i < s->n; i++) {
		char *id = fp_plain_all(fp_plain_line(s->verdicts[i].id, LINE_CHARS_MAX));
		set(cases, id, number(s->verdicts[i].time_ns));
		free(id);
	}
	set(j, "cases_ns", cases);
	return j;
}

/* As text: not every reader has integers of 64 bits. */
static json_t *seed(const struct fp_run_summary *s)
{
	char text[32];
	snprintf(text, sizeof text, "%llu", (unsigned long long)s->seed);
	return json_string(text);
}

static json_t *cases(const struct fp_run_summary *s)
{
	json_t *all = checked(json_array());
	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(all, verdict(&s->verdicts[i]));
	return all;
}

void fp_report_json(const struct fp_run_summary *s, FILE *to)
{
	json_t *j = checked(json_object());
	set(j, "format", number(FORMAT));
	set(j, "testee", line(s->testee));
	set(j, "side", line(fp_words_side(s->side)));
	set(j, "mode", line(fp_words_mode(s)));
	set(j, "profile", line(fp_words_profile(s)));
	set(j, "serialiser", line(fp_words_serialiser(s)));
	set(j, "transport", line(fp_words_transport(s)));
	set(j, "seed", seed(s));
	set(j, "conforms", json_boolean(s->is_conforming));
	set(j, "counts", counts(s));
	set(j, "cases", cases(s));
	if (s->time_ns)
		set(j, "times", times(s));
	json_dumpf(j, to, JSON_INDENT(1));
	putc('\n', to);
	json_decref(j);
}
