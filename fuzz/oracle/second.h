/* The second decoder: frames and lists once more, written from the clauses FRM-1 to FRM-7 and SER-1 to SER-8 alone, for
 * the first one to be compared with. It sees all octets at once and goes over them with no regard for speed. Must share
 * nothing with lib/core. */
#ifndef FP_FUZZ_SECOND_H
#define FP_FUZZ_SECOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fp_second_verdict {
	FP_SECOND_GOOD,
	FP_SECOND_MORE,         /* a frame that is not complete */
	FP_SECOND_TOO_LONG,     /* FRM-7: its length is above the limit */
	FP_SECOND_UNTERMINATED, /* SER-6: the payload ends inside a length */
	FP_SECOND_BEYOND_END,   /* SER-7: a length below 2^63, greater than what is left */
	FP_SECOND_HUGE          /* SER-8: a length of 2^63 or more */
};

struct fp_second_form {
	bool is_big_endian, has_id;
	uint32_t payload_max; /* octets */
};

struct fp_second_frame {
	uint32_t id, len;
	size_t length_at, payload_at, end; /* offsets into the octets */
};

/* The frame at offset `at`. GOOD: all is set; TOO_LONG: all but end is; MORE: nothing is. */
enum fp_second_verdict fp_second_frame(struct fp_second_form form, const uint8_t *in, size_t len, size_t at,
                                       struct fp_second_frame *frame);

/* The item at *at (below len), moved past; a fault leaves *at where it was. */
enum fp_second_verdict fp_second_item(const uint8_t *in, size_t len, size_t *at, const uint8_t **item, size_t *item_len);

/* Encoders: the octets written. */
size_t fp_second_put_head(struct fp_second_form form, uint8_t *out, uint32_t id, uint32_t len);
size_t fp_second_put_length(uint8_t out[10], uint64_t len); /* SER-2, SER-4 */

#endif
