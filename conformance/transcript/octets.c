/* Octets laid out in a profile, compared with what came, and made from what came. See octets.h. */
#include "octets.h"

#include "memory.h"
#include "pieces.h"

#include <stdlib.h>
#include <string.h>

#define UNIT_OCTETS_MAX 8      /* of what is seen as repeated */
#define REPEATED_OCTETS_MIN 16 /* fewer are written out */
#define REPEATED_TIMES_MIN 4
#define TEXT_OCTETS_MIN 3 /* fewer are written in hex */

static void pieces_free(struct fp_piece *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pieces[i].data);
		pieces_free(pieces[i].pieces, pieces[i].n);
	}
	free(pieces);
}

void fp_octets_fini(struct fp_octets *o)
{
	pieces_free(o->pieces, o->n);
	*o = (struct fp_octets){0};
}

/* ---- laying out */

static void put(struct fp_layout *l, const void *data, size_t len, enum fp_expect expect)
{
	if (len)
		memcpy(l->data + l->len, data, len);
	if (l->expect)
		memset(l->expect + l->len, (int)expect, len);
	l->len += len;
}

static void put_u32(struct fp_layout *l, uint32_t number, bool is_big_endian, enum fp_expect expect)
{
	uint8_t octets[4];
	for (unsigned i = 0; i < 4; i++)
		octets[i] = (uint8_t)(number >> 8 * (is_big_endian ? 3 - i : i));
	put(l, octets, sizeof octets, expect);
}

/* What comes first or after another cut, or would come last, is no cut. */
static void put_cut(struct fp_layout *l)
{
	size_t before = l->n_cuts ? l->cuts[l->n_cuts - 1] : 0;
	if (l->len > before)
		l->cuts[l->n_cuts++] = l->len;
}

static void lay_all(struct fp_layout *l, const struct fp_piece *pieces, size_t n, bool is_big_endian);

static void lay_unit(struct fp_layout *l, const struct fp_piece *p, bool is_big_endian)
{
	switch (p->kind) {
	case FP_PIECE_HEX:
	case FP_PIECE_TEXT:
		put(l, p->data, p->len, FP_EXPECT_SAME);
		break;
	case FP_PIECE_U32:
		put_u32(l, p->number, is_big_endian, FP_EXPECT_SAME);
		break;
	case FP_PIECE_U32_ANY:
		put_u32(l, 0, is_big_endian, FP_EXPECT_ANY);
		break;
	case FP_PIECE_U32_NONZERO:
		put_u32(l, 1, is_big_endian, FP_EXPECT_NONZERO);
		break;
	case FP_PIECE_ANY:
		put(l, "", 1, FP_EXPECT_ANY);
		break;
	case FP_PIECE_CUT:
		put_cut(l);
		break;
	case FP_PIECE_GROUP:
		lay_all(l, p->pieces, p->n, is_big_endian);
		break;
	}
}

/* What was laid from `begin` on, times - 1 times again: a copy for each is too slow for half a gigabyte of single octets. */
static void repeat_octets(struct fp_layout *l, size_t begin, size_t times)
{
	size_t end = begin + (l->len - begin) * times;
	while (l->len < end) {
		size_t len = l->len - begin < end - l->len ? l->len - begin : end - l->len;
		memcpy(l->data + l->len, l->data + begin, len);
		if (l->expect)
			memcpy(l->expect + l->len, l->expect + begin, len);
		l->len += len;
	}
}

static bool has_cut(const struct fp_piece *p)
{
	return p->kind == FP_PIECE_GROUP && fp_pieces_measure(&(struct fp_octets){p->pieces, p->n}).cuts > 0;
}

static void lay_piece(struct fp_layout *l, const struct fp_piece *p, bool is_big_endian)
{
	size_t begin = l->len, by_units = has_cut(p) ? p->times : 1;
	for (size_t i = 0; i < by_units; i++)
		lay_unit(l, p, is_big_endian);
	repeat_octets(l, begin, p->times / by_units);
}

static void lay_all(struct fp_layout *l, const struct fp_piece *pieces, size_t n, bool is_big_endian)
{
	for (size_t i = 0; i < n; i++)
		lay_piece(l, &pieces[i], is_big_endian);
}

void fp_octets_lay(const struct fp_octets *o, bool is_big_endian, struct fp_layout *l)
{
	struct fp_measure m = fp_pieces_measure(o);
	*l = (struct fp_layout){.data = fp_memory(m.octets)};
	if (fp_pieces_has_any(o))
		l->expect = fp_memory(m.octets);
	if (m.cuts)
		l->cuts = fp_memory(m.cuts * sizeof *l->cuts);
	lay_all(l, o->pieces, o->n, is_big_endian);
	if (l->n_cuts && l->cuts[l->n_cuts - 1] == l->len)
		l->n_cuts--;
}

void fp_layout_fini(struct fp_layout *l)
{
	free(l->data);
	free(l->expect);
	free(l->cuts);
	*l = (struct fp_layout){0};
}

/* ---- comparing */

#define BLOCK_BYTES ((size_t)64)

/* Most of what comes is as it has to be, and there may be a lot of it. */
static bool is_block_same(const struct fp_layout *l, const uint8_t *data, size_t at)
{
	static const uint8_t same[BLOCK_BYTES]; /* FP_EXPECT_SAME */
	return (!l->expect || memcmp(l->expect + at, same, BLOCK_BYTES) == 0) && memcmp(l->data + at, data + at, BLOCK_BYTES) == 0;
}

/* How many octets at `at` are judged as one, and agree; 0 where they do not. */
static size_t agreeing(const struct fp_layout *l, const uint8_t *data, size_t len, size_t at)
{
	static const uint8_t zeros[4];
	if (len - at >= BLOCK_BYTES && is_block_same(l, data, at))
		return BLOCK_BYTES;
	enum fp_expect expect = l->expect ? l->expect[at] : FP_EXPECT_SAME;
	if (expect == FP_EXPECT_SAME)
		return data[at] == l->data[at];
	if (expect == FP_EXPECT_ANY)
		return 1;
	if (len - at < sizeof zeros)
		return len - at;
	return memcmp(data + at, zeros, sizeof zeros) ? sizeof zeros : 0;
}

size_t fp_layout_differs_at(const struct fp_layout *l, const uint8_t *data, size_t len)
{
	size_t both = len < l->len ? len : l->len, at = 0;
	for (size_t n; at < both && (n = agreeing(l, data, both, at)) > 0;)
		at += n;
	return at;
}

/* ---- from what was seen */

static struct fp_piece *piece_put(struct fp_octets *o, enum fp_piece_kind kind, const uint8_t *data, size_t len)
{
	o->pieces = fp_memory_more(o->pieces, o->n, sizeof *o->pieces);
	struct fp_piece *p = &o->pieces[o->n++];
	*p = (struct fp_piece){.kind = kind, .data = fp_memory(len), .len = len, .times = 1};
	memcpy(p->data, data, len);
	return p;
}

static size_t text_len(const uint8_t *data, size_t len)
{
	size_t n = 0;
	while (n < len && data[n] >= ' ' && data[n] <= '~')
		n++;
	return n;
}

static enum fp_piece_kind kind_of(const uint8_t *data, size_t len)
{
	return text_len(data, len) == len ? FP_PIECE_TEXT : FP_PIECE_HEX;
}

/* Up to where neither text begins nor the octets end. */
static size_t hex_len(const uint8_t *data, size_t len)
{
	size_t n = 0;
	for (size_t text; n < len && (text = text_len(data + n, len - n)) < TEXT_OCTETS_MIN;)
		n += text + (n + text < len);
	return n;
}

static void put_single(struct fp_octets *o, const uint8_t *data, size_t len)
{
	while (len) {
		size_t n = hex_len(data, len);
		if (n)
			piece_put(o, FP_PIECE_HEX, data, n);
		else
			piece_put(o, FP_PIECE_TEXT, data, n = text_len(data, len));
		data += n;
		len -= n;
	}
}

/* How often the unit at the begin of data comes in a row. */
static size_t times_of(const uint8_t *data, size_t len, size_t unit)
{
	size_t n = unit;
	while (n < len && data[n] == data[n - unit])
		n++;
	return n / unit;
}

/* The shortest unit that is repeated often from here on; 0: none. */
static size_t unit_at(const uint8_t *data, size_t len)
{
	for (size_t unit = 1; unit <= UNIT_OCTETS_MAX && unit < len; unit++) {
		size_t times = times_of(data, len, unit);
		if (times >= REPEATED_TIMES_MIN && times * unit >= REPEATED_OCTETS_MIN)
			return unit;
	}
	return 0;
}

void fp_octets_of(struct fp_octets *o, const uint8_t *data, size_t len)
{
	size_t begin = 0, at = 0;
	*o = (struct fp_octets){0};
	while (at < len) {
		size_t unit = unit_at(data + at, len - at);
		if (!unit) {
			at++;
			continue;
		}
		put_single(o, data + begin, at - begin);
		struct fp_piece *p = piece_put(o, kind_of(data + at, unit), data + at, unit);
		p->times = times_of(data + at, len - at, unit);
		begin = at += p->times * unit;
	}
	put_single(o, data + begin, len - begin);
}
