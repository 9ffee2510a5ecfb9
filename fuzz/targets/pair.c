/* Target: a parent and a child against each other. The input says what each side does and how much is moved between them.
 * Must not know how either end works. */
#include "../owners/pair.h"
#include "../rig/story.h"
#include "../target.h"

const struct fp_fuzz_target fp_fuzz_target = {
	"pair", FP_SHAPE_CHOICES, "choices: what two ends do and how much goes over the wire between them",
	"every call and event arrives once, whole and in order, and both ends come to a clean end"};

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_choices choices = {data, len};
	const struct fp_mode *mode = &fp_modes[fp_choose(&choices, FP_MODES)];
	fp_pair_session(mode, choices);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	static const char *const words[] = {"move down", "move up", "answer", "call", "call", "event", "withdraw"};
	struct fp_choices c = {data, len};
	fp_story_tell(s, "%s; choices, from the end of the input (a move takes one octet more, an answer too):\n ",
	              fp_modes[fp_choose(&c, FP_MODES)].name);
	while (c.len) {
		uint32_t what = fp_choose(&c, 7);
		fp_story_tell(s, what < 3 ? " %s(%u)" : " %s", words[what], what < 3 ? fp_choose(&c, 256) : 0);
	}
	fp_story_tell(s, "\n");
}
