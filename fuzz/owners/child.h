/* The owner of a child's end in a fuzz target: takes requests, answers them at once, later, twice, or too long, as their ids
 * and lists say, and compares each step with the model. Must not know how the input was cut. */
#ifndef FP_FUZZ_OWNER_CHILD_H
#define FP_FUZZ_OWNER_CHILD_H

#include "../models/child.h"
#include "../rig/feed.h"
#include "../rig/memory.h"
#include "core/child.h"

struct fp_child_plan {
	bool has_read_error; /* instead of the end of file */
	bool is_abandoned;   /* fini comes with requests unanswered */
	size_t write_bytes;  /* octets taken at a time of what is to be written */
	uint64_t fail_at;    /* request for memory that fails; 0: none */
};

/* A whole session: the input is what the parent says. */
void fp_child_session(const struct fp_mode *mode, const struct fp_child_plan *plan, struct fp_feed feed, struct fp_journal *j);

#endif
