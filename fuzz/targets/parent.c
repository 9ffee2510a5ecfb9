/* Target: the parent's end of a connection. The input is what the child says; calls, writing and the end follow from a plan.
 * Must not know what the end has to do: the owner and its model do. */
#include "../owners/parent.h"
#include "../rig/story.h"
#include "../target.h"

const struct fp_fuzz_target fp_fuzz_target = {
	"parent", FP_SHAPE_FRAMES, "what a child says: replies and events, heard by a parent in each mode and profile",
	"each result, event and error is what the model says, however the input is cut; requests decode to what was called"};

static struct fp_feed whole(const uint8_t *data, size_t len)
{
	return fp_feed_of(data, len, FP_CUT_WHOLE, (struct fp_choices){NULL, 0});
}

static void try_mode(const struct fp_mode *mode, const uint8_t *data, size_t len)
{
	struct fp_journal seen[FP_CUTS] = {0}, ended = {0}, failing = {0};
	struct fp_choices choices = {data, len};
	struct fp_parent_plan plan = fp_parent_plan_draw(&choices);
	uint64_t fail_at = 1 + fp_choose(&choices, 16);
	for (enum fp_cut cut = FP_CUT_WHOLE; cut < FP_CUTS; cut++) {
		plan.write_bytes = cut == FP_CUT_WHOLE ? SIZE_MAX : 333;
		fp_parent_session(mode, &plan, fp_feed_of(data, len, cut, choices), &seen[cut]);
		if (!plan.is_late && !fp_journal_is_same(&seen[0], &seen[cut]))
			fp_fuzz_found("cuts", "another cut of the same octets gives something else");
	}
	struct fp_parent_plan open = plan;
	open.ending = FP_END_OPEN; /* the octets that would choose it are the last of the stream, too */
	fp_parent_session(mode, &open, whole(data, len), &ended);
	plan.fail_at = fail_at;
	fp_parent_session(mode, &plan, whole(data, len), &failing);
	for (int i = 0; i < FP_CUTS; i++)
		fp_journal_free(&seen[i]);
	fp_journal_free(&ended);
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
	struct fp_parent_plan plan = fp_parent_plan_draw(&choices);
	static const char *const endings[] = {"end of file after close", "end of file", "reading fails",
	                                       "writing fails",           "none",        "reading fails after close"};
	fp_story_tell(s, "plan: %u calls at first, ids after %u, the peer takes %llu octets, %s, ending: %s\n", plan.calls,
	              plan.last_id, (unsigned long long)plan.write_max, plan.is_late ? "written late" : "written at once",
	              endings[plan.ending]);
	for (int i = 0; i < FP_MODES; i++) {
		struct fp_journal j = {0};
		fp_story_tell(s, "%s:\n", fp_modes[i].name);
		fp_story_frames(s, "<- child:", fp_mode_form(&fp_modes[i], true), data, len);
		fp_parent_session(&fp_modes[i], &plan, whole(data, len), &j);
		fp_story_journal(s, &j);
		fp_journal_free(&j);
	}
}
