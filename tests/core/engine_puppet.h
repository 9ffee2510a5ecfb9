/* The other end of each connection in the world of engine_world.h: a puppet, which pumps octets and reads requests by hand.
 * Its inputs to the engine are not drained here. Must not know operations. */
#ifndef FP_TESTS_ENGINE_PUPPET_H
#define FP_TESTS_ENGINE_PUPPET_H

#include "engine_world.h"

static inline uint64_t puppet_number(const struct world *w, const struct puppet *p)
{
	return (uint64_t)(p - w->puppets);
}

static inline uint32_t puppet_u32(const struct world *w, const uint8_t *at)
{
	uint32_t id, len;
	uint8_t head[8] = {0};
	memcpy(head + 4, at, 4);
	fp_frame_get((struct fp_frame_format){w->mode.profile, true}, head, &id, &len);
	return len;
}

/* The next request that arrived whole; answers how many octets it has, 0: none. */
static inline size_t puppet_request(const struct world *w, const struct puppet *p, uint32_t *id, const uint8_t **payload)
{
	size_t head = w->mode.async ? 8 : 4;
	if (p->in.len < head)
		return 0;
	*id = w->mode.async ? puppet_u32(w, p->in.data) : 1;
	*payload = p->in.data + head;
	size_t len = head + puppet_u32(w, p->in.data + head - 4);
	return p->in.len < len ? 0 : len;
}

static inline size_t puppet_unanswered(const struct puppet *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_jobs; i++)
		n += p->jobs[i].tag != 0;
	return n;
}

/* Octets go to the engine, as many at a time as it has room for. */
static inline void puppet_say(struct world *w, struct puppet *p, struct wire *octets)
{
	struct fp_space space;
	for (size_t at = 0; at < octets->len && !p->is_closed && !p->is_broken;) {
		p->is_broken = fp_engine_rx_buf(&w->engine, p->worker, &space) != FP_NONE;
		if (p->is_broken)
			break;
		assert_true(space.len > 0);
		size_t n = octets->len - at < space.len ? octets->len - at : space.len;
		memcpy(space.data, octets->data + at, n);
		fp_engine_rx_ack(&w->engine, p->worker, n);
		at += n;
	}
	wire_free(octets);
}

static inline void puppet_eof(struct world *w, struct puppet *p)
{
	if (!p->is_closed && !p->is_at_end && !p->is_broken)
		fp_engine_rx_eof(&w->engine, p->worker);
	p->is_at_end = true;
}

static inline void puppet_exit(struct world *w, struct puppet *p, int exit_status, int signal)
{
	assert_false(p->is_exited);
	p->is_exited = true;
	fp_engine_worker_exited(&w->engine, p->worker, exit_status, signal);
}

static inline void puppet_die(struct world *w, struct puppet *p, int exit_status, int signal)
{
	puppet_eof(w, p);
	puppet_exit(w, p, exit_status, signal);
}

/* Does what is left to a polite worker at end of file. */
static inline void puppet_leave_if_done(struct world *w, struct puppet *p)
{
	if (!w->is_stubborn && p->is_half_closed && !p->is_exited && !puppet_unanswered(p) && !p->in.len)
		puppet_die(w, p, 0, 0);
}

static inline void puppet_answer(struct world *w, struct puppet *p, size_t job)
{
	char result[] = {'r', p->jobs[job].tag, 0};
	struct wire out = {0};
	assert_true(p->jobs[job].tag);
	p->jobs[job].tag = 0;
	wire_frame(&out, &w->mode, p->jobs[job].id, result);
	puppet_say(w, p, &out);
	puppet_leave_if_done(w, p);
}

static inline void puppet_receive(struct world *w, struct puppet *p, uint32_t id, const uint8_t *payload)
{
	while (*payload & 0x80) /* the length of the only item */
		payload++;
	assert_true(p->n_jobs < PUPPET_JOBS);
	p->jobs[p->n_jobs].id = id;
	p->jobs[p->n_jobs++].tag = (char)payload[1];
	world_write(w, "got %llu %c", (unsigned long long)puppet_number(w, p), payload[1]);
	for (size_t i = 0; w->is_eager && i < p->n_jobs; i++)
		if (p->jobs[i].tag)
			puppet_answer(w, p, i);
}

static inline void puppet_receive_all(struct world *w, struct puppet *p)
{
	uint32_t id;
	const uint8_t *payload;
	for (size_t len; (len = puppet_request(w, p, &id, &payload));) {
		puppet_receive(w, p, id, payload);
		memmove(p->in.data, p->in.data + len, p->in.len - len);
		p->in.len -= len;
	}
}

/* Reads what the engine has to write, as far as its window goes. */
static inline void puppet_read(struct world *w, struct puppet *p)
{
	for (struct fp_span out; (out = fp_engine_tx_buf(&w->engine, p->worker)).len;) {
		size_t n = out.len < p->window ? out.len : p->window;
		if (!n)
			return;
		p->window -= p->window == SIZE_MAX ? 0 : n;
		wire_octets(&p->in, out.data, n);
		fp_engine_tx_ack(&w->engine, p->worker, n);
		puppet_receive_all(w, p);
	}
}

static inline void puppet_start(struct world *w, struct puppet *p)
{
	p->is_started = true;
	fp_engine_worker_started(&w->engine, p->worker);
}

static inline void puppet_fail(struct world *w, struct puppet *p, int system_errno)
{
	p->is_failed = true;
	fp_engine_worker_failed(&w->engine, p->worker, system_errno);
}

#endif
