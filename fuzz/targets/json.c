/* Target: the json serialiser, both ways. The second opinion is jansson's on the whole payload; where ours is another on
 * purpose, `is_ours_alone` says so. Must not know how the serialiser cuts a payload up. */
#include <jansson.h>

#include "../rig/choices.h"
#include "../rig/memory.h"
#include "../rig/modes.h"
#include "../rig/story.h"
#include "../target.h"
#include "io/json.h"

#define DEPTH_MAX 512u /* JSN-4 */

const struct fp_fuzz_target fp_fuzz_target = {
	"json", FP_SHAPE_TEXT, "one payload: a JSON array in UTF-8",
	"the verdict and the strings of jansson; encoding decodes to the same items, and again to the same octets"};

static enum fp_reason thaw(struct fp_args *a, struct fp_span in, size_t *fault)
{
	return fp_args_thaw(a, &fp_json_serialiser, in, fault);
}

/* Brackets open at a time; those inside strings are none. */
static bool is_too_deep(struct fp_span in)
{
	size_t depth = 0, deepest = 0;
	bool is_string = false;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];
		if (c == '"')
			is_string = !is_string;
		else if (is_string)
			i += c == '\\';
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth)
			depth--;
		deepest = depth > deepest ? depth : deepest;
	}
	return deepest > DEPTH_MAX;
}

/* jansson refuses U+0000 in a member's name. */
static bool is_ours_alone(struct fp_span in)
{
	for (size_t i = 0; i + 6 <= in.len; i++)
		if (memcmp(in.data + i, "\\u0000", 6) == 0)
			return memchr(in.data, ':', in.len);
	return false;
}

static void compare_strings(const struct fp_args *a, const json_t *second)
{
	for (size_t i = 0; i < a->n; i++) {
		const json_t *v = json_array_get(second, i);
		const struct fp_item *item = &a->items[i];
		if (json_is_string(v) != (item->kind == FP_STRING))
			fp_fuzz_found("decoder", "an item is a string, or a value, for one decoder only");
		if (!json_is_string(v))
			continue;
		if (json_string_length(v) != item->len || (item->len && memcmp(json_string_value(v), item->data, item->len) != 0))
			fp_fuzz_found("decoder", "a string is another for jansson");
	}
}

static void compare(const struct fp_args *a, enum fp_reason r, size_t fault, struct fp_span in)
{
	const size_t flags = JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_DECODE_ANY;
	bool is_zero_inside = memchr(in.data, 0, in.len) != NULL; /* jansson reads over one behind a number */
	json_t *second = is_zero_inside ? NULL : json_loadb((const char *)in.data, in.len, flags, NULL);
	bool is_list = json_is_array(second) && !is_too_deep(in);
	if (r && (r != FP_MALFORMED || fault > in.len))
		fp_fuzz_found("decoder", "a payload is refused for no good reason");
	if (is_list != !r && !is_ours_alone(in))
		fp_fuzz_found("decoder", "a payload is a list for one decoder only");
	if (is_list && !r) {
		if (json_array_size(second) != a->n)
			fp_fuzz_found("decoder", "a list has another length for jansson");
		compare_strings(a, second);
	}
	json_decref(second);
}

/* JSN-5: only the quote, the backslash and characters below 20 hex are escaped. */
static void check_form(struct fp_span out)
{
	json_t *second = json_loadb((const char *)out.data, out.len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	if (!second && !is_ours_alone(out))
		fp_fuzz_found("decoder", "jansson refuses what the encoder wrote");
	json_decref(second);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] < 0x20)
			fp_fuzz_found("roundtrip", "the encoder writes a control character");
}

static void round_trip(const struct fp_args *list, struct fp_memory *m)
{
	struct fp_buf out, again;
	struct fp_args copy;
	size_t fault;
	fp_buf_init(&out, &m->alloc, SIZE_MAX);
	fp_buf_init(&again, &m->alloc, SIZE_MAX);
	fp_args_init(&copy, &m->alloc, SIZE_MAX);
	enum fp_reason r = fp_args_freeze(&fp_json_serialiser, list->items, list->n, &out);
	if (r == FP_NOMEM && fp_memory_has_failed(m))
		r = fp_args_freeze(&fp_json_serialiser, list->items, list->n, &out);
	if (r)
		fp_fuzz_found("roundtrip", "a list that was decoded is not encoded");
	check_form(fp_buf_front(&out));
	r = thaw(&copy, fp_buf_front(&out), &fault);
	if (r == FP_NOMEM && fp_memory_has_failed(m))
		r = thaw(&copy, fp_buf_front(&out), &fault);
	if (r || copy.n != list->n || fp_digest_items(copy.items, copy.n) != fp_digest_items(list->items, list->n))
		fp_fuzz_found("roundtrip", "an encoded list decodes to another");
	r = fp_args_freeze(&fp_json_serialiser, copy.items, copy.n, &again);
	if (!r && (fp_buf_len(&again) != fp_buf_len(&out) ||
	           memcmp(fp_buf_front(&again).data, fp_buf_front(&out).data, fp_buf_len(&out)) != 0))
		fp_fuzz_found("roundtrip", "a list is encoded in two ways");
	fp_args_fini(&copy);
	fp_buf_fini(&again);
	fp_buf_fini(&out);
}

static void run(struct fp_span in, uint64_t fail_at)
{
	struct fp_memory m;
	struct fp_args list;
	size_t fault = 0;
	fp_memory_init(&m, fail_at);
	m.arrived = 2 * in.len;
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	enum fp_reason r = thaw(&list, in, &fault);
	if (r == FP_NOMEM && fp_memory_has_failed(&m))
		r = thaw(&list, in, &fault);
	else if (r == FP_MALFORMED && fp_memory_has_failed(&m) && !thaw(&list, in, &fault))
		fp_fuzz_found("allocation", "a list that found no memory is called malformed");
	compare(&list, r, fault, in);
	if (!r)
		round_trip(&list, &m);
	fp_args_fini(&list);
	fp_memory_fini(&m);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_choices choices = {data, len};
	struct fp_span in = {len ? data : (const uint8_t *)"", len};
	run(in, 0);
	run(in, 1 + fp_choose(&choices, 16));
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	struct fp_memory m;
	struct fp_args list;
	size_t fault = 0;
	fp_memory_init(&m, 0);
	m.arrived = 2 * len;
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	enum fp_reason r = thaw(&list, (struct fp_span){data, len}, &fault);
	for (size_t i = 0; !r && i < list.n; i++)
		fp_story_tell(s, "  item %zu: %s, %zu octets\n", i, list.items[i].kind == FP_STRING ? "string" : "value",
		              list.items[i].len);
	if (r)
		fp_story_tell(s, "  %06zu refused: %s\n", fault, fp_reason_text(r));
	fp_args_fini(&list);
}
