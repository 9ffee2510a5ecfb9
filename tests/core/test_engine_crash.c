/* A worker that dies: it costs the jobs that can have run in it, and no other; and the pool gets its size back. */
#include "engine_play.h"

/* ---- which jobs ---- */

/* Only the oldest can have been begun; those behind go back to the front, before what waits. */
static void test_sync_costs_the_oldest(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 3));
	world_submit(&w, "abcde");
	world_answer(&w, 1, 'a');
	world_forget(&w);
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 eof at 11, b crashed eof at 11 exit 3, close 1, gone 1, start 2, got 2 c, got 2 d, got 2 e");
	assert_true(world_stats(&w).requeued == 2 && w.results['b'].worker == 1);
	world_answer(&w, 2, 'c');
	world_answer(&w, 2, 'd');
	world_answer(&w, 2, 'e');
	world_finish(&w);
}

static void test_async_costs_all_that_were_sent(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 3));
	w.window = 8 + 2 + 8 + 2 + 8; /* a, b, and the header of c */
	world_submit(&w, "abcd");
	world_answer(&w, 1, 'b');
	world_forget(&w);
	w.window = SIZE_MAX;
	world_die(&w, 1, -1, SIGSEGV);
	world_expect(&w, "@0 error 1 eof at 11, a crashed eof at 11 signal 11, close 1, gone 1, start 2, got 2 c, got 2 d");
	world_answer(&w, 2, 'd');
	world_answer(&w, 2, 'c');
	world_finish(&w);
}

/* The first jobs of many, whole or not: `whole` of them crashed, the others ran in another worker, in order. */
static void cut_at(bool async, size_t octets)
{
	struct world w;
	size_t request = async ? 10 : 6, whole = octets / request;
	world_init(&w, world_config_one(async, 4));
	w.window = octets;
	world_submit(&w, "abcd");
	w.window = SIZE_MAX;
	w.is_eager = true;
	world_forget(&w);
	world_die(&w, 1, 3, 0);
	for (size_t i = 0; i < 4; i++) {
		bool has_run = async ? i < whole : whole && i == 0;
		assert_int_equal(w.results['a' + i].outcome, has_run ? FP_CRASHED : FP_OK);
		assert_int_equal(w.results['a' + i].worker, has_run ? 1 : 2);
		assert_int_equal(w.told['a' + i], 1);
	}
	assert_true(world_stats(&w).requeued == 4 - (async ? whole : whole != 0));
	world_finish(&w);
}

/* Nothing written, or a part of it: it cannot have run. */
static void test_only_what_was_written_whole_has_run(void **state)
{
	(void)state;
	for (size_t octets = 0; octets <= 24; octets++)
		cut_at(false, octets);
	for (size_t octets = 0; octets <= 40; octets++)
		cut_at(true, octets);
}

static void test_a_long_frame_partly_written_has_not_run(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.window = 100000;
	world_submit_long(&w, 'a', 100000);
	w.window = SIZE_MAX;
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 start 1, error 1 eof, close 1, gone 1, start 2, got 2 a");
	world_answer(&w, 2, 'a');
	world_finish(&w);
}

/* A cancelled oldest job was the one that can have run. */
static void test_the_answered_do_not_count(void **state)
{
	struct world w;
	struct wire out = {0};
	(void)state;
	world_open(&w, world_config_one(false, 3));
	world_submit(&w, "abc");
	world_forget(&w);
	wire_frame(&out, &w.mode, 1, "ra");
	puppet_say(&w, &w.puppets[1], &out); /* with the end of file right behind it */
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 a ok ra, error 1 eof at 11, b crashed eof at 11 exit 3, close 1, gone 1, start 2, got 2 c");
	world_answer(&w, 2, 'c');
	world_finish(&w);
}

/* ---- how it is told ---- */

static void test_end_of_file_before_exit(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_tick(&w, 5 * FP_MS);
	world_eof(&w, 1);
	world_expect(&w, "@0 start 1, got 1 a, @5 error 1 eof, close 1");
	world_run(&w, 1004);
	world_exit(&w, 1, 0, 0);
	world_expect(&w, "@1004 a crashed eof exit 0, gone 1");
	assert_true(w.results['a'].run_ns == 1004 * FP_MS);
	w.is_stubborn = false;
	world_finish(&w);
}

/* What it wrote before is still read, up to the end of file. */
static void test_exit_before_end_of_file(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_exit(&w, 1, 4, 0);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b");
	world_tick(&w, 999 * FP_MS);
	world_answer(&w, 1, 'a');
	world_eof(&w, 1);
	world_expect(&w, "@999 a ok ra, error 1 eof at 11, b crashed eof at 11 exit 4, close 1, gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

/* Somebody else holds the other end: after `grace` the connection is ended for it. */
static void test_exit_and_no_end_of_file(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_tick(&w, 2 * FP_MS);
	world_exit(&w, 1, -1, SIGKILL);
	world_forget(&w);
	world_run(&w, 5000);
	world_expect(&w, "@1002 error 1 eof, a crashed eof signal 9, close 1, gone 1, start 2, got 2 b");
	w.is_stubborn = false;
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* A process that is known to have ended runs nothing any more. */
static void test_no_job_for_an_exited_worker(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_answer(&w, 1, 'a');
	world_exit(&w, 1, 0, 0);
	world_forget(&w);
	world_submit(&w, "b");
	world_expect(&w, "@0 start 2, got 2 b");
	world_eof(&w, 1);
	world_expect(&w, "@0 error 1 eof at 11, close 1, gone 1");
	w.is_stubborn = false;
	world_answer(&w, 2, 'b');
	assert_int_equal(w.results['b'].outcome, FP_OK);
	world_finish(&w);
}

/* Nor one that still owes an answer: it gets no more and keeps its place until what it wrote before has been read. */
static void test_no_job_for_an_exited_worker_that_owes_one(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_exit(&w, 1, 0, 0);
	world_forget(&w);
	world_submit(&w, "b");
	world_answer(&w, 1, 'a');
	assert_true(world_stats(&w).workers == 1 && world_stats(&w).waiting == 1);
	world_eof(&w, 1);
	world_expect(&w, "@0 a ok ra, error 1 eof at 11, close 1, gone 1, start 2, got 2 b");
	w.is_stubborn = false;
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* So what it has goes before what waits. */
static void test_what_an_exited_worker_has_goes_first(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_exit(&w, 1, 3, 0);
	world_submit(&w, "c");
	world_forget(&w);
	world_eof(&w, 1);
	world_expect(&w, "@0 error 1 eof, a crashed eof exit 3, close 1, gone 1, start 2, got 2 b, got 2 c");
	w.is_stubborn = false;
	world_answer_all(&w, 2);
	world_finish(&w);
}

/* Where there is room for another worker, what waits need not wait for it. */
static void test_an_exited_worker_holds_up_only_its_own(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.max = 2;
	world_init(&w, c);
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_exit(&w, 1, 3, 0);
	world_forget(&w);
	world_submit(&w, "bc");
	world_expect(&w, "@0 start 2, got 2 b");
	world_run(&w, 1000);
	world_expect(&w, "@1000 error 1 eof, a crashed eof exit 3, close 1, gone 1, start 3, got 3 c");
	w.is_stubborn = false;
	world_answer(&w, 2, 'b');
	world_answer(&w, 3, 'c');
	world_finish(&w);
}

/* The last answer and the end of file are here together: the next job is not written into a connection that has ended. */
static void test_an_end_costs_no_job_given_behind_it(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "ab");
	world_forget(&w);
	puppet_answer(&w, &w.puppets[1], 0);
	world_eof(&w, 1);
	world_exit(&w, 1, 0, 0);
	world_expect(&w, "@0 a ok ra, error 1 eof at 11, close 1, start 2, got 2 b, gone 1");
	w.is_stubborn = false;
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* Exit never told: the process is asked to end, then killed, then taken for ended; nobody knows how. */
static void test_exit_never_told(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 1));
	w.is_stubborn = true;
	world_submit(&w, "a");
	world_eof(&w, 1);
	world_forget(&w);
	world_run(&w, 100000);
	world_expect(&w, "@1000 term 1, @2000 kill 1, @3000 a crashed eof, gone 1");
	world_expect_rest(&w);
	assert_true(w.results['a'].exit_status == -1 && w.results['a'].signal == 0);
	w.is_stubborn = false;
	world_finish(&w);
}

/* Several at once are told in the order of their calls. */
static void test_victims_are_told_in_order(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(true, 4));
	w.is_stubborn = true;
	world_submit(&w, "abcd");
	world_answer(&w, 1, 'b');
	world_forget(&w);
	world_eof(&w, 1);
	world_exit(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 eof at 11, close 1, a crashed eof at 11 exit 3, c crashed eof at 11 exit 3, "
	                 "d crashed eof at 11 exit 3, gone 1");
	w.is_stubborn = false;
	world_finish(&w);
}

static void test_nobody_knows_the_status(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 1));
	world_submit(&w, "a");
	world_forget(&w);
	world_die(&w, 1, -1, 0);
	world_expect(&w, "@0 error 1 eof, a crashed eof, close 1, gone 1");
	assert_true(w.results['a'].exit_status == -1 && w.results['a'].signal == 0);
	world_finish(&w);
}

/* ERR-8: reading and writing may fail instead, with the system's number. */
static void test_read_and_write_errors(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, world_config_one(false, 2));
	w.is_stubborn = true;
	world_submit(&w, "abc");
	world_reset(&w, 1);
	world_exit(&w, 1, 1, 0);
	world_expect(&w, "@0 start 1, got 1 a, got 1 b, error 1 read errno 104, close 1, start 2, got 2 c, "
	                 "a crashed read exit 1, b crashed read exit 1, gone 1");
	world_submit(&w, "d");
	world_forget(&w);
	world_write_error(&w, 2);
	world_exit(&w, 2, 1, 0);
	world_expect(&w, "@0 error 2 write errno 32, close 2, c crashed write exit 1, d crashed write exit 1, gone 2");
	world_submit(&w, "e");
	world_run(&w, 100); /* two in a row never answered */
	world_expect(&w, "@100 start 3, got 3 e");
	w.is_stubborn = false;
	world_answer(&w, 3, 'e');
	world_finish(&w);
}

static void test_end_of_file_inside_a_frame(void **state)
{
	struct world w;
	(void)state;
	world_open(&w, world_config_one(false, 2));
	world_submit(&w, "ab");
	world_forget(&w);
	world_say_octets(&w, 1, "\0\0\0\1\0\0\0\5xy", 10);
	world_die(&w, 1, 3, 0);
	world_expect(&w, "@0 error 1 truncated at 10, a crashed truncated at 10 exit 3, close 1, gone 1, start 2, got 2 b");
	world_answer(&w, 2, 'b');
	world_finish(&w);
}

/* ---- the pool afterwards ---- */

static void test_an_idle_worker_dies(void **state)
{
	struct world w;
	struct fp_engine_config c = world_config();
	(void)state;
	c.sched.min = 2;
	world_open(&w, c);
	w.is_eager = true;
	world_submit(&w, "a");
	world_expect(&w, "@0 start 1, start 2, got 1 a, a ok ra");
	world_die(&w, 1, 9, 0);
	world_expect(&w, "@0 error 1 eof at 11, close 1, gone 1, start 3");
	assert_true(world_stats(&w).workers == 2 && world_stats(&w).idle == 2 && world_stats(&w).workers_exited == 1);
	world_finish(&w);
}

/* The original loses jobs and slots here for good. */
static void test_four_crashing_jobs_among_forty(void **state)
{
	static const char tags[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN", bad[] = "dmqB";
	struct world w;
	struct fp_engine_config c = world_config();
	uint64_t ok = 0, crashed = 0;
	(void)state;
	c.sched.load = 2;
	world_init(&w, c);
	w.is_quiet = true;
	world_submit(&w, tags);
	for (size_t at = 0; at < 40;) {
		at = 0;
		for (uint64_t n = 1; n <= w.n_puppets; n++) {
			struct puppet *p = &w.puppets[n];
			size_t i = 0;
			while (i < p->n_jobs && !p->jobs[i].tag)
				i++;
			if (p->is_closed || i == p->n_jobs)
				continue;
			if (strchr(bad, p->jobs[i].tag))
				world_die(&w, n, 3, 0);
			else
				world_answer(&w, n, p->jobs[i].tag);
		}
		for (const char *t = tags; *t; t++)
			at += w.told[(unsigned)*t];
	}
	for (const char *t = tags; *t; t++) {
		ok += w.results[(unsigned)*t].outcome == FP_OK;
		crashed += w.results[(unsigned)*t].outcome == FP_CRASHED;
		assert_true((w.results[(unsigned)*t].outcome == FP_CRASHED) == (strchr(bad, *t) != NULL));
	}
	assert_true(ok == 36 && crashed == 4);
	w.is_eager = true;
	world_submit(&w, "OPQRSTUVWX");
	for (const char *t = "OPQRSTUVWX"; *t; t++)
		assert_true(w.results[(unsigned)*t].outcome == FP_OK && w.told[(unsigned)*t] == 1);
	assert_true(world_stats(&w).outcomes[FP_OK] == 46 && world_stats(&w).outcomes[FP_CRASHED] == 4);
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync_costs_the_oldest),
		cmocka_unit_test(test_async_costs_all_that_were_sent),
		cmocka_unit_test(test_only_what_was_written_whole_has_run),
		cmocka_unit_test(test_a_long_frame_partly_written_has_not_run),
		cmocka_unit_test(test_the_answered_do_not_count),
		cmocka_unit_test(test_end_of_file_before_exit),
		cmocka_unit_test(test_exit_before_end_of_file),
		cmocka_unit_test(test_exit_and_no_end_of_file),
		cmocka_unit_test(test_no_job_for_an_exited_worker),
		cmocka_unit_test(test_no_job_for_an_exited_worker_that_owes_one),
		cmocka_unit_test(test_what_an_exited_worker_has_goes_first),
		cmocka_unit_test(test_an_exited_worker_holds_up_only_its_own),
		cmocka_unit_test(test_an_end_costs_no_job_given_behind_it),
		cmocka_unit_test(test_exit_never_told),
		cmocka_unit_test(test_victims_are_told_in_order),
		cmocka_unit_test(test_nobody_knows_the_status),
		cmocka_unit_test(test_read_and_write_errors),
		cmocka_unit_test(test_end_of_file_inside_a_frame),
		cmocka_unit_test(test_an_idle_worker_dies),
		cmocka_unit_test(test_four_crashing_jobs_among_forty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
