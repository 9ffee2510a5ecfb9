/* Target: the json serialiser, both ways. The second opinion is jansson's on the whole payload. Must not know how the serialiser cuts a payload up. */
#include "../oracle/jansson.h"
#include "../rig/choices.h"
#include "../rig/memory.h"
#include "../rig/story.h"
#include "../target.h"
#include "io/json.h"

const struct fp_fuzz_target fp_fuzz_target = {
	"json", FP_SHAPE_TEXT, "one payload: a JSON array in UTF-8",
	"the verdict and the strings of jansson; encoding decodes to the same items, and again to the same octets"};

static enum fp_reason thaw(struct fp_args *a, struct fp_span in, size_t *fault)
{
	return fp_args_thaw(a, &fp_json_serialiser, in, fault);
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
	fp_jansson_check(fp_buf_front(&out));
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
	fp_jansson_compare(&list, r, fault, in);
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
