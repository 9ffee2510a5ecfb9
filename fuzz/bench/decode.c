/* Measured: a list of strings, decoded. */
#include "../rig/memory.h"
#include "../target.h"
#include "core/args.h"

const struct fp_fuzz_target fp_fuzz_target = {"decode", FP_SHAPE_LIST, "one payload", "nothing"};

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_memory m;
	struct fp_args list;
	size_t fault;
	fp_memory_init(&m, 0, len);
	fp_args_init(&list, &m.alloc, SIZE_MAX);
	(void)!fp_args_thaw(&list, &fp_string_serialiser, (struct fp_span){data, len}, &fault);
	fp_args_fini(&list);
	fp_memory_fini(&m);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story)
{
	(void)story;
	fp_fuzz_one(data, len);
}
