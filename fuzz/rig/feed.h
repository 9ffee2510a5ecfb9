/* Cuts an input into the pieces in which it arrives. Must not know what is in it. */
#ifndef FP_FUZZ_FEED_H
#define FP_FUZZ_FEED_H

#include "choices.h"
#include "core/base.h"

enum fp_cut { FP_CUT_WHOLE, FP_CUT_OCTETS, FP_CUT_OWN /* as the input's own bits say */ };
#define FP_CUTS 3

struct fp_feed {
	struct fp_span rest;
	enum fp_cut cut;
	struct fp_choices choices;
	bool is_drain_due; /* the owner looks at what the piece brought; false: only after a later one, or the end of file */
};

/* Copies the next piece into the room there is; 0: there is none. */
static inline size_t fp_feed_next(struct fp_feed *f, struct fp_space room)
{
	size_t n = f->rest.len;
	if (f->cut == FP_CUT_OCTETS)
		n = n > 0;
	else if (f->cut == FP_CUT_OWN && f->choices.len) {
		uint32_t c = fp_choose(&f->choices, 256);
		n = 1 + (c < 0xe0 ? c / 2 % 16 : (size_t)c * 8);
		f->is_drain_due = c & 1;
	}
	if (n > f->rest.len)
		n = f->rest.len;
	if (n > room.len)
		n = room.len;
	fp_copy(room.data, f->rest.data, n);
	f->rest.data += n;
	f->rest.len -= n;
	return n;
}

static inline struct fp_feed fp_feed_of(const uint8_t *data, size_t len, enum fp_cut cut, struct fp_choices choices)
{
	return (struct fp_feed){{data, len}, cut, choices, cut == FP_CUT_OCTETS};
}

#endif
