/* Measured: the same stream, read in one piece, octet by octet, and cut as its own bits say. */
#include "reading.h"

const struct fp_fuzz_target fp_fuzz_target = {"cut", FP_SHAPE_FRAMES, "a stream of frames", "nothing"};

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	for (int cut = 0; cut < FP_CUTS; cut++)
		fp_bench_read(data, len, (enum fp_cut)cut);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story)
{
	(void)story;
	fp_fuzz_one(data, len);
}
