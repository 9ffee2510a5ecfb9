/* The owner of a parent's end in a fuzz target: makes calls, writes, and drains what comes, each step compared with the
 * model. What it does follows from a plan that the input's own bits drew. Must not know how the input was cut. */
#ifndef FP_FUZZ_OWNER_PARENT_H
#define FP_FUZZ_OWNER_PARENT_H

#include "../models/parent.h"
#include "../rig/feed.h"
#include "../rig/memory.h"
#include "core/parent.h"

enum fp_parent_ending { FP_END_CLOSED, FP_END_OPEN, FP_END_READ_ERROR, FP_END_WRITE_ERROR, FP_END_NONE, FP_END_CLOSED_BROKEN };

struct fp_parent_plan {
	enum fp_parent_ending ending;
	unsigned calls;         /* made at first */
	unsigned calls_max;     /* in all: one more after each result or event */
	uint32_t last_id;       /* before the first call */
	uint64_t write_max;     /* octets of the stream of requests that the peer takes */
	size_t write_bytes;     /* octets taken at a time */
	size_t write_lag;       /* octets the peer leaves at the end of what there is */
	unsigned withdrawn;     /* number of a call to withdraw before anything is written; FP_MODEL_CALLS_MAX: none */
	bool has_long;   /* the first call is written from where it is */
	bool has_batch;  /* the first calls are more than one write */
	bool is_wrapped; /* ids start again once the first calls are written, as after 2^32 of them */
	bool is_late;  /* nothing is written before something came, and the end comes before what came is looked at */
	uint64_t fail_at;       /* request for memory that fails; 0: none */
};

struct fp_parent_plan fp_parent_plan_draw(struct fp_choices *choices);
/* A whole session: the input is what the child says. */
void fp_parent_session(const struct fp_mode *mode, const struct fp_parent_plan *plan, struct fp_feed feed, struct fp_journal *j);

#endif
