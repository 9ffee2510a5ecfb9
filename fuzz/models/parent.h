/* What the parent's end has to do, said by the second decoder and a table of calls. Must not use lib/core's parent, frame,
 * args or ids. */
#ifndef FP_FUZZ_MODEL_PARENT_H
#define FP_FUZZ_MODEL_PARENT_H

#include "../rig/modes.h"

#define FP_MODEL_CALLS_MAX 40u

enum fp_model_call_state { FP_MODEL_OPEN, FP_MODEL_OVER /* answered, withdrawn or taken */ };

struct fp_parent_model {
	const struct fp_mode *mode;
	const uint8_t *in; /* what the child says */
	size_t at;         /* of the next frame in it */
	struct {
		enum fp_model_call_state state;
		uint64_t start, end; /* octets of the stream of requests; set when it was given out */
		uint32_t id;         /* async; set when it was given out */
	} calls[FP_MODEL_CALLS_MAX];
	unsigned n_calls;
	uint32_t last_id;
	uint64_t written; /* octets that were acknowledged */
	bool closing, over;
	enum fp_reason broken; /* why it ends, or is to end */
};

/* The first call that is not over from `number` on; n_calls: none. */
unsigned fp_parent_model_open(const struct fp_parent_model *m, unsigned number);
/* A frame was given out at an offset of the stream of requests: for which call; n_calls: for none that is due, or its id
 * is not the next one (ID-1 to ID-3). */
unsigned fp_parent_model_given(struct fp_parent_model *m, uint32_t id, uint64_t start, uint64_t end);
/* What `next` has to give when `arrived` octets of `in` are there; kind FP_NOTE_FRAME stands for nothing. */
struct fp_note fp_parent_model_next(struct fp_parent_model *m, size_t arrived, bool at_eof);

#endif
