/* A perl of the original's as a pool's template: AnyEvent::Fork::Serve itself takes the commands and forks the workers. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void prepare(struct rig *r, const char *serialiser)
{
	static char dir[PATH_MAX];
	static const char *const modules[] = {"Teller", NULL};
	static const char *const command[] = {"/usr/bin/perl", "-I", dir, "-MAnyEvent::Fork::Serve",
	                                      "-e", "AnyEvent::Fork::Serve::me", NULL};
	snprintf(dir, sizeof dir, "%s/perl", source_dir());
	rig_init(r);
	r->options.template_command = command;
	r->options.require = modules;
	r->options.serialiser = serialiser;
	r->options.max = 3;
}

static void open_perl(struct rig *r, const char *serialiser)
{
	prepare(r, serialiser);
	rig_open(r, "Teller::answer");
}

static void perl_answers(const char *serialiser)
{
	struct rig r;
	open_perl(&r, serialiser);
	for (size_t i = 0; i < 60; i++)
		rig_call(&r, "reverse", numbered("second ", i), "first");
	rig_until(&r, r.n_told == r.n_calls);
	for (size_t i = 0; i < 60; i++) {
		char text[64];
		snprintf(text, sizeof text, "first\t%s", numbered("second ", i));
		assert_ok(r.calls[i], text);
	}
	assert_int_equal(rig_stats(&r).workers_started, 3);
	rig_close(&r);
}

static void calls_are_answered_by_workers_forked_from_a_perl(void **state)
{
	(void)state;
	perl_answers("string");
}

static void the_serialiser_is_sent_as_perl_source(void **state)
{
	(void)state;
	perl_answers("json");
}

static void init_gets_its_arguments(void **state)
{
	(void)state;
	struct rig r;
	const struct fp_item args[] = {fp_item_str("one"), {.data = "\0two\n", .len = 5}};
	prepare(&r, "string");
	r.options.init = "Teller::init";
	r.options.init_args = args;
	r.options.init_args_n = 2;
	rig_open(&r, "Teller::answer");
	struct call *c = rig_call(&r, "given");
	rig_until(&r, c->told);
	assert_int_equal(c->len, 9);
	assert_memory_equal(c->text, "one\t\0two\n", 9);
	rig_close(&r);
}

static void an_event_comes_before_the_result(void **state)
{
	(void)state;
	struct rig r;
	open_perl(&r, "string");
	assert_string_equal(rig_ask(&r, "tell", "so far"), "told");
	assert_int_equal(r.events.n, 1);
	assert_string_equal(r.events.notes[0].text, "told\tso far");
	assert_int_equal(r.events.notes[0].turn, 0);
	rig_close(&r);
}

/* Who was forked by a perl is reaped by it, and nobody tells the pool how it ended: the connection says that it did. */
static void a_worker_that_dies_costs_its_call_alone(void **state)
{
	(void)state;
	struct rig r;
	open_perl(&r, "string");
	for (size_t i = 0; i < 40; i++)
		rig_call(&r, i % 10 == 5 ? "die" : "reverse", numbered("c", i));
	rig_until(&r, r.n_told == r.n_calls);
	for (size_t i = 0; i < 40; i++) {
		if (i % 10 == 5)
			assert_int_equal(r.calls[i]->result.outcome, FP_CRASHED);
		else
			assert_ok(r.calls[i], numbered("c", i));
	}
	rig_close(&r);
}

static void workers_are_children_of_the_perl(void **state)
{
	(void)state;
	struct rig r;
	open_perl(&r, "string");
	pid_t worker = (pid_t)atoi(rig_ask(&r, "pid"));
	struct watched perl;
	watch_process(&r, &perl, parent_of(worker));
	kill_watched(&perl, SIGKILL);
	rig_until(&r, perl.gone);
	assert_int_equal(atoi(rig_ask(&r, "pid")), worker); /* its death costs no worker */
	unwatch_process(&perl);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_answered_by_workers_forked_from_a_perl),
		cmocka_unit_test(the_serialiser_is_sent_as_perl_source),
		cmocka_unit_test(init_gets_its_arguments),
		cmocka_unit_test(an_event_comes_before_the_result),
		cmocka_unit_test(a_worker_that_dies_costs_its_call_alone),
		cmocka_unit_test(workers_are_children_of_the_perl),
	};
	return RUN(tests);
}
