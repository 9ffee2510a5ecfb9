/* Layouts put together and taken apart. Must not know what they are for. */
#ifndef FP_JUDGE_LAYOUT_H
#define FP_JUDGE_LAYOUT_H

#include "../transcript/octets.h"

void fp_layout_append(struct fp_layout *to, const struct fp_layout *more); /* without cuts */
/* Takes the first `len` octets off `from`. */
struct fp_layout fp_layout_take(struct fp_layout *from, size_t len);
void fp_layout_cut_at(struct fp_layout *l, size_t at);
/* Any octet may stand at one of these places. */
bool fp_layout_is_open(const struct fp_layout *l, size_t at, size_t len);

#endif
