/* The owner of a child's end. See child.h. What was answered is kept until the octets that the child writes are decoded, and
 * is then found there in order. */
#include "child.h"

#include <stdlib.h>

#include "../target.h"

#define HOLD_MAX 20u /* requests held before the oldest is answered; fewer than the model has room for */

struct held {
	uint32_t id;
	uint64_t serial;
	struct fp_item *items;
	size_t n;
	uint8_t *text;
};

struct owner {
	const struct fp_child_plan *plan;
	struct fp_memory memory;
	struct fp_child child;
	struct fp_child_model model;
	struct fp_journal *journal, sent; /* sent: the frames that are due on the wire, in order */
	size_t arrived;                   /* octets */
	bool at_eof;
	struct held held[HOLD_MAX];
	unsigned n_held;
	size_t n_items;     /* of the payload that the child makes; see counting_add */
	struct fp_buf wire; /* what the child wrote, not decoded yet */
	size_t n_read;      /* frames of sent that were found on the wire */
};

static struct owner o; /* large; each session sets what it reads */

/* ---- a serialiser that checks what it is told ---- */

static enum fp_reason counting_add(void *ctx, const struct fp_item *item, size_t n, struct fp_buf *out)
{
	(void)ctx;
	if (n == 0)
		o.n_items = 0;
	if (n != o.n_items)
		fp_fuzz_found("model", "a serialiser is told a number of items that is not that of the payload");
	enum fp_reason r = fp_string_serialiser.add(NULL, item, n, out);
	o.n_items += !r;
	return r;
}

static enum fp_reason counting_close(void *ctx, size_t n, struct fp_buf *out)
{
	(void)ctx;
	if (n && n != o.n_items)
		fp_fuzz_found("model", "a serialiser closes a number of items that is not that of the payload");
	return fp_string_serialiser.close(NULL, n, out);
}

static enum fp_reason counting_thaw(void *ctx, struct fp_span payload, struct fp_args *list, size_t *fault)
{
	(void)ctx;
	return fp_string_serialiser.thaw(NULL, payload, list, fault);
}

static const struct fp_serialiser counting = {"counting", NULL, counting_add, counting_close, counting_thaw};

/* ---- what the child writes ---- */

static void read_wire(void)
{
	struct fp_second_form form = fp_mode_form(o.model.mode, true);
	struct fp_span in = fp_buf_front(&o.wire);
	struct fp_second_frame f;
	size_t at = 0;
	for (; fp_second_frame(form, in.data, in.len, at, &f) == FP_SECOND_GOOD; at = f.end) {
		struct fp_note note = {.kind = FP_NOTE_SENT, .id = f.id};
		size_t fault;
		if (fp_mode_list(in.data + f.payload_at, f.len, &fault, &note.n, &note.digest))
			fp_fuzz_found("decoder", "the child writes a list that the second decoder refuses");
		if (o.n_read == o.sent.n || memcmp(&note, &o.sent.notes[o.n_read++], sizeof note) != 0)
			fp_fuzz_found("decoder", "the child writes another frame than the one that was made");
		fp_journal_put(o.journal, note);
	}
	fp_buf_drop(&o.wire, at);
}

static void write_out(void)
{
	struct fp_span out;
	while ((out = fp_child_tx_buf(&o.child)).len) {
		size_t n = out.len < o.plan->write_bytes ? out.len : o.plan->write_bytes;
		if (fp_buf_put(&o.wire, out.data, n))
			fp_fuzz_found("memory", "what is written is too long");
		fp_child_tx_ack(&o.child, n);
	}
	read_wire();
	if (fp_buf_len(&o.wire) || o.n_read != o.sent.n)
		fp_fuzz_found("decoder", "the child writes more or less than the frames that were made");
}

static void expect_sent(uint32_t id, const struct fp_item *items, size_t n)
{
	fp_journal_put(&o.sent,
	               (struct fp_note){.kind = FP_NOTE_SENT, .id = id, .n = n, .digest = fp_digest_items(items, n)});
}

/* ---- answering ---- */

static size_t payload_len(const struct fp_item *items, size_t n)
{
	uint8_t head[10];
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += fp_second_put_length(head, items[i].len) + items[i].len;
	return len;
}

static enum fp_reason answer_by_items(const struct held *h, const struct fp_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum fp_reason r = fp_child_put(&o.child, &items[i]);
		if (r) {
			fp_child_drop(&o.child);
			return r;
		}
	}
	return fp_child_answer(&o.child, h->id, h->serial);
}

static enum fp_reason try_answer(const struct held *h, const struct fp_item *items, size_t n, bool by_items)
{
	return by_items ? answer_by_items(h, items, n) : fp_child_reply(&o.child, h->id, h->serial, items, n);
}

/* Sends a list, which may be too long, and again where memory failed. What fails leaves the request outstanding. */
static bool send(const struct held *h, const struct fp_item *items, size_t n, bool by_items)
{
	size_t outstanding = fp_child_outstanding(&o.child);
	bool is_long = payload_len(items, n) > o.model.mode->payload_max;
	enum fp_reason r = try_answer(h, items, n, by_items);
	if (r == FP_NOMEM && fp_memory_has_failed(&o.memory)) {
		if (fp_child_outstanding(&o.child) != outstanding)
			fp_fuzz_found("allocation", "a reply that found no memory ends its request");
		r = try_answer(h, items, n, by_items);
	}
	if (r != (is_long ? FP_TOO_LONG : FP_NONE))
		fp_fuzz_found("model", "a reply is refused, or taken, against the promise");
	if (fp_child_outstanding(&o.child) != outstanding - !r)
		fp_fuzz_found("model", "a request is outstanding, or not, against the promise");
	return !r;
}

static void send_event(const struct held *h)
{
	enum fp_reason r = fp_child_event(&o.child, h->items, h->n);
	if (r == FP_NOMEM && fp_memory_has_failed(&o.memory))
		r = fp_child_event(&o.child, h->items, h->n);
	if (r != (o.model.over ? FP_CLOSED : FP_NONE))
		fp_fuzz_found("model", "an event is refused, or taken, against the promise");
	if (!r)
		expect_sent(0, h->items, h->n);
}

static void forget(struct held *h)
{
	free(h->items);
	free(h->text);
}

/* Echoes a request; some first with as many copies of the list as make it too long. */
static void answer(struct held *h)
{
	struct fp_item many[64];
	uint64_t digest = fp_digest_items(h->items, h->n);
	bool by_items = digest & 1;
	size_t n = 0;
	for (; (digest & 6) == 6 && h->n && n + h->n <= 64; n += h->n)
		memcpy(many + n, h->items, h->n * sizeof *many);
	if ((digest & 24) == 24)
		send_event(h);
	if (n && send(h, many, n, by_items))
		expect_sent(h->id, many, n);
	else if (send(h, h->items, h->n, !by_items))
		expect_sent(h->id, h->items, h->n);
	if (fp_child_reply(&o.child, h->id, h->serial, NULL, 0) != FP_CLOSED ||
	    fp_child_answer(&o.child, h->id, h->serial) != FP_CLOSED)
		fp_fuzz_found("model", "a request is answered twice");
	fp_child_model_answered(&o.model, h->id);
	forget(h);
}

static void answer_oldest(void)
{
	struct held h = o.held[0];
	memmove(o.held, o.held + 1, --o.n_held * sizeof h);
	answer(&h);
}

static void answer_newest(void)
{
	answer(&o.held[--o.n_held]);
}

/* ---- reading ---- */

/* Keeps a copy, as the items are good only until the next input. */
static void hold(const struct fp_request *r)
{
	struct held *h = &o.held[o.n_held++];
	size_t len = 0, at = 0;
	for (size_t i = 0; i < r->n; i++)
		len += r->items[i].len;
	*h = (struct held){r->id, r->serial, malloc((r->n + 1) * sizeof *h->items), r->n, malloc(len + 1)};
	FP_ASSERT(h->items && h->text);
	for (size_t i = 0; i < r->n; at += r->items[i++].len) {
		fp_copy(h->text + at, r->items[i].data, r->items[i].len);
		h->items[i] = (struct fp_item){h->text + at, r->items[i].len, r->items[i].kind};
	}
	if (fp_child_reply(&o.child, r->id, r->serial + 1, NULL, 0) != FP_CLOSED ||
	    fp_child_reply(&o.child, r->id, r->serial - 1, NULL, 0) != FP_CLOSED)
		fp_fuzz_found("model", "a reply with the serial of another request is taken");
}

static struct fp_note note_of(const struct fp_child_event *e)
{
	if (e->kind == FP_CHILD_FAILED)
		return (struct fp_note){.kind = FP_NOTE_FAILED, .reason = e->reason, .offset = e->offset};
	if (e->kind == FP_CHILD_ENDED)
		return (struct fp_note){.kind = FP_NOTE_ENDED};
	const struct fp_request *r = &e->request;
	return (struct fp_note){.kind = FP_NOTE_REQUEST, .id = r->id, .n = r->n, .digest = fp_digest_items(r->items, r->n)};
}

static bool is_end_for_memory(const struct fp_note *note)
{
	if (note->kind != FP_NOTE_FAILED || note->reason != FP_NOMEM || !fp_memory_has_failed(&o.memory))
		return false;
	o.model.over = true;
	return true;
}

/* The next thing that comes, if any, is what the model says. */
static bool take_next(void)
{
	struct fp_child_event e;
	struct fp_note note = {.kind = FP_NOTE_FRAME};
	if (fp_child_next(&o.child, &e))
		note = note_of(&e);
	if (is_end_for_memory(&note))
		return false;
	struct fp_note due = fp_child_model_next(&o.model, o.arrived, o.at_eof);
	if (memcmp(&note, &due, sizeof note) != 0)
		fp_fuzz_found("model", "the child gives something else than the model");
	if (note.kind == FP_NOTE_FRAME)
		return false;
	fp_journal_put(o.journal, note);
	if (note.kind == FP_NOTE_REQUEST)
		hold(&e.request);
	return true;
}

/* A sync child is answered once it gives nothing more; an async one's requests wait as their ids say. */
static void drain(void)
{
	while (take_next() || (!o.model.mode->async && o.n_held)) {
		if (!o.model.mode->async) {
			take_next();
			if (o.n_held)
				answer_oldest();
		} else if (o.n_held == HOLD_MAX) {
			answer_oldest();
		} else if (o.n_held && o.held[o.n_held - 1].id % 3 == 0) {
			answer_newest();
		}
		write_out();
	}
	if (fp_child_wants_input(&o.child) && (o.model.over || o.at_eof))
		fp_fuzz_found("model", "a child wants input after the end");
}

static void feed_piece(struct fp_feed *feed)
{
	struct fp_space space;
	if (fp_child_rx_buf(&o.child, &space)) {
		feed->rest.len = 0;
		drain();
		if (!o.model.over)
			fp_fuzz_found("allocation", "no room for what arrives, and that is not reported");
		return;
	}
	size_t n = fp_feed_next(feed, space);
	o.memory.arrived += n;
	if (o.model.over)
		fp_feed_hurry(feed);
	else
		o.arrived += n;
	fp_child_rx_ack(&o.child, n);
	if (feed->is_drain_due)
		drain();
}

static void end(void)
{
	if (o.plan->has_read_error) {
		drain();
		fp_child_rx_error(&o.child, FP_READ);
		o.model.broken = FP_READ;
	} else {
		fp_child_rx_eof(&o.child);
		o.at_eof = true;
		if (fp_child_wants_input(&o.child))
			fp_fuzz_found("model", "a child wants input after the end of file");
	}
	drain();
	while (o.plan->is_abandoned && o.n_held)
		forget(&o.held[--o.n_held]);
	while (o.n_held > 1)
		answer_newest();
	if (!o.plan->is_abandoned)
		drain();
	while (o.n_held)
		answer_newest();
	if (!o.plan->is_abandoned)
		drain();
	write_out();
	if (o.model.over)
		send_event(&(struct held){0});
}

void fp_child_session(const struct fp_mode *mode, const struct fp_child_plan *plan, struct fp_feed feed, struct fp_journal *j)
{
	static struct fp_memory peer; /* what the child wrote is the peer's */
	struct fp_wire wire = {mode->profile, mode->async, mode->payload_max, &counting};
	o.plan = plan;
	o.model = (struct fp_child_model){.mode = mode, .in = feed.rest.data};
	o.journal = j;
	o.sent = (struct fp_journal){0};
	o.arrived = o.n_items = o.n_read = 0;
	o.n_held = 0;
	o.at_eof = false;
	fp_memory_init(&o.memory, plan->fail_at, 0);
	fp_memory_init(&peer, 0, (size_t)64 * feed.rest.len);
	fp_buf_init(&o.wire, &peer.alloc, SIZE_MAX);
	fp_child_init(&o.child, &o.memory.alloc, &wire);
	while (feed.rest.len)
		feed_piece(&feed);
	end();
	fp_child_fini(&o.child);
	fp_buf_fini(&o.wire);
	fp_journal_free(&o.sent);
	fp_memory_fini(&o.memory);
	fp_memory_fini(&peer);
}
