/* Sessions and lives, and how octets are taken out of them. See session.h. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "../../conformance/judge/base.h"

void fp_session_copy(struct fp_session *to, const struct fp_session *from)
{
	*to = *from;
	to->data = fp_get(from->len, 1);
	if (from->len)
		memcpy(to->data, from->data, from->len);
}

void fp_session_fini(struct fp_session *s)
{
	free(s->data);
	*s = (struct fp_session){0};
}

void fp_life_add(struct fp_life *l, struct fp_session s)
{
	if (!(l->n & (l->n - 1)))
		l->sessions = fp_grow(l->sessions, l->n ? 2 * l->n : 1, sizeof *l->sessions);
	l->sessions[l->n++] = s;
}

struct fp_life fp_life_part(const struct fp_life *l, size_t from, size_t to)
{
	struct fp_life part = {0};
	struct fp_session s;
	for (size_t i = 0; i < l->n; i++) {
		if ((i < from || i >= to) && i != l->n - 1)
			continue;
		fp_session_copy(&s, &l->sessions[i]);
		fp_life_add(&part, s);
	}
	return part;
}

void fp_life_fini(struct fp_life *l)
{
	for (size_t i = 0; i < l->n; i++)
		fp_session_fini(&l->sessions[i]);
	free(l->sessions);
	*l = (struct fp_life){0};
}

/* ---- taking octets out ---- */

static void cuts_move(struct fp_session *s, size_t at, size_t from_len, size_t to_len)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->n_cuts; i++) {
		size_t cut = s->cuts[i];
		if (cut >= at + from_len)
			cut = cut - from_len + to_len;
		else if (cut > at)
			cut = at;
		if (cut && cut < s->len && (!n || s->cuts[n - 1] < cut))
			s->cuts[n++] = cut;
	}
	s->n_cuts = n;
}

/* Puts by_len octets, no more than there were, in the place of from..to-1. */
static void replace(struct fp_session *s, size_t from, size_t to, const uint8_t *by, size_t by_len)
{
	if (by_len)
		memcpy(s->data + from, by, by_len);
	memmove(s->data + from + by_len, s->data + to, s->len - to);
	s->len -= to - from - by_len;
	cuts_move(s, from, to - from, by_len);
}

/* The frame whose payload holds from..to-1. */
static bool find_frame(const struct fp_session *s, const struct fp_dialect *d, size_t from, size_t to, struct fp_second_frame *f)
{
	for (size_t at = 0; at < s->len; at = f->end) {
		if (fp_second_frame(fp_dialect_requests(d), s->data, s->len, at, f))
			return false;
		if (from < f->end)
			return from >= f->payload_at && to <= f->end;
	}
	return false;
}

/* The item whose octets hold from..to-1: where it begins with its length, and how long it is. */
static bool find_item(const struct fp_session *s, const struct fp_second_frame *f, size_t from, size_t to, size_t *item_at,
                      size_t *len)
{
	const uint8_t *item;
	for (size_t at = f->payload_at; at < f->end;) {
		*item_at = at;
		if (fp_second_item(s->data, f->end, &at, &item, len))
			return false;
		if (from < at)
			return s->data + from >= item && to <= at;
	}
	return false;
}

void fp_session_cut(struct fp_session *s, const struct fp_dialect *d, size_t from, size_t to)
{
	struct fp_second_frame f;
	uint8_t head[10];
	size_t item_at, item_len, head_at, len_before = s->len;
	if (!find_frame(s, d, from, to, &f)) {
		replace(s, from, to, NULL, 0);
		return;
	}
	bool is_item = !d->is_json && find_item(s, &f, from, to, &item_at, &item_len);
	replace(s, from, to, NULL, 0);
	if (is_item) {
		size_t old_len = fp_second_put_length(head, item_len), new_len = fp_second_put_length(head, item_len - (to - from));
		while (s->data[item_at] == 0x80) /* leading 80s stay as they are */
			item_at++;
		replace(s, item_at, item_at + old_len, head, new_len);
	}
	head_at = f.length_at - (d->is_async ? 4 : 0);
	fp_second_put_head(fp_dialect_requests(d), s->data + head_at, f.id, f.len - (uint32_t)(len_before - s->len));
}
