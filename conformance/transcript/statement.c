/* The lines below a transcript's head: one table says which there are, for reading, for printing and for who does them.
 * Must not know the head. */
#include "statement.h"

#include "form.h"
#include "memory.h"
#include "pieces.h"

#include <stdlib.h>
#include <string.h>

/* ---- which lines there are */

#define C (1U << FP_SIDE_CHILD)
#define P (1U << FP_SIDE_PARENT)
#define L (1U << FP_SIDE_POOL)
#define CHILD FP_ACTOR_CHILD
#define PARENT FP_ACTOR_PARENT
#define APP FP_ACTOR_APP
#define POOL FP_ACTOR_POOL
#define WORKER FP_ACTOR_WORKER

struct statement {
	enum fp_actor actor;
	const char *words;
	enum fp_verb verb;
	const struct fp_form *form;
	unsigned done, expected; /* sides on which it is */
	bool is_unordered, is_optional;
};

/* Where one begins as another does, the longer one comes first. */
static const struct statement statements[] = {
	{PARENT, "sends", FP_SENDS, &fp_form_octets, C, P, false, false},
	{PARENT, "ends", FP_ENDS, &fp_form_nothing, C, P, false, false},
	{PARENT, "closes", FP_CLOSES, &fp_form_nothing, C, P, false, false},
	{PARENT, "stops reading", FP_STOPS_READING, &fp_form_nothing, C, 0, false, false},
	{PARENT, "reads", FP_READS, &fp_form_nothing, C, 0, false, false},
	{CHILD, "sends unordered", FP_SENDS, &fp_form_octets, 0, C, true, false},
	{CHILD, "sends", FP_SENDS, &fp_form_octets, P, C, false, false},
	{CHILD, "may send", FP_SENDS, &fp_form_octets, 0, C, false, true},
	{CHILD, "ends", FP_ENDS, &fp_form_nothing, P, C, false, false},
	{CHILD, "closes", FP_CLOSES, &fp_form_nothing, P, C, false, false},
	{CHILD, "stops reading", FP_STOPS_READING, &fp_form_nothing, P, 0, false, false},
	{CHILD, "reads", FP_READS, &fp_form_nothing, P, 0, false, false},
	{CHILD, "exits", FP_EXITS, &fp_form_status, 0, C, false, false},
	{CHILD, "stays within", FP_STAYS, &fp_form_size, 0, C, false, false},
	{CHILD, "gets", FP_SIGNALLED, &fp_form_signalled, C, 0, false, false},
	{APP, "calls", FP_CALLS, &fp_form_call, P | L, 0, false, false},
	{APP, "drops", FP_DROPS, &fp_form_nothing, P | L, 0, false, false},
	{APP, "cancels", FP_CANCELS, &fp_form_tag, L, 0, false, false},
	{APP, "sets lastid", FP_SETS_LASTID, &fp_form_id, P, 0, false, false},
	{APP, "gets result", FP_GETS_RESULT, &fp_form_call, 0, P | L, false, false},
	{APP, "gets failure", FP_GETS_FAILURE, &fp_form_failure, 0, P | L, false, false},
	{APP, "gets event", FP_GETS_EVENT, &fp_form_items, 0, P | L, false, false},
	{APP, "gets error", FP_GETS_ERROR, &fp_form_error, 0, P | L, false, false},
	{APP, "gets end", FP_GETS_END, &fp_form_nothing, 0, P | L, false, false},
	{APP, "may get result", FP_GETS_RESULT, &fp_form_call, 0, P | L, false, true},
	{APP, "may get failure", FP_GETS_FAILURE, &fp_form_failure, 0, P | L, false, true},
	{APP, "may get event", FP_GETS_EVENT, &fp_form_items, 0, P | L, false, true},
	{APP, "may get error", FP_GETS_ERROR, &fp_form_error, 0, P | L, false, true},
	{APP, "may get end", FP_GETS_END, &fp_form_nothing, 0, P | L, false, true},
	{POOL, "starts worker", FP_STARTS, &fp_form_worker, 0, L, false, false},
	{POOL, "ends worker", FP_ENDS_WORKER, &fp_form_leaver, 0, L, false, false},
	{POOL, "kills worker", FP_KILLS_WORKER, &fp_form_worker, 0, L, false, false},
	{WORKER, "gets", FP_GETS_CALL, &fp_form_tag, 0, L, false, false},
	{WORKER, "answers", FP_ANSWERS, &fp_form_call, L, 0, false, false},
	{WORKER, "sends", FP_SENDS, &fp_form_octets, L, 0, false, false},
	{WORKER, "ends", FP_ENDS, &fp_form_nothing, L, 0, false, false},
	{WORKER, "closes", FP_CLOSES, &fp_form_nothing, L, 0, false, false},
	{WORKER, "stops reading", FP_STOPS_READING, &fp_form_nothing, L, 0, false, false},
	{WORKER, "retires", FP_RETIRES, &fp_form_nothing, L, 0, false, false},
	{WORKER, "dies", FP_DIES, &fp_form_nothing, L, 0, false, false},
	{WORKER, "holds", FP_HOLDS, &fp_form_nothing, L, 0, false, false},
	{WORKER, "exits", FP_EXITS, &fp_form_nothing, L, 0, false, false},
	{FP_ACTOR_NONE, "more", FP_NOTHING_MORE, &fp_form_nothing, 0, C | P | L, false, false},
};
#define N_STATEMENTS (sizeof statements / sizeof *statements)

static const char *const actors[] = {
	[FP_ACTOR_NONE] = "nothing", [PARENT] = "parent", [CHILD] = "child", [APP] = "app", [POOL] = "pool",
	[WORKER] = "worker"};
#define N_ACTORS (sizeof actors / sizeof *actors)

static bool is_on_side(const struct statement *s, enum fp_side side)
{
	return ((s->done | s->expected) >> side & 1) != 0;
}

/* ---- reading a line */

static bool is_acting(enum fp_actor actor, enum fp_side side)
{
	for (size_t i = 0; i < N_STATEMENTS; i++)
		if (statements[i].actor == actor && is_on_side(&statements[i], side))
			return true;
	return false;
}

static const char *actor_read(struct fp_cursor *c, enum fp_side side, struct fp_line *l)
{
	struct fp_word w = fp_cursor_word(c);
	for (l->actor = 0; l->actor < N_ACTORS; l->actor++)
		if (is_acting(l->actor, side) && fp_word_is(w, actors[l->actor]))
			return l->actor == WORKER ? fp_worker_number_read(c, l) : NULL;
	l->actor = FP_ACTOR_NONE;
	c->at -= w.len;
	fp_cursor_say(c, "a line of a head, or one of");
	for (enum fp_actor a = 0; a < N_ACTORS; a++)
		if (is_acting(a, side))
			fp_cursor_say_also(c, actors[a]);
	return c->said;
}

/* Goes past the words, where they are all next. */
static bool has_words_next(struct fp_cursor *c, const char *words)
{
	size_t begin = c->at;
	for (size_t n; *words; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		struct fp_word w = fp_cursor_word(c);
		if (w.len != n || memcmp(w.text, words, n) != 0) {
			c->at = begin;
			return false;
		}
	}
	return true;
}

static const char *verb_read(struct fp_cursor *c, enum fp_side side, enum fp_actor actor, const struct statement **s)
{
	fp_cursor_skip(c);
	for (*s = statements; *s < statements + N_STATEMENTS; ++*s)
		if ((*s)->actor == actor && is_on_side(*s, side) && has_words_next(c, (*s)->words))
			return NULL;
	fp_cursor_say(c, "one of");
	for (*s = statements; *s < statements + N_STATEMENTS; ++*s)
		if ((*s)->actor == actor && is_on_side(*s, side))
			fp_cursor_say_also(c, (*s)->words);
	return c->said;
}

static const char *kinds_check(const struct fp_octets *o, bool is_done)
{
	if (is_done && fp_pieces_has_any(o))
		return "octets that are known, in what is done";
	if (!is_done && fp_pieces_measure(o).cuts)
		return "octets without /, in what is expected";
	return NULL;
}

/* What is done is known; what is expected is not cut. */
static const char *line_check(const struct fp_line *l, bool is_done)
{
	const char *wrong = kinds_check(&l->octets, is_done);
	for (size_t i = 0; !wrong && i < l->n_items; i++)
		wrong = kinds_check(&l->items[i], is_done);
	return wrong;
}

static const char *form_read(struct fp_cursor *c, const struct statement *s, bool is_done, struct fp_line *l)
{
	fp_cursor_skip(c);
	size_t begin = c->at;
	const char *wrong = s->form->read ? s->form->read(c, l) : NULL;
	if (!wrong)
		wrong = fp_cursor_finish(c);
	if (!wrong && (wrong = line_check(l, is_done)))
		c->at = begin;
	return wrong;
}

const char *fp_line_read(struct fp_cursor *c, enum fp_side side, struct fp_line *l)
{
	const struct statement *s;
	const char *wrong = actor_read(c, side, l);
	if (!wrong)
		wrong = verb_read(c, side, l->actor, &s);
	if (wrong)
		return wrong;
	l->verb = s->verb;
	l->is_unordered = s->is_unordered;
	l->is_optional = s->is_optional;
	return form_read(c, s, (s->done >> side & 1) != 0, l);
}

void fp_line_fini(struct fp_line *l)
{
	for (size_t i = 0; i < l->n_items; i++)
		fp_octets_fini(&l->items[i]);
	free(l->items);
	fp_octets_fini(&l->octets);
	free(l->word);
	free(l->class);
}

/* ---- a line that was read, or made by a program */

static const struct statement *statement_of(const struct fp_line *l)
{
	for (size_t i = 0; i < N_STATEMENTS; i++) {
		const struct statement *s = &statements[i];
		if (s->actor == l->actor && s->verb == l->verb && s->is_unordered == l->is_unordered &&
		    s->is_optional == l->is_optional)
			return s;
	}
	fputs("a line that is not in the language\n", stderr);
	abort();
}

void fp_line_print(const struct fp_line *l, FILE *to)
{
	const struct statement *s = statement_of(l);
	fputs(actors[l->actor], to);
	if (l->actor == WORKER)
		fprintf(to, " %u", l->worker);
	fprintf(to, " %s", s->words);
	if (s->form->print)
		s->form->print(l, to);
}

bool fp_line_is_done(const struct fp_line *l, enum fp_side side)
{
	return (statement_of(l)->done >> side & 1) != 0;
}
