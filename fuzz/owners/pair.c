/* A parent and a child against each other in a fuzz target. See pair.h. */
#include "pair.h"

#include "../rig/memory.h"
#include "../target.h"
#include "core/child.h"
#include "core/parent.h"

#define CALLS_MAX 64u
#define EVENTS_MAX 64u
#define FRAME_BYTES_MAX (FP_COPY_BYTES + 512u)
#define STEPS_AFTER_MAX 100000u /* that it takes until all is said: more than ten times the most */
#define MOVE_BYTES 64u          /* octets: more are moved in one piece where an octet says 255 */

static struct pair {
	const struct fp_mode *mode;
	struct fp_memory memory;
	struct fp_parent parent;
	struct fp_child child;
	struct fp_choices choices;
	struct {
		struct fp_call call;
		uint8_t frame[FRAME_BYTES_MAX];
		bool is_withdrawn, is_asked, is_answered, is_returned;
	} calls[CALLS_MAX];
	unsigned made, next_asked;
	struct fp_request held[CALLS_MAX];
	unsigned held_numbers[CALLS_MAX], n_held;
	unsigned said[CALLS_MAX + EVENTS_MAX], n_said, n_heard, events; /* numbers of calls; events from CALLS_MAX on */
	bool is_half_closed, is_child_over, is_parent_over, is_hung_up;
} p;

static uint8_t text[2 * FP_COPY_BYTES];

/* Number n says two items: n itself as an octet, and octets that follow from n; once too many to be copied. */
static size_t items_of(unsigned n, uint8_t *number, struct fp_item items[2])
{
	size_t len = n == 5 ? FP_COPY_BYTES + 11 : n * 37 % 140;
	*number = (uint8_t)n;
	items[0] = (struct fp_item){number, 1, FP_STRING};
	items[1] = (struct fp_item){text + n, p.mode->payload_max < FP_COPY_BYTES ? len % 1000 : len, FP_STRING};
	return items[1].len;
}

static unsigned number_of(const struct fp_item *items, size_t n)
{
	uint8_t number;
	struct fp_item due[2];
	if (n != 2 || items[0].len != 1)
		fp_fuzz_found("model", "what arrives is not what was sent");
	unsigned said = *(const uint8_t *)items[0].data;
	size_t len = items_of(said, &number, due);
	if (items[1].len != len || (len && memcmp(items[1].data, due[1].data, len) != 0))
		fp_fuzz_found("model", "what arrives is not what was sent");
	return said;
}

static void make_call(void)
{
	uint8_t number;
	struct fp_item items[2];
	if (p.made == CALLS_MAX)
		return;
	uint8_t *at = p.calls[p.made].frame + FP_FRAME_HEAD_MAX;
	items_of(p.made, &number, items);
	for (int i = 0; i < 2; at += items[i++].len) {
		at += fp_second_put_length(at, items[i].len);
		memcpy(at, items[i].data, items[i].len);
	}
	p.calls[p.made].call = (struct fp_call){.frame = p.calls[p.made].frame,
	                                        .payload_len = (size_t)(at - p.calls[p.made].frame) - FP_FRAME_HEAD_MAX};
	if (fp_parent_call(&p.parent, &p.calls[p.made].call) != (p.parent.closing ? FP_CLOSED : FP_NONE))
		fp_fuzz_found("model", "a call is refused, or taken, against the promise");
	p.made += !p.parent.closing;
}

static void withdraw(void)
{
	unsigned n = p.made - 1;
	if (!p.made || p.calls[n].is_withdrawn || p.calls[n].is_returned)
		return;
	p.calls[n].is_withdrawn = fp_parent_withdraw(&p.parent, &p.calls[n].call);
}

/* With request NULL an event. */
static void say(const struct fp_request *r, unsigned n)
{
	uint8_t number;
	struct fp_item items[2];
	items_of(n, &number, items);
	if (r ? fp_child_reply(&p.child, r->id, r->serial, items, 2) : fp_child_event(&p.child, items, 2))
		fp_fuzz_found("model", "a reply or an event is refused");
	p.said[p.n_said++] = n;
}

static void answer(void)
{
	if (!p.n_held)
		return;
	unsigned i = fp_choose(&p.choices, p.n_held), n = p.held_numbers[i];
	struct fp_request r = p.held[i];
	p.held[i] = p.held[--p.n_held];
	p.held_numbers[i] = p.held_numbers[p.n_held];
	p.calls[n].is_answered = true;
	say(&r, n);
}

static void send_event(void)
{
	if (p.events < EVENTS_MAX && !p.is_child_over && (p.mode->async || p.n_held))
		say(NULL, CALLS_MAX + p.events++);
}

static void take_request(const struct fp_request *r)
{
	unsigned n = number_of(r->items, r->n);
	while (p.next_asked < p.made && p.calls[p.next_asked].is_withdrawn)
		p.next_asked++;
	if (n != p.next_asked || n >= p.made)
		fp_fuzz_found("model", "a request arrives twice, out of order, or after it was withdrawn");
	p.next_asked++;
	p.calls[n].is_asked = true;
	p.held_numbers[p.n_held] = n;
	p.held[p.n_held++] = *r;
	if (!p.mode->async && p.n_held > 1)
		fp_fuzz_found("model", "a sync child is given two requests at a time");
}

static void drain_child(void)
{
	struct fp_child_event e;
	while (fp_child_next(&p.child, &e)) {
		if (e.kind == FP_CHILD_FAILED || p.is_child_over)
			fp_fuzz_found("model", "the child fails, though its peer is right");
		p.is_child_over = e.kind == FP_CHILD_ENDED;
		if (!p.is_child_over)
			take_request(&e.request);
	}
}

static void drain_parent(void)
{
	struct fp_parent_event e;
	while (fp_parent_next(&p.parent, &e)) {
		if (e.kind == FP_PARENT_FAILED || p.is_parent_over)
			fp_fuzz_found("model", "the parent fails, though its peer is right");
		p.is_parent_over = e.kind == FP_PARENT_ENDED;
		if (p.is_parent_over)
			continue;
		unsigned n = number_of(e.items, e.n);
		if (p.n_heard == p.n_said || p.said[p.n_heard++] != n || (e.kind == FP_PARENT_RESULT) != (n < CALLS_MAX) ||
		    (n < CALLS_MAX && e.call != &p.calls[n].call))
			fp_fuzz_found("model", "a result or an event arrives twice, out of order, or at another call");
		if (n < CALLS_MAX)
			p.calls[n].is_returned = true;
	}
}

static size_t piece(size_t there, size_t room)
{
	size_t c = fp_choose(&p.choices, 256), n = p.choices.len == 0 || c == 255 ? there : 1 + c % MOVE_BYTES;
	n = n < there ? n : there;
	return n < room ? n : room;
}

static void move_down(void)
{
	struct fp_span out = fp_parent_tx_buf(&p.parent);
	struct fp_space space;
	if (out.len && fp_child_wants_input(&p.child) && !fp_child_rx_buf(&p.child, &space)) {
		size_t n = piece(out.len, space.len);
		memcpy(space.data, out.data, n);
		p.memory.arrived += n;
		fp_child_rx_ack(&p.child, n);
		fp_parent_tx_ack(&p.parent, n);
	}
	drain_child();
}

static void move_up(void)
{
	struct fp_span out = fp_child_tx_buf(&p.child);
	struct fp_space space;
	if (out.len && !fp_parent_rx_buf(&p.parent, &space)) {
		size_t n = piece(out.len, space.len);
		memcpy(space.data, out.data, n);
		p.memory.arrived += n;
		fp_parent_rx_ack(&p.parent, n);
		fp_child_tx_ack(&p.child, n);
	}
	drain_parent();
}

static void end_what_is_due(void)
{
	if (!p.is_half_closed && fp_parent_is_half_close_due(&p.parent)) {
		p.is_half_closed = true;
		fp_child_rx_eof(&p.child);
		drain_child();
	}
	if (p.is_child_over && !p.is_hung_up && !fp_child_tx_buf(&p.child).len) {
		p.is_hung_up = true;
		fp_parent_rx_eof(&p.parent);
		drain_parent();
	}
}

static void step(void)
{
	static void (*const steps[])(void) = {move_down, move_up, answer, make_call, make_call, send_event, withdraw};
	steps[fp_choose(&p.choices, sizeof steps / sizeof *steps)]();
	end_what_is_due();
}

/* Whatever is still under way comes to its end when both sides go on. */
static void finish(void)
{
	fp_parent_close(&p.parent);
	for (unsigned i = 0; !p.is_parent_over; i++) {
		if (i == STEPS_AFTER_MAX)
			fp_fuzz_found("model", "something never arrives");
		move_down();
		answer();
		drain_child();
		move_up();
		end_what_is_due();
	}
	for (unsigned n = 0; n < p.made; n++)
		if (p.calls[n].is_withdrawn ? p.calls[n].is_asked : !p.calls[n].is_returned)
			fp_fuzz_found("model", "a call does not come back, or was withdrawn and came all the same");
	if (p.n_heard != p.n_said)
		fp_fuzz_found("model", "something that was said is not heard");
}

void fp_pair_session(const struct fp_mode *mode, struct fp_choices choices)
{
	struct fp_wire wire = {mode->profile, mode->async, mode->payload_max, &fp_string_serialiser};
	for (size_t i = sizeof text; i-- > 0 && !text[0];)
		text[i] = (uint8_t)(1 + i + i / 251);
	for (unsigned n = 0; n < p.made; n++)
		p.calls[n].is_withdrawn = p.calls[n].is_asked = p.calls[n].is_answered = p.calls[n].is_returned = false;
	p.mode = mode;
	p.choices = choices;
	p.made = p.next_asked = p.n_held = p.n_said = p.n_heard = p.events = 0;
	p.is_half_closed = p.is_child_over = p.is_parent_over = p.is_hung_up = false;
	fp_memory_init(&p.memory, 0, CALLS_MAX * FP_COPY_BYTES); /* what the two say is of their own making */
	fp_parent_init(&p.parent, &p.memory.alloc, &wire);
	fp_child_init(&p.child, &p.memory.alloc, &wire);
	p.parent.last_id = UINT32_MAX - 5;
	while (p.choices.len)
		step();
	finish();
	fp_child_fini(&p.child);
	fp_parent_fini(&p.parent);
	fp_memory_fini(&p.memory);
}
