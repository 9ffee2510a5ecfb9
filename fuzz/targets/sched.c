/* Target: pool policy against a naive model. Must not know what is decided, or why. */
#include "../owners/sched.h"
#include "../rig/story.h"
#include "../target.h"

const struct fp_fuzz_target fp_fuzz_target = {
	"sched", FP_SHAPE_CHOICES, "choices: the options of a pool, then jobs, ends, deaths and time",
	"every decision and every deadline is the model's; a closed pool comes to its end"};

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	fp_sched_life((struct fp_choices){data, len}, NULL);
}

/* Tells of the life as far as it goes. */
void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	fp_sched_life((struct fp_choices){data, len}, s);
}
