/* A host program that is killed takes everything with it that its pools had started: within a second, busy or not.
 *
 * The host program is this one, started again with the name of a scene. A mark in its environment tells what it started, and
 * what those started. */
#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARKED_MAX 64

/* ---- the host program's side ---- */

/* Another call that never ends, and runs by now. What it did is seen in its log: an async worker that computes for ever sends
 * no event. */
static void keep_busy(struct rig *r, const char *name)
{
	rig_call(r, rig_file(r, "log"), name, "spin");
	while (!file_has_line(rig_file(r, "log"), name))
		ev_run(r->loop, EVRUN_NOWAIT);
}

static pid_t template_of(struct rig *r)
{
	return parent_of((pid_t)atoi(rig_ask(r, rig_file(r, "log"), "pid", "pid")));
}

static void open_witness(struct rig *r, uint32_t max)
{
	rig_init_witness(r, NULL);
	r->options.min = r->options.max = max;
	r->options.load = 1;
	rig_open(r, "witness");
}

static void sync_scene(struct rig *r)
{
	open_witness(r, 3);
	keep_busy(r, "one");
	keep_busy(r, "two");
	rig_until(r, rig_stats(r).workers_started == 3);
}

static void async_scene(struct rig *r)
{
	rig_init_witness(r, NULL);
	r->options.async = true;
	r->options.max = 2;
	r->options.load = 1;
	rig_open(r, "witness");
	keep_busy(r, "one");
	keep_busy(r, "two");
}

static void deaf_scene(struct rig *r)
{
	rig_init(r);
	r->options.max = 1;
	rig_open(r, "testworker");
	rig_ask(r, "ignore-term");
	kill(rig_pid(r), SIGSTOP);
}

/* A shell that is busy, and a process that it started itself. */
static void open_command(struct rig *r)
{
	char command[PATH_MAX + 200];
	snprintf(command, sizeof command, "trap '' TERM HUP; sleep 1000 & : >%s; while :; do :; done", rig_file(r, "begun"));
	r->options.command = command;
	r->options.min = r->options.max = 1;
	rig_open(r, NULL);
	while (access(rig_file(r, "begun"), F_OK) < 0)
		ev_run(r->loop, EVRUN_NOWAIT);
}

static void command_scene(struct rig *r)
{
	rig_init(r);
	open_command(r);
}

/* One worker of a template that is no more, and one of the template that came after it. */
static void dead_template_scene(struct rig *r)
{
	rig_init_witness(r, NULL);
	r->options.max = 2;
	r->options.load = 1;
	rig_open(r, "witness");
	pid_t template = template_of(r);
	keep_busy(r, "one");
	kill(template, SIGKILL);
	rig_until(r, r->errors.n > 0);
	keep_busy(r, "two");
}

static void two_pools_scene(struct rig *r)
{
	static struct rig other;
	open_witness(r, 1);
	keep_busy(r, "one");
	rig_init_witness(&other, NULL);
	rig_share_loop(&other, r);
	rig_open(&other, "witness");
	keep_busy(&other, "two");
}

static void nested_scene(struct rig *r)
{
	rig_init_witness(r, NULL);
	struct fp_template *t = fp_template_new(r->loop, NULL);
	r->options.from_template = fp_template_fork(t);
	r->options.max = 1;
	rig_open(r, "witness");
	keep_busy(r, "one");
}

/* A host that has a loop and no standard descriptors, as a daemon: what the pool opens first gets their numbers. */
static void bare_scene(struct rig *r)
{
	rig_init(r);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	open_command(r);
}

/* The host dies somewhere in the making of the pool. */
static void starting_scene(struct rig *r)
{
	rig_init(r);
	r->options.min = 2;
	rig_open(r, "testworker");
	ev_run(r->loop, EVRUN_NOWAIT);
}

static const struct scene {
	const char *name;
	void (*play)(struct rig *r);
	unsigned processes; /* at least, when the host says that all is in place */
} scenes[] = {
	{"sync", sync_scene, 1 + 1 + 3},
	{"async", async_scene, 1 + 1 + 2},
	{"deaf", deaf_scene, 1 + 1 + 1},
	{"command", command_scene, 1 + 1 + 2},
	{"dead template", dead_template_scene, 1 + 1 + 2},
	{"two pools", two_pools_scene, 1 + 2 + 2},
	{"nested", nested_scene, 1 + 3 + 1},
	{"bare", bare_scene, 1 + 1 + 2},
	{"starting", starting_scene, 1},
};

static _Noreturn void be_host(const char *name)
{
	static struct rig r;
	int said = fcntl(1, F_DUPFD_CLOEXEC, 3);
	for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
		if (strcmp(scenes[i].name, name) == 0)
			scenes[i].play(&r);
	(void)!write(said, ".", 1);
	for (;;)
		ev_run(r.loop, 0);
}

/* ---- the test's side ---- */

static pid_t start_host(const char *name)
{
	int p[2];
	char octet;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid_t host = fork();
	if (host == 0) {
		dup2(p[1], 1);
		execl("/proc/self/exe", "host", name, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	ssize_t n = read(p[0], &octet, 1);
	close(p[0]);
	if (n != 1)
		fail_msg("the host program of the scene '%s' ended by itself", name);
	return host;
}

static void check_none_survives(const struct scene *scene)
{
	pid_t pids[MARKED_MAX];
	mark_processes();
	pid_t host = start_host(scene->name);
	size_t before, after;
	double end = now_s() + HANG_S; /* one in the middle of its exec has no environment for a moment */
	while ((before = marked(pids, MARKED_MAX)) < scene->processes && now_s() < end)
		;
	kill(host, SIGKILL);
	end = now_s() + 1;
	waitpid(host, NULL, 0);
	while ((after = marked(pids, MARKED_MAX)) && now_s() < end)
		;
	for (size_t i = 0; i < after; i++)
		kill(pids[i], SIGKILL);
	if (before < scene->processes)
		fail_msg("%s: only %zu processes were there", scene->name, before);
	if (after)
		fail_msg("%s: %zu of %zu processes survived their host", scene->name, after, before);
}

static const struct scene *scene_of(const char *name)
{
	const struct scene *s = scenes;
	while (strcmp(s->name, name) != 0)
		s++;
	return s;
}

static void busy_sync_workers_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("sync"));
}

static void busy_async_workers_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("async"));
}

static void a_worker_that_is_stopped_and_ignores_sigterm_ends(void **state)
{
	(void)state;
	check_none_survives(scene_of("deaf"));
}

static void commands_and_what_they_started_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("command"));
}

static void workers_of_a_template_that_died_before_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("dead template"));
}

static void workers_of_all_pools_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("two pools"));
}

static void templates_forked_from_templates_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("nested"));
}

static void those_of_a_host_without_standard_descriptors_end(void **state)
{
	(void)state;
	check_none_survives(scene_of("bare"));
}

static void a_pool_that_is_being_made_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		check_none_survives(scene_of("starting"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(busy_sync_workers_end),
		cmocka_unit_test(busy_async_workers_end),
		cmocka_unit_test(a_worker_that_is_stopped_and_ignores_sigterm_ends),
		cmocka_unit_test(commands_and_what_they_started_end),
		cmocka_unit_test(workers_of_a_template_that_died_before_end),
		cmocka_unit_test(workers_of_all_pools_end),
		cmocka_unit_test(templates_forked_from_templates_end),
		cmocka_unit_test(those_of_a_host_without_standard_descriptors_end),
		cmocka_unit_test(a_pool_that_is_being_made_ends),
	};
	if (argc == 2) {
		rig_prepare();
		be_host(argv[1]);
	}
	return RUN(tests);
}
