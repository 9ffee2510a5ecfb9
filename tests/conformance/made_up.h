/* Summaries of runs that never were: one with everything that a report can be given, with hostile text in every field, and
 * others with one thing each. For test_reports.c, and for print_report.c, whose output test_reports.py reads. */
#ifndef FP_TESTS_MADE_UP_H
#define FP_TESTS_MADE_UP_H

#include "../../conformance/judge/clause.h"
#include "../../conformance/judge/report.h"

#include <string.h>

#define MADE_UP_VERDICTS 8
#define MADE_UP_LONG_STEPS 5000
#define MADE_UP_LONG_OCTETS 70000

/* What ends a string, an element, a line, a test, a block, and what a terminal or a reader of XML would choke on. */
#define HOSTILE "\x1b[31m<script src=http://x.example/a.js>alert(1)</script>]]>&amp;\"'` # SKIP \\ # TODO\nnot ok 99\n  ...\nBail out!\n" \
	"\x01\x7f\xff\xc0\x80\xed\xa0\x80 \xe2\x80\xae \xef\xbf\xbf \xc3\xa9 %s%n\t\r"

struct made_up {
	struct fp_run_summary summary;
	struct fp_spec spec;
	struct fp_clause clauses[4];
	struct fp_transcript cases[MADE_UP_VERDICTS];
	char *named[MADE_UP_VERDICTS][2];
	struct fp_verdict verdicts[MADE_UP_VERDICTS];
	struct fp_seen seen[5];
	struct fp_seen long_seen[MADE_UP_LONG_STEPS];
	uint8_t long_octets[MADE_UP_LONG_OCTETS];
};

static inline void made_up_spec(struct made_up *m)
{
	static char ids[4][8] = {"FRM-1", "SER-2", "SER-3", "POOL-1"}, framing[] = "Framing", lists[] = "String lists";
	static char title[] = "A title with `code` & <b>", child[] = "MUST · parent, child · both · both", pool[] = "MAY · pool · both · both";
	static char text[] = "A promise, with `code`, is kept. More of it.\n\n*Why:* because < and & are letters too.\n\n    a figure";
	for (int i = 0; i < 4; i++)
		m->clauses[i] = (struct fp_clause){.id = ids[i], .title = title, .group = i ? lists : framing,
		                                   .level = i < 3 ? FP_LEVEL_MUST : FP_LEVEL_MAY, .binds = i < 3 ? child : pool, .text = text};
	m->clauses[2].level = FP_LEVEL_SHOULD;
	m->spec = (struct fp_spec){m->clauses, 4};
}

/* A reply that is cut off, another that is wrong, what was expected, and an exit. */
static inline void made_up_seen(struct made_up *m)
{
	static uint8_t request[] = {0, 0, 0, 9, 4, 'e', 'c', 'h', 'o', 3, '<', 'b', '>'};
	static uint8_t came[] = {0, 0, 0, 1, 0, 0, 0, 4, 3, '<', 'x', '>'}, expected[] = {0, 0, 0, 1, 0, 0, 0, 4, 3, '<', 'b', '>'};
	static char sends[] = "sends " HOSTILE, gets[] = "gets event " HOSTILE, exits[] = "exits 1";
	m->seen[0] = (struct fp_seen){FP_ACTOR_PARENT, FP_ACTOR_CHILD, 0, sends, request, sizeof request, true, false, SIZE_MAX, false};
	m->seen[1] = (struct fp_seen){FP_ACTOR_POOL, FP_ACTOR_WORKER, 3, gets, NULL, 0, false, false, SIZE_MAX, false};
	m->seen[2] = (struct fp_seen){FP_ACTOR_CHILD, FP_ACTOR_PARENT, 0, sends, came, sizeof came, false, true, 10, false};
	m->seen[3] = (struct fp_seen){FP_ACTOR_CHILD, FP_ACTOR_PARENT, 0, sends, expected, sizeof expected, false, true, SIZE_MAX, true};
	m->seen[4] = (struct fp_seen){FP_ACTOR_CHILD, FP_ACTOR_NONE, 0, exits, NULL, 0, false, false, SIZE_MAX, false};
}

static inline void made_up_long(struct made_up *m)
{
	static char sends[] = "sends 78*70000", short_sends[] = "sends 00";
	memset(m->long_octets, 'x', sizeof m->long_octets);
	for (size_t i = 0; i < MADE_UP_LONG_STEPS; i++)
		m->long_seen[i] = (struct fp_seen){.from = i % 2 ? FP_ACTOR_CHILD : FP_ACTOR_PARENT, .to = i % 2 ? FP_ACTOR_PARENT : FP_ACTOR_CHILD,
		                                   .text = short_sends, .data = m->long_octets, .len = 1, .is_done = i % 2 == 0, .wrong_at = SIZE_MAX};
	struct fp_seen *wrong = &m->long_seen[MADE_UP_LONG_STEPS / 2 + 1];
	wrong->text = sends;
	wrong->len = MADE_UP_LONG_OCTETS;
	wrong->is_wrong = true;
	wrong->wrong_at = MADE_UP_LONG_OCTETS; /* it ends too early */
}

/* All verdicts that there are, in the order of enum fp_standing, and a failure of no clause with a long play. */
static inline void made_up_verdicts(struct made_up *m)
{
	static const enum fp_judgement judgements[] = {FP_PASS, FP_WARN, FP_SKIP, FP_FAIL, FP_PASS, FP_FAIL, FP_HARNESS, FP_FAIL};
	static char ids[MADE_UP_VERDICTS][16] = {"a/1", "a/2", "a/3", "b/sub/4", "b/5", "b/6", "c/7", "no-slash"};
	static char title[] = "title " HOSTILE, why[] = "why " HOSTILE, repeat[] = "forkpool-conform run --child '" HOSTILE "'";
	static char errors[] = "stderr " HOSTILE, variant[] = "cut-3";
	for (int i = 0; i < MADE_UP_VERDICTS; i++) {
		bool is_plain = judgements[i] == FP_PASS, is_played = judgements[i] != FP_SKIP;
		m->named[i][0] = m->clauses[i % 3].id;
		m->named[i][1] = m->clauses[(i + 1) % 3].id;
		m->cases[i] = (struct fp_transcript){.title = i ? title : NULL, .clauses = m->named[i], .n_clauses = 2};
		m->verdicts[i] = (struct fp_verdict){.of = &m->cases[i], .id = ids[i], .judgement = judgements[i], .plays = is_played ? 4 : 0,
		                                     .clause = m->clauses[i % 3].id, .why = is_plain ? NULL : why, .time_ns = 1500000000};
		if (is_plain || !is_played)
			continue;
		m->verdicts[i].seen = m->seen;
		m->verdicts[i].n_seen = 5;
		m->verdicts[i].variant = variant;
		m->verdicts[i].repeat = repeat;
		m->verdicts[i].stderr_text = errors;
	}
	m->verdicts[3].known = "known " HOSTILE;
	m->verdicts[4].is_unexpected_pass = true;
	m->verdicts[7].clause = NULL;
	m->cases[7].n_clauses = 0;
	m->verdicts[7].seen = m->long_seen;
	m->verdicts[7].n_seen = MADE_UP_LONG_STEPS;
}

static inline void made_up_count(struct made_up *m)
{
	struct fp_run_summary *s = &m->summary;
	s->is_conforming = true;
	for (size_t i = 0; i < s->n; i++) {
		const struct fp_verdict *v = &s->verdicts[i];
		s->counts[v->judgement]++;
		s->known_failures += v->known != NULL;
		s->unexpected_passes += v->is_unexpected_pass;
		bool is_bad = (v->judgement == FP_FAIL && !v->known) || v->judgement == FP_HARNESS || v->is_unexpected_pass;
		s->is_conforming = s->is_conforming && !is_bad;
	}
}

/* `which`: "all", or a part of them: "pass", "skip", "known", "error", "empty". False: there is none of this name. */
static inline bool made_up_fill(struct made_up *m, const char *which)
{
	static const struct {
		const char *name;
		size_t first, n;
	} parts[] = {{"all", 0, 8}, {"pass", 0, 1}, {"skip", 2, 1}, {"known", 3, 1}, {"error", 6, 1}, {"empty", 0, 0}};
	*m = (struct made_up){0};
	made_up_spec(m);
	made_up_seen(m);
	made_up_long(m);
	made_up_verdicts(m);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (strcmp(parts[i].name, which))
			continue;
		m->summary = (struct fp_run_summary){.testee = "cmd " HOSTILE, .side = FP_SIDE_CHILD, .seed = UINT64_MAX, .time_ns = 3000000000,
		                                     .verdicts = m->verdicts + parts[i].first, .n = parts[i].n, .spec = &m->spec};
		made_up_count(m);
		return true;
	}
	return false;
}

#endif
