/* The owner of a reader of frames. See frame.h. */
#include "frame.h"

#include "../rig/memory.h"
#include "../target.h"
#include "core/frame.h"

#define FLOOD_BYTES ((size_t)160 << 10) /* octets: more than it takes until the largest read is offered */

/* All frames that are there, or only so many: the reader is then asked for room with the last of them still given out. */
static void drain(struct fp_reader *r, struct fp_journal *j, size_t frames_max)
{
	struct fp_frame f;
	bool is_due;
	while ((is_due = fp_reader_has_frame(r), frames_max) && fp_reader_next(r, &f)) {
		frames_max--;
		if (!is_due)
			fp_fuzz_found("model", "next gives a frame that has_frame denied");
		fp_journal_put(j, (struct fp_note){.kind = FP_NOTE_FRAME, .id = f.id, .n = f.payload.len, .offset = f.offset,
		                                   .digest = fp_digest_octets(0, f.payload.data, f.payload.len)});
	}
	if (frames_max && is_due)
		fp_fuzz_found("model", "has_frame promises a frame that next does not give");
}

/* A request for memory that fails has changed nothing, so it is made again. */
static void feed_piece(struct fp_reader *r, struct fp_feed *feed, struct fp_memory *m)
{
	struct fp_space space;
	if (fp_reader_buf(r, &space) && fp_reader_buf(r, &space))
		fp_fuzz_found("allocation", "no room for what arrives, though there is memory");
	size_t n = fp_feed_next(feed, space);
	m->arrived += n;
	fp_reader_ack(r, n);
	if (r->state != FP_READER_OPEN && fp_buf_len(&r->buf))
		fp_fuzz_found("memory", "what arrives after the end is kept");
}

/* FRM-7: a length above the limit fails as soon as its header is there. */
static void check_promptness(const struct fp_mode *mode, const struct fp_reader *r, const uint8_t *data, size_t arrived)
{
	struct fp_second_frame f;
	enum fp_second_verdict v = fp_second_frame(fp_mode_form(mode, mode->async), data, arrived, (size_t)r->offset, &f);
	if (r->state == FP_READER_OPEN && v == FP_SECOND_TOO_LONG)
		fp_fuzz_found("decoder", "a length above the limit is not refused when its header is there");
}

void fp_frame_session(const struct fp_mode *mode, struct fp_feed feed, uint64_t fail_at, struct fp_journal *j)
{
	struct fp_memory m;
	struct fp_reader r;
	const uint8_t *data = feed.rest.data;
	fp_memory_init(&m, fail_at, 0);
	fp_reader_init(&r, &m.alloc, (struct fp_frame_format){mode->profile, mode->async}, mode->payload_max);
	while (feed.rest.len) {
		feed_piece(&r, &feed, &m);
		if (r.state != FP_READER_OPEN)
			fp_feed_hurry(&feed);
		if (!feed.is_drain_due)
			continue;
		drain(&r, j, feed.cut == FP_CUT_OWN ? 1 : SIZE_MAX);
		if (feed.cut == FP_CUT_OCTETS)
			check_promptness(mode, &r, data, m.arrived);
	}
	fp_reader_eof(&r);
	drain(&r, j, SIZE_MAX);
	fp_journal_put(j, r.state == FP_READER_ENDED ? (struct fp_note){.kind = FP_NOTE_ENDED}
	                                             : (struct fp_note){.kind = FP_NOTE_FAILED, .reason = r.reason,
	                                                                .offset = r.reason_offset});
	fp_reader_fini(&r);
	fp_memory_fini(&m);
}

void fp_frame_flood(const struct fp_mode *mode, const uint8_t *data, size_t len)
{
	struct fp_memory m;
	struct fp_reader r;
	struct fp_frame f;
	struct fp_space space;
	size_t fed = 0;
	fp_memory_init(&m, 0, 0);
	fp_reader_init(&r, &m.alloc, (struct fp_frame_format){mode->profile, mode->async}, mode->payload_max);
	while (len && fed < FLOOD_BYTES && r.state == FP_READER_OPEN) {
		if (fp_reader_buf(&r, &space))
			fp_fuzz_found("allocation", "no room for what arrives, though there is memory");
		for (size_t i = 0; i < space.len; i++)
			space.data[i] = data[fed++ % len];
		m.arrived += space.len;
		fp_reader_ack(&r, space.len);
		while (fp_reader_next(&r, &f))
			;
	}
	if (r.state == FP_READER_OPEN && fp_reader_received(&r) != fed)
		fp_fuzz_found("model", "octets are lost, or counted twice");
	fp_reader_fini(&r);
	fp_memory_fini(&m);
}
