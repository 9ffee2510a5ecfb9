/* The owner of a parent's end. See parent.h. */
#include "parent.h"

#include "../target.h"

#define LONG_BYTES (FP_COPY_BYTES + 100u) /* octets: an item that makes a call too long to be copied */
#define BATCH_CALLS 8u                     /* calls of BATCH_BYTES each, together longer than one write */
#define BATCH_BYTES 10000u
#define WIRE_BYTES_MAX ((size_t)128 << 10)

struct owner {
	const struct fp_parent_plan *plan;
	struct fp_memory memory;
	struct fp_parent parent;
	struct fp_parent_model model;
	struct fp_journal *journal;
	size_t arrived; /* octets */
	bool at_eof;
	struct fp_call calls[FP_MODEL_CALLS_MAX];
	uint8_t frames[FP_MODEL_CALLS_MAX][LONG_BYTES + 64];
	uint8_t wire[WIRE_BYTES_MAX]; /* requests given out so far */
	size_t seen, read;            /* octets of wire that are set; that were decoded */
};

struct fp_parent_plan fp_parent_plan_draw(struct fp_choices *choices)
{
	static const unsigned calls[] = {3, 0, 1, 8};
	static const uint32_t ids[] = {0, UINT32_MAX - 1, UINT32_MAX, 77};
	static const uint64_t limits[] = {UINT64_MAX, UINT64_MAX, 0, 5, 30, LONG_BYTES / 2};
	struct fp_parent_plan p = {.write_bytes = SIZE_MAX, .withdrawn = FP_MODEL_CALLS_MAX};
	uint32_t c = fp_choose(choices, 32);
	p.ending = c / 4 > FP_END_CLOSED_BROKEN ? FP_END_CLOSED : (enum fp_parent_ending)(c / 4);
	p.calls = calls[c % 4];
	c = fp_choose(choices, 32);
	p.last_id = ids[c % 4];
	p.write_lag = c >= 24 ? 3 : 0;
	p.write_max = limits[fp_choose(choices, 6)];
	c = fp_choose(choices, 256);
	p.calls_max = c & 1 ? p.calls : FP_MODEL_CALLS_MAX - 1;
	p.has_long = (c & 0xe) == 0xe;
	p.has_batch = (c & 0xe) == 0xc;
	p.is_wrapped = c & 0x10;
	p.is_late = (c & 0x70) == 0x70;
	if (c & 0x80)
		p.withdrawn = c >> 1 & 3;
	return p;
}

/* ---- calls ---- */

static size_t item_len(const struct owner *o, unsigned number)
{
	if (o->plan->has_long && number == 0)
		return LONG_BYTES;
	return o->plan->has_batch && number < BATCH_CALLS ? BATCH_BYTES : number * 7 % 40;
}

/* The payload of a call: one item, the same octet again and again. */
static void make_payload(struct owner *o, unsigned number, size_t len)
{
	uint8_t *frame = o->frames[number];
	size_t head = fp_second_put_length(frame + FP_FRAME_HEAD_MAX, len);
	memset(frame + FP_FRAME_HEAD_MAX + head, (int)('a' + number), len);
	o->calls[number] = (struct fp_call){.frame = frame, .payload_len = head + len};
}

/* Again, where memory failed: nothing was changed. */
static enum fp_reason call(struct owner *o, unsigned number, size_t len)
{
	make_payload(o, number, len);
	enum fp_reason r = fp_parent_call(&o->parent, &o->calls[number]);
	return r == FP_NOMEM && fp_memory_has_failed(&o->memory) ? fp_parent_call(&o->parent, &o->calls[number]) : r;
}

static void make_call(struct owner *o)
{
	unsigned number = o->model.n_calls;
	bool is_refused = o->model.closing || o->model.over;
	size_t len = item_len(o, number);
	if (number == FP_MODEL_CALLS_MAX - 1)
		return;
	if (!is_refused && len > o->model.mode->payload_max) {
		if (call(o, number, len) != FP_TOO_LONG)
			fp_fuzz_found("model", "a call longer than the limit is taken");
		len = 1;
	}
	if (call(o, number, len) != (is_refused ? FP_CLOSED : FP_NONE))
		fp_fuzz_found("model", "a call is refused, or taken, against the promise");
	o->model.n_calls += !is_refused;
}

static void withdraw(struct owner *o, unsigned number)
{
	if (number >= o->model.n_calls || o->model.calls[number].state != FP_MODEL_OPEN)
		return;
	bool is_unsent = o->model.calls[number].end == 0;
	if (fp_parent_withdraw(&o->parent, &o->calls[number]) != is_unsent)
		fp_fuzz_found("model", "a call is withdrawn, or not, against the promise");
	if (is_unsent)
		o->model.calls[number].state = FP_MODEL_OVER;
}

/* ---- writing ---- */

/* The complete requests among the octets given out. */
static void read_wire(struct owner *o)
{
	struct fp_second_form form = fp_mode_form(o->model.mode, o->model.mode->async);
	struct fp_second_frame f;
	form.payload_max = UINT32_MAX;
	for (; fp_second_frame(form, o->wire, o->seen, o->read, &f) == FP_SECOND_GOOD; o->read = f.end) {
		unsigned number = fp_parent_model_given(&o->model, f.id, o->read, f.end);
		if (number == o->model.n_calls)
			fp_fuzz_found("decoder", "a request is written that is not due, or with another id than the next");
		const struct fp_call *made = &o->calls[number];
		if (f.len != made->payload_len || memcmp(o->wire + f.payload_at, made->frame + FP_FRAME_HEAD_MAX, f.len) != 0)
			fp_fuzz_found("decoder", "a request is not written as it was made");
		fp_journal_put(o->journal, (struct fp_note){.kind = FP_NOTE_SENT, .id = f.id, .n = f.len, .offset = o->read});
	}
	if (o->read != o->seen)
		fp_fuzz_found("decoder", "a request is given out in part");
}

static void see(struct owner *o, struct fp_span given)
{
	size_t from = (size_t)o->model.written, again = o->seen - from;
	if (given.len < again || (again && memcmp(given.data, o->wire + from, again) != 0))
		fp_fuzz_found("decoder", "octets that were given out to be written are others now");
	FP_ASSERT(from + given.len <= WIRE_BYTES_MAX);
	if (given.len > again)
		memcpy(o->wire + o->seen, given.data + again, given.len - again);
	o->seen = from + given.len;
	read_wire(o);
}

static bool is_half_close_due(const struct owner *o)
{
	unsigned number = fp_parent_model_open(&o->model, 0);
	while (number < o->model.n_calls && o->model.calls[number].end)
		number = fp_parent_model_open(&o->model, number + 1);
	return o->model.closing && !o->model.over && !o->model.broken && number == o->model.n_calls &&
	       o->model.written == o->seen;
}

/* Takes what is there to be written, as far as the peer does. */
static void write_out(struct owner *o)
{
	for (bool is_more = true; is_more;) {
		struct fp_span given = fp_parent_tx_buf(&o->parent);
		if (o->model.over || o->model.broken) {
			if (given.len || fp_parent_is_half_close_due(&o->parent))
				fp_fuzz_found("model", "something is to be written after the end");
			return;
		}
		see(o, given);
		uint64_t left = o->plan->write_max - o->model.written;
		size_t n = given.len < o->plan->write_bytes ? given.len : o->plan->write_bytes;
		n = n < left ? n : (size_t)left;
		size_t lag = o->plan->write_lag < given.len ? o->plan->write_lag : given.len;
		n = n < given.len - lag ? n : given.len - lag;
		fp_parent_tx_ack(&o->parent, n);
		o->model.written += n;
		is_more = n > 0;
	}
	if (fp_parent_is_half_close_due(&o->parent) != is_half_close_due(o))
		fp_fuzz_found("model", "the writing side is to be shut down, or not, against the promise");
}

/* ---- reading ---- */

static struct fp_note note_of(struct owner *o, const struct fp_parent_event *e)
{
	switch (e->kind) {
	case FP_PARENT_RESULT:
		return (struct fp_note){.kind = FP_NOTE_RESULT, .id = (uint64_t)(e->call - o->calls), .n = e->n,
		                        .digest = fp_digest_items(e->items, e->n)};
	case FP_PARENT_EVENT:
		return (struct fp_note){.kind = FP_NOTE_EVENT, .n = e->n, .digest = fp_digest_items(e->items, e->n)};
	case FP_PARENT_FAILED:
		return (struct fp_note){.kind = FP_NOTE_FAILED, .reason = e->reason, .offset = e->offset};
	default:
		return (struct fp_note){.kind = FP_NOTE_ENDED};
	}
}

/* Where memory failed the connection may end at any time, for that reason. */
static bool is_end_for_memory(struct owner *o, const struct fp_note *note)
{
	if (note->kind != FP_NOTE_FAILED || note->reason != FP_NOMEM || !fp_memory_has_failed(&o->memory))
		return false;
	o->model.over = true;
	o->model.broken = FP_NOMEM;
	return true;
}

static void drain(struct owner *o)
{
	for (;;) {
		struct fp_parent_event e;
		struct fp_note note = {.kind = FP_NOTE_FRAME};
		if (fp_parent_next(&o->parent, &e))
			note = note_of(o, &e);
		if (is_end_for_memory(o, &note))
			return;
		struct fp_note due = fp_parent_model_next(&o->model, o->arrived, o->at_eof);
		if (memcmp(&note, &due, sizeof note) != 0)
			fp_fuzz_found("model", "the parent gives something else than the model");
		if (note.kind == FP_NOTE_FRAME)
			return;
		fp_journal_put(o->journal, note);
		if (!o->model.over && !o->model.closing && o->model.n_calls < o->plan->calls_max)
			make_call(o);
		write_out(o);
	}
}

static void feed_piece(struct owner *o, struct fp_feed *feed)
{
	struct fp_space space;
	if (fp_parent_rx_buf(&o->parent, &space)) {
		if (!fp_memory_has_failed(&o->memory))
			fp_fuzz_found("allocation", "no room for what arrives, though there is memory");
		feed->rest.len = 0;
		o->model.broken = FP_NOMEM;
		drain(o);
		if (!o->model.over) /* for that, or for what was wrong before */
			fp_fuzz_found("allocation", "no room for what arrives, and that is not reported");
		return;
	}
	size_t n = fp_feed_next(feed, space);
	o->memory.arrived += n;
	if (o->model.over)
		fp_feed_hurry(feed);
	else
		o->arrived += n;
	fp_parent_rx_ack(&o->parent, n);
	if (feed->is_drain_due)
		drain(o);
}

/* ---- the end ---- */

static void close(struct owner *o)
{
	fp_parent_close(&o->parent);
	o->model.closing = true;
	make_call(o); /* is refused */
}

static void break_off(struct owner *o, bool is_read)
{
	if (is_read)
		fp_parent_rx_error(&o->parent, FP_READ);
	fp_parent_tx_error(&o->parent); /* after a failure to read it changes nothing */
	fp_parent_rx_error(&o->parent, FP_READ);
	o->model.broken = is_read ? FP_READ : FP_WRITE;
	write_out(o); /* nothing any more */
}

static void end(struct owner *o)
{
	enum fp_parent_ending ending = o->plan->ending;
	if (!o->plan->is_late)
		drain(o);
	if (ending == FP_END_CLOSED || ending == FP_END_CLOSED_BROKEN)
		close(o);
	write_out(o);
	if (ending == FP_END_CLOSED || ending == FP_END_OPEN) {
		fp_parent_rx_eof(&o->parent);
		o->at_eof = true;
	} else if (ending != FP_END_NONE) {
		break_off(o, ending != FP_END_WRITE_ERROR);
	}
	drain(o);
	write_out(o);
	make_call(o);
}

/* The calls that are left, in the order they were made. */
static void take_all(struct owner *o)
{
	/* ORD-1: only where a sync child was heard to its end is it known that it began no other than the oldest */
	bool may_have_run, is_first = true, is_heard = !o->model.broken || o->model.broken == FP_EOF || o->model.broken == FP_TRUNCATED;
	for (unsigned number = 0; (number = fp_parent_model_open(&o->model, number)) < o->model.n_calls; is_first = false) {
		struct fp_call *taken = fp_parent_take(&o->parent, &may_have_run);
		bool was_sent = o->model.calls[number].end && o->model.calls[number].end <= o->model.written;
		if (taken != &o->calls[number] || may_have_run != (was_sent && (o->model.mode->async || is_first || !is_heard)))
			fp_fuzz_found("model", "the calls that are left are others, or may have run, against the promise");
		o->model.calls[number].state = FP_MODEL_OVER;
		fp_journal_put(o->journal, (struct fp_note){.kind = FP_NOTE_TAKEN, .id = number, .n = may_have_run});
	}
	if (fp_parent_take(&o->parent, &may_have_run))
		fp_fuzz_found("model", "a call is left that was answered or withdrawn");
}

void fp_parent_session(const struct fp_mode *mode, const struct fp_parent_plan *plan, struct fp_feed feed, struct fp_journal *j)
{
	static struct owner o; /* large; each session sets what it reads */
	struct fp_wire wire = {mode->profile, mode->async, mode->payload_max, &fp_string_serialiser};
	o.plan = plan;
	o.model = (struct fp_parent_model){.mode = mode, .in = feed.rest.data, .last_id = plan->last_id};
	o.journal = j;
	o.arrived = o.seen = o.read = 0;
	o.at_eof = false;
	fp_memory_init(&o.memory, plan->fail_at, 0);
	fp_parent_init(&o.parent, &o.memory.alloc, &wire);
	o.parent.last_id = plan->last_id;
	while (o.model.n_calls < plan->calls)
		make_call(&o);
	withdraw(&o, plan->withdrawn);
	if (!plan->is_late)
		write_out(&o);
	withdraw(&o, plan->withdrawn + 1);
	if (plan->is_wrapped)
		o.parent.last_id = o.model.last_id = plan->last_id;
	while (feed.rest.len)
		feed_piece(&o, &feed);
	end(&o);
	take_all(&o);
	fp_parent_fini(&o.parent);
	fp_memory_fini(&o.memory);
}
