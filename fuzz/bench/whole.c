/* Measured: a stream of frames, read in one piece. */
#include "reading.h"

const struct fp_fuzz_target fp_fuzz_target = {"whole", FP_SHAPE_FRAMES, "a stream of frames", "nothing"};

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	fp_bench_read(data, len, FP_CUT_WHOLE);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story)
{
	(void)story;
	fp_fuzz_one(data, len);
}
