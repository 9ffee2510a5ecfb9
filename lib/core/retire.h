/* The event by which a pool worker asks for no more jobs (clause EVT-4). Must not know who sends or gets it. */
#ifndef FP_CORE_RETIRE_H
#define FP_CORE_RETIRE_H

#include "base.h"

#define FP_RETIRE_ITEMS 3u

enum fp_retire { FP_RETIRE_NO, FP_RETIRE_YES, FP_RETIRE_OTHER /* both magic strings around another word: swallowed */ };

void fp_retire_make(struct fp_item items[FP_RETIRE_ITEMS]); /* the items point to static octets */
enum fp_retire fp_retire_look(const struct fp_item *items, size_t n);

#endif
