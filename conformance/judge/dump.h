/* Octets laid out in rows for a reader: each header of a frame has a row of its own, so that the bounds of frames show, and
 * payloads have rows of up to eight. Must not know how a row is shown. */
#ifndef FP_JUDGE_DUMP_H
#define FP_JUDGE_DUMP_H

#include "frame.h"
#include "verdict.h"

#define FP_DUMP_ROW_MAX 8u /* octets in a row */

/* Where a stream stands: all zero before its first octet. Frames go on from one write to the next. */
struct fp_dump_stream {
	uint8_t header[8];
	size_t header_len;      /* octets of it that have come; a whole one while its payload comes */
	uint64_t payload_left;
};

struct fp_dump {
	const uint8_t *data;
	size_t len, at;
	struct fp_framing framing;
	struct fp_dump_stream stream; /* to be taken over where the next octets of the same stream are laid out */
};

struct fp_dump_row {
	size_t at, len;
	bool is_header;
	bool has_numbers;   /* the header is whole with this row */
	uint32_t id, payload_len;
};

void fp_dump_init(struct fp_dump *d, const uint8_t *data, size_t len, struct fp_framing framing,
                  const struct fp_dump_stream *stream);
/* The next row; false: there is none. */
bool fp_dump_next(struct fp_dump *d, struct fp_dump_row *row);

/* How what this actor sends is framed. */
struct fp_framing fp_dump_framing(const struct fp_run_summary *s, enum fp_actor from);

#endif
