/* The program under test, as the command line describes it. Must not know how it is played with. */
#ifndef FP_JUDGE_TESTEE_H
#define FP_JUDGE_TESTEE_H

#include "../transcript/transcript.h"
#include "frame.h"

struct fp_testee {
	const char *command;
	enum fp_side side;
	bool is_stdio, is_async, is_native, is_json;
	bool is_capable_of_all;
	const char **can; /* capabilities */
	size_t n_can;
	uint64_t timeout_ns;   /* for a step; FP_NEVER_NS: none */
	bool is_debugged;      /* waits for a debugger before the first octet */
	uint64_t idle_bytes;   /* the most memory that was resident of one that had read an octet and nothing else */
};

/* Frames that are sent to the testee, and those that it sends. Requests of a synchronous connection have no id. */
static inline struct fp_framing fp_testee_framing(const struct fp_testee *t, bool is_request)
{
	return (struct fp_framing){.has_id = t->is_async || !is_request, .is_big_endian = !t->is_native};
}

/* A word of TESTEE.md. */
bool fp_testee_is_capability(const char *word);
bool fp_testee_can(const struct fp_testee *t, const char *capability);
/* Why a case is not for this testee; NULL: it is. To be freed. */
char *fp_testee_unfit(const struct fp_testee *t, const struct fp_transcript *c);
/* The value of an option of a case; NULL: it has none. */
const char *fp_testee_option(const struct fp_transcript *c, const char *name);
/* Sets FORKPOOL_… in the environment, for a testee that is started next: the descriptors of its connection and its control
 * channel. -1: standard input and output, or there is none. */
void fp_testee_environment(const struct fp_testee *t, int fd, int control, const struct fp_transcript *c);
/* The command with each `{NAME}` replaced by a number. To be freed. */
char *fp_testee_command(const char *command, const char *name, int number);

#endif
