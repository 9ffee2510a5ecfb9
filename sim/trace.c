/* The hash of all that happens, and how it is written. See trace.h. */
#include "trace.h"

#include "../lib/core/engine.h"
#include "choice.h"

#include <signal.h> /* numbers only */
#include <stdio.h>

void sim_trace_init(struct sim_trace *t)
{
	*t = (struct sim_trace){.hash = 0xcbf29ce484222325u};
}

void sim_trace_octets(const struct sim_trace *t, const struct sim_octets *o)
{
	if (t->see_octets)
		t->see_octets(t->ctx, o);
}

/* ---- as text ---- */

/* What a record's numbers are: how each is written, in order. */
enum as { NOTHING, NUMBER, OCTETS, TIME, OUTCOME, REASON, STATE, ENDING, SIGNAL_NAME, KIND };

static const struct {
	const char *text;
	enum as a, b, c;
	const char *a_name, *b_name, *c_name;
} whats[SIM_WHATS] = {
	[SIM_SUBMIT] = {.text = "is called", .a = TIME, .a_name = "takes", .b = OCTETS, .b_name = "size"},
	[SIM_REFUSED] = {.text = "is refused", .a = REASON, .a_name = "reason"},
	[SIM_CANCELLED] = {.text = "is cancelled"},
	[SIM_CLOSED] = {.text = "pool is closed"},
	[SIM_ABORTED] = {.text = "pool is aborted"},
	[SIM_TICK] = {.text = "pool's timer"},
	[SIM_STARTS] = {.text = "pool starts a process"},
	[SIM_HALF_CLOSES] = {.text = "pool half-closes"},
	[SIM_KILLS] = {.text = "pool kills", .a = SIGNAL_NAME, .a_name = "with"},
	[SIM_CLOSES] = {.text = "pool closes the connection"},
	[SIM_GONE] = {.text = "is gone"},
	[SIM_OUTCOME] =
		{.text = "ends", .a = OUTCOME, .a_name = "as", .b = TIME, .b_name = "waited", .c = TIME, .c_name = "ran"},
	[SIM_EVENT] = {.text = "event comes to the application", .a = NUMBER, .a_name = "frame"},
	[SIM_ERROR] = {.text = "pool reports an error", .a = REASON, .a_name = "reason", .b = OCTETS, .b_name = "offset"},
	[SIM_ROOM] = {.text = "pool has room again"},
	[SIM_STATE] = {.text = "changes",
                       .a = STATE,
                       .a_name = "from",
                       .b = STATE,
                       .b_name = "to",
                       .c = REASON,
                       .c_name = "reason"},
	[SIM_DESTROYED] = {.text = "pool is destroyed"},
	[SIM_STARTED] = {.text = "process has started"},
	[SIM_START_FAILED] = {.text = "process could not be started"},
	[SIM_EXIT_TOLD] = {.text = "pool is told of its end", .a = ENDING, .a_name = "by"},
	[SIM_POOL_READS] = {.text = "pool reads", .a = OCTETS, .a_name = "octets"},
	[SIM_POOL_READS_END] = {.text = "pool reads the end", .a = NUMBER, .a_name = "reset"},
	[SIM_POOL_WRITES] = {.text = "pool writes", .a = OCTETS, .a_name = "octets"},
	[SIM_POOL_CANNOT_WRITE] = {.text = "pool cannot write"},
	[SIM_BEGINS] = {.text = "process begins"},
	[SIM_ANSWERS] = {.text = "process answers", .a = NUMBER, .a_name = "frame"},
	[SIM_SENDS_EVENT] =
		{.text = "process sends an event", .a = NUMBER, .a_name = "frame", .b = NUMBER, .b_name = "retire"},
	[SIM_MISBEHAVES] = {.text = "process misbehaves", .a = KIND, .a_name = "with"},
	[SIM_PROCESS_READS] = {.text = "process reads", .a = OCTETS, .a_name = "octets"},
	[SIM_PROCESS_READS_END] = {.text = "process reads the end", .a = REASON, .a_name = "reason"},
	[SIM_PROCESS_WRITES] = {.text = "process writes", .a = OCTETS, .a_name = "octets"},
	[SIM_IGNORES] = {.text = "process ignores", .a = SIGNAL_NAME, .a_name = "signal"},
	[SIM_ENDS] = {.text = "process ends", .a = ENDING, .a_name = "by"},
};

static const char *signal_name(uint64_t signal)
{
	switch (signal) {
	case SIGTERM:
		return "SIGTERM";
	case SIGKILL:
		return "SIGKILL";
	case SIGSEGV:
		return "SIGSEGV";
	default:
		return "a signal";
	}
}

static int print_value(char *to, size_t room, enum as as, const char *name, uint64_t v)
{
	unsigned long long n = v;
	switch (as) {
	case NOTHING:
		return 0;
	case NUMBER:
	case OCTETS:
		return snprintf(to, room, " %s %llu", name, n);
	case TIME:
		return snprintf(to, room, " %s %llu.%06llums", name, n / FP_MS, n % FP_MS);
	case OUTCOME:
		return snprintf(to, room, " %s %s", name, fp_outcome_name((enum fp_outcome)v));
	case REASON:
		return v ? snprintf(to, room, " %s %s", name, fp_reason_name((enum fp_reason)v)) : 0;
	case STATE:
		return snprintf(to, room, " %s %s", name, fp_worker_state_name((enum fp_worker_state)v));
	case ENDING:
		if (v > 255)
			return snprintf(to, room, " %s %s", name, signal_name(v - 256));
		return snprintf(to, room, " %s exit %llu", name, n);
	case KIND:
		return snprintf(to, room, " %s %s", name, sim_kind_name((enum sim_kind)v));
	case SIGNAL_NAME:
		return snprintf(to, room, " %s %s", name, signal_name(v));
	}
	return 0;
}

void sim_trace_print(const struct sim_record *r, char line[200])
{
	const size_t room = 200;
	unsigned long long at = r->at_ns;
	size_t n = (size_t)snprintf(line, room, "%llu.%09llu", at / FP_S, at % FP_S);
	if (r->worker)
		n += (size_t)snprintf(line + n, room - n, " worker %llu", (unsigned long long)r->worker);
	if (r->job)
		n += (size_t)snprintf(line + n, room - n, " job %llu", (unsigned long long)r->job);
	n += (size_t)snprintf(line + n, room - n, " %s", whats[r->what].text);
	n += (size_t)print_value(line + n, room - n, whats[r->what].a, whats[r->what].a_name, r->a);
	n += (size_t)print_value(line + n, room - n, whats[r->what].b, whats[r->what].b_name, r->b);
	print_value(line + n, room - n, whats[r->what].c, whats[r->what].c_name, r->c);
}
