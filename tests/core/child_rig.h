/* A child under test with its owner: what it wrote, and a log of what it was asked and how it ended. Lists are in the
 * notation of wire_list; read space is rubbish behind what was acknowledged. Include after cmocka.h. */
#ifndef FP_TESTS_CHILD_RIG_H
#define FP_TESTS_CHILD_RIG_H

#include "../../lib/core/child.h"
#include "../alloc.h"
#include "wire.h"

#define PAYLOAD_MAX 100000u /* octets */
#define ITEMS_MAX 32u

struct child_rig {
	const struct mode *mode;
	struct test_alloc alloc;
	struct fp_child child;
	struct wire sent; /* all that was acknowledged as written */
	struct text log;
	unsigned terminals; /* FAILED and ENDED */
};

static inline void child_start_with(struct child_rig *r, const struct mode *m, uint32_t payload_max,
                                    const struct fp_serialiser *serialiser)
{
	memset(r, 0, sizeof *r);
	r->mode = m;
	test_alloc_init(&r->alloc);
	struct fp_wire wire = {m->profile, m->async, payload_max, serialiser};
	fp_child_init(&r->child, &r->alloc.alloc, &wire);
}

static inline void child_start(struct child_rig *r, const struct mode *m)
{
	child_start_with(r, m, PAYLOAD_MAX, &fp_string_serialiser);
}

static inline void child_stop(struct child_rig *r)
{
	fp_child_fini(&r->child);
	assert_int_equal(r->alloc.held, 0);
	wire_free(&r->sent);
}

static inline void log_child_event(struct child_rig *r, const struct fp_child_event *e)
{
	switch (e->kind) {
	case FP_CHILD_REQUEST:
		text_add(&r->log, "request %llu id %u", (unsigned long long)e->request.serial, e->request.id);
		text_add_list(&r->log, e->request.items, e->request.n);
		text_add(&r->log, "\n");
		break;
	case FP_CHILD_FAILED:
		r->terminals++;
		text_add_failed(&r->log, e->reason, e->offset);
		break;
	case FP_CHILD_ENDED:
		r->terminals++;
		text_add(&r->log, "ended\n");
		break;
	}
}

static inline void child_drain(struct child_rig *r)
{
	struct fp_child_event e;
	while (fp_child_next(&r->child, &e))
		log_child_event(r, &e);
}

/* One read of at most len octets; answers how many, 0 where there was no memory. */
static inline size_t child_arrive(struct child_rig *r, const uint8_t *data, size_t len)
{
	struct fp_space space;
	enum fp_reason reason = fp_child_rx_buf(&r->child, &space);
	if (reason) {
		assert_int_equal(reason, FP_NOMEM);
		return 0;
	}
	assert_true(space.len > 0);
	size_t n = len < space.len ? len : space.len;
	memcpy(space.data, data, n);
	memset(space.data + n, 0xee, space.len - n);
	fp_child_rx_ack(&r->child, n);
	return n;
}

/* Octets arrive, in as many reads as the room offered asks for; answers how many did. */
static inline size_t child_feed(struct child_rig *r, const uint8_t *data, size_t len)
{
	size_t done = 0;
	for (size_t n; done < len && (n = child_arrive(r, data + done, len - done)); done += n)
		child_drain(r);
	child_drain(r);
	return done;
}

/* Feeds what was built and empties it. */
static inline void child_feed_wire(struct child_rig *r, struct wire *w)
{
	child_feed(r, w->data, w->len);
	wire_free(w);
}

static inline void child_ask(struct child_rig *r, uint32_t id, const char *list)
{
	struct wire w = {0};
	wire_request(&w, r->mode, id, list);
	child_feed_wire(r, &w);
}

static inline void child_eof(struct child_rig *r)
{
	fp_child_rx_eof(&r->child);
	child_drain(r);
}

static inline size_t items_of(struct fp_item items[ITEMS_MAX], const char *list)
{
	size_t n = 0;
	while (list) {
		size_t len = strcspn(list, ",");
		assert_true(n < ITEMS_MAX);
		items[n++] = (struct fp_item){list, len, FP_STRING};
		list = list[len] ? list + len + 1 : NULL;
	}
	return n;
}

/* Answers, and sees what comes then. */
static inline enum fp_reason child_try_reply(struct child_rig *r, uint32_t id, uint64_t serial, const char *list)
{
	struct fp_item items[ITEMS_MAX];
	size_t n = items_of(items, list);
	enum fp_reason reason = fp_child_reply(&r->child, id, serial, items, n);
	child_drain(r);
	return reason;
}

static inline void child_reply(struct child_rig *r, uint32_t id, uint64_t serial, const char *list)
{
	assert_int_equal(child_try_reply(r, id, serial, list), FP_NONE);
}

static inline enum fp_reason child_try_event(struct child_rig *r, const char *list)
{
	struct fp_item items[ITEMS_MAX];
	size_t n = items_of(items, list);
	return fp_child_event(&r->child, items, n);
}

static inline void child_event(struct child_rig *r, const char *list)
{
	assert_int_equal(child_try_event(r, list), FP_NONE);
}

/* Writes at most n octets, sees what comes then, and answers how many there were. */
static inline size_t child_write(struct child_rig *r, size_t n)
{
	struct fp_span out = fp_child_tx_buf(&r->child);
	if (n > out.len)
		n = out.len;
	wire_octets(&r->sent, out.data, n);
	fp_child_tx_ack(&r->child, n);
	child_drain(r);
	return n;
}

static inline void child_write_all(struct child_rig *r)
{
	while (child_write(r, SIZE_MAX))
		;
}

#endif
