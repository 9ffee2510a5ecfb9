/* One thing that the testee did, as a session tells it: what an expected line is held against. Must not know lines. */
#ifndef FP_JUDGE_SIGHT_H
#define FP_JUDGE_SIGHT_H

#include "../transcript/transcript.h"
#include "base.h"

/* What comes in order: things seen on one channel are held against the lines of that channel, in their order. */
enum fp_channel { FP_CHANNEL_WIRE, FP_CHANNEL_PROCESS, FP_CHANNEL_APP, FP_CHANNEL_WORKERS /* and the worker's number */ };

struct fp_sight {
	unsigned channel;
	enum fp_actor from, to;
	enum fp_verb verb;
	unsigned worker;
	const char *word, *class; /* as in fp_line; static, or as long-lived as the session */
	const uint8_t *data;      /* a frame; for what the application gets: its items as the control channel words them */
	size_t len;
	int status;               /* of an exit */
	uint64_t at_ns;           /* when it was seen, on the monotonic clock; 0: no line says how late it has to be */
	bool is_partial;          /* the frame has not come in full: yet, or ever if the connection has ended */
	bool is_ignorable;        /* may come where nothing expects it: events */
	bool has_to_fit;          /* is wrong at once where no line, now or later, expects it: the start of a worker */
};

#endif
