/* A verdict as octets. See parcel.h. Both ends are this program: numbers and structures are in the machine's own form. */
#include "parcel.h"

#include <stdlib.h>
#include <string.h>

static void number_put(struct fp_bytes *to, uint64_t number)
{
	fp_bytes_put(to, &number, sizeof number);
}

/* NULL is UINT64_MAX octets. */
static void octets_put(struct fp_bytes *to, const void *data, size_t len)
{
	number_put(to, data ? len : UINT64_MAX);
	fp_bytes_put(to, data, data ? len : 0);
}

static void text_put(struct fp_bytes *to, const char *text)
{
	octets_put(to, text, text ? strlen(text) : 0);
}

void fp_parcel_put(struct fp_bytes *to, const struct fp_verdict *v)
{
	number_put(to, v->judgement);
	number_put(to, v->plays);
	number_put(to, v->is_late);
	number_put(to, v->time_ns);
	text_put(to, v->variant);
	text_put(to, v->why);
	text_put(to, v->stderr_text);
	number_put(to, v->n_seen);
	for (size_t i = 0; i < v->n_seen; i++) {
		fp_bytes_put(to, &v->seen[i], sizeof v->seen[i]);
		text_put(to, v->seen[i].text);
		octets_put(to, v->seen[i].data, v->seen[i].len);
	}
}

/* ---- and back; what is missing stays 0, and makes the parcel less than whole ---- */

struct taking {
	struct fp_bytes *from;
	bool is_short;
};

static void take(struct taking *t, void *to, size_t len)
{
	t->is_short = t->is_short || t->from->len < len;
	if (t->is_short)
		return;
	memcpy(to, fp_bytes_front(t->from), len);
	fp_bytes_take(t->from, len);
}

static uint64_t number_take(struct taking *t)
{
	uint64_t number = 0;
	take(t, &number, sizeof number);
	return number;
}

static void *octets_take(struct taking *t)
{
	uint64_t len = number_take(t);
	t->is_short = t->is_short || (len != UINT64_MAX && len > t->from->len);
	if (t->is_short || len == UINT64_MAX)
		return NULL;
	char *data = fp_get(len + 1, 1);
	if (len)
		take(t, data, len);
	return data;
}

bool fp_parcel_take(struct fp_bytes *from, struct fp_verdict *v)
{
	struct taking t = {.from = from};
	v->judgement = (enum fp_judgement)number_take(&t);
	v->plays = (unsigned)number_take(&t);
	v->is_late = number_take(&t) != 0;
	v->time_ns = number_take(&t);
	v->variant = octets_take(&t);
	v->why = octets_take(&t);
	v->stderr_text = octets_take(&t);
	size_t n = (size_t)number_take(&t);
	for (size_t i = 0; i < n && !t.is_short; i++) {
		v->seen = fp_grow(v->seen, i + 1, sizeof *v->seen);
		v->seen[i] = (struct fp_seen){0};
		take(&t, &v->seen[i], sizeof v->seen[i]);
		v->seen[i].text = octets_take(&t);
		v->seen[i].data = octets_take(&t);
		v->n_seen = i + 1;
	}
	return !t.is_short && t.from->len == 0;
}
