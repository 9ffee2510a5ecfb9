/* The forms of what stands behind a verb. See form.h. */
#include "form.h"

#include "memory.h"
#include "pieces.h"

#include <inttypes.h>
#include <string.h>

const struct fp_form fp_form_nothing;

static const char *octets_read(struct fp_cursor *c, struct fp_line *l)
{
	return fp_pieces_read(c, &l->octets);
}

static void octets_print(const struct fp_line *l, FILE *to)
{
	putc(' ', to);
	fp_octets_print(&l->octets, to);
}

const struct fp_form fp_form_octets = {octets_read, octets_print};

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

const struct fp_form fp_form_items = {items_read, items_print};

static const char *tag_read(struct fp_cursor *c, struct fp_line *l)
{
	return fp_cursor_name(c, "the name of a call", &l->word);
}

static void word_print(const struct fp_line *l, FILE *to)
{
	fprintf(to, " %s", l->word);
}

const struct fp_form fp_form_tag = {tag_read, word_print};

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

const struct fp_form fp_form_call = {call_read, call_print};

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
	return fp_cursor_has_word(c) ? fp_cursor_choices(c, classes, &l->class) : NULL;
}

static void error_print(const struct fp_line *l, FILE *to)
{
	if (l->class)
		fprintf(to, " %s", l->class);
}

const struct fp_form fp_form_error = {error_read, error_print};

static const char *failure_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char *const classes[] = {"eof",     "reply",     "payload",  "length",   "read",     "write", "crashed",
	                                      "timeout", "cancelled", "rejected", "protocol", "shutdown", NULL};
	const char *wrong = tag_read(c, l);
	if (wrong || !fp_cursor_has_word(c))
		return wrong;
	return fp_cursor_choices(c, classes, &l->class);
}

static void failure_print(const struct fp_line *l, FILE *to)
{
	word_print(l, to);
	error_print(l, to);
}

const struct fp_form fp_form_failure = {failure_read, failure_print};

static const char *signal_read(struct fp_cursor *c, struct fp_line *l)
{
	static const char *const signals[] = {"USR1", "STOP", "CONT", NULL};
	return choice_read(c, signals, &l->word);
}

const struct fp_form fp_form_signalled = {signal_read, word_print};

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

const struct fp_form fp_form_status = {exit_read, exit_print};

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

const struct fp_form fp_form_size = {size_read, size_print};

const char *fp_worker_number_read(struct fp_cursor *c, struct fp_line *l)
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
	const char *wrong = fp_worker_number_read(c, l);
	return wrong ? wrong : after_read(c, l);
}

static void worker_print(const struct fp_line *l, FILE *to)
{
	fprintf(to, " %u", l->worker);
	after_print(l, to);
}

const struct fp_form fp_form_worker = {worker_read, worker_print};

static const char *leaver_read(struct fp_cursor *c, struct fp_line *l)
{
	fp_cursor_skip(c);
	size_t begin = c->at;
	if (fp_word_is(fp_cursor_word(c), any_worker))
		return after_read(c, l);
	c->at = begin;
	if (fp_worker_number_read(c, l))
		return "any, or the number of a worker: 1 to 65535";
	return after_read(c, l);
}

static void leaver_print(const struct fp_line *l, FILE *to)
{
	if (l->worker) {
		worker_print(l, to);
		return;
	}
	fprintf(to, " %s", any_worker);
	after_print(l, to);
}

/* One of them, or whichever it is. */
const struct fp_form fp_form_leaver = {leaver_read, leaver_print};

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

const struct fp_form fp_form_id = {id_read, word_print};
