/* What a test does to the world of engine_world.h: each input drained, then the end. Must not know what comes of it. */
#ifndef FP_TESTS_ENGINE_PLAY_H
#define FP_TESTS_ENGINE_PLAY_H

#include "../../lib/core/retire.h"
#include "engine_host.h"

/* ---- the pool ---- */

static inline void world_init(struct world *w, struct fp_engine_config config) /* not drained yet */
{
	*w = (struct world){.written_ns = FP_NEVER, .window = SIZE_MAX};
	w->mode = (struct mode){"", config.wire.profile, config.wire.async};
	test_alloc_init(&w->alloc);
	fp_engine_init(&w->engine, &w->alloc.alloc, &config, 0);
}

static inline void world_open(struct world *w, struct fp_engine_config config)
{
	world_init(w, config);
	world_drain(w);
}

static inline void world_free(struct world *w)
{
	fp_engine_fini(&w->engine);
	assert_int_equal(w->alloc.held, 0);
	for (uint64_t i = 1; i <= WORLD_WORKERS; i++)
		wire_free(&w->puppets[i].in);
}

static inline void world_close(struct world *w)
{
	fp_engine_close(&w->engine);
	world_drain(w);
}

static inline void world_abort(struct world *w)
{
	fp_engine_abort(&w->engine);
	world_drain(w);
}

/* ---- jobs ---- */

/* A job whose argument is its letter, repeated. Not drained. */
static inline enum fp_reason world_offer(struct world *w, char tag, size_t len, const struct fp_limits *limits)
{
	struct fp_job *job = NULL;
	char *octets = malloc(len);
	assert_non_null(octets);
	memset(octets, tag, len);
	enum fp_reason r = fp_engine_submit(&w->engine, &(struct fp_item){octets, len, FP_STRING}, 1, limits, &job);
	free(octets);
	if (!r) {
		assert_null(w->jobs[(unsigned)tag]);
		w->told[(unsigned)tag] = 0;
		job->data = (void *)(uintptr_t)tag;
		w->jobs[(unsigned)tag] = job;
	}
	return r;
}

static inline void world_submit(struct world *w, const char *tags) /* one job a letter */
{
	for (; *tags; tags++)
		assert_int_equal(world_offer(w, *tags, 1, NULL), FP_NONE);
	world_drain(w);
}

static inline void world_submit_long(struct world *w, char tag, size_t len)
{
	assert_int_equal(world_offer(w, tag, len, NULL), FP_NONE);
	world_drain(w);
}

static inline void world_submit_limited(struct world *w, const char *tags, struct fp_limits limits)
{
	for (; *tags; tags++)
		assert_int_equal(world_offer(w, *tags, 1, &limits), FP_NONE);
	world_drain(w);
}

#define world_expect_refused(w, tag, len, reason) \
	do { \
		assert_int_equal(world_offer(w, tag, len, NULL), reason); \
		world_drain(w); \
	} while (0)

static inline void world_cancel(struct world *w, char tag)
{
	assert_non_null(w->jobs[(unsigned)tag]);
	fp_engine_cancel(&w->engine, w->jobs[(unsigned)tag]);
	world_drain(w);
}

/* ---- workers ---- */

static inline void world_started(struct world *w, uint64_t number)
{
	puppet_start(w, world_puppet(w, number));
	world_drain(w);
}

static inline void world_failed(struct world *w, uint64_t number, int system_errno)
{
	puppet_fail(w, world_puppet(w, number), system_errno);
	world_drain(w);
}

/* It reads n octets more. */
static inline void world_read(struct world *w, uint64_t number, size_t n)
{
	struct puppet *p = world_puppet(w, number);
	p->window += n;
	puppet_read(w, p);
	world_drain(w);
}

static inline void world_answer(struct world *w, uint64_t number, char tag)
{
	struct puppet *p = world_puppet(w, number);
	size_t i = 0;
	while (i < p->n_jobs && p->jobs[i].tag != tag)
		i++;
	assert_true(i < p->n_jobs);
	puppet_answer(w, p, i);
	world_drain(w);
}

/* All that it has not answered yet, in order. */
static inline void world_answer_all(struct world *w, uint64_t number)
{
	struct puppet *p = world_puppet(w, number);
	for (size_t i = 0; i < p->n_jobs; i++)
		if (p->jobs[i].tag)
			puppet_answer(w, p, i);
	world_drain(w);
}

static inline void world_say(struct world *w, uint64_t number, struct wire *octets) /* empties them */
{
	puppet_say(w, world_puppet(w, number), octets);
	world_drain(w);
}

static inline void world_say_frame(struct world *w, uint64_t number, uint32_t id, const char *list)
{
	struct wire out = {0};
	wire_frame(&out, &w->mode, id, list);
	world_say(w, number, &out);
}

static inline void world_say_octets(struct world *w, uint64_t number, const void *octets, size_t n)
{
	struct wire out = {0};
	wire_octets(&out, octets, n);
	world_say(w, number, &out);
}

static inline void wire_retire(struct wire *out, const struct mode *m)
{
	struct fp_item items[FP_RETIRE_ITEMS];
	struct wire payload = {0};
	fp_retire_make(items);
	for (size_t i = 0; i < FP_RETIRE_ITEMS; i++)
		wire_item(&payload, items[i].data, items[i].len);
	wire_head(out, m->profile, 0, (uint32_t)payload.len);
	wire_octets(out, payload.data, payload.len);
	wire_free(&payload);
}

static inline void world_retire(struct world *w, uint64_t number)
{
	struct wire out = {0};
	wire_retire(&out, &w->mode);
	world_say(w, number, &out);
}

static inline void world_eof(struct world *w, uint64_t number)
{
	puppet_eof(w, world_puppet(w, number));
	world_drain(w);
}

static inline void world_reset(struct world *w, uint64_t number)
{
	struct puppet *p = world_puppet(w, number);
	p->is_at_end = true;
	fp_engine_rx_error(&w->engine, p->worker, FP_READ, ECONNRESET);
	world_drain(w);
}

static inline void world_write_error(struct world *w, uint64_t number)
{
	fp_engine_tx_error(&w->engine, world_puppet(w, number)->worker, EPIPE);
	world_drain(w);
}

static inline void world_exit(struct world *w, uint64_t number, int exit_status, int signal)
{
	puppet_exit(w, world_puppet(w, number), exit_status, signal);
	world_drain(w);
}

static inline void world_die(struct world *w, uint64_t number, int exit_status, int signal)
{
	puppet_die(w, world_puppet(w, number), exit_status, signal);
	world_drain(w);
}

/* ---- time ---- */

static inline void world_tick(struct world *w, uint64_t now_ns)
{
	w->now_ns = now_ns;
	fp_engine_tick(&w->engine, now_ns);
	world_drain(w);
}

/* Time passes until `until_ms`; at every deadline on the way it is checked that nothing happens the nanosecond before. */
static inline void world_run(struct world *w, uint64_t until_ms)
{
	uint64_t at_ns;
	while ((at_ns = fp_engine_deadline_ns(&w->engine)) <= until_ms * FP_MS) {
		size_t written = w->log.len;
		if (at_ns - 1 > w->now_ns)
			world_tick(w, at_ns - 1);
		assert_int_equal(w->log.len, written);
		assert_true(fp_engine_deadline_ns(&w->engine) == at_ns);
		world_tick(w, at_ns);
	}
	if (until_ms * FP_MS > w->now_ns)
		world_tick(w, until_ms * FP_MS);
}

/* Time alone brings nothing any more. */
#define world_expect_rest(w) assert_true(fp_engine_deadline_ns(&(w)->engine) == FP_NEVER)

/* ---- the end ---- */

/* Closed, it ends by itself; then everything accepted was told once, and the counters agree. */
static inline void world_finish(struct world *w)
{
	world_close(w);
	for (uint32_t limit = 1000; !w->is_destroyed; limit--) {
		assert_true(limit > 0 && fp_engine_deadline_ns(&w->engine) != FP_NEVER);
		world_tick(w, fp_engine_deadline_ns(&w->engine));
	}
	world_tick(w, w->now_ns + 3600 * FP_S); /* nothing comes after the last operation */
	for (unsigned tag = 0; tag < 128; tag++)
		assert_null(w->jobs[tag]);
	struct fp_stats s = world_stats(w);
	uint64_t told = 0;
	for (int i = 0; i < FP_OUTCOMES; i++)
		told += i == FP_REJECTED ? 0 : s.outcomes[i];
	assert_true(told == s.calls);
	assert_true(!s.waiting && !s.running && !s.workers && !s.ending);
	world_free(w);
}

#endif
