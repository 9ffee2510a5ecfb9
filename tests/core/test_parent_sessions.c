/* core/parent: whole sessions, again with the input cut at every two places and octet by octet, and with each
 * allocation failing in turn. What comes out stays the same, or says so once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent_rig.h"

/* ---- input cut anywhere ---- */

/* Sessions after calls 1, 2 and 3: one stream, its end, and the log. */
struct session {
	void (*build)(struct wire *w, const struct mode *m);
	bool has_eof;
	const char *log;
};

static void build_good(struct wire *w, const struct mode *m)
{
	wire_event(w, m, NULL);
	wire_frame(w, m, 1, "a,");
	wire_event(w, m, "ev,en");
	wire_frame(w, m, m->async ? 3 : 1, NULL);
	wire_frame(w, m, 2, "");
}

static void build_unexpected(struct wire *w, const struct mode *m)
{
	wire_frame(w, m, 1, "a");
	wire_frame(w, m, 2, NULL);
	wire_frame(w, m, 3, NULL);
	wire_frame(w, m, 1, "a");
	wire_event(w, m, "ev");
}

static void build_malformed(struct wire *w, const struct mode *m)
{
	wire_frame(w, m, 1, "a");
	wire_head(w, m->profile, 2, 3);
	wire_octets(w, "\1a\377", 3);
	wire_event(w, m, "ev");
}

static void build_too_long(struct wire *w, const struct mode *m)
{
	wire_event(w, m, "ev");
	wire_head(w, m->profile, 1, PAYLOAD_MAX + 1);
	wire_event(w, m, "ev");
}

static void build_truncated(struct wire *w, const struct mode *m)
{
	wire_frame(w, m, 1, "a");
	wire_head(w, m->profile, 0, 3);
	wire_octets(w, "\1a", 2);
}

static void play(const struct session *s, const struct mode *m, size_t cut1, size_t cut2)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start_calls(&r, m, 3);
	fp_parent_close(&r.parent);
	s->build(&w, m);
	parent_feed(&r, w.data, cut1);
	parent_feed(&r, w.data + cut1, cut2 - cut1);
	if (cut2 < w.len)
		parent_feed(&r, w.data + cut2, w.len - cut2);
	if (s->has_eof)
		parent_eof(&r);
	wire_free(&w);
	expect_log(&r, s->log);
	parent_take_all(&r);
	parent_stop(&r);
}

static void play_octet_by_octet(const struct session *s, const struct mode *m)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start_calls(&r, m, 3);
	fp_parent_close(&r.parent);
	s->build(&w, m);
	for (size_t i = 0; i < w.len; i++)
		parent_feed(&r, w.data + i, 1);
	if (s->has_eof)
		parent_eof(&r);
	wire_free(&w);
	expect_log(&r, s->log);
	parent_stop(&r);
}

static void play_every_cut(const struct session *s, const struct mode *m)
{
	struct wire w = {0};
	s->build(&w, m);
	size_t len = w.len;
	wire_free(&w);
	for (size_t i = 0; i <= len; i++)
		for (size_t j = i; j <= len; j++)
			play(s, m, i, j);
	play_octet_by_octet(s, m);
}

static void cutting_input_changes_nothing(void **state)
{
	const struct mode *m = *state;
	const struct session sessions[] = {
		{build_good, true,
	         m->async ? "event -\nresult 1 a,\nevent ev,en\nresult 3 -\nresult 2 \nended\n"
	                  : "event -\nresult 1 a,\nevent ev,en\nresult 2 -\nresult 3 \nended\n"},
		{build_unexpected, true, "result 1 a\nresult 2 -\nresult 3 -\nfailed unexpected 26\n"},
		{build_malformed, true, "result 1 a\nfailed malformed 20\n"},
		{build_too_long, false, "event ev\nfailed too-long 15\n"},
		{build_truncated, true, "result 1 a\nfailed truncated 20\n"},
	};
	for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++)
		play_every_cut(&sessions[i], m);
}

/* ---- failing allocations ---- */

/* A refused call has changed nothing: it can be made again. */
static void call_twice(struct parent_rig *r, unsigned number)
{
	enum fp_reason reason = parent_try_list(r, number, "x");
	if (reason == FP_NOMEM)
		reason = parent_try_list(r, number, "x");
	if (r->alloc.fail_after && reason == FP_NOMEM)
		return;
	assert_int_equal(reason, FP_NONE);
}

/* A session in which the nth request for memory, or it and all after it, fails. Answers whether it came to that. */
static bool session_without_memory(const struct mode *m, uint64_t n, bool has_more)
{
	struct parent_rig r;
	struct wire w = {0};
	parent_start(&r, m);
	r.alloc.fail_at = n;
	r.alloc.fail_after = has_more;
	for (unsigned i = 1; i <= 6; i++)
		call_twice(&r, i);
	size_t calls = r.parent.n_calls;
	parent_write_all(&r);
	wire_event(&w, m, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17");
	for (uint32_t i = 1; i <= calls; i++)
		wire_frame(&w, m, i, "ok");
	parent_feed_wire(&r, &w);
	fp_parent_close(&r.parent);
	parent_eof(&r);
	assert_int_equal(r.terminals, 1);
	assert_true(strstr(r.log.s, "ended\n") || strstr(r.log.s, "failed nomem "));
	if (r.alloc.requests < n)
		assert_non_null(strstr(r.log.s, "ended\n"));
	parent_take_all(&r);
	for (unsigned i = 1; i <= 6; i++)
		assert_null(r.jobs[i]);
	bool has_failed = r.alloc.requests >= n;
	parent_stop(&r);
	return has_failed;
}

static void any_allocation_may_fail(void **state)
{
	uint64_t n = 0;
	bool has_failed = true;
	while (has_failed) {
		n++;
		has_failed = session_without_memory(*state, n, false);
		has_failed = session_without_memory(*state, n, true) || has_failed;
	}
	assert_true(n > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ALL(cutting_input_changes_nothing),
		IN_ALL(any_allocation_may_fail),
	};
	return cmocka_run_group_tests_name("parent sessions", tests, NULL, NULL);
}
