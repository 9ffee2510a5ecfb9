/* The parent's end of one connection. See parent.h. Frames are gathered only when the writer asks, so a call that was not
 * asked for yet can be taken back, and calls made together leave in one write. */
#include "parent.h"

static struct fp_frame_format request_format(const struct fp_parent *p)
{
	return (struct fp_frame_format){p->wire.profile, p->wire.async};
}

static struct fp_call *call_of(struct fp_link *k)
{
	return FP_OWNER(k, struct fp_call, link);
}

void fp_parent_init(struct fp_parent *p, const struct fp_alloc *alloc, const struct fp_wire *wire)
{
	*p = (struct fp_parent){.alloc = alloc, .wire = *wire};
	fp_reader_init(&p->reader, alloc, (struct fp_frame_format){wire->profile, true}, wire->payload_max);
	fp_args_init(&p->items, alloc, SIZE_MAX);
	fp_list_init(&p->calls);
	fp_ids_init(&p->ids, alloc);
	fp_buf_init(&p->tx, alloc, SIZE_MAX);
}

void fp_parent_fini(struct fp_parent *p)
{
	fp_reader_fini(&p->reader);
	fp_args_fini(&p->items);
	fp_ids_fini(&p->ids);
	fp_buf_fini(&p->tx);
}

/* ---- calls ---- */

enum fp_reason fp_parent_call(struct fp_parent *p, struct fp_call *call)
{
	if (p->closing || p->over)
		return FP_CLOSED;
	if (call->payload_len > p->wire.payload_max)
		return FP_TOO_LONG;
	if (p->wire.async && fp_ids_reserve(&p->ids, p->n_calls + 1))
		return FP_NOMEM;
	call->link = (struct fp_link){NULL, NULL};
	call->tx_end = 0;
	fp_list_push(&p->calls, &call->link);
	p->n_calls++;
	if (!p->unsent)
		p->unsent = &call->link;
	return FP_NONE;
}

static bool is_given(const struct fp_call *call)
{
	return call->tx_end != 0;
}

static bool is_sent(const struct fp_parent *p, const struct fp_call *call)
{
	return is_given(call) && call->tx_end <= p->tx_done;
}

static void forget(struct fp_parent *p, struct fp_call *call)
{
	if (p->unsent == &call->link)
		p->unsent = fp_list_after(&p->calls, &call->link);
	if (p->direct == call)
		p->direct = NULL;
	if (p->wire.async && is_given(call))
		fp_ids_remove(&p->ids, &call->by_id);
	fp_list_remove(&call->link);
	p->n_calls--;
}

bool fp_parent_withdraw(struct fp_parent *p, struct fp_call *call)
{
	if (is_given(call))
		return false;
	forget(p, call);
	return true;
}

void fp_parent_close(struct fp_parent *p)
{
	p->closing = true;
}

bool fp_parent_is_half_close_due(const struct fp_parent *p)
{
	return p->closing && !p->over && !p->unsent && p->tx_done == p->tx_given && !p->broken;
}

struct fp_call *fp_parent_take(struct fp_parent *p, bool *may_have_run)
{
	struct fp_link *k = fp_list_first(&p->calls);
	if (!k)
		return NULL;
	struct fp_call *call = call_of(k);
	/* sync: of a peer that was read to its end the oldest is the only one that it can have begun */
	bool is_read = !p->broken || p->broken == FP_EOF || p->broken == FP_TRUNCATED;
	*may_have_run = is_sent(p, call) && (p->wire.async || !p->taking || !is_read);
	p->taking = true;
	forget(p, call);
	return call;
}

/* ---- writing ---- */

/* The next higher id that is neither 0 nor outstanding (ID-1 to ID-3). */
static uint32_t next_id(struct fp_parent *p)
{
	do
		p->last_id++;
	while (p->last_id == 0 || fp_ids_find(&p->ids, p->last_id));
	return p->last_id;
}

/* Makes the frame of the first unsent call and counts it as given out. */
static struct fp_span give(struct fp_parent *p)
{
	struct fp_call *call = call_of(p->unsent);
	struct fp_frame_format f = request_format(p);
	size_t head_len = fp_frame_head_len(f), len = head_len + call->payload_len;
	uint8_t *frame = call->frame + FP_FRAME_HEAD_MAX - head_len;
	uint32_t id = 0;
	if (p->wire.async) {
		id = next_id(p);
		fp_ids_add(&p->ids, &call->by_id, id);
	}
	fp_frame_put(f, frame, id, (uint32_t)call->payload_len);
	p->tx_given += len;
	call->tx_end = p->tx_given;
	p->unsent = fp_list_after(&p->calls, &call->link);
	return (struct fp_span){frame, len};
}

/* Short frames are copied together, up to a batch. What is long, or finds no memory, is written from where it is. */
static void gather(struct fp_parent *p)
{
	while (p->unsent && !p->direct) {
		struct fp_call *call = call_of(p->unsent);
		size_t gathered = fp_buf_len(&p->tx), len = fp_frame_head_len(request_format(p)) + call->payload_len;
		struct fp_space space;
		if (call->payload_len > FP_COPY_BYTES || fp_buf_space(&p->tx, len, &space)) {
			if (gathered)
				return;
			give(p);
			p->direct = call;
			return;
		}
		if (gathered + len > FP_BATCH_BYTES)
			return;
		struct fp_span frame = give(p);
		memcpy(space.data, frame.data, frame.len);
		fp_buf_commit(&p->tx, frame.len);
	}
}

struct fp_span fp_parent_tx_buf(struct fp_parent *p)
{
	if (p->over || p->broken)
		return (struct fp_span){NULL, 0};
	gather(p);
	if (fp_buf_len(&p->tx) || !p->direct)
		return fp_buf_front(&p->tx);
	struct fp_call *call = p->direct;
	size_t rest = (size_t)(call->tx_end - p->tx_done);
	return (struct fp_span){call->frame + FP_FRAME_HEAD_MAX + call->payload_len - rest, rest};
}

void fp_parent_tx_ack(struct fp_parent *p, size_t n)
{
	p->tx_done += n;
	FP_ASSERT(p->tx_done <= p->tx_given);
	if (fp_buf_len(&p->tx))
		fp_buf_drop(&p->tx, n);
	else if (p->direct && p->direct->tx_end == p->tx_done)
		p->direct = NULL;
}

void fp_parent_tx_error(struct fp_parent *p)
{
	if (!p->broken)
		p->broken = FP_WRITE;
}

/* ---- reading ---- */

enum fp_reason fp_parent_rx_buf(struct fp_parent *p, struct fp_space *space)
{
	enum fp_reason r = fp_reader_buf(&p->reader, space);
	if (r)
		fp_parent_rx_error(p, r);
	return r;
}

void fp_parent_rx_ack(struct fp_parent *p, size_t n)
{
	fp_reader_ack(&p->reader, n);
}

void fp_parent_rx_eof(struct fp_parent *p)
{
	fp_reader_eof(&p->reader);
}

void fp_parent_rx_error(struct fp_parent *p, enum fp_reason reason)
{
	if (!p->broken)
		p->broken = reason;
}

/* Sync: the oldest call, whatever the id (ID-5); async: the one with the id. Only what the peer has all of can be answered. */
static struct fp_call *answered(struct fp_parent *p, uint32_t id)
{
	struct fp_call *call = NULL;
	if (p->wire.async) {
		struct fp_ids_node *node = fp_ids_find(&p->ids, id);
		if (node)
			call = FP_OWNER(node, struct fp_call, by_id);
	} else if (!fp_list_is_empty(&p->calls)) {
		call = call_of(fp_list_first(&p->calls));
	}
	return call && is_sent(p, call) ? call : NULL;
}

static bool fail(struct fp_parent *p, struct fp_parent_event *e, enum fp_reason reason, uint64_t offset)
{
	fp_reader_fail(&p->reader, reason, offset);
	p->broken = reason;
	p->over = true;
	*e = (struct fp_parent_event){.kind = FP_PARENT_FAILED, .reason = reason, .offset = offset};
	return true;
}

static bool deliver(struct fp_parent *p, const struct fp_frame *f, struct fp_parent_event *e)
{
	size_t fault = 0;
	struct fp_call *call = f->id ? answered(p, f->id) : NULL;
	if (f->id && !call)
		return fail(p, e, FP_UNEXPECTED, f->offset);
	enum fp_reason r = fp_args_thaw(&p->items, p->wire.serialiser, f->payload, &fault);
	if (r)
		return fail(p, e, r, f->offset + FP_FRAME_HEAD_MAX + fault);
	if (call)
		forget(p, call);
	*e = (struct fp_parent_event){
		.kind = call ? FP_PARENT_RESULT : FP_PARENT_EVENT, .call = call, .items = p->items.items, .n = p->items.n};
	return true;
}

bool fp_parent_next(struct fp_parent *p, struct fp_parent_event *e)
{
	struct fp_frame f;
	if (p->over)
		return false;
	if (fp_reader_next(&p->reader, &f))
		return deliver(p, &f, e);
	if (p->reader.state == FP_READER_FAILED)
		return fail(p, e, p->reader.reason, p->reader.reason_offset);
	uint64_t received = fp_reader_received(&p->reader);
	if (p->broken)
		return fail(p, e, p->broken, received);
	if (p->reader.state == FP_READER_OPEN)
		return false;
	if (!p->closing || p->n_calls)
		return fail(p, e, FP_EOF, received);
	p->over = true;
	*e = (struct fp_parent_event){.kind = FP_PARENT_ENDED};
	return true;
}
