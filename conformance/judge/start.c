/* Whether a testee starts. See start.h. */
#include "start.h"

#include "connect.h"
#include "link.h"
#include "patience.h"
#include "play.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_MS 1            /* nothing tells that an octet was read */
#define EXIT_WAIT_NS FP_NS_S  /* for the status of one that closed its connection */

struct start {
	struct fp_process process;
	struct fp_link link;
};

static void poll_briefly(const struct start *s)
{
	struct pollfd fds[FP_LINK_FDS + 1];
	nfds_t n = fp_link_fds(&s->link, fds);
	if (s->process.pidfd >= 0)
		fds[n++] = (struct pollfd){.fd = s->process.pidfd, .events = POLLIN};
	poll(fds, n, PAUSE_MS);
}

/* In this order: the octets of a peer that went away count as read, but then its end is there before. */
static bool has_read(struct start *s)
{
	bool is_drained = fp_link_is_drained(&s->link);
	fp_link_pump(&s->link);
	fp_process_look(&s->process);
	if (s->link.is_ended || s->link.is_closed)
		return s->link.got.len || !fp_link_has_unread(&s->link);
	return s->link.got.len || is_drained;
}

/* NULL: it has started. */
static char *watch(struct start *s, uint64_t timeout_ns)
{
	uint64_t start_ns = fp_now_ns();
	struct fp_patience patience;
	fp_patience_renew(&patience, timeout_ns);
	fp_link_put(&s->link, FP_LINK_WRITE, "", 1);
	fp_link_pump(&s->link);
	while (!has_read(s)) {
		uint64_t since_ns = fp_now_ns() - start_ns;
		if ((s->link.is_ended || s->link.is_closed) && (s->process.is_over || since_ns > EXIT_WAIT_NS))
			return s->process.is_over ? fp_text("it exited with status %d before it read anything", s->process.status)
			                          : fp_text("it closed the connection before it read anything");
		if (fp_patience_is_over(&patience))
			return fp_text("it read nothing within %g s", (double)timeout_ns / (double)FP_NS_S);
		poll_briefly(s);
	}
	return NULL;
}

static void try_child(struct fp_verdict *v, const struct fp_testee *t, uint64_t *idle_bytes)
{
	struct start s;
	int r = fp_connect(&s.link, NULL, &s.process, t, NULL);
	v->judgement = FP_HARNESS;
	if (r) {
		v->why = fp_text("its process cannot be made: %s", strerror(-r));
		return;
	}
	v->why = watch(&s, t->timeout_ns);
	v->judgement = v->why ? FP_FAIL : FP_PASS;
	*idle_bytes = fp_process_peak_bytes(&s.process);
	fp_process_end(&s.process);
	v->stderr_text = fp_process_stderr(&s.process);
	fp_link_fini(&s.link);
}

/* A pool that starts a worker has started; whether it may is for the cases. */
static bool has_started(const struct fp_play *p)
{
	for (size_t i = 0; i < p->seen.n; i++)
		if (p->seen.items[i].to == FP_ACTOR_WORKER)
			return true;
	return p->how == FP_PLAYED_KEPT;
}

/* One that has a control channel has started when it answers there, and does nothing else. */
static void try_by_play(struct fp_verdict *v, const struct fp_testee *t)
{
	struct fp_line fence = {.verb = FP_NOTHING_MORE};
	struct fp_option options[] = {{(char[]){"max"}, (char[]){"1"}}, {(char[]){"load"}, (char[]){"1"}}};
	struct fp_transcript nothing = {.side = t->side, .lines = &fence, .n_lines = 1};
	struct fp_testee undebugged = *t;
	struct fp_play p;
	if (t->side == FP_SIDE_POOL) {
		nothing.options = options;
		nothing.n_options = sizeof options / sizeof *options;
	}
	undebugged.is_debugged = false;
	fp_play_run(&p, &nothing, &undebugged, &(struct fp_variant){.what = FP_VARY_AS_WRITTEN});
	v->judgement = has_started(&p) ? FP_PASS : p.how == FP_PLAYED_NOT ? FP_HARNESS : FP_FAIL;
	if (p.how == FP_PLAYED_LATE)
		v->why = fp_text("its control channel answered no ping within %g s", (double)t->timeout_ns / (double)FP_NS_S);
	else if (v->judgement != FP_PASS)
		v->why = fp_text("%s", p.why);
	v->stderr_text = p.stderr_text;
	p.stderr_text = NULL;
	fp_play_fini(&p);
}

void fp_start_try(struct fp_verdict *v, const struct fp_testee *t, uint64_t *idle_bytes)
{
	if (t->side == FP_SIDE_CHILD)
		try_child(v, t, idle_bytes);
	else
		try_by_play(v, t);
}
