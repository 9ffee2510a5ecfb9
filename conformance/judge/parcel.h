/* A verdict as octets and back: from the process that played to the one that reports. Must not know what it says. */
#ifndef FP_JUDGE_PARCEL_H
#define FP_JUDGE_PARCEL_H

#include "base.h"
#include "verdict.h"

void fp_parcel_put(struct fp_bytes *to, const struct fp_verdict *v);
/* Takes what put made; leaves `of`, `id`, `clause`, `known` and `repeat` as they are. False: it is not whole. */
bool fp_parcel_take(struct fp_bytes *from, struct fp_verdict *v);

#endif
