/* Templates: what they carry to workers, one forked from another, one shared by two pools, and their death. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pool first: the template outlives it. */
static void end_with_template(struct rig *r, struct fp_template *t)
{
	fp_pool_destroy(r->pool);
	rig_until(r, r->destroyed);
	fp_template_free(t);
	rig_await_end(r);
}

/* ---- what they carry ---- */

static void required_objects_are_there(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.require = (const char *const[]){"echo", "testworker", NULL};
	rig_open(&r, "echo");
	assert_string_equal(rig_ask(&r, "pid", "x"), "pid\tx");
	rig_close(&r);
}

static const char source[] =
	"#include <forkpool.h>\n"
	"#include <string.h>\n"
	"static char word[64];\n"
	"__attribute__((visibility(\"default\"))) int shout(struct fp_task *t, const struct fp_item *a, size_t n)\n"
	"{ return n != 1 || fp_put_str(t, word) || fp_put_item(t, &a[0]); }\n"
	"__attribute__((visibility(\"default\"))) int eval_main(const struct fp_item *a, size_t n)\n"
	"{ if (n == 1 && a[0].len < sizeof word) memcpy(word, a[0].data, a[0].len); return 0; }\n";

static void c_source_is_compiled_and_loaded(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.require = NULL;
	r.options.eval = source;
	rig_open(&r, "shout");
	assert_string_equal(rig_ask(&r, "hello"), "\thello");
	rig_close(&r);
}

static void eval_passes_its_arguments(void **state)
{
	(void)state;
	struct rig r;
	struct fp_item word = fp_item_str("hey");
	rig_init(&r);
	r.options.require = NULL;
	struct fp_template *t = fp_template_new(r.loop, NULL);
	assert_int_equal(fp_template_eval(t, source, &word, 1), FP_NONE);
	r.options.from_template = t;
	rig_open(&r, "shout");
	assert_string_equal(rig_ask(&r, "you"), "hey\tyou");
	end_with_template(&r, t);
}

static const char *file_of(int fd)
{
	static char names[4][256];
	static unsigned turn;
	char path[64], *name = names[turn++ % 4];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, name, sizeof names[0] - 1);
	name[n > 0 ? n : 0] = '\0';
	return name;
}

static void arguments_and_descriptors_arrive_in_order(void **state)
{
	(void)state;
	struct rig r;
	int p[2];
	char all[1024];
	struct fp_item a[] = {fp_item_str("a"), fp_item_str("")}, b = fp_item_str("b"), own = fp_item_str("own");
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	rig_init_witness(&r, "witness_init");
	struct fp_template *t = fp_template_new(r.loop, NULL);
	assert_int_equal(fp_template_send_arg(t, a, 2), FP_NONE);
	assert_int_equal(fp_template_send_fd(t, p[1]), FP_NONE);
	assert_int_equal(fp_template_send_arg(t, &b, 1), FP_NONE);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fp_template_send_fd(t, null), FP_NONE);
	snprintf(all, sizeof all, "a\t\t%s\tb\t/dev/null\town", file_of(p[1]));
	close(null); /* it was duplicated */
	close(p[1]);
	assert_int_equal(fp_template_send_fd(t, p[1]), FP_INVALID);
	r.options.from_template = t;
	r.options.init_args = &own;
	r.options.init_args_n = 1;
	r.options.max = 3;
	r.options.load = 1;
	r.options.calls_max = 1;
	rig_open(&r, "witness");
	for (int i = 0; i < 6; i++)
		rig_call(&r, "given");
	rig_until(&r, r.n_told == 6);
	for (size_t i = 0; i < 6; i++)
		assert_ok(r.calls[i], all);
	close(p[0]);
	end_with_template(&r, t);
}

static void two_pools_share_a_template(void **state)
{
	(void)state;
	struct rig a, b;
	struct fp_item arg = fp_item_str("shared");
	rig_init_witness(&a, "witness_init");
	rig_init_witness(&b, "witness_init");
	rig_share_loop(&b, &a);
	struct fp_template *t = fp_template_new(a.loop, NULL);
	assert_int_equal(fp_template_send_arg(t, &arg, 1), FP_NONE);
	a.options.from_template = b.options.from_template = t;
	rig_open(&a, "witness");
	rig_open(&b, "witness");
	assert_string_equal(rig_ask(&a, "given"), "shared");
	assert_string_equal(rig_ask(&b, "given"), "shared");
	fp_pool_destroy(b.pool);
	rig_until(&b, b.destroyed);
	assert_string_equal(rig_ask(&a, "given"), "shared"); /* the end of one pool is nothing to the other */
	rig_await_end(&b);
	end_with_template(&a, t);
}

static void a_template_forked_from_a_template_has_all_of_it_and_its_own(void **state)
{
	(void)state;
	struct rig r;
	struct fp_item first = fp_item_str("first"), second = fp_item_str("second"), late = fp_item_str("late");
	rig_init_witness(&r, "witness_init");
	r.options.require = NULL;
	struct fp_template *t = fp_template_new(r.loop, NULL);
	fp_template_require(t, (const char *const[]){"witness", NULL});
	fp_template_send_arg(t, &first, 1);
	struct fp_template *copy = fp_template_fork(t);
	assert_non_null(copy);
	fp_template_send_arg(copy, &second, 1);
	fp_template_send_arg(t, &late, 1); /* behind the fork: concerns later forks only */
	r.options.from_template = copy;
	rig_open(&r, "witness");
	assert_string_equal(rig_ask(&r, "given"), "first\tsecond");
	fp_template_free(t); /* what it forked goes on */
	assert_string_equal(rig_ask(&r, "given"), "first\tsecond");
	end_with_template(&r, copy);
}

/* ---- death ---- */

static void the_death_of_the_template_costs_no_running_call(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	r.options.max = 3;
	r.options.load = 1;
	rig_open(&r, "testworker");
	pid_t template = rig_template_pid(&r);
	struct call *running[] = {rig_call(&r, "spin", "300"), rig_call(&r, "sleep", "300"), rig_call(&r, "sleep", "300")};
	rig_until(&r, rig_stats(&r).workers_started == 3);
	kill(template, SIGKILL);
	rig_until(&r, r.n_told == 4);
	assert_ok(running[0], "spun");
	assert_ok(running[1], "slept");
	assert_ok(running[2], "slept");
	for (size_t i = 0; i < r.errors.n; i++)
		assert_int_equal(r.errors.notes[i].worker, 0); /* of the pool as a whole */
	assert_int_equal(r.errors.n, 1);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(required_objects_are_there),
		cmocka_unit_test(c_source_is_compiled_and_loaded),
		cmocka_unit_test(eval_passes_its_arguments),
		cmocka_unit_test(arguments_and_descriptors_arrive_in_order),
		cmocka_unit_test(two_pools_share_a_template),
		cmocka_unit_test(a_template_forked_from_a_template_has_all_of_it_and_its_own),
		cmocka_unit_test(the_death_of_the_template_costs_no_running_call),
	};
	return RUN(tests);
}
