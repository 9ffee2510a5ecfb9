/* Calls of the pool under test, and what its application gets. See pool_inside.h. */
#include "pool_inside.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

struct call {
	struct call *next;
	char *tag;
	struct fp_job *job;
};
static struct call *calls; /* that have no outcome yet */

static struct call *call_new(const char *tag)
{
	struct call *call = calloc(1, sizeof *call);
	if (!call || !(call->tag = strdup(tag)))
		err(1, "out of memory");
	call->next = calls;
	return calls = call;
}

static void call_free(struct call *call)
{
	struct call **at = &calls;
	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	free(call->tag);
	free(call);
}

static void on_result(void *data, const struct fp_result *r)
{
	struct call *call = data;
	if (r->outcome == FP_OK)
		control_tell(&control, "result", call->tag, NULL, r->items, r->n);
	else
		control_tell(&control, "failure", call->tag, fp_outcome_name(r->outcome), NULL, 0);
	call_free(call);
}

void make_call(size_t n_words)
{
	struct call *call = call_new(control.words[1]);
	size_t n = control_items(&control, 2, n_words);
	if (pool && fp_pool_call(pool, control.items, n, NULL, on_result, call, &call->job) == FP_NONE)
		return;
	control_tell(&control, "failure", call->tag, fp_outcome_name(FP_REJECTED), NULL, 0);
	call_free(call);
}

void cancel(const char *tag)
{
	for (struct call *call = calls; call; call = call->next)
		if (strcmp(call->tag, tag) == 0)
			fp_pool_cancel(pool, call->job);
}

void on_event(void *data, const struct fp_event *e)
{
	(void)data;
	control_tell(&control, "event", NULL, NULL, e->items, e->n);
}

void on_error(void *data, const struct fp_error *e)
{
	(void)data;
	control_tell(&control, "error", fp_reason_name(e->reason), e->text, NULL, 0);
}

void on_destroy(void *data)
{
	(void)data;
	pool = NULL;
	control_tell(&control, "end", NULL, NULL, NULL, 0);
}
