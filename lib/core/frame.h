/* The frame headers of both profiles and both directions, and a reader that finds the frames in a stream that arrives
 * in any pieces. Must not know what is in a payload. Clauses FRM-1 to FRM-9. */
#ifndef FP_CORE_FRAME_H
#define FP_CORE_FRAME_H

#include "buf.h"

#define FP_FRAME_HEAD_MAX 8u /* octets */

/* How a header looks: an id (all but synchronous requests have one) and a length, 32 bits each. */
struct fp_frame_format {
	enum fp_profile profile;
	bool with_id;
};

static inline size_t fp_frame_head_len(struct fp_frame_format f)
{
	return f.with_id ? 8 : 4;
}

void fp_frame_put(struct fp_frame_format f, uint8_t *head, uint32_t id, uint32_t len);
void fp_frame_get(struct fp_frame_format f, const uint8_t *head, uint32_t *id, uint32_t *len); /* *id 0 without id */

struct fp_frame {
	uint32_t id;            /* 0 in a format without id */
	struct fp_span payload; /* good until the next call for the reader */
	uint64_t offset;        /* octets of the stream before this frame */
};

/* States of a reader. FAILED is final, ENDED but for a failure that its owner finds. */
enum fp_reader_state { FP_READER_OPEN, FP_READER_ENDED, FP_READER_FAILED };

struct fp_reader {
	struct fp_frame_format format;
	uint32_t payload_max;
	enum fp_reader_state state;
	bool at_eof;
	struct fp_buf buf;
	size_t room;            /* octets to offer for the next read */
	size_t taken;           /* octets of the frame given out last; dropped at the next call */
	uint64_t offset;        /* octets of the stream before buf */
	enum fp_reason reason;  /* FAILED: FP_TOO_LONG, FP_TRUNCATED, or what the owner gave */
	uint64_t reason_offset; /* FAILED: octets before the fault: before the length field, or all */
};

void fp_reader_init(struct fp_reader *r, const struct fp_alloc *alloc, struct fp_frame_format f, uint32_t payload_max);
void fp_reader_fini(struct fp_reader *r);

/* Room for what arrives; ack says how many octets did. FP_NOMEM. After the end or a failure what arrives is dropped. */
enum fp_reason fp_reader_buf(struct fp_reader *r, struct fp_space *space);
void fp_reader_ack(struct fp_reader *r, size_t n);
void fp_reader_eof(struct fp_reader *r);

/* Octets of the stream that have arrived. */
static inline uint64_t fp_reader_received(const struct fp_reader *r)
{
	return r->offset + fp_buf_len(&r->buf);
}

/* The next complete frame; false: none for now, or `state` has changed. A length above payload_max fails as soon as
 * its header is there; end of file inside a frame fails once all complete frames are out. */
bool fp_reader_next(struct fp_reader *r, struct fp_frame *frame);

/* Whether next would give a frame, behind the one given out last. */
bool fp_reader_has_frame(const struct fp_reader *r);

/* The owner found a fault in what it was given. Final. */
void fp_reader_fail(struct fp_reader *r, enum fp_reason reason, uint64_t offset);

#endif
