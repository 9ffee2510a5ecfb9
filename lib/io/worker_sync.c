/* The loop of a sync worker: one request after the other, blocking. See work.h. */
#include "work.h"

#include "outbox.h"
#include "sys.h"

/* An answer leaves before the next request is begun, so that it cannot be lost by what comes after it; or it waits in the
 * outbox, where it cannot be lost either, while more requests are here. */
static bool is_answer_out(struct fp_work *w)
{
	struct fp_span out = fp_child_tx_buf(&w->child);
	if (!w->outbox || !fp_reader_has_frame(&w->child.reader) || !fp_outbox_put(w->outbox, out))
		return fp_work_write(w, true);
	fp_child_tx_ack(&w->child, out.len);
	return true;
}

static bool work_off(struct fp_work *w)
{
	bool is_peer_there = true;
	while (is_peer_there && fp_work_next(w))
		is_peer_there = is_answer_out(w);
	return is_peer_there;
}

void fp_work_loop_sync(struct fp_work *w)
{
	while (work_off(w) && w->is_serving && !w->status)
		if (!fp_work_read(w) && fp_sys_wait_readable(w->options.rfd))
			break;
	fp_work_write(w, true);
	fp_work_end(w);
}
