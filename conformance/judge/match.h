/* What is expected against what was seen: in order on each channel, in any order between channels. Must not know processes,
 * sockets, or how sights come about. */
#ifndef FP_JUDGE_MATCH_H
#define FP_JUDGE_MATCH_H

#include "script.h"
#include "sight.h"

#define FP_HELD_BYTES_MAX ((size_t)64 << 20) /* octets of what came before it was expected; past it no more should be given */
#define FP_HELD_MAX ((size_t)1 << 16)        /* likewise, things */

struct fp_held;

struct fp_match {
	const struct fp_script *script;
	size_t open;              /* steps before this one may be met */
	bool *is_settled;         /* for each step: it was met, or is passed */
	size_t n_met;
	uint64_t acted_ns;        /* what `after` a time counts from */
	struct fp_held *held;     /* what came while nothing was expected on its channel, in order */
	size_t n_held, held_bytes;
	const struct fp_step *wrong; /* once something did not fit: the step that it was nearest to; NULL: there is none */
	size_t wrong_at;          /* the first octet that differs; SIZE_MAX: it is not about octets */
	uint64_t wrong_early_ns;  /* it came so much too early; 0: it is not about time */
	size_t wrong_seen;        /* which of the things seen it is, as given */
};

void fp_match_init(struct fp_match *m, const struct fp_script *script);
void fp_match_fini(struct fp_match *m);
/* Steps before `upto` may be met from now on, by what is held as well. False: something that is held does not fit. */
bool fp_match_open(struct fp_match *m, size_t upto);
/* Takes something that was seen, the nth; false: it does not fit. A partial one is looked at only: false where it cannot
 * become anything that fits. */
bool fp_match_give(struct fp_match *m, const struct fp_sight *s, size_t nth);
/* Nothing is on its way: what is optional and open does not come any more. */
void fp_match_pass(struct fp_match *m);
bool fp_match_is_full(const struct fp_match *m);
/* The first open step that has to be met and is not; NULL: there is none. */
const struct fp_step *fp_match_awaited(const struct fp_match *m);
/* The number of something held that is neither an end nor may be ignored; SIZE_MAX: there is none. */
size_t fp_match_surplus(const struct fp_match *m);

#endif
