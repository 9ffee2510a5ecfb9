/* Target: the frame headers and the reader of frames, in both profiles, with and without ids.
 * Must not know what is in a payload. */
#include "../owners/frame.h"
#include "../rig/story.h"
#include "../target.h"
#include "core/frame.h"

#define FLOOD_ONE_IN 64u /* inputs are read again and again */

const struct fp_fuzz_target fp_fuzz_target = {
	"frame", FP_SHAPE_FRAMES, "a stream of frames, read with and without ids in both profiles",
	"the same frames and the same fault at the same offset however it is cut, as the second decoder sees them"};

static void expect(const struct fp_mode *mode, const uint8_t *data, size_t len, struct fp_journal *j)
{
	struct fp_second_frame f;
	enum fp_second_verdict v = FP_SECOND_GOOD;
	for (size_t at = 0; at < len; at = f.end) {
		v = fp_second_frame(fp_mode_form(mode, mode->async), data, len, at, &f);
		if (v)
			break;
		fp_journal_put(j, (struct fp_note){.kind = FP_NOTE_FRAME, .id = f.id, .n = f.len, .offset = at,
		                                   .digest = fp_digest_octets(0, data + f.payload_at, f.len)});
	}
	fp_journal_put(j, !v ? (struct fp_note){.kind = FP_NOTE_ENDED}
	               : v == FP_SECOND_TOO_LONG
	                       ? (struct fp_note){.kind = FP_NOTE_FAILED, .reason = FP_TOO_LONG, .offset = f.length_at}
	                       : (struct fp_note){.kind = FP_NOTE_FAILED, .reason = FP_TRUNCATED, .offset = len});
}

/* Any eight octets, as an id and a length, survive put and get, and are written as the second encoder does. */
static void check_heads(const struct fp_mode *mode, const uint8_t *data, size_t len)
{
	struct fp_frame_format format = {mode->profile, mode->async};
	uint8_t head[FP_FRAME_HEAD_MAX] = {0}, second[FP_FRAME_HEAD_MAX] = {0};
	uint32_t words[2] = {0}, id, length;
	memcpy(words, data, len < sizeof words ? len : sizeof words);
	fp_frame_put(format, head, words[0], words[1]);
	fp_frame_get(format, head, &id, &length);
	size_t n = fp_second_put_head(fp_mode_form(mode, mode->async), second, words[0], words[1]);
	if (n != fp_frame_head_len(format) || memcmp(head, second, n) != 0)
		fp_fuzz_found("roundtrip", "a header is not written as the second encoder writes it");
	if (length != words[1] || id != (mode->async ? words[0] : 0))
		fp_fuzz_found("roundtrip", "a header is not read as it was written");
}

static void try_mode(const struct fp_mode *mode, const uint8_t *data, size_t len)
{
	struct fp_journal seen[FP_CUTS] = {0}, second = {0}, failing = {0};
	struct fp_choices choices = {data, len};
	uint64_t fail_at = 1 + fp_choose(&choices, 4);
	for (enum fp_cut cut = FP_CUT_WHOLE; cut < FP_CUTS; cut++) {
		fp_frame_session(mode, fp_feed_of(data, len, cut, choices), 0, &seen[cut]);
		if (!fp_journal_is_same(&seen[0], &seen[cut]))
			fp_fuzz_found("cuts", "another cut of the same octets gives something else");
	}
	expect(mode, data, len, &second);
	if (!fp_journal_is_same(&seen[0], &second))
		fp_fuzz_found("decoder", "the second decoder sees something else");
	fp_frame_session(mode, fp_feed_of(data, len, FP_CUT_OWN, choices), fail_at, &failing);
	if (!fp_journal_is_same(&seen[0], &failing))
		fp_fuzz_found("allocation", "after a request for memory that failed, and was made again, something else comes");
	for (int i = 0; i < FP_CUTS; i++)
		fp_journal_free(&seen[i]);
	fp_journal_free(&second);
	fp_journal_free(&failing);
	check_heads(mode, data, len);
	if (fp_choose(&choices, FLOOD_ONE_IN) == FLOOD_ONE_IN - 1)
		fp_frame_flood(mode, data, len);
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	for (int i = 0; i < FP_MODES; i++)
		try_mode(&fp_modes[i], data, len);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	for (int i = 0; i < FP_MODES; i++) {
		struct fp_journal j = {0};
		fp_story_tell(s, "read as %s:\n", fp_modes[i].async ? (i & 2 ? "native, with ids" : "network, with ids")
		                                                    : (i & 2 ? "native, without ids" : "network, without ids"));
		fp_story_frames(s, "->", fp_mode_form(&fp_modes[i], fp_modes[i].async), data, len);
		fp_frame_session(&fp_modes[i], fp_feed_of(data, len, FP_CUT_WHOLE, (struct fp_choices){data, len}), 0, &j);
		fp_story_journal(s, &j);
		fp_journal_free(&j);
	}
}
