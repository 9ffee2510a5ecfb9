/* The owner of a list. See args.h. */
#include "args.h"

#include "../oracle/second.h"
#include "../rig/journal.h"
#include "../target.h"

#define POPS_MAX 16u /* items: each pop looks at all that are left */

/* Again, where memory failed: nothing was changed. */
static void copy_item(struct fp_args *to, struct fp_item item, const struct fp_memory *m)
{
	size_t n = to->n, text_len = fp_buf_len(&to->text);
	enum fp_reason r = fp_args_copy(to, item);
	if (r && (to->n != n || fp_buf_len(&to->text) != text_len))
		fp_fuzz_found("allocation", "an item that is not copied leaves something behind");
	if (r && fp_memory_has_failed(m))
		r = fp_args_copy(to, item);
	if (r || to->n != n + 1)
		fp_fuzz_found("allocation", "an item is not copied, though there is memory");
}

/* Copies the items, with some that are taken off again. */
static void copy(struct fp_args *to, const struct fp_args *from, const struct fp_memory *m, struct fp_choices choices)
{
	for (size_t i = 0; i < from->n; i++) {
		copy_item(to, from->items[i], m);
		if (fp_choose(&choices, 4) < 3)
			continue;
		copy_item(to, from->items[i], m);
		fp_args_pop(to);
	}
	const struct fp_item *items = fp_args_seal(to);
	if (to->n != from->n || fp_digest_items(items, to->n) != fp_digest_items(from->items, from->n))
		fp_fuzz_found("roundtrip", "a copied list is another");
}

/* What the second encoder makes of the items, octet by octet. */
static void compare_frozen(const struct fp_item *items, size_t n, struct fp_span made)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t head[10];
		size_t head_len = fp_second_put_length(head, items[i].len);
		if (made.len - at < head_len + items[i].len || memcmp(made.data + at, head, head_len) != 0 ||
		    (items[i].len && memcmp(made.data + at + head_len, items[i].data, items[i].len) != 0))
			fp_fuzz_found("roundtrip", "a list is not encoded as the second encoder does it");
		at += head_len + items[i].len;
	}
	if (at != made.len)
		fp_fuzz_found("roundtrip", "an encoded list has octets behind it");
}

/* Behind three octets that are there already; what fails leaves them alone. */
static void freeze(const struct fp_args *list, struct fp_memory *m, size_t bytes_max)
{
	struct fp_buf out;
	fp_buf_init(&out, &m->alloc, bytes_max);
	bool is_begun = !fp_buf_put(&out, "abc", 3) || !fp_buf_put(&out, "abc", 3);
	enum fp_reason r = is_begun ? fp_args_freeze(&fp_string_serialiser, list->items, list->n, &out) : FP_TOO_LONG;
	if (is_begun && r && (fp_buf_len(&out) != 3 || memcmp(fp_buf_front(&out).data, "abc", 3) != 0))
		fp_fuzz_found("allocation", "a list that could not be encoded leaves something behind");
	if (r == FP_NOMEM && fp_memory_has_failed(m))
		r = fp_args_freeze(&fp_string_serialiser, list->items, list->n, &out);
	if (r && (r != FP_TOO_LONG || bytes_max == SIZE_MAX))
		fp_fuzz_found("roundtrip", "a list is not encoded");
	if (!r)
		compare_frozen(list->items, list->n, (struct fp_span){fp_buf_front(&out).data + 3, fp_buf_len(&out) - 3});
	fp_buf_fini(&out);
}

/* An item that no memory can hold is refused before any is asked for. */
static void check_endless(size_t less)
{
	struct fp_memory none;
	struct fp_buf out;
	fp_memory_init(&none, 1, 0);
	fp_buf_init(&out, &none.alloc, SIZE_MAX);
	if (fp_string_serialiser.add(NULL, &(struct fp_item){"", SIZE_MAX - less, FP_STRING}, 0, &out) != FP_TOO_LONG || fp_buf_len(&out))
		fp_fuzz_found("roundtrip", "an item longer than memory is encoded");
	fp_buf_fini(&out);
}

static void pop_all(struct fp_args *list)
{
	for (size_t n = list->n; n > 0; n--) {
		uint64_t rest = fp_digest_items(list->items, n - 1);
		fp_args_pop(list);
		if (list->n != n - 1 || fp_digest_items(fp_args_seal(list), list->n) != rest)
			fp_fuzz_found("roundtrip", "taking an item off changes the others");
	}
}

void fp_args_use(struct fp_args *list, struct fp_memory *m, struct fp_choices choices)
{
	struct fp_args copied;
	fp_args_init(&copied, &m->alloc, SIZE_MAX);
	copy(&copied, list, m, choices);
	freeze(&copied, m, SIZE_MAX);
	freeze(list, m, fp_choose(&choices, 256));
	check_endless(fp_choose(&choices, 10));
	if (list->n <= POPS_MAX)
		pop_all(list);
	fp_args_fini(&copied);
}
