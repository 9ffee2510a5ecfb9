/* Workers that break the protocol, by accident or on purpose: such a one ends with a clear error, the others go on. */
#include "engine_play.h"

/* A sync worker that has a, b and c. */
static void open_with_three(struct world *w)
{
	world_open(w, world_config_one(false, 3));
	world_submit(w, "abc");
	world_forget(w);
}

static void answer_the_rest(struct world *w, const char *tags)
{
	world_answer_all(w, w->n_puppets);
	world_finish(w);
	for (const char *t = tags; *t; t++)
		assert_int_equal(w->results[(unsigned)*t].outcome, FP_OK);
}

/* ---- each fault ---- */

/* It costs the jobs that the worker has, with reason and offset: what it says means nothing any more, so nobody knows which of
 * them it has begun. It is told to end at once. */
static void test_malformed(void **state)
{
	struct world w;
	(void)state;
	open_with_three(&w);
	w.is_stubborn = true;
	world_say_octets(&w, 1, "\0\0\0\1\0\0\0\2\1x" "\0\0\0\1\0\0\0\4\1x\5y", 22);
	world_expect(&w, "@0 a ok x, error 1 malformed at 20, b protocol malformed at 20, "
	                 "c protocol malformed at 20, term 1, close 1");
	assert_true(w.results['b'].reason == FP_MALFORMED && w.results['b'].offset == 20 && w.results['b'].worker == 1);
	assert_true(w.results['b'].exit_status == -1 && w.results['b'].signal == 0);
	world_run(&w, 1500);
	world_expect(&w, "@1000 kill 1");
	world_exit(&w, 1, -1, SIGKILL);
	world_expect(&w, "@1500 gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

static void test_too_long(void **state)
{
	struct world w;
	(void)state;
	open_with_three(&w);
	size_t held = w.alloc.held, held_max = w.alloc.held_max;
	world_say_octets(&w, 1, "\0\0\0\1\xff\xff\xff\xff", 8);
	world_expect(&w, "@0 error 1 too-long at 4, a protocol too-long at 4, b protocol too-long at 4, c protocol too-long at 4, "
	                 "term 1, close 1, gone 1");
	assert_true(w.alloc.held_max <= held_max + FP_READ_BYTES * 2 && w.alloc.held <= held + FP_READ_BYTES * 2);
	world_finish(&w);
}

/* A length that is allowed takes no memory before its octets arrive. */
static void test_a_length_is_not_believed(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.wire.payload_max = UINT32_MAX;
	world_open(&w, c);
	world_submit(&w, "a");
	world_say_octets(&w, 1, "\0\0\0\1\xff\xff\xff\xff xxx", 12);
	assert_true(w.alloc.held_max < 4 * FP_READ_BYTES);
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 start 1, got 1 a, error 1 truncated at 12, a crashed truncated at 12 exit 3, close 1, gone 1");
	world_finish(&w);
}

/* Nothing is outstanding, so nothing is lost but the worker. */
static void test_unexpected_in_an_idle_worker(void **state)
{
	struct world w;
	(void)state;
	open_with_three(&w);
	world_answer_all(&w, 1);
	world_forget(&w);
	w.is_eager = true;
	world_say_frame(&w, 1, 1, "once,more");
	world_expect(&w, "@0 error 1 unexpected at 33, term 1, close 1, gone 1");
	world_submit(&w, "e");
	world_expect(&w, "@0 start 2, got 2 e, e ok re");
	world_finish(&w);
}

/* A reply to what the peer cannot have whole. */
static void test_an_answer_too_early(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.window = 9;
	world_submit(&w, "ab");
	w.window = SIZE_MAX;
	world_forget(&w);
	world_answer(&w, 1, 'a');
	world_say_frame(&w, 1, 1, "rb");
	world_expect(&w, "@0 a ok ra, error 1 unexpected at 11, term 1, close 1, gone 1, start 2, got 2 b");
	answer_the_rest(&w, "b");
}

static void test_async_ids(void **state)
{
	static const uint32_t wrong[] = {1, 4, 0x01000000, UINT32_MAX};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct world w;
		world_open(&w, world_config_one(true, 3));
		world_submit(&w, "abc");
		world_answer(&w, 1, 'a');
		world_forget(&w);
		world_say_frame(&w, 1, wrong[i], "r");
		for (const char *t = "bc"; *t; t++) {
			const struct fp_result *r = &w.results[(unsigned)*t];
			assert_true(r->outcome == FP_PROTOCOL && r->reason == FP_UNEXPECTED && r->offset == 11);
		}
		world_finish(&w);
	}
}

/* An id may be answered again once another job has it, not before; a cancelled job's answer is expected once. */
static void test_a_cancelled_job_is_answered_once(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(true, 2));
	world_submit(&w, "ab");
	world_cancel(&w, 'a');
	world_say_frame(&w, 1, 1, "r");
	world_forget(&w);
	world_say_frame(&w, 1, 1, "r");
	world_expect(&w, "@0 error 1 unexpected at 10, b protocol unexpected at 10, term 1, close 1, gone 1");
	world_finish(&w);
}

static void test_a_malformed_event(void **state)
{
	struct world w;
	(void)state;
	open_with_three(&w);
	world_say_octets(&w, 1, "\0\0\0\0\0\0\0\1\x80", 9);
	world_expect(&w, "@0 error 1 malformed at 8, a protocol malformed at 8, b protocol malformed at 8, c protocol malformed at 8, "
	                 "term 1, close 1, gone 1");
	world_finish(&w);
}

/* ---- what follows a fault ---- */

/* Good frames before it count, those behind it do not, and there is one error. */
static void test_nothing_is_delivered_after_a_fault(void **state)
{
	struct world w;
	struct wire out = {0};
	(void)state;
	open_with_three(&w);
	wire_event(&out, &w.mode, "before");
	wire_frame(&out, &w.mode, 1, "x");
	wire_octets(&out, "\0\0\0\1\0\0\0\1\1", 9);
	wire_frame(&out, &w.mode, 1, "y");
	wire_event(&out, &w.mode, "behind");
	world_say(&w, 1, &out);
	world_expect(&w, "@0 event 1 before, a ok x, error 1 malformed at 33, b protocol malformed at 33, "
	                 "c protocol malformed at 33, term 1, close 1, gone 1");
	world_finish(&w);
}

/* A job that is given while the fault is here already is not written into it. */
static void behind_a_fault(bool async)
{
	struct world w;
	struct wire out = {0};
	world_open(&w, world_config_one(async, 1));
	world_submit(&w, "ab");
	world_forget(&w);
	wire_frame(&out, &w.mode, 1, "ra");
	wire_octets(&out, "\0\0\0\0\0\0\0\1\1", 9);
	world_say(&w, 1, &out);
	world_expect(&w, "@0 a ok ra, error 1 malformed at 19, term 1, close 1, gone 1, start 2, got 2 b");
	answer_the_rest(&w, "b");
}

static void test_a_fault_costs_no_job_given_behind_it(void **state)
{
	(void)state;
	behind_a_fault(false);
	behind_a_fault(true);
}

/* Retries are for crashes; a job whose answer nobody can read is not tried again. */
static void test_no_retry(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.limits.retries = 5;
	world_open(&w, c);
	world_submit(&w, "a");
	world_forget(&w);
	world_say_octets(&w, 1, "\0\0\0\1\0\0\0\1\1", 9);
	world_expect(&w, "@0 error 1 malformed at 8, a protocol malformed at 8, term 1, close 1, gone 1");
	world_finish(&w);
}

static void test_a_fault_of_a_retiring_worker(void **state)
{
	struct world w;
	(void)state;
	open_with_three(&w);
	world_retire(&w, 1);
	world_forget(&w);
	world_say_octets(&w, 1, "\0\0\0\1\0\0\0\1\1", 9);
	world_expect(&w, "@0 error 1 malformed at 131, a protocol malformed at 131, b protocol malformed at 131, "
	                 "c protocol malformed at 131, term 1, close 1, gone 1");
	world_finish(&w);
}

/* Told to end already it gets no second signal, but what it did is told. */
static void test_a_fault_of_a_doomed_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit_limited(&w, "a", (struct fp_limits){.run_timeout_ns = 5 * FP_MS});
	world_submit(&w, "b");
	world_run(&w, 5);
	world_forget(&w);
	world_say_octets(&w, 1, "\0\0\0\1\0\0\0\1\1", 9);
	world_expect(&w, "@5 error 1 malformed at 8, b protocol malformed at 8, close 1");
	world_run(&w, 1100);
	world_expect(&w, "@1005 kill 1");
	world_exit(&w, 1, -1, SIGKILL);
	w.is_stubborn = false;
	world_finish(&w);
}

/* Nothing hostile in one worker is felt in another. */
static void test_the_others_go_on(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.max = 3;
	world_open(&w, c);
	world_submit(&w, "abc");
	world_forget(&w);
	world_say_octets(&w, 2, "GET / HTTP/1.0\r\n\r\n", 18);
	world_expect(&w, "@0 error 2 too-long at 4, b protocol too-long at 4, term 2, close 2, gone 2");
	world_answer(&w, 1, 'a');
	world_answer(&w, 3, 'c');
	world_expect(&w, "@0 a ok ra, c ok rc");
	world_finish(&w);
}

/* Pools of workers that answer with rubbish do not spin: a fault without an answer before it is a failed start. */
static void test_rubbish_from_all_is_paused(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config_one(false, 1);
	(void)state;
	c.sched.min = 1;
	world_open(&w, c);
	world_forget(&w);
	world_say_octets(&w, 1, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	world_say_octets(&w, 2, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	world_expect(&w, "@0 error 1 too-long at 4, term 1, close 1, gone 1, start 2, error 2 too-long at 4, term 2, close 2, gone 2");
	world_run(&w, 100);
	world_expect(&w, "@100 start 3");
	world_finish(&w);
}

/* ---- random octets, at random pieces, to a full pool: it ends ---- */

static uint32_t draw(uint32_t below)
{
	static uint64_t seed = 1;
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % below;
}

/* Frames that are nearly right: small ids and lengths, now and then a retirement. */
static void babble(struct wire *out, const struct mode *m)
{
	if (draw(20) == 0) {
		wire_retire(out, m);
		return;
	}
	uint32_t len = draw(4);
	wire_head(out, m->profile, draw(4), draw(50) ? len : draw(UINT32_MAX));
	for (uint32_t i = 0; i < len; i++)
		wire_octet(out, draw(len));
}

static void babble_to(bool async)
{
	struct world w;
	struct fp_engine_config c = world_config();
	c.wire.async = async;
	c.sched.load = 3;
	c.sched.min = 2;
	c.limits.retries = 1;
	world_init(&w, c);
	w.is_quiet = true;
	world_submit(&w, "abcdefghijklmnopqrstuvwxyz");
	for (unsigned i = 0; i < 300 && w.n_puppets < WORLD_WORKERS - 20; i++) {
		struct puppet *p = &w.puppets[1 + draw((uint32_t)w.n_puppets)];
		struct wire out = {0};
		babble(&out, &w.mode);
		out.len -= draw(3) ? 0 : draw((uint32_t)out.len);
		if (p->worker && !p->is_closed)
			puppet_say(&w, p, &out);
		wire_free(&out);
		world_tick(&w, w.now_ns + draw(2) * 50 * FP_MS);
	}
	world_close(&w);
	for (uint64_t n = 1; n <= w.n_puppets; n++)
		if (w.puppets[n].worker && !w.puppets[n].is_exited)
			world_die(&w, n, 0, 0);
	w.is_eager = true;
	world_abort(&w);
	world_finish(&w);
}

static void test_babble(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++)
		babble_to(i % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_a_length_is_not_believed),
		cmocka_unit_test(test_unexpected_in_an_idle_worker),
		cmocka_unit_test(test_an_answer_too_early),
		cmocka_unit_test(test_async_ids),
		cmocka_unit_test(test_a_cancelled_job_is_answered_once),
		cmocka_unit_test(test_a_malformed_event),
		cmocka_unit_test(test_nothing_is_delivered_after_a_fault),
		cmocka_unit_test(test_a_fault_costs_no_job_given_behind_it),
		cmocka_unit_test(test_no_retry),
		cmocka_unit_test(test_a_fault_of_a_retiring_worker),
		cmocka_unit_test(test_a_fault_of_a_doomed_worker),
		cmocka_unit_test(test_the_others_go_on),
		cmocka_unit_test(test_rubbish_from_all_is_paused),
		cmocka_unit_test(test_babble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
