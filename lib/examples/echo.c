/* The smallest worker: gives back its arguments, kinds kept.
 *
 *   echo        at once
 *   echo_async  from the event loop, one turn later, as a function does that waits for something
 *
 * It knows the child's half of forkpool.h and libev, and nothing of who calls it. */
#include "forkpool.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>

FP_API fp_function echo, echo_async;

int echo(struct fp_task *task, const struct fp_item *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fp_put_item(task, &args[i]))
			return 1;
	}
	return 0;
}

/* Calls that wait for their answers; the handles keep their arguments until then. */
static struct {
	struct fp_done *calls;
	size_t n, cap;
} pending;
static struct ev_idle turn; /* active while there are pending calls, so the loop does not sleep on them */

static void pending_answer(struct ev_loop *loop, struct ev_idle *idle, int revents)
{
	(void)revents;
	ev_idle_stop(loop, idle);
	for (size_t i = 0; i < pending.n; i++) {
		const struct fp_done *d = &pending.calls[i];
		if (fp_done(*d, d->args, d->n)) {
			fputs("echo_async: an answer cannot be sent: give smaller arguments\n", stderr);
			exit(1);
		}
	}
	pending.n = 0;
}

static int pending_add(struct fp_done done)
{
	if (pending.n == pending.cap) {
		size_t cap = pending.cap ? pending.cap * 2 : 16;
		struct fp_done *calls = realloc(pending.calls, cap * sizeof *calls);
		if (!calls)
			return 1;
		pending.calls = calls;
		pending.cap = cap;
	}
	pending.calls[pending.n++] = done;
	return 0;
}

int echo_async(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct fp_done done = fp_defer(task);

	if (!done.serial)
		return echo(task, args, n);
	if (pending_add(done))
		return 1;
	if (!ev_is_active(&turn)) {
		ev_idle_init(&turn, pending_answer);
		ev_set_priority(&turn, EV_MAXPRI); /* else a flood of calls would hold back the answers */
		ev_idle_start(fp_child_loop(), &turn);
	}
	return 0;
}
