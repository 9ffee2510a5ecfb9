/* Workers are killed at random moments, and now and then their template, while calls of every kind are made and cancelled: each
 * call has exactly one outcome, and the one that is its own. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FLIGHTS 48u /* calls outstanding at a time */
#define LAST_S 10.  /* of one storm, at least */
#define KILLS 50u   /* and cancels: a storm with fewer is none */
#define CALM 20u    /* calls answered between two kills, at most */
#define WORKERS 5u  /* at most */
#define STOPPED 2u  /* workers stopped at a time: the others have to go on */
#define CALLS_MAX 50000u /* by then a storm has been one */
#define SPARED 8u   /* of so many times that the template is drawn it is killed once */

/* One call under way, and what it may end as. */
struct flight {
	struct call *call;
	char name[24];      /* of this call alone; part of its answer */
	const char *answer; /* "" where it is not the name */
	size_t times;       /* how often the answer stands in the result; 0: it never answers */
	unsigned events_due, events;
	bool has_limit, is_cancelled;
};

struct storm {
	struct rig r;
	struct flight flights[FLIGHTS];
	uint64_t seed;
	size_t names;
	unsigned calm; /* calls to be answered before the killer sets out: starved workers get somewhere, too */
	ev_timer killer;
	int stopped[STOPPED]; /* pidfds; -1: none */
	unsigned kills, cancels;
	unsigned templates_killed, templates_lost;
	bool is_over;
};

/* ---- calls ---- */

struct kind {
	const char *sync[3], *async[3]; /* verb and arguments; "NAME" is the call's name */
	const char *answer;
	size_t times;
	unsigned events;
	struct fp_limits limits;
};

static const struct kind kinds[] = {
	{{"echo", "NAME"}, {"echo", "NAME"}, "NAME", 1, 0, {0}},
	{{"fill", "20000", "NAME"}, {"fill", "20000", "NAME"}, "NAME", 20000, 0, {0}},
	{{"events", "3", "NAME"}, {"events", "3", "NAME"}, "NAME", 1, 3, {0}},
	{{"sleep", "3"}, {"later", "3", "NAME"}, NULL, 1, 0, {0}},
	{{"echo", "NAME"}, {"echo", "NAME"}, "NAME", 1, 0, {.queue_timeout_ns = 3 * FP_MS}},
	{{"sleep", "1000000"}, {"never"}, NULL, 0, 0, {.run_timeout_ns = 20 * FP_MS}},
	{{"kill", "9"}, {"kill", "11"}, NULL, 0, 0, {0}},
	{{"exit", "3"}, {"exit", "3"}, NULL, 0, 0, {0}},
};

/* Of 64 calls three end their worker and one runs too long. */
static const struct kind *draw_kind(struct storm *s)
{
	uint32_t n = draw(&s->seed, 64);
	return &kinds[n < 4 ? 4 + n : (n - 4) % 5];
}

static void launch(struct storm *s, struct flight *f)
{
	const struct kind *k = draw_kind(s);
	const char *const *words = s->r.options.async ? k->async : k->sync;
	const char *given[4] = {0};
	*f = (struct flight){.times = k->times, .events_due = k->events};
	snprintf(f->name, sizeof f->name, "<%zu>", ++s->names);
	for (size_t i = 0; i < 3 && words[i]; i++)
		given[i] = strcmp(words[i], "NAME") == 0 ? f->name : words[i];
	f->answer = k->answer || s->r.options.async ? f->name : "slept";
	struct fp_limits limits = k->limits;
	limits.retries = draw(&s->seed, 3);
	f->has_limit = limits.queue_timeout_ns || limits.run_timeout_ns;
	f->call = rig_call_words(&s->r, &limits, given);
}

static struct flight *flight_of(struct storm *s, const struct call *c)
{
	for (size_t i = 0; i < FLIGHTS; i++)
		if (s->flights[i].call == c)
			return &s->flights[i];
	fail_msg("a call was told that was not made");
	return NULL;
}

static void check_answer(const struct flight *f)
{
	size_t len = strlen(f->answer);
	if (f->call->len != f->times * len || !f->times)
		fail_msg("call %s was answered with %zu octets", f->name, f->call->len);
	for (size_t i = 0; i < f->times; i++)
		assert_memory_equal(f->call->text + i * len, f->answer, len);
	if (f->events < f->events_due)
		fail_msg("call %s: %u events of %u before the answer", f->name, f->events, f->events_due);
}

static void check_flight(const struct flight *f)
{
	enum fp_outcome o = f->call->result.outcome;
	/* an outcome that was decided and not yet told when the call was cancelled stays */
	bool is_possible = o == (f->is_cancelled ? FP_CANCELLED : FP_OK) || o == FP_CRASHED ||
			   (o == FP_TIMEOUT && f->has_limit);
	if (!is_possible)
		fail_msg("call %s%s ended as %s (%s)", f->name, f->is_cancelled ? ", cancelled," : "", fp_outcome_name(o),
			 fp_reason_name(f->call->result.reason));
	if (o == FP_OK)
		check_answer(f);
}

static void cancel_some(struct storm *s)
{
	struct flight *f = &s->flights[draw(&s->seed, FLIGHTS)];
	if (f->is_cancelled || !f->call || !f->call->job)
		return;
	f->is_cancelled = true;
	s->cancels++;
	rig_cancel(f->call);
}

/* It strikes at any moment of what goes on then. */
static void set_out(struct storm *s)
{
	ev_timer_set(&s->killer, 1e-4 * draw(&s->seed, 100), 0);
	ev_timer_start(s->r.loop, &s->killer);
}

static void on_told(struct call *c)
{
	struct storm *s = c->rig->data;
	struct flight *f = flight_of(s, c);
	check_flight(f);
	bool is_answer = c->result.outcome == FP_OK;
	free(c->text);
	c->text = NULL;
	f->call = NULL;
	if (s->is_over)
		return;
	if (is_answer && s->calm > 0 && --s->calm == 0)
		set_out(s);
	launch(s, f);
	if (draw(&s->seed, 8) == 0)
		cancel_some(s);
}

/* An event's items are its number and the name of the call that sent it, which may have been told or run twice. */
static void on_noted(struct rig *r, const struct note *n)
{
	struct storm *s = r->data;
	const char *name = strchr(n->text, '\t');
	s->templates_lost += n->is_error && n->worker == 0;
	for (size_t i = 0; !n->is_error && name && i < FLIGHTS; i++)
		s->flights[i].events += strcmp(s->flights[i].name, name + 1) == 0;
}

/* ---- kills ---- */

static void send_signal(int pidfd, int signal)
{
	syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static void kill_stopped(struct storm *s, size_t i)
{
	if (s->stopped[i] < 0)
		return;
	send_signal(s->stopped[i], SIGKILL);
	close(s->stopped[i]);
	s->stopped[i] = -1;
}

/* It leads the group of those that it forks, once it has started. */
static bool is_template(pid_t pid)
{
	pid_t group = getpgid(pid);
	return group == pid || group == getpgid(0);
}

/* Nor is what a worker started itself struck, as a sanitizer does that reports. */
static bool is_worker(pid_t pid)
{
	return parent_of(pid) == getpgid(pid);
}

static void strike_worker(struct storm *s, size_t slot, int pidfd)
{
	uint32_t way = draw(&s->seed, 3);
	s->kills++;
	send_signal(pidfd, (int[]){SIGKILL, SIGTERM, SIGSTOP}[way]);
	s->stopped[slot] = pidfd;
	if (way != 2)
		kill_stopped(s, slot);
}

static void strike_template(struct storm *s, int pidfd)
{
	s->templates_killed++;
	send_signal(pidfd, SIGKILL);
	close(pidfd);
}

static void strike(struct storm *s, size_t slot, pid_t pid, int pidfd)
{
	if (is_worker(pid))
		strike_worker(s, slot, pidfd);
	else if (is_template(pid) && draw(&s->seed, SPARED) == 0)
		strike_template(s, pidfd);
	else
		close(pidfd);
}

/* Of those that live one is drawn. */
static void on_killer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	struct storm *s = timer->data;
	size_t slot = draw(&s->seed, STOPPED);
	kill_stopped(s, slot);
	pid_t pids[64], pid = -1;
	size_t n = marked(pids, 64);
	if (n)
		pid = pids[draw(&s->seed, (uint32_t)n)];
	int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (pidfd >= 0 && is_marked(pid)) /* else it ended, and another may have its number */
		strike(s, slot, pid, pidfd);
	else if (pidfd >= 0)
		close(pidfd);
	s->calm = 1 + draw(&s->seed, CALM);
}

/* ---- storms ---- */

static void begin(struct storm *s, const char *function)
{
	mark_processes();
	rig_open(&s->r, function);
	s->r.data = s;
	s->r.on_told = on_told;
	s->r.on_noted = on_noted;
	for (size_t i = 0; i < STOPPED; i++)
		s->stopped[i] = -1;
	for (size_t i = 0; i < FLIGHTS; i++)
		launch(s, &s->flights[i]);
	ev_init(&s->killer, on_killer);
	s->killer.data = s;
	s->calm = 1;
}

static void calm_down(struct storm *s)
{
	s->is_over = true;
	ev_timer_stop(s->r.loop, &s->killer);
	for (size_t i = 0; i < STOPPED; i++)
		kill_stopped(s, i);
	rig_until(&s->r, s->r.n_told == s->r.n_calls);
	rig_until(&s->r, rig_stats(&s->r).workers >= s->r.options.min && rig_stats(&s->r).ending == 0);
	s->r.on_told = NULL;
	for (size_t i = 0; i < 20; i++)
		rig_call(&s->r, "echo", numbered("after ", i));
	rig_until(&s->r, s->r.n_told == s->r.n_calls);
	for (size_t i = 0; i < 20; i++)
		assert_ok(s->r.calls[s->r.n_calls - 20 + i], numbered("after ", i));
}

static void report(const struct storm *s, const char *function)
{
	struct fp_stats now = rig_stats(&s->r);
	print_message("%s: %zu calls, %u kills, %u templates killed, %u cancels, %llu workers; %llu ok, %llu crashed, %llu timeout\n",
		      function, s->r.n_calls, s->kills, s->templates_killed, s->cancels, (unsigned long long)now.workers_started,
		      (unsigned long long)now.outcomes[FP_OK], (unsigned long long)now.outcomes[FP_CRASHED],
		      (unsigned long long)now.outcomes[FP_TIMEOUT]);
	if (s->templates_lost != s->templates_killed)
		print_message("note: %s: %u templates were lost, and %u killed\n", function, s->templates_lost, s->templates_killed);
}

/* How much happens in a second is the machine's affair: a storm lasts until it was one. */
static bool has_raged(const struct storm *s)
{
	struct fp_stats now = rig_stats(&s->r);
	return s->kills >= KILLS && s->cancels >= KILLS && now.outcomes[FP_OK] && now.outcomes[FP_CRASHED] &&
	       now.outcomes[FP_TIMEOUT] && now.requeued;
}

/* Only a pool from which nothing comes any more is at fault. */
static void rage(struct storm *s, const char *function)
{
	for (double end = now_s() + LAST_S; now_s() < end || !has_raged(s);) {
		size_t told = s->r.n_told;
		rig_until(&s->r, s->r.n_told > told);
		if (s->r.n_calls > CALLS_MAX && !has_raged(s)) {
			report(s, function);
			fail_msg("so many calls, and no storm");
		}
	}
}

static void weather(const char *function, bool async, uint64_t seed)
{
	unsigned before = open_fds();
	static struct storm s;
	s = (struct storm){.seed = seed};
	rig_init(&s.r);
	s.r.options.async = async;
	s.r.options.min = 3;
	s.r.options.max = WORKERS;
	s.r.options.load = 4;
	s.r.options.calls_max = 500;
	s.r.options.grace_ns = 50 * FP_MS;
	begin(&s, function);
	rage(&s, function);
	calm_down(&s);
	report(&s, function);
	rig_close(&s.r);
	assert_int_equal(open_fds(), before);
	assert_int_equal(zombies_of(getpid()), 0);
}

static void sync_workers_may_die_at_any_moment(void **state)
{
	(void)state;
	weather("testworker", false, 1);
}

static void async_workers_may_die_at_any_moment(void **state)
{
	(void)state;
	weather("testworker_async", true, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sync_workers_may_die_at_any_moment),
		cmocka_unit_test(async_workers_may_die_at_any_moment),
	};
	return RUN(tests);
}
