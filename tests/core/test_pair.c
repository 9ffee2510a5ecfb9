/* core/parent and core/child against each other: thousands of calls, events, withdrawn calls and answers in any order,
 * moved between the ends in pieces of random size. Everything arrives once, whole, and in the order it was sent. The
 * random numbers have fixed seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/core/child.h"
#include "../../lib/core/parent.h"
#include "../alloc.h"
#include "../rounds.h"
#include "wire.h"

#define CALLS 2500u
#define EVENTS 1500u
#define WINDOW 40u                /* calls outstanding */
#define SEEDS 3u
#define STEPS_MAX 200000u          /* more than ten times what a run takes */
#define EVENT_BIT 0x80000000u     /* in the order of what was sent: an event, not a result */

/* Where a call is on its way. */
enum stage { UNMADE, CALLED, WITHDRAWN, ASKED, ANSWERED, RETURNED };

struct job {
	struct fp_call call;
	unsigned number;
};

struct pair {
	const struct mode *mode;
	uint64_t random;
	struct test_alloc alloc;
	struct fp_parent parent;
	struct fp_child child;
	enum stage stages[CALLS + 1]; /* by number, from 1 */
	unsigned made, returned, withdrawn;
	struct job *newest; /* the last call made, if it is still outstanding */
	uint32_t asked;     /* the highest number a request had: they come in the order of the calls */
	struct {
		struct fp_request request;
		unsigned number;
	} held[WINDOW]; /* requests not answered yet */
	size_t n_held;
	uint32_t sent[CALLS + EVENTS]; /* what the child sent, in that order: numbers, or EVENT_BIT and a number */
	size_t n_sent, n_arrived;
	unsigned events;
	bool is_half_closed, is_child_over, is_parent_over;
};

/* xorshift64. Below n. */
static uint32_t draw(struct pair *p, uint32_t n)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (uint32_t)(p->random >> 32) % n;
}

/* ---- what is said: two items, a number in text and octets that follow from it ---- */

static size_t blob_len(uint32_t number)
{
	uint32_t h = number * 2654435761u;
	h ^= h >> 15;
	if (h % 64 == 0)
		return 16000 + h / 64 % 30000;
	return h / 64 % (h % 16 == 1 ? 4000 : 90);
}

static uint8_t blob_octet(uint32_t number, size_t i)
{
	return (uint8_t)(number + i * 13 + i / 253);
}

static struct fp_item make_blob(uint32_t number)
{
	size_t len = blob_len(number);
	uint8_t *blob = malloc(len + 1);
	assert_non_null(blob);
	for (size_t i = 0; i < len; i++)
		blob[i] = blob_octet(number, i);
	return (struct fp_item){blob, len, FP_STRING};
}

static void check_said(const struct fp_item *items, size_t n, uint32_t number)
{
	char text[16];
	int len = snprintf(text, sizeof text, "%u", number);
	assert_int_equal(n, 2);
	assert_int_equal(items[0].len, len);
	assert_memory_equal(items[0].data, text, (size_t)len);
	assert_int_equal(items[1].len, blob_len(number));
	for (size_t i = 0; i < items[1].len; i++)
		if (((const uint8_t *)items[1].data)[i] != blob_octet(number, i))
			fail_msg("octet %zu of %u is wrong", i, number);
}

static unsigned number_said(const struct fp_item *items, size_t n)
{
	unsigned number = 0;
	assert_true(n > 0);
	for (size_t i = 0; i < items[0].len; i++)
		number = number * 10 + (unsigned)(((const char *)items[0].data)[i] - '0');
	return number;
}

/* ---- the parent's owner ---- */

static void make_call(struct pair *p)
{
	char text[16];
	struct wire payload = {0};
	struct fp_item blob = make_blob(p->made + 1);
	struct job *j = calloc(1, sizeof *j);
	assert_non_null(j);
	j->number = ++p->made;
	wire_item(&payload, text, (size_t)snprintf(text, sizeof text, "%u", j->number));
	wire_item(&payload, blob.data, blob.len);
	j->call.payload_len = payload.len;
	j->call.frame = malloc(FP_FRAME_HEAD_MAX + payload.len);
	assert_non_null(j->call.frame);
	memcpy(j->call.frame + FP_FRAME_HEAD_MAX, payload.data, payload.len);
	wire_free(&payload);
	free((void *)(uintptr_t)blob.data);
	assert_int_equal(fp_parent_call(&p->parent, &j->call), FP_NONE);
	p->stages[j->number] = CALLED;
	p->newest = j;
}

static void drop_job(struct pair *p, struct job *j)
{
	if (p->newest == j)
		p->newest = NULL;
	free(j->call.frame);
	free(j);
}

static void try_withdraw(struct pair *p)
{
	struct job *j = p->newest;
	if (!j || !fp_parent_withdraw(&p->parent, &j->call))
		return;
	assert_int_equal(p->stages[j->number], CALLED);
	p->stages[j->number] = WITHDRAWN;
	p->withdrawn++;
	drop_job(p, j);
}

static void take_result(struct pair *p, const struct fp_parent_event *e)
{
	struct job *j = FP_OWNER(e->call, struct job, call);
	assert_int_equal(p->sent[p->n_arrived++], j->number);
	assert_int_equal(p->stages[j->number], ANSWERED);
	p->stages[j->number] = RETURNED;
	p->returned++;
	check_said(e->items, e->n, j->number);
	drop_job(p, j);
}

static void drain_parent(struct pair *p)
{
	struct fp_parent_event e;
	while (fp_parent_next(&p->parent, &e)) {
		assert_false(p->is_parent_over);
		assert_true(e.kind != FP_PARENT_FAILED);
		if (e.kind == FP_PARENT_ENDED) {
			p->is_parent_over = true;
			continue;
		}
		assert_true(p->n_arrived < p->n_sent);
		if (e.kind == FP_PARENT_RESULT) {
			take_result(p, &e);
			continue;
		}
		check_said(e.items, e.n, p->sent[p->n_arrived++]);
	}
}

/* ---- the child's owner ---- */

static void take_request(struct pair *p, const struct fp_request *request)
{
	unsigned number = number_said(request->items, request->n);
	check_said(request->items, request->n, number);
	assert_true(number > p->asked && number <= CALLS && p->n_held < WINDOW);
	assert_int_equal(p->stages[number], CALLED);
	p->stages[number] = ASKED;
	p->asked = number;
	p->held[p->n_held].request = *request;
	p->held[p->n_held++].number = number;
}

static void drain_child(struct pair *p)
{
	struct fp_child_event e;
	while (fp_child_next(&p->child, &e)) {
		assert_false(p->is_child_over);
		assert_true(e.kind != FP_CHILD_FAILED);
		if (e.kind == FP_CHILD_ENDED)
			p->is_child_over = true;
		else
			take_request(p, &e.request);
	}
	assert_int_equal(fp_child_outstanding(&p->child), p->n_held);
}

/* Sends a reply, or with request NULL an event. */
static void say(struct pair *p, const struct fp_request *request, uint32_t number)
{
	char text[16];
	struct fp_item items[2] = {{text, (size_t)snprintf(text, sizeof text, "%u", number), FP_STRING}, make_blob(number)};
	enum fp_reason r = request ? fp_child_reply(&p->child, request->id, request->serial, items, 2)
	                           : fp_child_event(&p->child, items, 2);
	free((void *)(uintptr_t)items[1].data);
	assert_int_equal(r, FP_NONE);
	p->sent[p->n_sent++] = number;
}

static void answer_one(struct pair *p)
{
	if (!p->n_held)
		return;
	size_t i = draw(p, (uint32_t)p->n_held);
	struct fp_request request = p->held[i].request;
	unsigned number = p->held[i].number;
	p->held[i] = p->held[--p->n_held];
	p->stages[number] = ANSWERED;
	say(p, &request, number);
	assert_int_equal(fp_child_reply(&p->child, request.id, request.serial, NULL, 0), FP_CLOSED);
	drain_child(p);
}

/* A sync child speaks only while it runs something (EVT-2). */
static void send_event(struct pair *p)
{
	if (p->events < EVENTS && !p->is_child_over && (p->mode->async || p->n_held))
		say(p, NULL, EVENT_BIT | ++p->events);
}

/* ---- between them ---- */

static size_t piece(struct pair *p)
{
	static const uint32_t most[] = {8, 200, 200, 65536};
	return 1 + draw(p, most[draw(p, 4)]);
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

static void move_down(struct pair *p)
{
	struct fp_span out = fp_parent_tx_buf(&p->parent);
	struct fp_space space;
	if (!out.len || !fp_child_wants_input(&p->child))
		return;
	assert_int_equal(fp_child_rx_buf(&p->child, &space), FP_NONE);
	size_t n = least(out.len, space.len, piece(p));
	memcpy(space.data, out.data, n);
	fp_child_rx_ack(&p->child, n);
	fp_parent_tx_ack(&p->parent, n);
	drain_child(p);
}

static void move_up(struct pair *p)
{
	struct fp_span out = fp_child_tx_buf(&p->child);
	struct fp_space space;
	if (!out.len)
		return;
	assert_int_equal(fp_parent_rx_buf(&p->parent, &space), FP_NONE);
	size_t n = least(out.len, space.len, piece(p));
	memcpy(space.data, out.data, n);
	fp_parent_rx_ack(&p->parent, n);
	fp_child_tx_ack(&p->child, n);
	drain_parent(p);
	drain_child(p);
}

/* Each end closes its writing side as soon as it may. */
static void close_what_is_due(struct pair *p)
{
	if (fp_parent_is_half_close_due(&p->parent) && !p->is_half_closed) {
		assert_int_equal(fp_parent_tx_buf(&p->parent).len, 0);
		p->is_half_closed = true;
		fp_child_rx_eof(&p->child);
		drain_child(p);
	}
	if (p->is_child_over && !fp_child_tx_buf(&p->child).len && !p->is_parent_over) {
		fp_parent_rx_eof(&p->parent);
		drain_parent(p);
	}
}

static void step(struct pair *p)
{
	switch (draw(p, 16)) {
	case 0:
	case 1:
	case 2:
		if (p->made < CALLS && p->made - p->returned - p->withdrawn < WINDOW)
			make_call(p);
		else if (p->made == CALLS)
			fp_parent_close(&p->parent);
		break;
	case 3:
		if (draw(p, 4) == 0)
			try_withdraw(p);
		break;
	case 4:
	case 5:
	case 6:
		answer_one(p);
		break;
	case 7:
		send_event(p);
		break;
	case 8:
	case 9:
	case 10:
	case 11:
		move_down(p);
		break;
	default:
		move_up(p);
	}
	close_what_is_due(p);
}

static void run(struct pair *p, const struct mode *m, uint64_t seed)
{
	*p = (struct pair){.mode = m, .random = seed * 0x9e3779b97f4a7c15u};
	struct fp_wire wire = {m->profile, m->async, (uint32_t)FP_FRAME_BYTES_MAX_DEFAULT, &fp_string_serialiser};
	test_alloc_init(&p->alloc);
	fp_parent_init(&p->parent, &p->alloc.alloc, &wire);
	fp_child_init(&p->child, &p->alloc.alloc, &wire);
	p->parent.last_id = 4294967295u - CALLS / 2; /* ids wrap around half-way */
	for (unsigned i = 0; i < STEPS_MAX && !p->is_parent_over; i++)
		step(p);
	if (!p->is_parent_over)
		fail_msg("seed %llu: %u of %u calls came back, then nothing moves", (unsigned long long)seed, p->returned, p->made);
}

static void everything_arrives_once_and_in_order(void **state)
{
	static struct pair p;
	for (uint64_t seed = 1; seed <= rounds(SEEDS); seed++) {
		run(&p, *state, seed);
		assert_int_equal(p.made, CALLS);
		assert_int_equal(p.returned + p.withdrawn, CALLS);
		assert_true(p.withdrawn > 10 && p.withdrawn < CALLS / 2 && p.events > CALLS / 10);
		for (unsigned i = 1; i <= CALLS; i++)
			assert_true(p.stages[i] == RETURNED || p.stages[i] == WITHDRAWN);
		assert_int_equal(p.n_arrived, p.n_sent);
		assert_int_equal(p.n_sent, p.returned + p.events);
		fp_parent_fini(&p.parent);
		fp_child_fini(&p.child);
		assert_int_equal(p.alloc.held, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {IN_ALL(everything_arrives_once_and_in_order)};
	return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
