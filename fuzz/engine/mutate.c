/* Changes to frames and lists. See mutate.h. An input is cut into parts (frames, or items) by the second decoder; one part
 * is changed, and where its length changed, so is the length in front of it. */
#include "mutate.h"

#include <string.h>

#include "../oracle/second.h"

#define PARTS_MAX 256u      /* parts that are looked at */
#define MADE_BYTES_MAX 512u /* octets of a part that is made anew */
#define LENGTH_BYTES_MAX 32u /* octets of a length in groups of seven bits, leading 80s and all */

struct part {
	size_t at, end;
};

struct input {
	uint8_t *data;
	size_t len, len_max;
	struct second_form_of_input {
		struct fp_second_form frame;
		bool is_list;
	} form;
	struct part parts[PARTS_MAX];
	unsigned n;
	uint64_t random;
};

static uint32_t draw(struct input *in, uint32_t n) /* 0 to n - 1 */
{
	in->random = in->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(in->random >> 33) % n;
}

static void draw_octets(struct input *in, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)draw(in, 256);
}

/* ---- parts ---- */

static bool next_part(const struct input *in, size_t at, size_t *end)
{
	struct fp_second_frame f = {0};
	const uint8_t *item;
	size_t item_len;
	*end = at;
	if (in->form.is_list)
		return fp_second_item(in->data, in->len, end, &item, &item_len) == FP_SECOND_GOOD;
	bool is_good = fp_second_frame(in->form.frame, in->data, in->len, at, &f) == FP_SECOND_GOOD;
	*end = f.end;
	return is_good;
}

static void find_parts(struct input *in)
{
	in->n = 0;
	for (size_t at = 0, end; at < in->len && in->n < PARTS_MAX && next_part(in, at, &end); at = end)
		in->parts[in->n++] = (struct part){at, end};
}

/* Frames in the form in which most are found. */
static void find_form(struct input *in, enum fp_fuzz_shape shape)
{
	struct second_form_of_input best = {{draw(in, 2) != 0, false, UINT32_MAX}, shape == FP_SHAPE_LIST};
	best.frame.has_id = draw(in, 2) != 0;
	unsigned most = 0;
	in->form = best;
	for (unsigned i = 0; !best.is_list && i < 4; i++) {
		in->form.frame.is_big_endian = i & 1;
		in->form.frame.has_id = i & 2;
		find_parts(in);
		if (in->n > most) {
			most = in->n;
			best = in->form;
		}
	}
	in->form = best;
	find_parts(in);
}

/* Puts octets in the place of from..to. */
static void replace(struct input *in, size_t from, size_t to, const uint8_t *by, size_t by_len)
{
	if (in->len - (to - from) + by_len > in->len_max)
		return;
	memmove(in->data + from + by_len, in->data + to, in->len - to);
	if (by_len)
		memcpy(in->data + from, by, by_len);
	in->len += by_len - (to - from);
}

static struct part any_part(struct input *in)
{
	return in->n ? in->parts[draw(in, in->n)] : (struct part){in->len, in->len};
}

/* ---- making ---- */

/* A length that is of interest to a decoder, in groups of seven bits, perhaps with leading 80s. */
static size_t make_length(struct input *in, uint8_t *out, size_t len)
{
	static const uint8_t huge[] = {0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
	size_t n = draw(in, 6) ? 0 : draw(in, 16);
	memset(out, 0x80, n);
	switch (draw(in, 12)) {
	case 0: /* 2^28, 2^35, 2^42, 2^49, 2^56, 2^63 and some */
		memcpy(out + n, huge, sizeof huge);
		n += 4 + draw(in, 6);
		out[n++] = (uint8_t)(len % 128);
		return n;
	case 1: /* 2^32 and 2^64 and some: what wraps is small */
		out[n++] = draw(in, 2) ? 0x82 : 0x90;
		for (unsigned i = out[n - 1] == 0x82 ? 8 : 3; i > 0; i--)
			out[n++] = 0x80;
		out[n++] = (uint8_t)(len % 128);
		return n;
	case 2:
		return n + fp_second_put_length(out + n, len + draw(in, 3));
	default:
		return n + fp_second_put_length(out + n, len);
	}
}

static size_t make_item(struct input *in, uint8_t *out)
{
	static const uint8_t lengths[] = {0, 1, 2, 3, 7, 17, 127, 128, 130};
	size_t len = lengths[draw(in, sizeof lengths)], n = make_length(in, out, len);
	memset(out + n, (int)draw(in, 256), len);
	return n + len;
}

static uint32_t any_id(struct input *in)
{
	struct fp_second_frame f = {0};
	if (in->n && in->form.frame.has_id)
		fp_second_frame(in->form.frame, in->data, in->len, any_part(in).at, &f);
	switch (draw(in, 8)) {
	case 0:
		return 0;
	case 1:
		return f.id ^ (uint32_t)1 << draw(in, 32);
	case 2:
		return f.id + 1;
	case 3:
		return f.id;
	case 4:
		return UINT32_MAX;
	case 5:
		return f.id + ((uint32_t)draw(in, 8) << 16);
	default:
		return 1 + draw(in, 8);
	}
}

static size_t make_part(struct input *in, uint8_t out[MADE_BYTES_MAX])
{
	uint8_t payload[MADE_BYTES_MAX];
	size_t len = 0;
	if (in->form.is_list)
		return make_item(in, out);
	for (uint32_t items = draw(in, 3); items; items--)
		len += make_item(in, payload + len);
	size_t head = fp_second_put_head(in->form.frame, out, any_id(in), (uint32_t)len);
	memcpy(out + head, payload, len);
	return head + len;
}

/* ---- changes; each needs a part, or makes one ---- */

static void insert_part(struct input *in)
{
	uint8_t made[MADE_BYTES_MAX];
	size_t at = any_part(in).at;
	replace(in, at, at, made, make_part(in, made));
}

static void append_part(struct input *in)
{
	uint8_t made[MADE_BYTES_MAX];
	size_t at = in->n ? in->parts[in->n - 1].end : 0;
	replace(in, at, at, made, make_part(in, made));
}

static void remove_part(struct input *in)
{
	struct part p = any_part(in);
	replace(in, p.at, p.end, NULL, 0);
}

static void repeat_part(struct input *in)
{
	struct part p = any_part(in), to = any_part(in);
	uint8_t made[MADE_BYTES_MAX];
	size_t len = p.end - p.at < sizeof made ? p.end - p.at : sizeof made;
	memcpy(made, in->data + p.at, len);
	for (uint32_t times = 1 + draw(in, 3); times; times--)
		replace(in, to.at, to.at, made, len);
}

static void change_id(struct input *in)
{
	struct part p = any_part(in);
	uint8_t head[8];
	struct fp_second_frame f;
	if (in->form.is_list || !in->form.frame.has_id || fp_second_frame(in->form.frame, in->data, in->len, p.at, &f))
		return;
	fp_second_put_head(in->form.frame, head, any_id(in), f.len);
	memcpy(in->data + p.at, head, 4);
}

/* The length says something else than what follows: the limits of the targets, signs, wraps, one more or less. */
static void change_length(struct input *in)
{
	static const uint32_t lengths[] = {512, 513, 511, 1 << 20, (1 << 20) + 1, (1 << 20) - 1, (uint32_t)1 << 31, UINT32_MAX};
	struct part p = any_part(in);
	struct fp_second_frame f;
	uint8_t head[LENGTH_BYTES_MAX];
	if (p.at == p.end)
		return;
	if (in->form.is_list) {
		replace(in, p.at, p.at + 1, head, make_length(in, head, in->data[p.at] % 8));
		return;
	}
	if (fp_second_frame(in->form.frame, in->data, in->len, p.at, &f))
		return;
	uint32_t which = draw(in, 11);
	uint32_t len = which < 8 ? lengths[which] : which == 8 ? f.len + 1 : which == 9 ? f.len - 1 : f.len | (uint32_t)1 << 24;
	size_t n = fp_second_put_head(in->form.frame, head, f.id, len);
	memcpy(in->data + p.at, head, n);
}

/* An item goes into a frame's payload, and the frame's length grows with it. */
static void insert_item(struct input *in)
{
	struct part p = any_part(in);
	struct fp_second_frame f;
	uint8_t head[8], made[MADE_BYTES_MAX];
	if (in->form.is_list || fp_second_frame(in->form.frame, in->data, in->len, p.at, &f))
		return;
	size_t at = f.payload_at, len = make_item(in, made), item_len;
	const uint8_t *item;
	while (at < f.end && draw(in, 3) && fp_second_item(in->data, f.end, &at, &item, &item_len) == FP_SECOND_GOOD)
		;
	if (in->len + len > in->len_max)
		return;
	size_t n = fp_second_put_head(in->form.frame, head, f.id, f.len + (uint32_t)len);
	memcpy(in->data + p.at, head, n);
	replace(in, at, at, made, len);
}

static void cut_short(struct input *in)
{
	struct part p = any_part(in);
	if (p.at < p.end)
		in->len = p.at + draw(in, (uint32_t)(p.end - p.at < 16 ? p.end - p.at : 16));
}

/* The octets at the end are what a harness chooses by. */
static void change_choices(struct input *in)
{
	uint8_t octets[8];
	size_t n = 1 + draw(in, sizeof octets);
	draw_octets(in, octets, n);
	size_t from = draw(in, 2) && in->len > n ? in->len - n : in->len;
	replace(in, from, in->len, octets, n);
}

/* Deeper by so many brackets, or a long run of one letter somewhere. */
static void put_run(struct input *in, size_t at)
{
	static const size_t lengths[] = {1, 2, 300, 511, 512, 513};
	uint8_t run[513];
	size_t n = lengths[draw(in, 6)];
	bool is_deeper = draw(in, 2);
	memset(run, is_deeper ? '[' : 'a', n);
	replace(in, is_deeper ? 0 : at, is_deeper ? 0 : at, run, n);
	memset(run, ']', n);
	if (is_deeper)
		replace(in, in->len, in->len, run, n);
}

/* Any unit of UTF-16 escaped, or a pair of surrogates. */
static void put_escape(struct input *in, size_t at)
{
	static const uint32_t from[] = {0, 0xd800, 0xdc00};
	uint8_t text[12] = "\\u0000\\u0000";
	size_t is_pair = draw(in, 2), n = is_pair ? sizeof text : sizeof text / 2;
	for (size_t i = 0; i * 6 < n; i++) {
		uint32_t unit = from[is_pair + i * is_pair] + draw(in, is_pair ? 0x400 : 0x10000);
		for (size_t k = 0; k < 4; k++)
			text[6 * i + 2 + k] = (uint8_t)"0123456789abcdef"[unit >> (12 - 4 * k) & 15];
	}
	replace(in, at, at, text, n);
}

/* A sign of structure in the place of an octet: the first, the last, or any. */
static void put_sign(struct input *in, size_t at)
{
	size_t places[] = {0, in->len ? in->len - 1 : 0, at};
	at = places[draw(in, 3)];
	replace(in, at, at < in->len ? at + 1 : at, (const uint8_t *)"[]{}\",:" + draw(in, 7), 1);
}

static void change_text(struct input *in)
{
	static void (*const changes[])(struct input *, size_t) = {put_run, put_escape, put_sign};
	size_t at = draw(in, (uint32_t)in->len + 1);
	changes[draw(in, 3)](in, at);
}

/* A stretch of choices that are harmless but for a few, as in a random run: a fault meets those that only matter together
 * with it, many choices away. */
static void scatter_choices(struct input *in)
{
	uint8_t octets[MADE_BYTES_MAX] = {0};
	size_t n = 16u << draw(in, 6), apart = 2u << draw(in, 5);
	for (size_t i = draw(in, (uint32_t)apart); i < n; i += 1 + draw(in, 2 * (uint32_t)apart))
		octets[i] = (uint8_t)draw(in, 256);
	size_t from = draw(in, (uint32_t)in->len + 1), over = draw(in, 2) ? n : 0;
	replace(in, from, in->len - from < over ? in->len : from + over, octets, n);
}

/* The first octets decide what all others mean. */
static void begin_anew(struct input *in)
{
	uint8_t octets[4];
	size_t n = 1 + draw(in, sizeof octets);
	draw_octets(in, octets, n);
	replace(in, 0, in->len < n ? in->len : n, octets, n);
	scatter_choices(in);
}

static void change_as_choices(struct input *in)
{
	static void (*const changes[])(struct input *) = {change_choices, scatter_choices, begin_anew};
	changes[draw(in, 3)](in);
}

size_t fp_mutate(enum fp_fuzz_shape shape, uint8_t *data, size_t len, size_t len_max, uint32_t seed)
{
	static void (*const changes[])(struct input *) = {insert_part, append_part, append_part, remove_part,  repeat_part,
	                                                  change_id,   insert_item, cut_short,   change_length, change_choices};
	struct input in = {.data = data, .len = len, .len_max = len_max, .random = seed};
	bool has_parts = shape == FP_SHAPE_FRAMES || shape == FP_SHAPE_LIST;
	if (has_parts)
		find_form(&in, shape);
	for (uint32_t times = 1 + draw(&in, 3); times; times--) {
		if (!has_parts) {
			(shape == FP_SHAPE_TEXT ? change_text : change_as_choices)(&in);
			continue;
		}
		changes[draw(&in, sizeof changes / sizeof *changes)](&in);
		find_parts(&in);
	}
	return in.len;
}

size_t fp_mutate_cross(enum fp_fuzz_shape shape, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t *out,
                       size_t out_max, uint32_t seed)
{
	size_t len = a_len < out_max ? a_len : out_max;
	struct input to = {.data = out, .len = len, .len_max = out_max, .random = seed};
	struct input from = {.data = (uint8_t *)(uintptr_t)b, .len = b_len, .random = ~seed}; /* only read */
	memcpy(out, a, len);
	find_form(&to, shape);
	find_form(&from, shape);
	size_t at = any_part(&to).at;
	struct part p = any_part(&from);
	size_t end = from.n ? from.parts[from.n - 1].end : b_len;
	p.end = draw(&from, 2) ? end : p.end;
	replace(&to, at, at, b + p.at, p.end - p.at);
	return to.len;
}
