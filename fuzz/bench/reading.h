/* Frames read as fast as they can be, for the targets that are measured. Must not know what is right. */
#ifndef FP_FUZZ_BENCH_READING_H
#define FP_FUZZ_BENCH_READING_H

#include "../rig/feed.h"
#include "../rig/memory.h"
#include "../target.h"
#include "core/frame.h"

static inline void fp_bench_read(const uint8_t *data, size_t len, enum fp_cut cut)
{
	struct fp_memory m;
	struct fp_reader r;
	struct fp_frame f;
	struct fp_space space;
	struct fp_feed feed = fp_feed_of(data, len, cut, (struct fp_choices){data, len});
	fp_memory_init(&m, 0, 0);
	fp_reader_init(&r, &m.alloc, (struct fp_frame_format){FP_NETWORK, true}, 1 << 20);
	while (feed.rest.len && !fp_reader_buf(&r, &space)) {
		size_t n = fp_feed_next(&feed, space);
		m.arrived += n;
		fp_reader_ack(&r, n);
		while (fp_reader_next(&r, &f))
			;
		if (r.state != FP_READER_OPEN)
			fp_feed_hurry(&feed);
	}
	fp_reader_fini(&r);
	fp_memory_fini(&m);
}

#endif
