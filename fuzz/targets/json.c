/* Target: the json serialiser, both ways. The second opinion is jansson's on the whole payload. Must not know how the serialiser cuts a payload up. */
#include "../oracle/jansson.h"
#include "../rig/memory.h"
#include "../rig/story.h"
#include "../target.h"
#include "io/json.h"

const struct fp_fuzz_target fp_fuzz_target = {
	"json", FP_SHAPE_TEXT, "one payload: a JSON array in UTF-8",
	"the verdict and the strings of jansson; encoding decodes to the same items, and again to the same octets"};

/* The second try, after a request for memory failed; what is well then may have been called nothing but FP_NOMEM. */
static enum fp_reason judge_again(enum fp_reason first, enum fp_reason again)
{
	if (!again && first != FP_NOMEM)
		fp_fuzz_found("allocation", "a list that found no memory is said to be wrong");
	return again;
}

static enum fp_reason thaw(struct fp_args *a, struct fp_span in, size_t *fault, const struct fp_memory *m)
{
	enum fp_reason r = fp_args_thaw(a, &fp_json_serialiser, in, fault);
	return r && fp_memory_has_failed(m) ? judge_again(r, fp_args_thaw(a, &fp_json_serialiser, in, fault)) : r;
}

static enum fp_reason freeze(const struct fp_args *a, struct fp_buf *out, const struct fp_memory *m)
{
	enum fp_reason r = fp_args_freeze(&fp_json_serialiser, a->items, a->n, out);
	return r && fp_memory_has_failed(m) ? judge_again(r, fp_args_freeze(&fp_json_serialiser, a->items, a->n, out)) : r;
}

static void round_trip(const struct fp_args *list, struct fp_memory *m)
{
	struct fp_buf out, again;
	struct fp_args copy;
	size_t fault;
	fp_buf_init(&out, &m->alloc, SIZE_MAX);
	fp_buf_init(&again, &m->alloc, SIZE_MAX);
	fp_args_init(&copy, &m->alloc, SIZE_MAX);
	if (freeze(list, &out, m))
		fp_fuzz_found("roundtrip", "a list that was decoded is not encoded");
	fp_jansson_check(fp_buf_front(&out));
	if (thaw(&copy, fp_buf_front(&out), &fault, m) || copy.n != list->n ||
	    fp_digest_items(copy.items, copy.n) != fp_digest_items(list->items, list->n))
		fp_fuzz_found("roundtrip", "an encoded list decodes to another");
	if (!freeze(&copy, &again, m) && (fp_buf_len(&again) != fp_buf_len(&out) ||
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
	fp_memory_init(&m, fail_at, 2 * in.len);
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	enum fp_reason r = thaw(&list, in, &fault, &m);
	fp_jansson_compare(&list, r, fault, in);
	if (!r)
		round_trip(&list, &m);
	fp_args_fini(&list);
	fp_memory_fini(&m);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_span in = {len ? data : (const uint8_t *)"", len};
	run(in, 0);
	run(in, 1 + fp_digest_octets(0, data, len) % 16); /* of the whole: few octets at the end leave an array one */
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	struct fp_memory m;
	struct fp_args list;
	size_t fault = 0;
	fp_memory_init(&m, 0, 2 * len);
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	enum fp_reason r = thaw(&list, (struct fp_span){data, len}, &fault, &m);
	for (size_t i = 0; !r && i < list.n; i++)
		fp_story_tell(s, "  item %zu: %s, %zu octets\n", i, list.items[i].kind == FP_STRING ? "string" : "value", list.items[i].len);
	if (r)
		fp_story_tell(s, "  %06zu refused: %s\n", fault, fp_reason_text(r));
	fp_args_fini(&list);
}
