/* The requests in what is sent. See requests.h. */
#include "requests.h"

#include "layout.h"

struct fp_requests fp_requests_of(const struct fp_script *s, const struct fp_testee *t, size_t upto)
{
	struct fp_requests r = {.framing = fp_testee_framing(t, true)};
	for (size_t i = 0; i < upto; i++)
		if (s->steps[i].is_act && s->steps[i].line->verb == FP_SENDS)
			fp_layout_append(&r.stream, &s->steps[i].octets);
	for (;; r.n++) {
		size_t left = r.stream.len - r.len;
		uint64_t len = left ? fp_frame_len(r.framing, r.stream.data + r.len, left) : 0;
		if (!len || len > left)
			return r;
		r.len += (size_t)len;
	}
}

bool fp_requests_have(const struct fp_requests *r, uint32_t id, size_t nth)
{
	if (!r->framing.has_id)
		return nth < r->n;
	for (size_t at = 0; at < r->len; at += (size_t)fp_frame_len(r->framing, r->stream.data + at, r->len - at))
		if (fp_u32_get(r->stream.data + at, r->framing.is_big_endian) == id)
			return true;
	return false;
}

void fp_requests_fini(struct fp_requests *r)
{
	fp_layout_fini(&r->stream);
}
