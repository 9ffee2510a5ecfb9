/* The requests in what a script sends to a child. Must not know what they ask for. */
#ifndef FP_JUDGE_REQUESTS_H
#define FP_JUDGE_REQUESTS_H

#include "script.h"

struct fp_requests {
	struct fp_layout stream; /* all that is sent */
	struct fp_framing framing;
	size_t n;                /* that are sent in full */
	size_t len;              /* octets of these; less than the stream's where another has begun */
};

struct fp_requests fp_requests_of(const struct fp_script *s, const struct fp_testee *t, size_t upto); /* before this step */
/* Whether a reply with this id, the nth one from 0, answers one of them. */
bool fp_requests_have(const struct fp_requests *r, uint32_t id, size_t nth);
void fp_requests_fini(struct fp_requests *r);

#endif
