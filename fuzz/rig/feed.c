/* Pieces of an input. See feed.h. */
#include "feed.h"

size_t fp_feed_next(struct fp_feed *f, struct fp_space room)
{
	size_t n = f->rest.len;
	if (f->cut == FP_CUT_OCTETS)
		n = n > 0;
	else if (f->cut == FP_CUT_OWN && f->choices.len) {
		uint32_t c = fp_choose(&f->choices, 256);
		n = 1 + (c < 0xe0 ? c / 2 % 16 : (size_t)c * 8);
		f->is_drain_due = c & 1;
	}
	if (n > f->rest.len)
		n = f->rest.len;
	if (n > room.len)
		n = room.len;
	if (n == 1)
		*room.data = *f->rest.data; /* memcpy's checks would take a third of the time */
	else
		fp_copy(room.data, f->rest.data, n);
	f->rest.data += n;
	f->rest.len -= n;
	return n;
}
