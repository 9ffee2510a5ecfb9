/* Lists of items in the forms that they have beside a connection: as a control channel words them (each a space and hex,
 * `-` for the empty one), and as the payload of the string serialiser. Must not know channels or frames. */
#ifndef FP_JUDGE_ITEMS_H
#define FP_JUDGE_ITEMS_H

#include "../transcript/octets.h"
#include "base.h"

/* Words for a testee: items as a case has them. */
void fp_items_tell(struct fp_bytes *to, const struct fp_octets *items, size_t n);
/* What a testee should tell, in normal form: JSON texts of one value are equal then. */
struct fp_layout fp_items_expect(const struct fp_octets *items, size_t n, bool is_json);
/* What a testee told, in normal form. False: these are no words of items. */
bool fp_items_normal(struct fp_bytes *to, const char *words, size_t len, bool is_json);
/* Words in normal form as a transcript has items. To be freed. */
char *fp_items_text(const uint8_t *words, size_t len);

void fp_items_payload(struct fp_bytes *to, const struct fp_octets *items, size_t n);
void fp_item_put(struct fp_bytes *to, const void *data, size_t len); /* one item of a payload */

#endif
