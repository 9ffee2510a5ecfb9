/* Frame headers and the reader of frames. See frame.h. */
#include "frame.h"

static void put32(enum fp_profile profile, uint8_t *to, uint32_t v)
{
	if (profile == FP_NATIVE) {
		memcpy(to, &v, 4);
		return;
	}
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
}

static uint32_t get32(enum fp_profile profile, const uint8_t *from)
{
	if (profile == FP_NETWORK)
		return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
	uint32_t v;
	memcpy(&v, from, 4);
	return v;
}

void fp_frame_put(struct fp_frame_format f, uint8_t *head, uint32_t id, uint32_t len)
{
	if (f.with_id) {
		put32(f.profile, head, id);
		head += 4;
	}
	put32(f.profile, head, len);
}

void fp_frame_get(struct fp_frame_format f, const uint8_t *head, uint32_t *id, uint32_t *len)
{
	*id = 0;
	if (f.with_id) {
		*id = get32(f.profile, head);
		head += 4;
	}
	*len = get32(f.profile, head);
}

void fp_reader_init(struct fp_reader *r, const struct fp_alloc *alloc, struct fp_frame_format f, uint32_t payload_max)
{
	*r = (struct fp_reader){.format = f, .payload_max = payload_max, .room = FP_READ_BYTES_MIN};
	fp_buf_init(&r->buf, alloc, SIZE_MAX);
}

void fp_reader_fini(struct fp_reader *r)
{
	fp_buf_fini(&r->buf);
}

/* The frame given out last is dropped only now, so that its payload stayed good. */
static void forget_taken(struct fp_reader *r)
{
	r->offset += r->taken;
	fp_buf_drop(&r->buf, r->taken);
	r->taken = 0;
}

enum fp_reason fp_reader_buf(struct fp_reader *r, struct fp_space *space)
{
	forget_taken(r);
	return fp_buf_space(&r->buf, r->room, space);
}

void fp_reader_ack(struct fp_reader *r, size_t n)
{
	fp_buf_commit(&r->buf, n);
	if (n >= r->room && r->room < FP_READ_BYTES)
		r->room *= FP_READ_GROWTH;
	if (r->state != FP_READER_OPEN)
		fp_buf_cut(&r->buf, 0);
}

void fp_reader_eof(struct fp_reader *r)
{
	r->at_eof = true;
}

void fp_reader_fail(struct fp_reader *r, enum fp_reason reason, uint64_t offset)
{
	if (r->state == FP_READER_FAILED)
		return;
	r->state = FP_READER_FAILED;
	r->reason = reason;
	r->reason_offset = offset;
}

static void end(struct fp_reader *r)
{
	size_t rest = fp_buf_len(&r->buf);
	if (rest)
		fp_reader_fail(r, FP_TRUNCATED, r->offset + rest);
	else
		r->state = FP_READER_ENDED;
}

bool fp_reader_has_frame(const struct fp_reader *r)
{
	struct fp_span in = fp_buf_front(&r->buf);
	size_t head_len = fp_frame_head_len(r->format), rest = in.len - r->taken;
	uint32_t id, len;
	if (r->state != FP_READER_OPEN || rest < head_len)
		return false;
	fp_frame_get(r->format, in.data + r->taken, &id, &len);
	return len <= r->payload_max && rest - head_len >= len;
}

bool fp_reader_next(struct fp_reader *r, struct fp_frame *frame)
{
	forget_taken(r);
	if (r->state != FP_READER_OPEN)
		return false;
	struct fp_span in = fp_buf_front(&r->buf);
	size_t head_len = fp_frame_head_len(r->format);
	if (in.len >= head_len) {
		uint32_t id, len;
		fp_frame_get(r->format, in.data, &id, &len);
		if (len > r->payload_max) {
			fp_reader_fail(r, FP_TOO_LONG, r->offset + head_len - 4);
			return false;
		}
		if (in.len - head_len >= len) {
			*frame = (struct fp_frame){id, {in.data + head_len, len}, r->offset};
			r->taken = head_len + len;
			return true;
		}
	}
	if (r->at_eof)
		end(r);
	return false;
}
