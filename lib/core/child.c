/* The child's end of one connection. See child.h. */
#include "child.h"

#include "list.h" /* FP_OWNER */

#define SYNC_ID 1u /* every reply of a sync child (ID-4) */

/* What is kept of a request that has no reply yet. */
struct outstanding {
	struct fp_ids_node node;
	uint64_t serial;
};

static struct fp_frame_format reply_format(const struct fp_child *c)
{
	return (struct fp_frame_format){c->wire.profile, true};
}

static size_t answer_bytes_max(const struct fp_child *c)
{
	return (size_t)c->wire.payload_max + FP_FRAME_HEAD_MAX;
}

void fp_child_init(struct fp_child *c, const struct fp_alloc *alloc, const struct fp_wire *wire)
{
	*c = (struct fp_child){.alloc = alloc, .wire = *wire};
	fp_reader_init(&c->reader, alloc, (struct fp_frame_format){wire->profile, wire->async}, wire->payload_max);
	fp_args_init(&c->items, alloc, SIZE_MAX);
	fp_ids_init(&c->ids, alloc);
	fp_buf_init(&c->tx, alloc, SIZE_MAX);
	fp_buf_init(&c->answer, alloc, answer_bytes_max(c));
}

static void free_outstanding(struct fp_child *c, struct fp_ids_node *node)
{
	fp_ids_remove(&c->ids, node);
	fp_alloc_put(c->alloc, FP_OWNER(node, struct outstanding, node), sizeof(struct outstanding));
}

void fp_child_fini(struct fp_child *c)
{
	for (size_t i = 0; i < c->ids.n_buckets; i++)
		while (c->ids.buckets[i])
			free_outstanding(c, c->ids.buckets[i]);
	fp_ids_fini(&c->ids);
	fp_reader_fini(&c->reader);
	fp_args_fini(&c->items);
	fp_buf_fini(&c->tx);
	fp_buf_fini(&c->answer);
}

size_t fp_child_outstanding(const struct fp_child *c)
{
	return c->ids.n;
}

/* ---- reading ---- */

enum fp_reason fp_child_rx_buf(struct fp_child *c, struct fp_space *space)
{
	enum fp_reason r = fp_reader_buf(&c->reader, space);
	if (r)
		fp_reader_fail(&c->reader, r, fp_reader_received(&c->reader));
	return r;
}

void fp_child_rx_ack(struct fp_child *c, size_t n)
{
	fp_reader_ack(&c->reader, n);
}

void fp_child_rx_eof(struct fp_child *c)
{
	fp_reader_eof(&c->reader);
}

void fp_child_rx_error(struct fp_child *c, enum fp_reason reason)
{
	c->broken = reason;
}

/* A sync child works in order; an async one takes no more while its peer does not read, so that its queue stays small. */
static bool can_take_request(const struct fp_child *c)
{
	return c->wire.async ? fp_buf_len(&c->tx) < FP_CHILD_TX_BYTES_HIGH : !c->ids.n;
}

bool fp_child_wants_input(const struct fp_child *c)
{
	return !c->over && c->reader.state == FP_READER_OPEN && !c->reader.at_eof && can_take_request(c);
}

static bool fail(struct fp_child *c, struct fp_child_event *e, enum fp_reason reason, uint64_t offset)
{
	fp_reader_fail(&c->reader, reason, offset);
	c->over = true;
	*e = (struct fp_child_event){.kind = FP_CHILD_FAILED, .reason = reason, .offset = offset};
	return true;
}

static enum fp_reason remember(struct fp_child *c, uint32_t id)
{
	if (id == 0 || fp_ids_find(&c->ids, id))
		return FP_BAD_ID;
	if (fp_ids_reserve(&c->ids, c->ids.n + 1))
		return FP_NOMEM;
	struct outstanding *o = fp_alloc_get(c->alloc, sizeof *o);
	if (!o)
		return FP_NOMEM;
	*o = (struct outstanding){.serial = ++c->last_serial};
	fp_ids_add(&c->ids, &o->node, id);
	return FP_NONE;
}

static bool deliver(struct fp_child *c, const struct fp_frame *f, struct fp_child_event *e)
{
	size_t fault = 0;
	uint32_t id = c->wire.async ? f->id : SYNC_ID;
	enum fp_reason r = fp_args_thaw(&c->items, c->wire.serialiser, f->payload, &fault);
	if (r)
		return fail(c, e, r, f->offset + fp_frame_head_len(c->reader.format) + fault);
	r = remember(c, id);
	if (r)
		return fail(c, e, r, f->offset);
	*e = (struct fp_child_event){.kind = FP_CHILD_REQUEST, .request = {c->last_serial, id, c->items.items, c->items.n}};
	return true;
}

/* Requests that came whole are answered before a stream that was cut off is reported. */
static bool is_end_postponed(const struct fp_child *c)
{
	return c->reader.reason == FP_TRUNCATED && c->ids.n;
}

bool fp_child_next(struct fp_child *c, struct fp_child_event *e)
{
	struct fp_frame f;
	if (c->over || !can_take_request(c))
		return false;
	if (fp_reader_next(&c->reader, &f))
		return deliver(c, &f, e);
	if (c->reader.state == FP_READER_FAILED && !is_end_postponed(c))
		return fail(c, e, c->reader.reason, c->reader.reason_offset);
	if (c->broken)
		return fail(c, e, c->broken, fp_reader_received(&c->reader));
	if (c->reader.state != FP_READER_ENDED || c->ids.n)
		return false;
	c->over = true;
	*e = (struct fp_child_event){.kind = FP_CHILD_ENDED};
	return true;
}

/* ---- writing ---- */

static const uint8_t no_head[FP_FRAME_HEAD_MAX];

/* The header of a frame that lies in b from `at` to the end. */
static enum fp_reason put_head(const struct fp_child *c, struct fp_buf *b, size_t at, uint32_t id)
{
	size_t len = fp_buf_len(b) - at - FP_FRAME_HEAD_MAX;
	if (len > c->wire.payload_max)
		return FP_TOO_LONG;
	fp_frame_put(reply_format(c), b->data + b->head + at, id, (uint32_t)len);
	return FP_NONE;
}

/* Appends a frame, all of it or nothing. */
static enum fp_reason put_frame(struct fp_child *c, uint32_t id, const struct fp_item *items, size_t n)
{
	size_t before = fp_buf_len(&c->tx);
	enum fp_reason r = fp_buf_put(&c->tx, no_head, FP_FRAME_HEAD_MAX);
	if (r)
		return r;
	r = fp_args_freeze(c->wire.serialiser, items, n, &c->tx);
	if (!r)
		r = put_head(c, &c->tx, before, id);
	if (r)
		fp_buf_cut(&c->tx, before);
	return r;
}

static struct fp_ids_node *find_outstanding(const struct fp_child *c, uint32_t id, uint64_t serial)
{
	struct fp_ids_node *node = fp_ids_find(&c->ids, id);
	return node && FP_OWNER(node, struct outstanding, node)->serial == serial ? node : NULL;
}

enum fp_reason fp_child_reply(struct fp_child *c, uint32_t id, uint64_t serial, const struct fp_item *items, size_t n)
{
	struct fp_ids_node *node = find_outstanding(c, id, serial);
	if (!node)
		return FP_CLOSED;
	enum fp_reason r = put_frame(c, id, items, n);
	if (!r)
		free_outstanding(c, node);
	return r;
}

enum fp_reason fp_child_put(struct fp_child *c, const struct fp_item *item)
{
	struct fp_buf *b = &c->answer;
	size_t before = fp_buf_len(b);
	enum fp_reason r = before ? FP_NONE : fp_buf_put(b, no_head, FP_FRAME_HEAD_MAX);
	if (!r)
		r = c->wire.serialiser->add(c->wire.serialiser->ctx, item, c->answer_n, b);
	if (r)
		fp_buf_cut(b, before);
	else
		c->answer_n++;
	return r;
}

void fp_child_drop(struct fp_child *c)
{
	fp_buf_cut(&c->answer, 0);
	c->answer_n = 0;
}

static enum fp_reason close_answer(struct fp_child *c, uint32_t id)
{
	struct fp_buf *b = &c->answer;
	enum fp_reason r = fp_buf_len(b) ? FP_NONE : fp_buf_put(b, no_head, FP_FRAME_HEAD_MAX);
	if (!r)
		r = c->wire.serialiser->close(c->wire.serialiser->ctx, c->answer_n, b);
	return r ? r : put_head(c, b, 0, id);
}

/* With nothing before it, it is sent from where it was made. */
static enum fp_reason send_answer(struct fp_child *c)
{
	struct fp_buf made = c->answer;
	if (fp_buf_len(&c->tx))
		return fp_buf_put(&c->tx, made.data + made.head, fp_buf_len(&made));
	c->answer = c->tx;
	c->tx = made;
	c->answer.bytes_max = answer_bytes_max(c);
	c->tx.bytes_max = SIZE_MAX;
	return FP_NONE;
}

enum fp_reason fp_child_answer(struct fp_child *c, uint32_t id, uint64_t serial)
{
	struct fp_ids_node *node = find_outstanding(c, id, serial);
	enum fp_reason r = node ? close_answer(c, id) : FP_CLOSED;
	if (!r)
		r = send_answer(c);
	if (!r)
		free_outstanding(c, node);
	fp_child_drop(c);
	return r;
}

enum fp_reason fp_child_event(struct fp_child *c, const struct fp_item *items, size_t n)
{
	return c->over ? FP_CLOSED : put_frame(c, 0, items, n);
}

struct fp_span fp_child_tx_buf(const struct fp_child *c)
{
	return fp_buf_front(&c->tx);
}

void fp_child_tx_ack(struct fp_child *c, size_t n)
{
	fp_buf_drop(&c->tx, n);
}
