/* What an echo child has to answer to a session: a small model, written from the clauses. Must not know processes. */
#ifndef FP_TARGET_MODEL_H
#define FP_TARGET_MODEL_H

#include "list.h"
#include "session.h"

enum fp_status_due { FP_STATUS_ANY, FP_STATUS_ZERO, FP_STATUS_NONZERO };

struct fp_reply_due {
	uint32_t id;    /* async */
	size_t at, len; /* of its payload, in the answers */
	bool has_come;
};

struct fp_due {
	struct fp_reply_due *replies;
	size_t n, n_max;
	struct fp_bytes answers;
	bool is_judged;    /* the clauses say what is right; else nothing below counts, and it is not to be sent */
	bool is_over;      /* the child ends */
	bool is_announced; /* it ends within a frame: what was announced did not come (FRM-7b) */
	bool is_lax;       /* before it ends, replies may be missing and others may come */
	enum fp_status_due status;
	const char *clause; /* why it ends; NULL: it does not */
};

/* What is due; fills *due anew. A session that is judged and not over ends with a whole frame. */
void fp_due_make(struct fp_due *due, const struct fp_dialect *d, const struct fp_session *s);
static inline const uint8_t *fp_due_payload(const struct fp_due *due, const struct fp_reply_due *r)
{
	return fp_bytes_front(&due->answers) + r->at;
}
void fp_due_fini(struct fp_due *due);

#endif
