/* The pieces of octets as they are read from a line and printed; for the other files of this folder. */
#ifndef FP_TRANSCRIPT_PIECES_H
#define FP_TRANSCRIPT_PIECES_H

#include "cursor.h"
#include "octets.h"

#define FP_GROUPS_DEEP_MAX 8 /* of groups within groups */

/* One piece or more, up to the end of the line. On a fault, here and below, *o holds what was read before, for fini. */
const char *fp_pieces_read(struct fp_cursor *c, struct fp_octets *o);
/* An item: pieces joined by `+`, or `-`. */
const char *fp_item_read(struct fp_cursor *c, struct fp_octets *o);
void fp_item_print(const struct fp_octets *o, FILE *to);

/* The octets and the cuts that it stands for; what is more than allowed counts as one more than allowed. */
struct fp_measure {
	size_t octets, cuts;
};
struct fp_measure fp_pieces_measure(const struct fp_octets *o);
bool fp_pieces_has_any(const struct fp_octets *o); /* one that stands for more than one octet or number */

#endif
