/* Calls of the parent under test. See parent_inside.h. */
#include "parent_inside.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/io/sys.h"

void call_end(struct call *call, const char *how, const struct fp_item *items, size_t n)
{
	control_tell(&control, how, call->tag, NULL, items, n);
	fp_alloc_put(&fp_sys_alloc, call->call.frame, call->block_len);
	free(call->tag);
	free(call);
}

static enum fp_reason freeze(struct call *call, size_t n_words)
{
	static const uint8_t no_head[FP_FRAME_HEAD_MAX];
	struct fp_buf payload;
	fp_buf_init(&payload, &fp_sys_alloc, SIZE_MAX);
	fp_buf_put(&payload, no_head, sizeof no_head);
	size_t n = control_items(&control, 2, n_words);
	enum fp_reason r = fp_args_freeze(parent.wire.serialiser, control.items, n, &payload);
	call->call.payload_len = fp_buf_len(&payload) - sizeof no_head;
	call->call.frame = fp_buf_release(&payload, &call->block_len);
	return r;
}

void make_call(size_t n_words)
{
	struct call *call = calloc(1, sizeof *call);
	if (!call || !(call->tag = strdup(control.words[1])))
		err(1, "call");
	if (freeze(call, n_words) || fp_parent_call(&parent, &call->call))
		call_end(call, "failure", NULL, 0);
}
