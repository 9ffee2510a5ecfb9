/* A case in one variant, as steps: what the suite does, and frame by frame what it expects. Must not know how the steps are
 * carried out. */
#ifndef FP_JUDGE_SCRIPT_H
#define FP_JUDGE_SCRIPT_H

#include "sight.h"
#include "testee.h"
#include "vary.h"

struct fp_step {
	const struct fp_line *line;  /* that it comes from, or one of the suite's own */
	bool is_act;                 /* the suite does it; else it is expected */
	unsigned channel;            /* expected: of what it is the next */
	bool is_optional;
	unsigned group;              /* those of one group come in any order; 0: none */
	struct fp_layout octets;     /* of a sends: done, with its cuts; expected, one frame. Of items: as they are worded */
};

struct fp_script {
	const struct fp_transcript *of;
	struct fp_step *steps;
	size_t n;
	char fault[256]; /* empty: none */
};

/* False, with a fault, where the case cannot be played so. The transcript has to stay. */
bool fp_script_make(struct fp_script *s, const struct fp_transcript *t, const struct fp_testee *testee,
                    const struct fp_variant *v);
void fp_script_fini(struct fp_script *s);
struct fp_step *fp_script_insert(struct fp_script *s, size_t i, const struct fp_line *line, bool is_act); /* before step i */
void fp_script_drop(struct fp_script *s, size_t i);
/* Octets that a case sends to a testee: what its variants are made of. */
size_t fp_script_octets(const struct fp_transcript *t, const struct fp_testee *testee);
/* A step as a transcript words it, without its actor. To be freed. */
char *fp_step_text(const struct fp_step *step, const struct fp_testee *testee);

#endif
