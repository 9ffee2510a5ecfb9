/* The owner of a reader of frames in a fuzz target. Must not know what is in a payload. */
#ifndef FP_FUZZ_OWNER_FRAME_H
#define FP_FUZZ_OWNER_FRAME_H

#include "../rig/feed.h"
#include "../rig/modes.h"

/* Reads a whole stream; the request for memory of that number fails, 0: none. */
void fp_frame_session(const struct fp_mode *mode, struct fp_feed feed, uint64_t fail_at, struct fp_journal *j);
/* Reads the input again and again, as much as is wanted at a time. */
void fp_frame_flood(const struct fp_mode *mode, const uint8_t *data, size_t len);

#endif
