/* core/child: whole sessions, again with the input cut at every two places and octet by octet, and with each
 * allocation failing in turn. What comes out stays the same, or says so once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "child_rig.h"

/* ---- input cut anywhere ---- */

/* A stream, and the log when a sync child answers each request at once and an async one answers at the end. */
struct session {
	void (*build)(struct wire *w, const struct mode *m);
	const char *log_sync, *log_async;
};

static void build_good(struct wire *w, const struct mode *m)
{
	wire_request(w, m, 3, "a,");
	wire_request(w, m, 1, NULL);
	wire_request(w, m, 2, "b");
}

static void build_bad_id(struct wire *w, const struct mode *m)
{
	wire_request(w, m, 3, "a");
	wire_request(w, m, 3, "b");
	wire_request(w, m, 4, "c");
}

static void build_malformed(struct wire *w, const struct mode *m)
{
	wire_request(w, m, 1, "a");
	wire_request_head(w, m, 2, 3);
	wire_octets(w, "\1a\377", 3);
	wire_request(w, m, 3, "b");
}

static void build_too_long(struct wire *w, const struct mode *m)
{
	wire_request(w, m, 1, "a");
	wire_request_head(w, m, 2, PAYLOAD_MAX + 1);
	wire_request(w, m, 3, "b");
}

static void build_truncated(struct wire *w, const struct mode *m)
{
	wire_request(w, m, 1, "a");
	wire_request_head(w, m, 2, 3);
	wire_octets(w, "\1a", 2);
}

static const struct session sessions[] = {
	{build_good, "request 1 id 1 a,\nrequest 2 id 1 -\nrequest 3 id 1 b\nended\n",
         "request 1 id 3 a,\nrequest 2 id 1 -\nrequest 3 id 2 b\nended\n"},
	{build_bad_id, "request 1 id 1 a\nrequest 2 id 1 b\nrequest 3 id 1 c\nended\n",
         "request 1 id 3 a\nfailed bad-id 10\n"},
	{build_malformed, "request 1 id 1 a\nfailed malformed 12\n", "request 1 id 1 a\nfailed malformed 20\n"},
	{build_too_long, "request 1 id 1 a\nfailed too-long 6\n", "request 1 id 1 a\nfailed too-long 14\n"},
	{build_truncated, "request 1 id 1 a\nfailed truncated 12\n", "request 1 id 1 a\nfailed truncated 20\n"},
};

static void answer_sync(struct child_rig *r)
{
	while (!r->mode->async && fp_child_outstanding(&r->child))
		child_reply(r, 1, r->child.last_serial, "y");
}

static void feed_and_answer(struct child_rig *r, const uint8_t *data, size_t len)
{
	child_feed(r, data, len);
	answer_sync(r);
}

/* Which requests are outstanding stands in the log; an answer to another is refused. */
static void answer_async(struct child_rig *r)
{
	for (uint32_t id = 1; r->mode->async && id <= 4; id++)
		for (uint64_t serial = 1; serial <= 4; serial++)
			(void)child_try_reply(r, id, serial, "y");
}

/* In pieces of n octets behind the first two cuts; n 0: all the rest. */
static void play(const struct session *s, const struct mode *m, size_t cut1, size_t cut2, size_t n)
{
	struct child_rig r;
	struct wire w = {0};
	child_start(&r, m);
	s->build(&w, m);
	feed_and_answer(&r, w.data, cut1);
	feed_and_answer(&r, w.data + cut1, cut2 - cut1);
	for (size_t at = cut2, len; at < w.len; at += len) {
		len = n ? n : w.len - at;
		feed_and_answer(&r, w.data + at, len);
	}
	wire_free(&w);
	child_eof(&r);
	answer_async(&r);
	expect_log(&r, m->async ? s->log_async : s->log_sync);
	child_stop(&r);
}

static void play_every_cut(const struct session *s, const struct mode *m)
{
	struct wire w = {0};
	s->build(&w, m);
	for (size_t i = 0; i <= w.len; i++)
		for (size_t j = i; j <= w.len; j++)
			play(s, m, i, j, 0);
	play(s, m, 0, 0, 1);
	wire_free(&w);
}

static void cutting_input_changes_nothing(void **state)
{
	for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++)
		play_every_cut(&sessions[i], *state);
}

/* ---- failing allocations ---- */

/* A refused reply or event has changed nothing: it can be made again. Adds it to what should go out. */
static void send_twice(struct child_rig *r, struct wire *expected, uint32_t id, uint64_t serial, const char *list)
{
	for (unsigned i = 0; i < 2; i++) {
		enum fp_reason reason = id ? child_try_reply(r, id, serial, list) : child_try_event(r, list);
		if (!reason) {
			wire_frame(expected, r->mode, id, list);
			return;
		}
		assert_true(reason == FP_NOMEM || r->terminals || r->alloc.fail_after);
	}
	assert_true(r->terminals || r->alloc.fail_after);
}

#define MANY_ITEMS "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"
#define LONG_ITEM "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz"

/* A session in which the nth request for memory, or it and all after it, fails. Answers whether it came to that. */
static bool session_without_memory(const struct mode *m, uint64_t n, bool has_more)
{
	struct child_rig r;
	struct wire w = {0}, expected = {0};
	child_start(&r, m);
	r.alloc.fail_at = n;
	r.alloc.fail_after = has_more;
	for (uint32_t i = 1; i <= 6; i++)
		wire_request(&w, m, i, MANY_ITEMS);
	child_feed_wire(&r, &w);
	for (uint32_t i = 1; i <= 6; i++) {
		send_twice(&r, &expected, 0, 0, "ev");
		send_twice(&r, &expected, m->async ? i : 1, i, LONG_ITEM);
	}
	child_eof(&r);
	if (fp_child_outstanding(&r.child))
		assert_true(r.terminals == 0 || strstr(r.log.s, "failed nomem "));
	else
		assert_true(strstr(r.log.s, "ended\n") || strstr(r.log.s, "failed nomem "));
	assert_true(r.terminals <= 1);
	if (r.alloc.requests < n)
		assert_non_null(strstr(r.log.s, "ended\n"));
	child_write_all(&r);
	expect_sent(&r, &expected);
	bool has_failed = r.alloc.requests >= n;
	child_stop(&r);
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
	assert_true(n > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ALL(cutting_input_changes_nothing),
		IN_ALL(any_allocation_may_fail),
	};
	return cmocka_run_group_tests_name("child sessions", tests, NULL, NULL);
}
