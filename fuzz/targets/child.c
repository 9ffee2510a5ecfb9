/* Target: the child's end of a connection. The input is what the parent says; how it is answered follows from the requests.
 * Must not know what the end has to do: the owner and its model do. */
#include "../owners/child.h"
#include "../rig/story.h"
#include "../target.h"

const struct fp_fuzz_target fp_fuzz_target = {
	"child", FP_SHAPE_FRAMES, "what a parent says: requests, heard by a child in each mode and profile",
	"each request and error is what the model says, however the input is cut; replies decode to what was answered"};

static struct fp_child_plan draw_plan(struct fp_choices *choices)
{
	uint32_t c = fp_choose(choices, 16);
	return (struct fp_child_plan){.has_read_error = c % 8 == 7, .is_abandoned = c / 8, .write_bytes = SIZE_MAX};
}

static struct fp_feed whole(const uint8_t *data, size_t len)
{
	return fp_feed_of(data, len, FP_CUT_WHOLE, (struct fp_choices){NULL, 0});
}

static void try_mode(const struct fp_mode *mode, const uint8_t *data, size_t len)
{
	struct fp_journal seen[FP_CUTS] = {0}, failing = {0};
	struct fp_choices choices = {data, len};
	struct fp_child_plan plan = draw_plan(&choices);
	uint64_t fail_at = 1 + fp_choose(&choices, 16);
	for (enum fp_cut cut = FP_CUT_WHOLE; cut < FP_CUTS; cut++) {
		plan.write_bytes = cut == FP_CUT_WHOLE ? SIZE_MAX : 333;
		fp_child_session(mode, &plan, fp_feed_of(data, len, cut, choices), &seen[cut]);
		if (!fp_journal_is_same(&seen[0], &seen[cut]))
			fp_fuzz_found("cuts", "another cut of the same octets gives something else");
	}
	plan.fail_at = fail_at;
	fp_child_session(mode, &plan, whole(data, len), &failing);
	for (int i = 0; i < FP_CUTS; i++)
		fp_journal_free(&seen[i]);
	fp_journal_free(&failing);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	for (int i = 0; i < FP_MODES; i++)
		try_mode(&fp_modes[i], data, len);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	struct fp_choices choices = {data, len};
	struct fp_child_plan plan = draw_plan(&choices);
	fp_story_tell(s, "plan: the input ends with %s%s\n", plan.has_read_error ? "a failure to read" : "end of file",
	              plan.is_abandoned ? "; what is outstanding then is never answered" : "");
	for (int i = 0; i < FP_MODES; i++) {
		struct fp_journal j = {0};
		fp_story_tell(s, "%s:\n", fp_modes[i].name);
		fp_story_frames(s, "-> child:", fp_mode_form(&fp_modes[i], fp_modes[i].async), data, len);
		fp_child_session(&fp_modes[i], &plan, whole(data, len), &j);
		fp_story_journal(s, &j);
		fp_journal_free(&j);
	}
}
