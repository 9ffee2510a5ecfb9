/* The host program: its children and their signals are its own, and it may lack what others have (standard descriptors,
 * unblocked signals). Parts run in a host program proper: this one, started again with the name of a scene. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_CHILDREN 10

/* ---- what a pool does meanwhile ---- */

static void crash_some(struct rig *r, unsigned n)
{
	size_t told = r->n_told;
	for (unsigned i = 0; i < n; i++)
		rig_call(r, i % 3 ? "echo" : i % 2 ? "kill" : "exit", "9");
	rig_until(r, r->n_told == told + n);
}

/* Workers come and go in all ways there are, and the template dies once. */
static void be_lively(struct rig *r)
{
	pid_t template = rig_template_pid(r);
	crash_some(r, 20);
	kill(template, SIGKILL);
	rig_until(r, r->errors.n > 0 && notes_has(&r->errors, "the template has ended"));
	crash_some(r, 20);
	rig_until(r, rig_stats(r).ending == 0);
}

static void open_lively(struct rig *r)
{
	r->options.max = 3;
	r->options.load = 2;
	rig_open(r, "testworker");
}

static pid_t start_own_child(int exit_status)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(exit_status);
	assert_true(pid > 0);
	return pid;
}

/* ---- its children ---- */

static struct own {
	pid_t pids[OWN_CHILDREN];
	unsigned started, ended, strange;
} own;

static void start_own(void)
{
	own.pids[own.started] = start_own_child(40 + (int)own.started);
	own.started++;
}

static void note_end(pid_t pid, int status)
{
	for (unsigned i = 0; i < own.started; i++)
		if (own.pids[i] == pid && WIFEXITED(status) && WEXITSTATUS(status) == 40 + (int)i) {
			own.pids[i] = 0;
			own.ended++;
			return;
		}
	own.strange++;
}

static volatile sig_atomic_t signals;

static void on_sigchld(int signal)
{
	(void)signal;
	signals++;
}

static void check_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void waitpid_for_any_child_meets_none_of_the_pools(void **state)
{
	(void)state;
	struct rig r;
	rig_init(&r);
	open_lively(&r);
	check_no_child();
	be_lively(&r);
	check_no_child();
	for (int i = 0; i < 5; i++) {
		int status;
		pid_t pid = start_own_child(50 + i);
		crash_some(&r, 6);
		assert_int_equal(waitpid(-1, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), 50 + i);
	}
	rig_close(&r);
	check_no_child();
}

/* The handler of many a program: reaps whatever there is. */
static void on_sigchld_reap(int signal)
{
	int status, before = errno;
	(void)signal;
	signals++;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		note_end(pid, status);
	errno = before;
}

static void a_sigchld_handler_sees_the_hosts_own_children_only(void **state)
{
	(void)state;
	struct rig r;
	struct sigaction before, mine = {.sa_handler = on_sigchld_reap}; /* without SA_RESTART: calls are interrupted */
	own = (struct own){.started = 0};
	signals = 0;
	sigaction(SIGCHLD, &mine, &before);
	rig_init(&r);
	open_lively(&r);
	be_lively(&r);
	assert_int_equal(signals, 0);
	while (own.started < OWN_CHILDREN) {
		sigset_t chld, mask;
		sigemptyset(&chld);
		sigaddset(&chld, SIGCHLD);
		sigprocmask(SIG_BLOCK, &chld, &mask); /* the child is noted before its end can be */
		start_own();
		sigprocmask(SIG_SETMASK, &mask, NULL);
		crash_some(&r, 6);
	}
	rig_until(&r, own.ended + own.strange == OWN_CHILDREN);
	be_lively(&r);
	assert_int_equal(own.strange, 0);
	assert_in_range(signals, 1, OWN_CHILDREN);
	rig_close(&r);
	assert_in_range(signals, 1, OWN_CHILDREN);
	struct sigaction after;
	sigaction(SIGCHLD, &before, &after);
	assert_true(after.sa_handler == on_sigchld_reap);
}

static void on_child(struct ev_loop *loop, ev_child *w, int events)
{
	(void)events;
	note_end(w->rpid, w->rstatus);
	ev_break(loop, EVBREAK_ONE);
}

/* libev reaps every child on its default loop, so a child of the pool's would show here. */
static void ev_child_sees_the_hosts_own_children_only(void **state)
{
	(void)state;
	struct rig r;
	ev_child any;
	own = (struct own){.started = 0};
	rig_init(&r);
	ev_loop_destroy(r.loop);
	r.loop = ev_default_loop(EVFLAG_AUTO);
	ev_child_init(&any, on_child, 0, 0);
	ev_child_start(r.loop, &any);
	open_lively(&r);
	be_lively(&r);
	while (own.started < OWN_CHILDREN) {
		start_own();
		crash_some(&r, 6);
	}
	rig_until(&r, own.ended + own.strange == OWN_CHILDREN);
	be_lively(&r);
	assert_int_equal(own.strange, 0);
	ev_child_stop(r.loop, &any);
	rig_close(&r);
	signal(SIGCHLD, SIG_DFL);
	check_no_child();
}

/* ---- its signals ---- */

static void check_ends(struct rig *r)
{
	struct call *exits = rig_call(r, "exit", "3"), *killed = rig_call(r, "kill", "15"), *asked = rig_call(r, "echo", "up");
	rig_until(r, r->n_told == 3);
	assert_crashed(exits, 3, 0);
	assert_crashed(killed, -1, 15);
	assert_ok(asked, "up");
}

static void a_host_that_ignores_signals_has_workers_that_do_not(void **state)
{
	(void)state;
	struct rig r;
	struct sigaction chld, term, ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGCHLD, &ignore, &chld);
	sigaction(SIGTERM, &ignore, &term);
	rig_init(&r);
	rig_open(&r, "testworker");
	check_ends(&r);
	rig_close(&r);
	sigaction(SIGCHLD, &chld, NULL);
	sigaction(SIGTERM, &term, NULL);
}

static void a_host_that_blocks_signals_has_workers_that_do_not(void **state)
{
	(void)state;
	struct rig r;
	sigset_t all, before, after;
	sigfillset(&all);
	sigdelset(&all, SIGALRM); /* ends this program when it hangs */
	sigprocmask(SIG_SETMASK, &all, &before);
	rig_init(&r);
	rig_open(&r, "testworker");
	check_ends(&r);
	sigset_t pending;
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGCHLD), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	rig_close(&r);
	sigprocmask(SIG_SETMASK, &before, &after);
	assert_int_equal(sigismember(&after, SIGUSR1), 1); /* as the host had set it */
}

/* A write to a worker that has gone would raise SIGPIPE. */
static void sigpipe_is_not_raised(void **state)
{
	(void)state;
	struct rig r;
	struct sigaction before, mine = {.sa_handler = on_sigchld};
	signals = 0;
	sigaction(SIGPIPE, &mine, &before);
	rig_init(&r);
	r.options.command = "exec 0<&- 1>&-; sleep 1000";
	r.options.grace_ns = FP_MS;
	r.options.max = 2;
	rig_open(&r, NULL);
	for (int i = 0; i < 5; i++)
		rig_call(&r, "echo");
	rig_until(&r, r.errors.n >= 2);
	assert_int_equal(signals, 0);
	rig_abort(&r);
	sigaction(SIGPIPE, &before, NULL);
}

/* ---- its descriptors ---- */

static const char *worker_command(void)
{
	static char command[3 * PATH_MAX];
	char here[PATH_MAX] = "";
	(void)!readlink("/proc/self/exe", here, sizeof here - 1);
	*strrchr(here, '/') = '\0';
	snprintf(command, sizeof command, "exec %s/../../bin/forkpool-worker --stdio %s/../../lib/forkpool/testworker.so testworker", here,
	         here);
	return command;
}

static bool is_lively(struct rig *r, const char *function)
{
	r->options.max = 2;
	r->options.load = 1; /* a crash costs one call, also in an async worker */
	rig_open(r, function);
	for (size_t k = 0; k < 20; k++)
		rig_call(r, k == 9 ? "kill" : k % 2 ? "echo" : "writeerr", "9");
	rig_until(r, r->n_told == 20);
	bool is_ok = rig_stats(r).outcomes[FP_OK] == 19 && rig_stats(r).outcomes[FP_CRASHED] == 1;
	rig_close(r);
	return is_ok;
}

/* Without those of 0, 1, 2 whose bit is set. The loop has its descriptors: what the pool opens first gets the numbers. */
static int run_without(unsigned missing)
{
	struct rig r;
	rig_init(&r);
	for (int fd = 0; fd < 3; fd++)
		if (missing & 1u << fd)
			close(fd);
	if (!is_lively(&r, "testworker"))
		return 1;
	rig_init_async(&r);
	if (!is_lively(&r, "testworker_async"))
		return 2;
	rig_init(&r);
	r.options.command = worker_command();
	return is_lively(&r, NULL) ? 42 : 3;
}

static int end_of(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_host_may_lack_standard_descriptors(void **state)
{
	(void)state;
	for (unsigned missing = 1; missing < 8; missing++) {
		pid_t pid = fork();
		if (pid == 0) {
			execl("/proc/self/exe", "host", numbered("", missing), (char *)NULL);
			_exit(127);
		}
		int status = end_of(pid);
		if (status != 42)
			fail_msg("a host without the descriptors of 0, 1, 2 in the mask %u: %d", missing, status);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waitpid_for_any_child_meets_none_of_the_pools),
		cmocka_unit_test(a_sigchld_handler_sees_the_hosts_own_children_only),
		cmocka_unit_test(ev_child_sees_the_hosts_own_children_only),
		cmocka_unit_test(a_host_that_ignores_signals_has_workers_that_do_not),
		cmocka_unit_test(a_host_that_blocks_signals_has_workers_that_do_not),
		cmocka_unit_test(sigpipe_is_not_raised),
		cmocka_unit_test(a_host_may_lack_standard_descriptors),
	};
	if (argc == 2) {
		rig_prepare();
		return run_without((unsigned)atoi(argv[1]));
	}
	return RUN(tests);
}
