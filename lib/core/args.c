/* Lists of items and the string serialiser: each item is its length, BER-compressed, and its octets. See args.h. */
#include "args.h"

#define BER_BYTES_MAX 10u /* octets of a 64-bit number in groups of seven bits */
#define ITEMS_KEEP 64u    /* a longer array is not kept for the next list */

void fp_args_init(struct fp_args *a, const struct fp_alloc *alloc, size_t text_bytes_max)
{
	*a = (struct fp_args){.alloc = alloc};
	fp_buf_init(&a->text, alloc, text_bytes_max);
}

static void free_items(struct fp_args *a)
{
	fp_alloc_put(a->alloc, a->items, a->cap * sizeof *a->items);
	a->items = NULL;
	a->cap = 0;
}

void fp_args_fini(struct fp_args *a)
{
	free_items(a);
	fp_buf_fini(&a->text);
	a->n = a->copied = 0;
}

void fp_args_clear(struct fp_args *a)
{
	fp_buf_drop(&a->text, fp_buf_len(&a->text));
	a->n = a->copied = 0;
	if (a->cap > ITEMS_KEEP)
		free_items(a);
}

enum fp_reason fp_args_grow(struct fp_args *a)
{
	size_t size = sizeof *a->items, cap = a->cap ? a->cap * 2 : 8;
	struct fp_item *items = a->alloc->resize(a->alloc->ctx, a->items, a->cap * size, cap * size);
	if (!items)
		return FP_NOMEM;
	a->items = items;
	a->cap = cap;
	return FP_NONE;
}

enum fp_reason fp_args_copy(struct fp_args *a, struct fp_item item)
{
	size_t before = fp_buf_len(&a->text);
	enum fp_reason r = fp_buf_put(&a->text, item.data, item.len);
	if (r)
		return r;
	item.data = NULL; /* the text may still move */
	r = fp_args_refer(a, item);
	if (r)
		fp_buf_cut(&a->text, before);
	else
		a->copied++;
	return r;
}

void fp_args_pop(struct fp_args *a)
{
	FP_ASSERT(a->n);
	a->n--;
	if (a->copied > a->n) {
		a->copied--;
		fp_buf_cut(&a->text, fp_buf_len(&a->text) - a->items[a->n].len);
	}
}

const struct fp_item *fp_args_seal(struct fp_args *a)
{
	struct fp_span text = fp_buf_front(&a->text);
	FP_ASSERT(!a->copied || a->copied == a->n);
	for (size_t i = 0, at = 0; i < a->copied; at += a->items[i++].len)
		a->items[i].data = text.len ? text.data + at : NULL;
	return a->items;
}

/* Room for all of it at once spares copying as the buffer grows; what it really takes is found as it is written. One item
 * asks for its own. */
static enum fp_reason make_room(const struct fp_item *items, size_t n, struct fp_buf *out)
{
	struct fp_space space;
	size_t len = 0, room = out->bytes_max - fp_buf_len(out);
	for (size_t i = 0; i < n; i++) {
		if (items[i].len > room - len)
			return FP_TOO_LONG;
		len += items[i].len;
	}
	size_t heads = (n + 1) * BER_BYTES_MAX;
	return fp_buf_space(out, heads < room - len ? len + heads : room, &space);
}

enum fp_reason fp_args_freeze(const struct fp_serialiser *s, const struct fp_item *items, size_t n, struct fp_buf *out)
{
	size_t before = fp_buf_len(out);
	enum fp_reason r = n > 1 ? make_room(items, n, out) : FP_NONE;
	for (size_t i = 0; !r && i < n; i++)
		r = s->add(s->ctx, &items[i], i, out);
	if (!r)
		r = s->close(s->ctx, n, out);
	if (r)
		fp_buf_cut(out, before);
	return r;
}

enum fp_reason fp_args_thaw(struct fp_args *a, const struct fp_serialiser *s, struct fp_span payload, size_t *fault)
{
	fp_args_clear(a);
	enum fp_reason r = s->thaw(s->ctx, payload, a, fault);
	if (!r && a->copied)
		fp_args_seal(a);
	return r;
}

/* Octets of the shortest form (SER-4). */
static size_t ber_bytes(size_t v)
{
	size_t n = 1;
	for (size_t rest = v >> 7; rest; rest >>= 7)
		n++;
	return n;
}

/* In n octets, from the last group to the first. */
static void put_ber(uint8_t *out, size_t n, size_t v)
{
	for (size_t i = n; i-- > 0; v >>= 7)
		out[i] = (uint8_t)((v & 0x7f) | (i + 1 < n ? 0x80 : 0));
}

static enum fp_reason string_add(void *ctx, const struct fp_item *item, size_t n, struct fp_buf *out)
{
	(void)ctx;
	(void)n;
	struct fp_space space;
	size_t ber_len = ber_bytes(item->len);
	if (item->len > SIZE_MAX - ber_len)
		return FP_TOO_LONG;
	enum fp_reason r = fp_buf_space(out, ber_len + item->len, &space);
	if (r)
		return r;
	put_ber(space.data, ber_len, item->len);
	fp_copy(space.data + ber_len, item->data, item->len);
	fp_buf_commit(out, ber_len + item->len);
	return FP_NONE;
}

static enum fp_reason string_close(void *ctx, size_t n, struct fp_buf *out)
{
	(void)ctx;
	(void)n;
	(void)out;
	return FP_NONE;
}

/* One length at *at, moved past. Any number of leading 80 octets adds nothing (SER-5); a value beyond what the payload
 * can hold is a fault as soon as it is seen (SER-7, SER-8), so no value is ever too large for its type. */
static bool is_ber_good(struct fp_span in, size_t *at, size_t *value)
{
	size_t v = 0;
	for (size_t i = *at; i < in.len; i++) {
		v = v << 7 | (in.data[i] & 0x7f);
		if (v > in.len)
			return false;
		if (!(in.data[i] & 0x80)) {
			*at = i + 1;
			*value = v;
			return v <= in.len - *at;
		}
	}
	return false;
}

static enum fp_reason string_thaw(void *ctx, struct fp_span in, struct fp_args *list, size_t *fault)
{
	(void)ctx;
	for (size_t at = 0, len; at < in.len; at += len) {
		*fault = at;
		if (!is_ber_good(in, &at, &len))
			return FP_MALFORMED;
		enum fp_reason r = fp_args_refer(list, (struct fp_item){in.data + at, len, FP_STRING});
		if (r)
			return r;
	}
	return FP_NONE;
}

const struct fp_serialiser fp_string_serialiser = {"string", NULL, string_add, string_close, string_thaw};
