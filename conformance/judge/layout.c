/* Layouts put together and taken apart. See layout.h. */
#include "layout.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

/* FP_EXPECT_SAME is 0: new memory expects the same. */
static void expect_make(struct fp_layout *l, size_t len)
{
	if (!l->expect)
		l->expect = fp_get(len, 1);
}

void fp_layout_append(struct fp_layout *to, const struct fp_layout *more)
{
	size_t len = to->len + more->len;
	to->data = fp_grow(to->data, len, 1);
	if (more->len)
		memcpy(to->data + to->len, more->data, more->len);
	if (to->expect) {
		to->expect = fp_grow(to->expect, len, 1);
		memset(to->expect + to->len, FP_EXPECT_SAME, more->len);
	}
	if (more->expect) {
		expect_make(to, len);
		memcpy(to->expect + to->len, more->expect, more->len);
	}
	to->len = len;
}

static struct fp_layout part(const struct fp_layout *l, size_t at, size_t len)
{
	return (struct fp_layout){.data = l->data + at, .expect = l->expect ? l->expect + at : NULL, .len = len};
}

struct fp_layout fp_layout_take(struct fp_layout *from, size_t len)
{
	struct fp_layout front = part(from, 0, len), back = part(from, len, from->len - len), taken = {0}, left = {0};
	fp_layout_append(&taken, &front);
	fp_layout_append(&left, &back);
	fp_layout_fini(from);
	*from = left;
	return taken;
}

void fp_layout_cut_at(struct fp_layout *l, size_t at)
{
	l->cuts = fp_grow(l->cuts, l->n_cuts + 1, sizeof *l->cuts);
	l->cuts[l->n_cuts++] = at;
}

bool fp_layout_is_open(const struct fp_layout *l, size_t at, size_t len)
{
	for (size_t i = at; l->expect && i < at + len; i++)
		if (l->expect[i] != FP_EXPECT_SAME)
			return true;
	return false;
}
