/* The death of a template: it is started again as it was, with a growing pause when that keeps failing, and no call is lost. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a pool and what its workers were given ---- */

static pid_t worker_of(struct rig *r)
{
	return (pid_t)atoi(rig_ask(r, rig_file(r, "log"), "pid", "pid"));
}

/* The idle worker of a pool with one ends, and the pool has noticed. */
static void end_worker(struct rig *r)
{
	uint64_t exited = rig_stats(r).workers_exited;
	kill(worker_of(r), SIGKILL);
	rig_until(r, rig_stats(r).workers_exited > exited);
}

static void end_process(struct rig *r, pid_t pid)
{
	struct watched w;
	watch_process(r, &w, pid);
	kill_watched(&w, SIGKILL);
	rig_until(r, w.gone);
	unwatch_process(&w);
}

static void end_with_templates(struct rig *r, struct fp_template *t, struct fp_template *copy)
{
	fp_pool_destroy(r->pool);
	rig_until(r, r->destroyed);
	fp_template_free(copy);
	fp_template_free(t);
	rig_await_end(r);
}

/* ---- it comes back as it was ---- */

static void code_is_loaded_again(void **state)
{
	(void)state;
	struct rig r;
	rig_init_witness(&r, NULL);
	r.options.max = 1;
	r.options.eval = "#include <forkpool.h>\n"
	                 "__attribute__((visibility(\"default\"))) int shout(struct fp_task *t, const struct fp_item *a, size_t n)\n"
	                 "{ extern int witness(struct fp_task *t, const struct fp_item *a, size_t n);\n"
	                 "  return witness(t, a, n) || fp_put_str(t, \"!\"); }\n";
	rig_open(&r, "shout");
	for (int i = 0; i < 3; i++) {
		end_process(&r, parent_of(worker_of(&r)));
		end_worker(&r);
		assert_string_equal(rig_ask(&r, rig_file(&r, "log"), "x", "say"), "x\t!");
	}
	rig_close(&r);
}

/* A template of the application's, one forked from it, and the pool's own, forked from that: three processes in a row. */
struct family {
	struct rig r;
	struct fp_template *first, *second;
	char expected[256];
};

static void send_word(struct fp_template *t, const char *word)
{
	struct fp_item item = fp_item_str(word);
	assert_int_equal(fp_template_send_arg(t, &item, 1), FP_NONE);
}

static void open_family(struct family *f)
{
	rig_init_witness(&f->r, "witness_init");
	f->r.options.require = NULL;
	f->r.options.max = 1;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	f->first = fp_template_new(f->r.loop, NULL);
	assert_int_equal(fp_template_require(f->first, (const char *const[]){"witness", NULL}), FP_NONE);
	send_word(f->first, "first");
	assert_int_equal(fp_template_send_fd(f->first, null), FP_NONE);
	close(null);
	f->second = fp_template_fork(f->first);
	send_word(f->second, "second");
	f->r.options.from_template = f->second;
	rig_open(&f->r, "witness");
	snprintf(f->expected, sizeof f->expected, "first\t/dev/null\tsecond");
	assert_string_equal(rig_ask(&f->r, "given"), f->expected);
}

/* Ends those of the three whose bit is set; a worker that starts after it is as it was. */
static void kill_and_ask(struct family *f, unsigned which)
{
	pid_t pids[3];
	pids[2] = parent_of(worker_of(&f->r));
	pids[1] = parent_of(pids[2]);
	pids[0] = parent_of(pids[1]);
	for (int i = 0; i < 3; i++)
		if (which & 1u << i)
			end_process(&f->r, pids[i]);
	end_worker(&f->r);
	assert_string_equal(rig_ask(&f->r, "given"), f->expected);
}

static void arguments_and_descriptors_are_sent_again(void **state)
{
	(void)state;
	for (unsigned which = 1; which < 8; which++) {
		struct family f;
		open_family(&f);
		kill_and_ask(&f, which);
		assert_string_equal(rig_ask(&f.r, "given"), f.expected);
		end_with_templates(&f.r, f.first, f.second);
	}
}

/* Commands behind a fork concern later forks only: also when that fork has to be made again. */
static void a_fork_that_is_made_again_has_nothing_that_came_behind_it(void **state)
{
	(void)state;
	for (unsigned which = 1; which < 8; which++) {
		struct family f;
		open_family(&f);
		send_word(f.first, "late");
		send_word(f.second, "late");
		kill_and_ask(&f, which);
		end_with_templates(&f.r, f.first, f.second);
	}
}

static void a_fork_survives_when_what_it_was_forked_from_is_freed(void **state)
{
	(void)state;
	struct family f;
	open_family(&f);
	fp_template_free(f.first);
	end_worker(&f.r);
	assert_string_equal(rig_ask(&f.r, "given"), f.expected);
	end_with_templates(&f.r, NULL, f.second);
}

/* ---- no call is lost ---- */

static void calls_that_wait_for_a_start_are_done(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 4;
	r.options.load = 1;
	rig_open(&r, "testworker");
	for (size_t round = 1; round <= 10; round++) {
		pid_t template = rig_template_pid(&r);
		for (size_t i = 0; i < 20; i++)
			rig_call(&r, i % 3 == 1 ? "kill" : "echo", "9"); /* so that others have to be started */
		kill(template, SIGKILL);
		rig_until(&r, r.n_told == round * 21);
	}
	assert_int_equal(rig_stats(&r).outcomes[FP_OK], 10 * 14);
	for (size_t i = 0; i < r.n_calls; i++)
		if (i % 21 == 0 || i % 21 % 3 != 2)
			assert_outcome(r.calls[i], FP_OK, FP_NONE);
	rig_close(&r);
}

static pid_t template_seen;

/* Before anything can become of the worker that answered. */
static void see_template(struct call *c)
{
	if (atoi(c->text) > 0)
		template_seen = parent_of((pid_t)atoi(c->text));
}

static void an_idle_pool_without_workers_starts_its_template_again(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max_idle = 0;
	r.options.idle_time_ns = 0;
	r.on_told = see_template;
	rig_open(&r, "testworker");
	for (unsigned i = 1; i <= 5; i++) {
		rig_ask(&r, "pid");
		rig_until(&r, rig_stats(&r).workers + rig_stats(&r).ending == 0);
		end_process(&r, template_seen);
		rig_until(&r, r.errors.n == i);
		assert_int_equal(r.errors.notes[i - 1].worker, 0);
		assert_int_equal(r.errors.notes[i - 1].reason, FP_START);
		assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	}
	rig_close(&r);
}

/* ---- it cannot be started ---- */

static void let_starts_fail(struct rig *r)
{
	FILE *f = fopen(rig_file(r, "program"), "we");
	fprintf(f, "#!/bin/sh\ntest -e %s || exit 1\nexec %s \"$@\"\n", rig_file(r, "good"), getenv("FORKPOOL_TEMPLATE"));
	fclose(f);
	chmod(rig_file(r, "program"), 0700);
}

static void let_starts_succeed(struct rig *r)
{
	fclose(fopen(rig_file(r, "good"), "we"));
}

static double told_at[64];
static size_t n_told_at;

/* Notes when errors are told that are the template's. */
static void note_time(struct rig *r, const struct note *n)
{
	(void)r;
	if (n->worker == 0 && n->is_error && n_told_at < 64)
		told_at[n_told_at++] = now_s();
}

/* The nth failure comes no sooner than all pauses before it together: none, then 0.1 s, doubling. */
static void check_pauses(double begin, const double *at, size_t n)
{
	double pauses = 0;
	for (size_t i = 2; i < n; i++) {
		pauses += 0.1 * (1 << (i - 2));
		if (at[i] - begin < pauses)
			fail_msg("failure %zu came after %.3f s, too soon for pauses of %.1f s", i + 1, at[i] - begin, pauses);
	}
}

/* As the pool's own template, and as one by a command, which the pool knows less of. */
static void starts_that_fail(bool is_command)
{
	struct rig r;
	char program[PATH_MAX];
	rig_init(&r);
	let_starts_fail(&r);
	snprintf(program, sizeof program, "%s", rig_file(&r, "program"));
	const char *const command[] = {program, NULL};
	char *own = strdup(getenv("FORKPOOL_TEMPLATE"));
	if (is_command)
		r.options.template_command = command;
	else
		setenv("FORKPOOL_TEMPLATE", program, 1);
	n_told_at = 0;
	r.on_noted = note_time;
	double begin = now_s();
	rig_open(&r, "testworker");
	struct call *c = rig_call(&r, "echo", "at last");
	rig_until(&r, n_told_at == 5);
	check_pauses(begin, told_at, n_told_at);
	let_starts_succeed(&r);
	struct call *next = rig_call(&r, "echo", "up");
	rig_until(&r, next->told);
	assert_ok(next, "up");
	rig_until(&r, c->told);
	if (!is_command)
		assert_ok(c, "at last");
	for (int i = 0; i < 10; i++)
		assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	setenv("FORKPOOL_TEMPLATE", own, 1);
	free(own);
	rig_close(&r);
}

static void pauses_grow_and_it_recovers(void **state)
{
	(void)state;
	starts_that_fail(false);
}

static void pauses_of_a_command_grow_and_it_recovers(void **state)
{
	(void)state;
	starts_that_fail(true);
}

static void a_program_that_is_not_there_is_tried_again(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 1;
	rig_open(&r, "testworker");
	pid_t worker = rig_pid(&r), template = parent_of(worker);
	char *own = strdup(getenv("FORKPOOL_TEMPLATE"));
	setenv("FORKPOOL_TEMPLATE", "/nonexistent/template", 1);
	end_process(&r, template);
	rig_until(&r, r.errors.n == 3); /* its end, and two starts that failed */
	assert_int_equal(r.errors.notes[1].worker, 0);
	assert_int_equal(r.errors.notes[1].reason, FP_START);
	assert_int_equal(r.errors.notes[1].system_errno, ENOENT);
	assert_non_null(strstr(r.errors.notes[1].text, strerror(ENOENT)));
	assert_string_equal(rig_ask(&r, "echo", "the worker lives"), "the worker lives");
	setenv("FORKPOOL_TEMPLATE", own, 1);
	free(own);
	end_process(&r, worker);
	assert_string_equal(rig_ask(&r, "echo", "up"), "up");
	rig_close(&r);
}

static void a_pool_that_can_start_nothing_ends_all_the_same(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.template_command = (const char *const[]){"/bin/false", NULL};
	rig_open(&r, "testworker");
	for (int i = 0; i < 10; i++)
		rig_call(&r, "echo", "x");
	fp_pool_destroy(r.pool);
	rig_until(&r, r.destroyed);
	for (size_t i = 0; i < 10; i++)
		if (r.calls[i]->result.outcome != FP_CRASHED) /* one that was sent may have run */
			assert_outcome(r.calls[i], FP_SHUTDOWN, FP_CLOSED);
	assert_true(r.last.outcomes[FP_SHUTDOWN] > 0);
	rig_await_end(&r);
}

static void abort_does_not_wait_for_a_template(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 2;
	r.options.load = 1;
	r.options.grace_ns = 50 * FP_MS;
	rig_open(&r, "testworker");
	pid_t template = rig_template_pid(&r);
	kill(template, SIGSTOP);
	rig_call(&r, "sleep", "1000000");
	rig_call(&r, "echo", "x"); /* its worker will never be forked */
	rig_until(&r, rig_stats(&r).running == 2);
	fp_pool_abort(r.pool);
	rig_until(&r, r.destroyed);
	kill(template, SIGKILL);
	rig_await_end(&r);
}

/* ---- workers that fail at their start ---- */

static void note_worker_time(struct rig *r, const struct note *n)
{
	(void)r;
	if (n->worker && n->is_error && n_told_at < 64)
		told_at[n_told_at++] = now_s();
}

static void pauses_between_workers_that_fail_grow(void **state)
{
	(void)state;
	struct rig r;
	char path[PATH_MAX];
	rig_init_witness(&r, "witness_init_if");
	snprintf(path, sizeof path, "%s", rig_file(&r, "good"));
	struct fp_item arg = fp_item_str(path);
	struct fp_limits patient = {.retries = 100}; /* what was sent to a worker may have run */
	r.options.init_args = &arg;
	r.options.init_args_n = 1;
	r.options.max = 1;
	r.on_noted = note_worker_time;
	n_told_at = 0;
	catch_stderr(&r);
	double begin = now_s();
	rig_open(&r, "witness");
	struct call *c = rig_call_within(&r, &patient, rig_file(&r, "log"), "at last", "say");
	rig_until(&r, n_told_at == 5);
	check_pauses(begin, told_at, n_told_at);
	let_starts_succeed(&r);
	rig_until(&r, c->told);
	free(caught_stderr(&r));
	assert_ok(c, "at last");
	assert_int_equal(c->result.worker, 6);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_loaded_again),
		cmocka_unit_test(arguments_and_descriptors_are_sent_again),
		cmocka_unit_test(a_fork_that_is_made_again_has_nothing_that_came_behind_it),
		cmocka_unit_test(a_fork_survives_when_what_it_was_forked_from_is_freed),
		cmocka_unit_test(calls_that_wait_for_a_start_are_done),
		cmocka_unit_test(an_idle_pool_without_workers_starts_its_template_again),
		cmocka_unit_test(pauses_grow_and_it_recovers),
		cmocka_unit_test(pauses_of_a_command_grow_and_it_recovers),
		cmocka_unit_test(a_program_that_is_not_there_is_tried_again),
		cmocka_unit_test(a_pool_that_can_start_nothing_ends_all_the_same),
		cmocka_unit_test(abort_does_not_wait_for_a_template),
		cmocka_unit_test(pauses_between_workers_that_fail_grow),
	};
	return RUN(tests);
}
