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

/* A call that waits for its answer; the handle keeps its arguments until then. */
struct pending {
	struct pending *next;
	struct fp_done done;
};

static struct pending *first, **last = &first;
static struct ev_idle turn; /* active while there are pending calls, so the loop does not sleep on them */

static void pending_answer(struct ev_loop *loop, struct ev_idle *idle, int revents)
{
	struct pending *p, *next;

	(void)revents;
	ev_idle_stop(loop, idle);
	for (p = first, first = NULL, last = &first; p; p = next) {
		next = p->next;
		if (fp_done(p->done, p->done.args, p->done.n)) {
			fputs("echo_async: an answer cannot be sent: give smaller arguments\n", stderr);
			exit(1);
		}
		free(p);
	}
}

int echo_async(struct fp_task *task, const struct fp_item *args, size_t n)
{
	struct pending *p = malloc(sizeof *p);

	(void)args, (void)n; /* fp_defer keeps them */
	if (!p)
		return 1;
	*p = (struct pending){.done = fp_defer(task)};
	*last = p;
	last = &p->next;
	if (!ev_is_active(&turn)) {
		ev_idle_init(&turn, pending_answer);
		ev_set_priority(&turn, EV_MAXPRI); /* else a flood of calls would hold back the answers */
		ev_idle_start(fp_child_loop(), &turn);
	}
	return 0;
}
