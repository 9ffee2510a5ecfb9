/* What the application of the parent under test gets. See parent_inside.h. */
#include "parent_inside.h"

#include <unistd.h>

static const char *class_of(enum fp_reason r)
{
	static const char *const classes[] = {[FP_EOF] = "eof",         [FP_TRUNCATED] = "eof", [FP_UNEXPECTED] = "reply",
	                                      [FP_MALFORMED] = "payload", [FP_TOO_LONG] = "length", [FP_WRITE] = "write"};
	return r < sizeof classes / sizeof classes[0] && classes[r] ? classes[r] : "read";
}

/* After a failure, or an end, nothing else comes: those that wait are told, and the connection is closed. */
static void finish(const struct fp_parent_event *e)
{
	bool may_have_run;
	if (e->kind == FP_PARENT_FAILED)
		control_tell(&control, "error", class_of(e->reason), fp_reason_text(e->reason), NULL, 0);
	for (struct fp_call *call; (call = fp_parent_take(&parent, &may_have_run));)
		call_end(FP_OWNER(call, struct call, call), "failure", NULL, 0);
	close(reading);
	if (writing != reading)
		close(writing);
	is_over = true;
	control_tell(&control, "end", NULL, NULL, NULL, 0);
}

void deliver(void)
{
	struct fp_parent_event e;
	while (fp_parent_next(&parent, &e)) {
		if (e.kind == FP_PARENT_RESULT) {
			call_end(FP_OWNER(e.call, struct call, call), "result", e.items, e.n);
		} else if (e.kind == FP_PARENT_EVENT) {
			control_tell(&control, "event", NULL, NULL, e.items, e.n);
		} else {
			finish(&e);
		}
	}
}
