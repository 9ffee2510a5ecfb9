/* What all reports say alike: what a verdict means to the run, the names of things, a seen thing as a line. Must not know any
 * format.
 *
 * Nothing in a summary is trusted: the testee chose octets, standard error and part of every reason. A report takes each text
 * through plain.h, and then quotes it as its format wants. */
#ifndef FP_JUDGE_WORDS_H
#define FP_JUDGE_WORDS_H

#include "clause.h"
#include "verdict.h"

#define FP_WORDS_LINE_MAX 400 /* octets of one seen thing that are worded */

/* What a verdict means to the run, with what --known says: the last three make it fail. */
enum fp_standing {
	FP_STANDS_PASS,
	FP_STANDS_WARN,
	FP_STANDS_SKIP,
	FP_STANDS_KNOWN,    /* fails or is warned of, as --known says */
	FP_STANDS_SURPRISE, /* passes, and --known says that it fails */
	FP_STANDS_FAIL,
	FP_STANDS_ERROR     /* the suite's own fault */
};
#define FP_STANDINGS 7

enum fp_standing fp_words_standing(const struct fp_verdict *v);
bool fp_words_is_bad(enum fp_standing standing);
void fp_words_count(const struct fp_run_summary *s, unsigned counts[FP_STANDINGS]);
/* One line that says what is the matter; NULL: nothing. */
const char *fp_words_why(const struct fp_verdict *v);

const char *fp_words_side(enum fp_side side);
const char *fp_words_actor(enum fp_actor actor);
const char *fp_words_mode(const struct fp_run_summary *s);
const char *fp_words_profile(const struct fp_run_summary *s);
const char *fp_words_serialiser(const struct fp_run_summary *s);
const char *fp_words_transport(const struct fp_run_summary *s);

/* Who it is told of: what is got, the one who gets it; all else, the one who does it. `worker 1`. To be freed. */
char *fp_words_seen_actor(const struct fp_seen *seen);
/* A seen thing as a line of a transcript, with a comment where it is wrong or missing. To be freed. */
char *fp_words_seen_line(const struct fp_seen *seen);

#endif
