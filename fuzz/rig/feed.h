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
size_t fp_feed_next(struct fp_feed *f, struct fp_space room);

/* Whoever it is fed to has ended: what is left is only dropped, and comes in one piece. */
static inline void fp_feed_hurry(struct fp_feed *f)
{
	f->cut = FP_CUT_WHOLE;
}

static inline struct fp_feed fp_feed_of(const uint8_t *data, size_t len, enum fp_cut cut, struct fp_choices choices)
{
	return (struct fp_feed){{data, len}, cut, choices, cut == FP_CUT_OCTETS};
}

#endif
