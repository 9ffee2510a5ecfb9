/* What the child's end has to do, said by the second decoder and a list of ids. Must not use lib/core's child, frame, args
 * or ids. */
#ifndef FP_FUZZ_MODEL_CHILD_H
#define FP_FUZZ_MODEL_CHILD_H

#include "../rig/modes.h"

#define FP_MODEL_HELD_MAX 24u /* requests without a reply */

struct fp_child_model {
	const struct fp_mode *mode;
	const uint8_t *in; /* what the parent says */
	size_t at;         /* of the next frame in it */
	uint32_t held[FP_MODEL_HELD_MAX]; /* ids of requests without a reply */
	unsigned n_held;
	bool over;
	enum fp_reason broken;
};

void fp_child_model_answered(struct fp_child_model *m, uint32_t id);
/* What `next` has to give when `arrived` octets of `in` are there; kind FP_NOTE_FRAME stands for nothing. */
struct fp_note fp_child_model_next(struct fp_child_model *m, size_t arrived, bool at_eof);

#endif
