/* Octets laid out in rows. See dump.h. */
#include "dump.h"

#include <string.h>

struct fp_framing fp_dump_framing(const struct fp_run_summary *s, enum fp_actor from)
{
	bool is_reply = from == FP_ACTOR_CHILD || from == FP_ACTOR_WORKER;
	return (struct fp_framing){.has_id = is_reply || s->is_async, .is_big_endian = !s->is_native};
}

void fp_dump_init(struct fp_dump *d, const uint8_t *data, size_t len, struct fp_framing framing,
                  const struct fp_dump_stream *stream)
{
	*d = (struct fp_dump){.data = data, .len = len, .framing = framing};
	if (stream)
		d->stream = *stream;
}

static size_t least(uint64_t a, size_t b, size_t c)
{
	size_t bc = b < c ? b : c;
	return a < bc ? (size_t)a : bc;
}

static void header_row(struct fp_dump *d, struct fp_dump_row *row)
{
	struct fp_dump_stream *s = &d->stream;
	size_t header = fp_frame_header(d->framing);
	row->is_header = true;
	row->len = least(header - s->header_len, d->len - d->at, FP_DUMP_ROW_MAX);
	memcpy(s->header + s->header_len, d->data + d->at, row->len);
	s->header_len += row->len;
	if (s->header_len < header)
		return;
	row->has_numbers = true;
	row->id = d->framing.has_id ? fp_u32_get(s->header, d->framing.is_big_endian) : 0;
	row->payload_len = fp_u32_get(s->header + header - 4, d->framing.is_big_endian);
	s->payload_left = row->payload_len;
}

bool fp_dump_next(struct fp_dump *d, struct fp_dump_row *row)
{
	struct fp_dump_stream *s = &d->stream;
	if (d->at >= d->len)
		return false;
	*row = (struct fp_dump_row){.at = d->at};
	if (s->payload_left) {
		row->len = least(s->payload_left, d->len - d->at, FP_DUMP_ROW_MAX);
		s->payload_left -= row->len;
	} else {
		if (s->header_len == fp_frame_header(d->framing))
			s->header_len = 0;
		header_row(d, row);
	}
	d->at += row->len;
	return true;
}
