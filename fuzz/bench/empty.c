/* Measured: nothing at all, which is what the engine itself takes. */
#include "../target.h"

const struct fp_fuzz_target fp_fuzz_target = {"empty", FP_SHAPE_FRAMES, "any octets", "nothing"};

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	(void)data;
	(void)len;
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story)
{
	(void)data;
	(void)len;
	(void)story;
}
