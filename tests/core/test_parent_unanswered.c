/* core/parent: calls that come back without an answer, by withdraw and by take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent_rig.h"

/* Calls 1 to n with the argument "x", unwritten. */
static void call_many(struct parent_rig *r, unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		parent_call(r, i, "x");
}

/* ---- withdraw ---- */

/* Each one of three, alone and with another: the rest goes out as if it had never been called. */
static void unsent_calls_can_be_withdrawn(void **state)
{
	for (unsigned out = 0; out < 8; out++) {
		struct parent_rig r;
		struct wire w = {0};
		uint32_t id = 0;
		parent_start(&r, *state);
		call_many(&r, 3);
		for (unsigned i = 1; i <= 3; i++) {
			if (out & 1u << i >> 1)
				assert_true(parent_withdraw(&r, i));
			else
				wire_request(&w, r.mode, ++id, "x");
		}
		parent_call(&r, 4, "last");
		wire_request(&w, r.mode, ++id, "last");
		parent_write_all(&r);
		expect_sent(&r, &w);
		parent_stop(&r);
	}
}

static void a_call_given_out_cannot_be_withdrawn(void **state)
{
	struct parent_rig r;
	parent_start(&r, *state);
	call_many(&r, 1);
	(void)fp_parent_tx_buf(&r.parent);
	assert_false(parent_withdraw(&r, 1));
	parent_write_all(&r);
	assert_false(parent_withdraw(&r, 1));
	parent_feed_frame(&r, 1, "ok");
	expect_log(&r, "result 1 ok\n");
	parent_stop(&r);
}

static void withdrawing_the_last_unsent_call_makes_the_half_close_due(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 1);
	parent_call(&r, 2, "x");
	fp_parent_close(&r.parent);
	assert_false(fp_parent_is_half_close_due(&r.parent));
	assert_true(parent_withdraw(&r, 2));
	assert_true(fp_parent_is_half_close_due(&r.parent));
	parent_feed_frame(&r, 1, "ok");
	parent_eof(&r);
	expect_log(&r, "result 1 ok\nended\n");
	parent_stop(&r);
}

/* ---- take ---- */

static void nothing_to_take(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 1);
	parent_feed_frame(&r, 1, NULL);
	expect_log(&r, "result 1 -\n");
	parent_take_all(&r);
	expect_log(&r, "");
	parent_stop(&r);
}

/* Three calls of which the first n octets were written, for every n: who has come whole may have run, in a sync
 * connection the oldest only. */
static void take_says_what_may_have_run(void **state)
{
	const struct mode *m = *state;
	size_t len = (m->async ? 8 : 4) + 2;
	for (size_t n = 0; n <= 3 * len; n++) {
		struct parent_rig r;
		struct text expected = {.len = 0};
		parent_start(&r, m);
		call_many(&r, 3);
		assert_int_equal(parent_write(&r, n), n);
		parent_take_all(&r);
		for (size_t i = 1; i <= 3; i++)
			text_add(&expected, "take %zu%s\n", i, n >= i * len && (m->async || i == 1) ? " may-have-run" : "");
		expect_log(&r, expected.s);
		parent_stop(&r);
	}
}

/* The oldest is the oldest that has no answer. */
static void take_after_answers(void **state)
{
	struct parent_rig r;
	parent_start_calls(&r, *state, 4);
	parent_feed_frame(&r, 1, "ok");
	parent_call(&r, 5, "unsent");
	parent_eof(&r);
	parent_take_all(&r);
	if (r.mode->async)
		expect_log(&r, "result 1 ok\nfailed eof 11\n"
		               "take 2 may-have-run\ntake 3 may-have-run\ntake 4 may-have-run\ntake 5\n");
	else
		expect_log(&r, "result 1 ok\nfailed eof 11\ntake 2 may-have-run\ntake 3\ntake 4\ntake 5\n");
	parent_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ALL(unsent_calls_can_be_withdrawn),
		IN_ALL(a_call_given_out_cannot_be_withdrawn),
		IN_ALL(withdrawing_the_last_unsent_call_makes_the_half_close_due),
		IN_ALL(nothing_to_take),
		IN_ALL(take_says_what_may_have_run),
		IN_ALL(take_after_answers),
	};
	return cmocka_run_group_tests_name("parent unanswered", tests, NULL, NULL);
}
