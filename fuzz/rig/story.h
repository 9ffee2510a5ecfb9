/* Text that grows: what `explain` tells. Must not know what it tells of, but for the frames and lists of the wire. */
#ifndef FP_FUZZ_STORY_H
#define FP_FUZZ_STORY_H

#include "journal.h"
#include "modes.h"

struct fp_story {
	char *text;
	size_t len, cap;
};

__attribute__((format(printf, 2, 3))) void fp_story_tell(struct fp_story *s, const char *format, ...);
void fp_story_free(struct fp_story *s);

/* One line for each frame: offset, direction, id, length, items; and where and why the rest is refused. */
void fp_story_frames(struct fp_story *s, const char *from, struct fp_second_form form, const uint8_t *in, size_t len);
/* One line for each item of a list that stands at an offset of the input. */
void fp_story_list(struct fp_story *s, size_t offset, const uint8_t *in, size_t len);
/* What a run gave, one line a note. */
void fp_story_journal(struct fp_story *s, const struct fp_journal *j);

#endif
