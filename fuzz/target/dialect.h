/* What the two ends have agreed on beforehand, and how strictly the child is judged. */
#ifndef FP_TARGET_DIALECT_H
#define FP_TARGET_DIALECT_H

#include "../oracle/second.h"

#define FP_PAYLOAD_BYTES_MAX ((uint32_t)16 << 20) /* FRM-7c: what every child takes; above it, it may have a limit */

struct fp_dialect {
	bool is_async, is_native, is_json;
	bool is_strict; /* what a child SHOULD do counts as well */
};

static inline struct fp_second_form fp_dialect_requests(const struct fp_dialect *d)
{
	return (struct fp_second_form){!d->is_native, d->is_async, FP_PAYLOAD_BYTES_MAX};
}

static inline struct fp_second_form fp_dialect_replies(const struct fp_dialect *d)
{
	return (struct fp_second_form){!d->is_native, true, UINT32_MAX};
}

#endif
