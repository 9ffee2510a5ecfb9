/* Target: lists and the string serialiser, both ways. Must not know frames. */
#include "../oracle/perl.h"
#include "../rig/choices.h"
#include "../rig/memory.h"
#include "../rig/modes.h"
#include "../rig/story.h"
#include "../target.h"
#include "core/args.h"

#define PERL_BYTES_MAX 256u /* octets: Perl needs the square of a length's octets */

const struct fp_fuzz_target fp_fuzz_target = {
	"args", FP_SHAPE_LIST, "one payload: a list of strings in the string serialiser's form",
	"the items or the fault that the second decoder (and Perl's unpack) sees; encoding gives the shortest form and decodes again"};

static enum fp_reason thaw(struct fp_args *a, const uint8_t *data, size_t len, size_t *fault)
{
	return fp_args_thaw(a, &fp_string_serialiser, (struct fp_span){data, len}, fault);
}

static void compare(const struct fp_args *a, enum fp_reason r, size_t fault, const uint8_t *data, size_t len)
{
	uint64_t n, digest;
	size_t second_fault;
	enum fp_second_verdict v = fp_mode_list(data, len, &second_fault, &n, &digest);
	if (!v != !r || (v && (r != FP_MALFORMED || fault != second_fault)))
		fp_fuzz_found("decoder", "a list is refused, or taken, or refused elsewhere than by the second decoder");
	if (!v && (a->n != n || fp_digest_items(a->items, a->n) != digest))
		fp_fuzz_found("decoder", "the second decoder sees other items");
	if (len <= PERL_BYTES_MAX)
		fp_perl_compare(data, len, v);
}

/* Copies the items, with some that are taken off again. */
static void copy(struct fp_args *to, const struct fp_args *from, const struct fp_memory *m, struct fp_choices choices)
{
	for (size_t i = 0; i < from->n; i++) {
		bool is_twice = fp_choose(&choices, 4) == 3;
		for (int times = 0; times <= is_twice; times++)
			if (fp_args_copy(to, from->items[i]) && (!fp_memory_has_failed(m) || fp_args_copy(to, from->items[i])))
				fp_fuzz_found("allocation", "an item is not copied, though there is memory");
		if (is_twice)
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

static void run(const uint8_t *data, size_t len, uint64_t fail_at, struct fp_choices choices)
{
	struct fp_memory m;
	struct fp_args list, copied;
	size_t fault = 0;
	fp_memory_init(&m, fail_at);
	m.arrived = 2 * len;
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	fp_args_init(&copied, &m.alloc, SIZE_MAX);
	enum fp_reason r = thaw(&list, data, len, &fault);
	if (r == FP_NOMEM && fp_memory_has_failed(&m))
		r = thaw(&list, data, len, &fault);
	compare(&list, r, fault, data, len);
	if (!r) {
		copy(&copied, &list, &m, choices);
		freeze(&copied, &m, SIZE_MAX);
		freeze(&list, &m, fp_choose(&choices, 256));
	}
	fp_args_fini(&copied);
	fp_args_fini(&list);
	fp_memory_fini(&m);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_choices choices = {data, len};
	uint64_t fail_at = 1 + fp_choose(&choices, 16);
	run(data, len, 0, choices);
	run(data, len, fail_at, choices);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	fp_story_list(s, 0, data, len);
}
