/* The ways of cutting what is sent: each is one play of a case. Must not know lines or sockets. */
#ifndef FP_JUDGE_VARY_H
#define FP_JUDGE_VARY_H

#include "../transcript/transcript.h"
#include "base.h"

#define FP_VARIANTS_MAX 20000u /* plays of one case */

/* `what` is one bit. Places are octets from the start of all that is sent: a cut stands before the octet of that number. */
struct fp_variant {
	enum fp_vary what;
	size_t at, at_2; /* CUTS: at; PAIRS: at < at_2; TRUNCATED: at octets are sent */
};

/* How many ways `vary` names for `len` octets; they are numbered from 0. */
uint64_t fp_variants_count(unsigned vary, size_t len);
struct fp_variant fp_variant_of(unsigned vary, size_t len, uint64_t number);
bool fp_variant_is_cut_at(const struct fp_variant *v, size_t at);

#define FP_VARIANT_NAME_MAX 64
#define FP_VARIANT_NAMES "as-written, whole, octets, cut-N, cut-N-N or truncated-N"
bool fp_variant_is_name(const char *text); /* one of these */
void fp_variant_name(const struct fp_variant *v, char name[FP_VARIANT_NAME_MAX]); /* one word: `cut-3`, `octets` */

#endif
