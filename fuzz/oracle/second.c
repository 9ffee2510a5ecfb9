/* The second decoder. See second.h. */
#include "second.h"

static uint32_t number(bool is_big_endian, const uint8_t *p)
{
	static const uint16_t one = 1;
	bool is_host_big = *(const uint8_t *)&one == 0; /* FRM-4: the native profile is the host's order */
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v = v * 256 + p[is_big_endian || is_host_big ? i : 3 - i];
	return v;
}

enum fp_second_verdict fp_second_frame(struct fp_second_form form, const uint8_t *in, size_t len, size_t at,
                                       struct fp_second_frame *frame)
{
	size_t length_at = form.has_id ? at + 4 : at;
	if (length_at + 4 > len)
		return FP_SECOND_MORE;
	uint32_t payload_len = number(form.is_big_endian, in + length_at);
	uint32_t id = form.has_id ? number(form.is_big_endian, in + at) : 0;
	*frame = (struct fp_second_frame){id, payload_len, length_at, length_at + 4, 0};
	if (payload_len > form.payload_max)
		return FP_SECOND_TOO_LONG;
	if (payload_len > len - frame->payload_at)
		return FP_SECOND_MORE;
	frame->end = frame->payload_at + payload_len;
	return FP_SECOND_GOOD;
}

/* The groups of seven bits from..to, leading zeros skipped: HUGE if they need more than 63 bits (nine groups). */
static enum fp_second_verdict value_of(const uint8_t *in, size_t from, size_t to, uint64_t *value)
{
	while (from + 1 < to && in[from] == 0x80)
		from++;
	if (to - from > 9)
		return FP_SECOND_HUGE;
	*value = 0;
	for (; from < to; from++)
		*value = *value * 128 + in[from] % 128;
	return FP_SECOND_GOOD;
}

enum fp_second_verdict fp_second_item(const uint8_t *in, size_t len, size_t *at, const uint8_t **item, size_t *item_len)
{
	size_t end = *at;
	uint64_t value;
	while (end < len && in[end] >= 0x80)
		end++;
	if (end == len)
		return FP_SECOND_UNTERMINATED;
	end++;
	if (value_of(in, *at, end, &value) == FP_SECOND_HUGE)
		return FP_SECOND_HUGE;
	*item = in + end;
	*item_len = (size_t)(value < len - end ? value : len - end);
	if (value > len - end)
		return FP_SECOND_BEYOND_END;
	*at = end + *item_len;
	return FP_SECOND_GOOD;
}

static void put(bool is_big_endian, uint8_t *out, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*out++ = (uint8_t)(v >> shift);
	out -= 4;
	if (number(is_big_endian, out) == v)
		return;
	for (int i = 0; i < 2; i++) {
		uint8_t c = out[i];
		out[i] = out[3 - i];
		out[3 - i] = c;
	}
}

size_t fp_second_put_head(struct fp_second_form form, uint8_t *out, uint32_t id, uint32_t len)
{
	if (form.has_id) {
		put(form.is_big_endian, out, id);
		out += 4;
	}
	put(form.is_big_endian, out, len);
	return form.has_id ? 8 : 4;
}

size_t fp_second_put_length(uint8_t out[10], uint64_t len)
{
	uint64_t unit = 1;
	size_t n = 0;
	while (len / unit >= 128)
		unit *= 128;
	for (; unit > 1; unit /= 128)
		out[n++] = (uint8_t)(0x80 + len / unit % 128);
	out[n++] = (uint8_t)(len % 128);
	return n;
}
