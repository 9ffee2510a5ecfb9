/* Pieces of octets, read and printed. Must not know what they are laid out as, nor whose line they are in. */
#include "pieces.h"

#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char expected_piece[] = "octets: hex digits, \"text\", u32:N, (, / or ?";

/* ---- how much it is */

static size_t capped(size_t n, size_t most)
{
	return n > most ? most + 1 : n;
}

static size_t times_capped(size_t n, size_t times, size_t most)
{
	return n && times > most / n ? most + 1 : n * times;
}

static struct fp_measure unit_measure(const struct fp_piece *p)
{
	switch (p->kind) {
	case FP_PIECE_HEX:
	case FP_PIECE_TEXT:
		return (struct fp_measure){capped(p->len, FP_OCTETS_MAX), 0};
	case FP_PIECE_U32:
	case FP_PIECE_U32_ANY:
	case FP_PIECE_U32_NONZERO:
		return (struct fp_measure){4, 0};
	case FP_PIECE_ANY:
		return (struct fp_measure){1, 0};
	case FP_PIECE_CUT:
		return (struct fp_measure){0, 1};
	case FP_PIECE_GROUP:
		break;
	}
	return fp_pieces_measure(&(struct fp_octets){p->pieces, p->n});
}

struct fp_measure fp_pieces_measure(const struct fp_octets *o)
{
	struct fp_measure all = {0, 0};
	for (size_t i = 0; i < o->n; i++) {
		struct fp_measure m = unit_measure(&o->pieces[i]);
		all.octets = capped(all.octets + times_capped(m.octets, o->pieces[i].times, FP_OCTETS_MAX), FP_OCTETS_MAX);
		all.cuts = capped(all.cuts + times_capped(m.cuts, o->pieces[i].times, FP_CUTS_MAX), FP_CUTS_MAX);
	}
	return all;
}

bool fp_pieces_has_any(const struct fp_octets *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct fp_piece *p = &o->pieces[i];
		if (p->kind == FP_PIECE_ANY || p->kind == FP_PIECE_U32_ANY || p->kind == FP_PIECE_U32_NONZERO)
			return true;
		if (p->kind == FP_PIECE_GROUP && fp_pieces_has_any(&(struct fp_octets){p->pieces, p->n}))
			return true;
	}
	return false;
}

/* ---- reading */

static int hex_value(int o)
{
	if (o >= '0' && o <= '9')
		return o - '0';
	if (o >= 'a' && o <= 'f')
		return o - 'a' + 10;
	return o >= 'A' && o <= 'F' ? o - 'A' + 10 : -1;
}

static void data_put(struct fp_piece *p, int octet)
{
	p->data = fp_memory_more(p->data, p->len, 1);
	p->data[p->len++] = (uint8_t)octet;
}

/* Two hex digits, or -1 with the cursor at the first octet that is none. */
static int octet_read(struct fp_cursor *c)
{
	int high = hex_value(fp_cursor_peek(c));
	if (high < 0)
		return -1;
	c->at++;
	int low = hex_value(fp_cursor_peek(c));
	if (low < 0)
		return -1;
	c->at++;
	return high * 16 + low;
}

static const char *hex_read(struct fp_cursor *c, struct fp_piece *p)
{
	p->kind = FP_PIECE_HEX;
	while (hex_value(fp_cursor_peek(c)) >= 0) {
		int octet = octet_read(c);
		if (octet < 0)
			return "a second hex digit: two make an octet";
		data_put(p, octet);
	}
	return NULL;
}

static const char letters_of_escapes[] = "\\\"nrt", escapes[] = "\\\"\n\r\t";

/* What stands behind a `\`. */
static const char *escape_read(struct fp_cursor *c, struct fp_piece *p)
{
	int letter = fp_cursor_peek(c);
	const char *known = letter > 0 ? strchr(letters_of_escapes, letter) : NULL;
	int octet = known ? escapes[known - letters_of_escapes] : -1;
	if (known || letter == 'x')
		c->at++;
	if (letter == 'x')
		octet = octet_read(c);
	if (octet < 0)
		return letter == 'x' ? "two hex digits" : "\\\\, \\\", \\n, \\r, \\t or \\xHH";
	data_put(p, octet);
	return NULL;
}

static const char *text_read(struct fp_cursor *c, struct fp_piece *p)
{
	p->kind = FP_PIECE_TEXT;
	c->at++;
	for (int o; (o = fp_cursor_peek(c)) != '"';) {
		if (o == -1 || o == '\n')
			return "a closing \"";
		if (o < ' ' || o > '~')
			return "ASCII in a text, or \\xHH";
		c->at++;
		if (o != '\\')
			data_put(p, o);
		else {
			const char *expected = escape_read(c, p);
			if (expected)
				return expected;
		}
	}
	c->at++;
	return NULL;
}

/* A number is not to run into the octets behind it. */
static const char *number_read(struct fp_cursor *c, uint64_t least, uint64_t most, const char *expected, uint64_t *to)
{
	const char *wrong = fp_cursor_digits(c, least, most, expected, to);
	if (wrong)
		return wrong;
	return hex_value(fp_cursor_peek(c)) >= 0 ? "white space behind a number" : NULL;
}

static const char *u32_read(struct fp_cursor *c, struct fp_piece *p)
{
	static const char expected[] = "a number up to 4294967295, ? or +";
	uint64_t number = 0;

	c->at += strlen("u32:");
	int next = fp_cursor_peek(c);
	p->kind = next == '?' ? FP_PIECE_U32_ANY : next == '+' ? FP_PIECE_U32_NONZERO : FP_PIECE_U32;
	if (p->kind != FP_PIECE_U32) {
		c->at++;
		return NULL;
	}
	const char *wrong = number_read(c, 0, UINT32_MAX, expected, &number);
	p->number = (uint32_t)number;
	return wrong;
}

static const char *single_read(struct fp_cursor *c, struct fp_piece *p, enum fp_piece_kind kind)
{
	p->kind = kind;
	c->at++;
	return NULL;
}

static const char *piece_read(struct fp_cursor *c, struct fp_octets *to, unsigned deep);

static const char *group_read(struct fp_cursor *c, struct fp_piece *p, unsigned deep)
{
	struct fp_octets inside = {0};
	const char *wrong = NULL;

	p->kind = FP_PIECE_GROUP;
	if (deep == FP_GROUPS_DEEP_MAX)
		return "at most 8 groups within one another";
	c->at++;
	while (!wrong && fp_cursor_has_word(c) && fp_cursor_peek(c) != ')')
		wrong = piece_read(c, &inside, deep + 1);
	p->pieces = inside.pieces;
	p->n = inside.n;
	if (wrong)
		return wrong;
	if (fp_cursor_peek(c) != ')')
		return "a closing )";
	if (!p->n)
		return expected_piece;
	c->at++;
	return NULL;
}

static const char *unit_read(struct fp_cursor *c, struct fp_piece *p, unsigned deep)
{
	int next = fp_cursor_peek(c);
	if (hex_value(next) >= 0)
		return hex_read(c, p);
	if (next == '"')
		return text_read(c, p);
	if (next == '(')
		return group_read(c, p, deep);
	if (next == '/')
		return single_read(c, p, FP_PIECE_CUT);
	if (next == '?')
		return single_read(c, p, FP_PIECE_ANY);
	if (c->len - c->at >= 4 && memcmp(c->text + c->at, "u32:", 4) == 0)
		return u32_read(c, p);
	return expected_piece;
}

static const char *times_read(struct fp_cursor *c, struct fp_piece *p)
{
	uint64_t times = 1;
	if (!unit_measure(p).octets)
		return "octets before a *";
	c->at++;
	const char *wrong = number_read(c, 1, FP_OCTETS_MAX, "how often: 1 to 536870912", &times);
	p->times = (size_t)times;
	return wrong;
}

static const char *piece_read(struct fp_cursor *c, struct fp_octets *to, unsigned deep)
{
	to->pieces = fp_memory_more(to->pieces, to->n, sizeof *to->pieces);
	struct fp_piece *p = &to->pieces[to->n++];
	p->times = 1;
	const char *wrong = unit_read(c, p, deep);
	if (!wrong && fp_cursor_peek(c) == '*')
		wrong = times_read(c, p);
	return wrong;
}

/* The limits of a line, checked once it was read; the fault is where it begins. */
static const char *limits_check(struct fp_cursor *c, size_t begin, const struct fp_octets *o)
{
	size_t end = c->at;
	struct fp_measure m = fp_pieces_measure(o);
	c->at = begin;
	if (m.octets > FP_OCTETS_MAX)
		return "at most 536870912 octets";
	if (m.cuts > FP_CUTS_MAX)
		return "at most 1048576 cuts";
	c->at = end;
	return NULL;
}

const char *fp_pieces_read(struct fp_cursor *c, struct fp_octets *o)
{
	const char *wrong = fp_cursor_has_word(c) ? NULL : expected_piece;
	size_t begin = c->at;
	while (!wrong && fp_cursor_has_word(c))
		wrong = piece_read(c, o, 0);
	return wrong ? wrong : limits_check(c, begin, o);
}

static const char *item_end_check(struct fp_cursor *c)
{
	int next = fp_cursor_peek(c);
	size_t at = c->at;
	fp_cursor_skip(c);
	return c->at > at || next == -1 || next == '\n' ? NULL : "+ or white space behind a part of an item";
}

const char *fp_item_read(struct fp_cursor *c, struct fp_octets *o)
{
	const char *wrong = NULL;
	size_t begin = c->at;
	if (fp_cursor_peek(c) == '-') {
		c->at++;
		return item_end_check(c);
	}
	for (bool is_more = true; !wrong && is_more; c->at += is_more) {
		wrong = piece_read(c, o, 0);
		is_more = !wrong && fp_cursor_peek(c) == '+';
	}
	if (!wrong)
		wrong = item_end_check(c);
	if (!wrong)
		wrong = limits_check(c, begin, o);
	if (wrong || !fp_pieces_measure(o).cuts)
		return wrong;
	c->at = begin;
	return "an item without cuts";
}

const char *fp_octets_parse(struct fp_octets *o, const char *text, size_t len, size_t *at)
{
	struct fp_cursor c = {.text = text, .len = len};
	*o = (struct fp_octets){0};
	const char *wrong = fp_pieces_read(&c, o);
	*at = c.at;
	if (!wrong && c.at < len)
		wrong = expected_piece;
	if (wrong)
		fp_octets_fini(o);
	return wrong;
}

/* ---- printing */

static void hex_print(const struct fp_piece *p, FILE *to)
{
	for (size_t i = 0; i < p->len; i++)
		fprintf(to, "%02x", p->data[i]);
}

static void text_print(const struct fp_piece *p, FILE *to)
{
	putc('"', to);
	for (size_t i = 0; i < p->len; i++) {
		const char *escape = p->data[i] ? strchr(escapes, p->data[i]) : NULL;
		if (escape)
			fprintf(to, "\\%c", letters_of_escapes[escape - escapes]);
		else if (p->data[i] >= ' ' && p->data[i] <= '~')
			putc(p->data[i], to);
		else
			fprintf(to, "\\x%02x", p->data[i]);
	}
	putc('"', to);
}

static void pieces_print(const struct fp_piece *pieces, size_t n, const char *between, FILE *to);

static void piece_print(const struct fp_piece *p, FILE *to)
{
	static const char *const words[] = {
		[FP_PIECE_CUT] = "/", [FP_PIECE_ANY] = "?", [FP_PIECE_U32_ANY] = "u32:?", [FP_PIECE_U32_NONZERO] = "u32:+"};
	if (p->kind == FP_PIECE_HEX)
		hex_print(p, to);
	else if (p->kind == FP_PIECE_TEXT)
		text_print(p, to);
	else if (p->kind == FP_PIECE_U32)
		fprintf(to, "u32:%" PRIu32, p->number);
	else if (p->kind == FP_PIECE_GROUP) {
		putc('(', to);
		pieces_print(p->pieces, p->n, " ", to);
		putc(')', to);
	} else
		fputs(words[p->kind], to);
	if (p->times != 1)
		fprintf(to, "*%zu", p->times);
}

static void pieces_print(const struct fp_piece *pieces, size_t n, const char *between, FILE *to)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs(between, to);
		piece_print(&pieces[i], to);
	}
}

void fp_octets_print(const struct fp_octets *o, FILE *to)
{
	pieces_print(o->pieces, o->n, " ", to);
}

void fp_item_print(const struct fp_octets *o, FILE *to)
{
	if (o->n)
		pieces_print(o->pieces, o->n, "+", to);
	else
		putc('-', to);
}
