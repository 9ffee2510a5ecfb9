/* The lines below a transcript's head: one table says which there are, for reading, for printing and for who does them.
 * Must not know the head. */
#include "statement.h"

#include "memory.h"
#include "pieces.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- what stands behind the verb */

struct form {
	const char *(*read)(struct fp_cursor *c, struct fp_line *l); /* NULL: nothing stands there */
	void (*print)(const struct fp_line *l, FILE *to);
};

static const struct form nothing;

static const char *octets_read(struct fp_cursor *c, struct fp_line *l)
{
	return fp_pieces_read(c, &l->octets);
}

static void octets_print(const struct fp_line *l, FILE *to)
{
	putc(' ', to);
	fp_octets_print(&l->octets, to);
}

static const struct form octets = {octets_read, octets_print};

static const char *items_read(struct fp_cursor *c, struct fp_line *l)
{
	const char *wrong = NULL;
	while (!wrong && fp_cursor_has_word(c)) {
		l->items = fp_memory_more(l->items, l->n_items, sizeof *l->items);
		wrong = fp_item_read(c, &l->items[l->n_items++]);
	}
	return wrong;
}

static void items_print(const struct fp_line *l, FILE *to)
{
	for (size_t i = 0; i < l->n_items; i++) {
		putc(' ', to);
		fp_item_print(&l->items[i], to);
	}
}

static const struct form items = {items_read, items_print};

static const char *tag_read(struct fp_cursor *c, struct fp_line *l)
{
	return fp_cursor_name(c, "the name of a call", &l->word);
}

static void word_print(const struct fp_line *l, FILE *to)
{
	fprintf(to, " %s", l->word);
}

static const struct form tag = {tag_read, word_print};

static const char *call_read(struct fp_cursor *c, struct fp_line *l)
{
	const char *wrong = tag_read(c, l);
	return wrong ? wrong : items_read(c, l);
}

static void call_print(const struct fp_line *l, FILE *to)
{
	word_print(l, to);
	items_print(l, to);
}

static const struct form call = {call_read, call_print};

static const char *choice_read(struct fp_cursor *c, const char *const *names, char **to)
{
	unsigned i;
	const char *wrong = fp_cursor_choice(c, names, &i);
	if (!wrong)
		*to = fp_memory_text(names[i], strlen(names[i]));
	return wrong;
}

static const char *error_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char *const classes[] = {"eof", "reply", "payload", "length", "read", "write", NULL};
	return fp_cursor_has_word(c) ? choice_read(c, classes, &l->class) : NULL;
}

static void error_print(const struct fp_line *l, FILE *to)
{
	if (l->class)
		fprintf(to, " %s", l->class);
}

static const struct form error = {error_read, error_print};

static const char *failure_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char *const classes[] = {"eof",     "reply",     "payload",  "length",   "read",     "write", "crashed",
	                                      "timeout", "cancelled", "rejected", "protocol", "shutdown", NULL};
	const char *wrong = tag_read(c, l);
	if (wrong || !fp_cursor_has_word(c))
		return wrong;
	return choice_read(c, classes, &l->class);
}

static void failure_print(const struct fp_line *l, FILE *to)
{
	word_print(l, to);
	error_print(l, to);
}

static const struct form failure = {failure_read, failure_print};

static const char *signal_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char *const signals[] = {"USR1", "STOP", "CONT", NULL};
	return choice_read(c, signals, &l->word);
}

static const struct form signalled = {signal_read, word_print};

static const char *const exits[] = {[FP_EXIT_ZERO] = "zero", [FP_EXIT_NONZERO] = "nonzero", [FP_EXIT_ANY] = "any"};

static const char *exit_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char expected[] = "an exit status: 0 to 255, zero, nonzero or any";
	uint64_t status = 0;
	struct fp_word w = fp_cursor_word(c);
	for (l->exit = FP_EXIT_ZERO; l->exit <= FP_EXIT_ANY; l->exit++)
		if (fp_word_is(w, exits[l->exit]))
			return NULL;
	c->at -= w.len;
	l->exit = FP_EXIT_STATUS;
	const char *wrong = fp_cursor_digits(c, 0, 255, expected, &status);
	l->status = (int)status;
	return wrong;
}

static void exit_print(const struct fp_line *l, FILE *to)
{
	if (l->exit == FP_EXIT_STATUS)
		fprintf(to, " %d", l->status);
	else
		fprintf(to, " %s", exits[l->exit]);
}

static const struct form status = {exit_read, exit_print};

/* ---- quantities with a unit */

struct unit {
	const char *name;
	uint64_t size;
};

/* From the largest on: printed in the largest that divides it. */
static const struct unit sizes[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}, {NULL, 0}};
static const struct unit times[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}, {NULL, 0}};

static const char *quantity_read(struct fp_cursor *c, const struct unit *units, const char *expected, uint64_t *to)
{
	struct fp_word w = fp_cursor_word(c);
	size_t end = c->at;
	c->at -= w.len;
	size_t begin = c->at;
	if (fp_cursor_digits(c, 1, UINT64_MAX, expected, to))
		return expected;
	struct fp_word name = {c->text + c->at, end - c->at};
	while (units->name && !fp_word_is(name, units->name))
		units++;
	c->at = units->name && *to <= UINT64_MAX / units->size ? end : begin;
	*to *= units->size;
	return c->at == end ? NULL : expected;
}

static void quantity_print(const struct unit *units, uint64_t n, FILE *to)
{
	while (n % units->size)
		units++;
	fprintf(to, " %" PRIu64 "%s", n / units->size, units->name);
}

static const char *size_read(struct fp_cursor *c, struct fp_line *l)
{
	return quantity_read(c, sizes, "a size, such as 512K, 64M or 1G", &l->size_bytes);
}

static void size_print(const struct fp_line *l, FILE *to)
{
	quantity_print(sizes, l->size_bytes, to);
}

static const struct form size = {size_read, size_print};

static const char *worker_number_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char expected[] = "the number of a worker: 1 to 65535";
	uint64_t number = 0;
	fp_cursor_skip(c);
	const char *wrong = fp_cursor_digits(c, 1, FP_WORKERS_MAX, expected, &number);
	l->worker = (unsigned)number;
	return wrong;
}

static const char any_worker[] = "any";

static const char *after_read(struct fp_cursor *c, struct fp_line *l)
{
	if (!fp_cursor_has_word(c))
		return NULL;
	size_t begin = c->at;
	if (fp_word_is(fp_cursor_word(c), "after"))
		return quantity_read(c, times, "a time, such as 100ms or 2s", &l->after_ns);
	c->at = begin;
	return "`after` a time, or the end of the line";
}

static void after_print(const struct fp_line *l, FILE *to)
{
	if (!l->after_ns)
		return;
	fputs(" after", to);
	quantity_print(times, l->after_ns, to);
}

static const char *worker_read(struct fp_cursor *c, struct fp_line *l)
{
	const char *wrong = worker_number_read(c, l);
	return wrong ? wrong : after_read(c, l);
}

static void worker_print(const struct fp_line *l, FILE *to)
{
	fprintf(to, " %u", l->worker);
	after_print(l, to);
}

static const struct form worker = {worker_read, worker_print};

static const char *leaver_read(struct fp_cursor *c, struct fp_line *l)
{
	fp_cursor_skip(c);
	size_t begin = c->at;
	if (fp_word_is(fp_cursor_word(c), any_worker))
		return after_read(c, l);
	c->at = begin;
	if (worker_number_read(c, l))
		return "any, or the number of a worker: 1 to 65535";
	return after_read(c, l);
}

static void leaver_print(const struct fp_line *l, FILE *to)
{
	if (l->worker)
		fprintf(to, " %u", l->worker);
	else
		fprintf(to, " %s", any_worker);
	after_print(l, to);
}

/* One of them, or whichever it is. */
static const struct form leaver = {leaver_read, leaver_print};

static const char *id_read(struct fp_cursor *c, struct fp_line *l)
{
	uint64_t id;
	fp_cursor_skip(c);
	size_t begin = c->at;
	const char *wrong = fp_cursor_digits(c, 0, UINT32_MAX, "an id: 0 to 4294967295", &id);
	if (!wrong)
		l->word = fp_memory_text(c->text + begin, c->at - begin);
	return wrong;
}

static const struct form id = {id_read, word_print};

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
	const struct form *form;
	unsigned done, expected; /* sides on which it is */
	bool is_unordered, is_optional;
};

/* Where one begins as another does, the longer one comes first. */
static const struct statement statements[] = {
	{PARENT, "sends", FP_SENDS, &octets, C, P, false, false},
	{PARENT, "ends", FP_ENDS, &nothing, C, P, false, false},
	{PARENT, "closes", FP_CLOSES, &nothing, C, P, false, false},
	{PARENT, "stops reading", FP_STOPS_READING, &nothing, C, 0, false, false},
	{PARENT, "reads", FP_READS, &nothing, C, 0, false, false},
	{CHILD, "sends unordered", FP_SENDS, &octets, 0, C, true, false},
	{CHILD, "sends", FP_SENDS, &octets, P, C, false, false},
	{CHILD, "may send", FP_SENDS, &octets, 0, C, false, true},
	{CHILD, "ends", FP_ENDS, &nothing, P, C, false, false},
	{CHILD, "closes", FP_CLOSES, &nothing, P, C, false, false},
	{CHILD, "stops reading", FP_STOPS_READING, &nothing, P, 0, false, false},
	{CHILD, "reads", FP_READS, &nothing, P, 0, false, false},
	{CHILD, "exits", FP_EXITS, &status, 0, C, false, false},
	{CHILD, "stays within", FP_STAYS, &size, 0, C, false, false},
	{CHILD, "gets", FP_SIGNALLED, &signalled, C, 0, false, false},
	{APP, "calls", FP_CALLS, &call, P | L, 0, false, false},
	{APP, "drops", FP_DROPS, &nothing, P | L, 0, false, false},
	{APP, "cancels", FP_CANCELS, &tag, L, 0, false, false},
	{APP, "sets lastid", FP_SETS_LASTID, &id, P, 0, false, false},
	{APP, "gets result", FP_GETS_RESULT, &call, 0, P | L, false, false},
	{APP, "gets failure", FP_GETS_FAILURE, &failure, 0, P | L, false, false},
	{APP, "gets event", FP_GETS_EVENT, &items, 0, P | L, false, false},
	{APP, "gets error", FP_GETS_ERROR, &error, 0, P | L, false, false},
	{APP, "gets end", FP_GETS_END, &nothing, 0, P | L, false, false},
	{APP, "may get result", FP_GETS_RESULT, &call, 0, P | L, false, true},
	{APP, "may get failure", FP_GETS_FAILURE, &failure, 0, P | L, false, true},
	{APP, "may get event", FP_GETS_EVENT, &items, 0, P | L, false, true},
	{APP, "may get error", FP_GETS_ERROR, &error, 0, P | L, false, true},
	{APP, "may get end", FP_GETS_END, &nothing, 0, P | L, false, true},
	{POOL, "starts worker", FP_STARTS, &worker, 0, L, false, false},
	{POOL, "ends worker", FP_ENDS_WORKER, &leaver, 0, L, false, false},
	{POOL, "kills worker", FP_KILLS_WORKER, &worker, 0, L, false, false},
	{WORKER, "gets", FP_GETS_CALL, &tag, 0, L, false, false},
	{WORKER, "answers", FP_ANSWERS, &call, L, 0, false, false},
	{WORKER, "sends", FP_SENDS, &octets, L, 0, false, false},
	{WORKER, "ends", FP_ENDS, &nothing, L, 0, false, false},
	{WORKER, "closes", FP_CLOSES, &nothing, L, 0, false, false},
	{WORKER, "stops reading", FP_STOPS_READING, &nothing, L, 0, false, false},
	{WORKER, "retires", FP_RETIRES, &nothing, L, 0, false, false},
	{WORKER, "dies", FP_DIES, &nothing, L, 0, false, false},
	{WORKER, "holds", FP_HOLDS, &nothing, L, 0, false, false},
	{WORKER, "exits", FP_EXITS, &nothing, L, 0, false, false},
	{FP_ACTOR_NONE, "more", FP_NOTHING_MORE, &nothing, 0, C | P | L, false, false},
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
			return l->actor == WORKER ? worker_number_read(c, l) : NULL;
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
