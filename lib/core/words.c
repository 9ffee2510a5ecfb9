/* The names of the words in forkpool.h that both sides use. */
#include "base.h"

static const char *const reasons[][2] = {
	[FP_NONE] = {"none", "no error"},
	[FP_NOMEM] = {"nomem", "out of memory"},
	[FP_INVALID] = {"invalid", "an argument or option is out of range"},
	[FP_FULL] = {"full", "the queue is full"},
	[FP_CLOSED] = {"closed", "it was closed"},
	[FP_TOO_LONG] = {"too-long", "a frame is longer than frame_bytes_max allows"},
	[FP_MALFORMED] = {"malformed", "a payload is not a list in the serialiser's form"},
	[FP_UNEXPECTED] = {"unexpected", "a reply matches no request"},
	[FP_BAD_ID] = {"bad-id", "a request has id 0 or the id of one that still runs"},
	[FP_TRUNCATED] = {"truncated", "end of file inside a frame"},
	[FP_EOF] = {"eof", "unexpected end of file"},
	[FP_READ] = {"read", "reading failed"},
	[FP_WRITE] = {"write", "writing failed"},
	[FP_START] = {"start", "a process could not be started"},
	[FP_TIMED_OUT] = {"timed-out", "a time limit passed"},
};

const char *fp_reason_name(enum fp_reason r)
{
	return reasons[r][0];
}

const char *fp_reason_text(enum fp_reason r)
{
	return reasons[r][1];
}

const char *fp_outcome_name(enum fp_outcome o)
{
	static const char *const names[FP_OUTCOMES] = {"ok",       "crashed",  "timeout", "cancelled",
	                                               "rejected", "protocol", "shutdown"};
	return names[o];
}

struct fp_item fp_item_str(const char *s)
{
	return (struct fp_item){s, strlen(s), FP_STRING};
}
