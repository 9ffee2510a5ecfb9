/* A parent under test with its owner: calls with numbers, what it wrote, and a log of what it reported. The owner is as
 * quick to forget as the contract allows: a call's memory is gone once it is answered, withdrawn or taken, and read
 * space is rubbish behind what was acknowledged. Include after cmocka.h. */
#ifndef FP_TESTS_PARENT_RIG_H
#define FP_TESTS_PARENT_RIG_H

#include "../../lib/core/parent.h"
#include "../alloc.h"
#include "wire.h"

#define PAYLOAD_MAX 100000u /* octets */
#define JOBS_MAX 1100u

struct job {
	struct fp_call call;
	unsigned number;
};

struct parent_rig {
	const struct mode *mode;
	struct test_alloc alloc;
	struct fp_parent parent;
	struct job *jobs[JOBS_MAX]; /* by number; NULL: none such */
	unsigned jobs_end;          /* above the highest number so far */
	struct wire sent;           /* all that was acknowledged as written */
	struct text log;
	unsigned terminals;         /* FAILED and ENDED */
};

static inline void parent_start_max(struct parent_rig *r, const struct mode *m, uint32_t payload_max)
{
	memset(r, 0, sizeof *r);
	r->mode = m;
	test_alloc_init(&r->alloc);
	struct fp_wire wire = {m->profile, m->async, payload_max, &fp_string_serialiser};
	fp_parent_init(&r->parent, &r->alloc.alloc, &wire);
}

static inline void parent_start(struct parent_rig *r, const struct mode *m)
{
	parent_start_max(r, m, PAYLOAD_MAX);
}

static inline void job_free(struct parent_rig *r, struct job *j)
{
	r->jobs[j->number] = NULL;
	free(j->call.frame);
	memset(j, 0x5a, sizeof *j);
	free(j);
}

static inline struct job *job_of(struct fp_call *call)
{
	return FP_OWNER(call, struct job, call);
}

static inline void parent_stop(struct parent_rig *r)
{
	fp_parent_fini(&r->parent);
	assert_int_equal(r->alloc.held, 0);
	for (unsigned i = 0; i < r->jobs_end; i++)
		if (r->jobs[i])
			job_free(r, r->jobs[i]);
	wire_free(&r->sent);
}

/* Calls with a ready payload. A refused call leaves nothing behind. */
static inline enum fp_reason parent_try(struct parent_rig *r, unsigned number, const void *payload, size_t len)
{
	struct job *j = malloc(sizeof *j);
	assert_true(j && number < JOBS_MAX && !r->jobs[number]);
	memset(j, 0xa5, sizeof *j);
	j->number = number;
	j->call.payload_len = len;
	j->call.frame = malloc(FP_FRAME_HEAD_MAX + len);
	assert_non_null(j->call.frame);
	fp_copy(j->call.frame + FP_FRAME_HEAD_MAX, payload, len);
	r->jobs[number] = j;
	if (number >= r->jobs_end)
		r->jobs_end = number + 1;
	enum fp_reason reason = fp_parent_call(&r->parent, &j->call);
	if (reason)
		job_free(r, j);
	return reason;
}

static inline enum fp_reason parent_try_list(struct parent_rig *r, unsigned number, const char *list)
{
	struct wire payload = {0};
	wire_list(&payload, list);
	enum fp_reason reason = parent_try(r, number, payload.data, payload.len);
	wire_free(&payload);
	return reason;
}

static inline void parent_call(struct parent_rig *r, unsigned number, const char *list)
{
	assert_int_equal(parent_try_list(r, number, list), FP_NONE);
}

/* A payload of len octets without meaning; it is the same for the same length. */
static inline void parent_call_long(struct parent_rig *r, unsigned number, size_t len)
{
	static uint8_t octets[251 * 256]; /* so many until they come again */
	for (size_t i = 0; !octets[sizeof octets - 1] && i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 7 + i / 251);
	uint8_t *payload = malloc(len);
	assert_non_null(payload);
	for (size_t at = 0; at < len; at += sizeof octets)
		memcpy(payload + at, octets, len - at < sizeof octets ? len - at : sizeof octets);
	assert_int_equal(parent_try(r, number, payload, len), FP_NONE);
	free(payload);
}

static inline bool parent_withdraw(struct parent_rig *r, unsigned number)
{
	bool is_back = fp_parent_withdraw(&r->parent, &r->jobs[number]->call);
	if (is_back)
		job_free(r, r->jobs[number]);
	return is_back;
}

/* Writes at most n octets; answers how many there were. */
static inline size_t parent_write(struct parent_rig *r, size_t n)
{
	struct fp_span out = fp_parent_tx_buf(&r->parent);
	if (n > out.len)
		n = out.len;
	wire_octets(&r->sent, out.data, n);
	fp_parent_tx_ack(&r->parent, n);
	return n;
}

static inline void parent_write_all(struct parent_rig *r)
{
	while (parent_write(r, SIZE_MAX))
		;
}

static inline void log_parent_event(struct parent_rig *r, const struct fp_parent_event *e)
{
	switch (e->kind) {
	case FP_PARENT_RESULT:
		text_add(&r->log, "result %u", job_of(e->call)->number);
		job_free(r, job_of(e->call));
		text_add_list(&r->log, e->items, e->n);
		text_add(&r->log, "\n");
		break;
	case FP_PARENT_EVENT:
		assert_null(e->call);
		text_add(&r->log, "event");
		text_add_list(&r->log, e->items, e->n);
		text_add(&r->log, "\n");
		break;
	case FP_PARENT_FAILED:
		r->terminals++;
		text_add_failed(&r->log, e->reason, e->offset);
		break;
	case FP_PARENT_ENDED:
		r->terminals++;
		text_add(&r->log, "ended\n");
		break;
	}
}

static inline void parent_drain(struct parent_rig *r)
{
	struct fp_parent_event e;
	while (fp_parent_next(&r->parent, &e))
		log_parent_event(r, &e);
}

/* One read of at most len octets; answers how many, 0 where there was no memory. */
static inline size_t parent_arrive(struct parent_rig *r, const uint8_t *data, size_t len)
{
	struct fp_space space;
	enum fp_reason reason = fp_parent_rx_buf(&r->parent, &space);
	if (reason) {
		assert_int_equal(reason, FP_NOMEM);
		return 0;
	}
	assert_true(space.len > 0);
	size_t n = len < space.len ? len : space.len;
	memcpy(space.data, data, n);
	memset(space.data + n, 0xee, space.len - n);
	fp_parent_rx_ack(&r->parent, n);
	return n;
}

/* Octets arrive, in as many reads as the room offered asks for; answers how many did. */
static inline size_t parent_feed(struct parent_rig *r, const uint8_t *data, size_t len)
{
	size_t done = 0;
	for (size_t n; done < len && (n = parent_arrive(r, data + done, len - done)); done += n)
		parent_drain(r);
	parent_drain(r);
	return done;
}

/* Feeds what was built and empties it. */
static inline void parent_feed_wire(struct parent_rig *r, struct wire *w)
{
	parent_feed(r, w->data, w->len);
	wire_free(w);
}

static inline void parent_feed_frame(struct parent_rig *r, uint32_t id, const char *list)
{
	struct wire w = {0};
	wire_frame(&w, r->mode, id, list);
	parent_feed_wire(r, &w);
}

static inline void parent_eof(struct parent_rig *r)
{
	fp_parent_rx_eof(&r->parent);
	parent_drain(r);
}

/* Calls 1 to n with the argument "x", written. */
static inline void parent_start_calls(struct parent_rig *r, const struct mode *m, unsigned n)
{
	parent_start(r, m);
	for (unsigned i = 1; i <= n; i++)
		parent_call(r, i, "x");
	parent_write_all(r);
}

/* Takes all outstanding calls: "take NUMBER" with " may-have-run" where that is said. */
static inline void parent_take_all(struct parent_rig *r)
{
	bool may_have_run;
	for (struct fp_call *call; (call = fp_parent_take(&r->parent, &may_have_run));) {
		text_add(&r->log, "take %u%s\n", job_of(call)->number, may_have_run ? " may-have-run" : "");
		job_free(r, job_of(call));
	}
}

#endif
