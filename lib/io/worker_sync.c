/* The loop of a sync worker: one request after the other, blocking. See work.h. */
#include "work.h"

#include "sys.h"

/* An answer leaves before the next request is begun, so that it cannot be lost by what comes after it. */
static bool work_off(struct fp_work *w)
{
	bool is_peer_there = true;
	while (is_peer_there && fp_work_next(w))
		is_peer_there = fp_work_write(w, true);
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
