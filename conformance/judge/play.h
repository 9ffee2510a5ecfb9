/* One play: a case in one variant, with one process of the testee, from its start to its end. Must not know what else is
 * played, or how a case is judged. */
#ifndef FP_JUDGE_PLAY_H
#define FP_JUDGE_PLAY_H

#include "session.h"

enum fp_played {
	FP_PLAYED_KEPT,   /* everything came as expected */
	FP_PLAYED_BROKEN, /* something else came */
	FP_PLAYED_LATE,   /* something did not come within the time limit */
	FP_PLAYED_NOT     /* the suite's own fault */
};

struct fp_play {
	enum fp_played how;
	char why[FP_WHY_MAX];     /* unless kept */
	struct fp_seen_list seen; /* unless kept */
	char *stderr_text;        /* what the testee wrote there last; NULL: nothing */
};

void fp_play_run(struct fp_play *p, const struct fp_transcript *t, const struct fp_testee *testee,
                 const struct fp_variant *v);
void fp_play_fini(struct fp_play *p);

#endif
