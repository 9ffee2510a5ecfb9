/* The connection of one worker as a transcript, the language that the other tools read: ../conformance/TRANSCRIPT.md. Must not
 * know how a world runs: it is told what went over the connection. */
#ifndef FP_SIM_RECORDING_H
#define FP_SIM_RECORDING_H

#include "../conformance/transcript/transcript.h"
#include "../lib/core/buf.h"
#include "scenario.h"
#include "trace.h"

struct sim_recording {
	uint64_t worker;
	struct fp_transcript transcript;
	struct fp_buf unwritten; /* of the child: its lines hold whole frames, so that they can be expected */
	bool has_parent_ended, has_child_ended, is_over;
};

void sim_recording_init(struct sim_recording *r, uint64_t worker, const struct sim_scenario *s);
void sim_recording_fini(struct sim_recording *r);
void sim_recording_see(struct sim_recording *r, const struct sim_record *record);
void sim_recording_octets(struct sim_recording *r, const struct sim_octets *o);

#endif
