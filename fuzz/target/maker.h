/* Makes sessions for an echo child: lively ones, which leave it running, and last ones, after which it has to end. Must not
 * know processes. The same seed makes the same sessions. */
#ifndef FP_TARGET_MAKER_H
#define FP_TARGET_MAKER_H

#include "model.h"

#define FP_SESSION_BYTES_MAX ((size_t)256 << 10)

struct fp_maker {
	struct fp_dialect dialect;
	uint64_t random;
	uint32_t id; /* the last one that counted up */
	struct fp_due due;
	struct fp_bytes unused;
};

/* Some requests, the last of them a well-known one: the fence. To be freed with fp_session_fini, as the next. */
struct fp_session fp_maker_lively(struct fp_maker *m);
struct fp_session fp_maker_last(struct fp_maker *m);
struct fp_session fp_maker_fence(struct fp_maker *m); /* the fence alone */
void fp_maker_fini(struct fp_maker *m);

#endif
