/* What all reports say alike. See words.h. */
#include "words.h"

#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fp_standing fp_words_standing(const struct fp_verdict *v)
{
	static const enum fp_standing standings[FP_JUDGEMENTS] = {
		[FP_PASS] = FP_STANDS_PASS, [FP_WARN] = FP_STANDS_WARN,     [FP_FAIL] = FP_STANDS_FAIL,
		[FP_SKIP] = FP_STANDS_SKIP, [FP_HARNESS] = FP_STANDS_ERROR,
	};
	if (v->is_unexpected_pass)
		return FP_STANDS_SURPRISE;
	if (v->known)
		return FP_STANDS_KNOWN;
	return standings[v->judgement];
}

bool fp_words_is_bad(enum fp_standing standing)
{
	return standing >= FP_STANDS_SURPRISE;
}

void fp_words_count(const struct fp_run_summary *s, unsigned counts[FP_STANDINGS])
{
	for (int i = 0; i < FP_STANDINGS; i++)
		counts[i] = 0;
	for (size_t i = 0; i < s->n; i++)
		counts[fp_words_standing(&s->verdicts[i])]++;
}

const char *fp_words_why(const struct fp_verdict *v)
{
	return v->is_unexpected_pass ? "passes, though --known says that it fails: take its line out" : v->why;
}

/* ---- words ---- */

const char *fp_words_side(enum fp_side side)
{
	static const char *const names[] = {"child", "parent", "pool"};
	return names[side];
}

const char *fp_words_actor(enum fp_actor actor)
{
	static const char *const names[] = {"", "parent", "child", "app", "pool", "worker"};
	return names[actor];
}

const char *fp_words_mode(const struct fp_run_summary *s)
{
	return s->is_async ? "async" : "sync";
}

const char *fp_words_profile(const struct fp_run_summary *s)
{
	return s->is_native ? "native" : "network";
}

const char *fp_words_serialiser(const struct fp_run_summary *s)
{
	return s->is_json ? "json" : "string";
}

const char *fp_words_transport(const struct fp_run_summary *s)
{
	return s->is_stdio ? "stdio" : "descriptor";
}

char *fp_words_seen_actor(const struct fp_seen *seen)
{
	bool is_got = seen->to != FP_ACTOR_NONE && seen->text && !strncmp(seen->text, "gets ", 5);
	enum fp_actor actor = is_got ? seen->to : seen->from;
	const char *name = fp_words_actor(actor);
	return seen->worker && actor == FP_ACTOR_WORKER ? fp_text("%s %u", name, seen->worker) : fp_text("%s", name);
}

char *fp_words_seen_line(const struct fp_seen *seen)
{
	char note[64] = "", *actor = fp_words_seen_actor(seen);
	const char *text = seen->text ? seen->text : "";
	if (seen->is_missing)
		snprintf(note, sizeof note, "  # expected");
	else if (seen->is_wrong && seen->wrong_at != SIZE_MAX)
		snprintf(note, sizeof note, "  # wrong from octet %zu", seen->wrong_at);
	else if (seen->is_wrong)
		snprintf(note, sizeof note, "  # wrong");
	char *line = fp_text("%s %.*s%s%s", actor, FP_WORDS_LINE_MAX, text,
	                     strnlen(text, FP_WORDS_LINE_MAX + 1) > FP_WORDS_LINE_MAX ? " …" : "", note);
	free(actor);
	return line;
}
