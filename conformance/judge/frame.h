/* Where a frame ends: the judge's own cutter, from the clauses of framing alone. Must not know what is in a payload. */
#ifndef FP_JUDGE_FRAME_H
#define FP_JUDGE_FRAME_H

#include "base.h"

/* What stands before the payload, by what it is that is read. */
struct fp_framing {
	bool has_id;        /* before the length; requests of a synchronous connection have none */
	bool is_big_endian;
};

static inline uint32_t fp_u32_get(const uint8_t *at, bool is_big_endian)
{
	uint32_t a = at[0], b = at[1], c = at[2], d = at[3];
	return is_big_endian ? a << 24 | b << 16 | c << 8 | d : d << 24 | c << 16 | b << 8 | a;
}

static inline void fp_u32_set(uint8_t *at, uint32_t number, bool is_big_endian)
{
	for (int i = 0; i < 4; i++)
		at[is_big_endian ? 3 - i : i] = (uint8_t)(number >> 8 * i);
}

static inline size_t fp_frame_header(struct fp_framing f)
{
	return f.has_id ? 8 : 4;
}

/* Octets of the frame that begins at `data`, header and all, as soon as the header is there; 0: it is not. */
static inline uint64_t fp_frame_len(struct fp_framing f, const uint8_t *data, size_t len)
{
	size_t header = fp_frame_header(f);
	return len < header ? 0 : (uint64_t)header + fp_u32_get(data + header - 4, f.is_big_endian);
}

#endif
