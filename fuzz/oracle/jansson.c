/* jansson as an oracle. See jansson.h. */
#include "jansson.h"

#include <jansson.h>

#include "../target.h"

#define DEPTH_MAX 512u /* JSN-4 */
#define STEPS 16u

/* How deep an input is, told to libFuzzer as coverage, as no branch tells it: so deeper ones are kept, and grow. */
__attribute__((section("__libfuzzer_extra_counters"), used)) static uint8_t depth_reached[STEPS];

/* Where a bracket opens that is one too many, those inside strings being none; SIZE_MAX: nowhere. */
static size_t too_deep_at(struct fp_span in)
{
	size_t depth = 0;
	bool is_string = false;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];
		if (c == '"')
			is_string = !is_string;
		else if (is_string)
			i += c == '\\';
		else if ((c == '[' || c == '{') && depth++ == DEPTH_MAX)
			return i;
		else if ((c == ']' || c == '}') && depth)
			depth--;
		depth_reached[depth * STEPS / (DEPTH_MAX + 1)] = 1;
	}
	return SIZE_MAX;
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

void fp_jansson_compare(const struct fp_args *a, enum fp_reason r, size_t fault, struct fp_span in)
{
	const size_t flags = JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_DECODE_ANY;
	bool is_zero_inside = memchr(in.data, 0, in.len) != NULL; /* jansson reads over one behind a number */
	json_t *second = is_zero_inside ? NULL : json_loadb((const char *)in.data, in.len, flags, NULL);
	size_t deep_at = too_deep_at(in);
	bool is_list = json_is_array(second) && deep_at == SIZE_MAX;
	if (r && (r != FP_MALFORMED || fault > in.len))
		fp_fuzz_found("decoder", "a payload is refused for no good reason");
	if (r && fault > deep_at)
		fp_fuzz_found("decoder", "a payload is refused behind where it is too deep");
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
void fp_jansson_check(struct fp_span out)
{
	json_t *second = json_loadb((const char *)out.data, out.len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	if (!second && !is_ours_alone(out))
		fp_fuzz_found("decoder", "jansson refuses what the encoder wrote");
	json_decref(second);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] < 0x20)
			fp_fuzz_found("roundtrip", "the encoder writes a control character");
}
