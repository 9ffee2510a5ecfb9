/* A session: the judge's side of one play. There is one kind for each side that is judged (child_session, parent_session,
 * pool_session); play conducts them all. A session knows how to do a step and how to see; it does not know what is expected.
 *
 * No call calls back: acts and octets go in, sights are pulled out. */
#ifndef FP_JUDGE_SESSION_H
#define FP_JUDGE_SESSION_H

#include "process.h"
#include "script.h"
#include "seen.h"

#include <poll.h>

#define FP_SESSION_FDS_MAX 64
#define FP_WHY_MAX 1024

/* What a play and its session share. */
struct fp_stage {
	const struct fp_testee *testee;
	const struct fp_script *script;
	struct fp_process process; /* of the testee: open starts it, play looks after it and ends it */
	struct fp_seen_list seen;  /* an act puts what it does here; play puts the sights */
	char why[FP_WHY_MAX];      /* set where open fails, and with FP_ACTED_WRONG */
};

enum fp_acted {
	FP_ACTED,
	FP_ACTED_NOT_YET, /* to be called again */
	FP_ACTED_WRONG    /* the testee broke a promise */
};

struct fp_session_kind {
	void *(*open)(struct fp_stage *stage); /* NULL, with the reason, where it cannot: the suite's own fault */
	/* Does a step. Everything that was expected before it has come. A write is only put into a queue. For `nothing more`: acted
	 * once whatever is on its way has been seen. */
	enum fp_acted (*act)(void *session, const struct fp_step *step);
	void (*pump)(void *session);           /* reads and writes what goes at once */
	/* The next thing that was seen; its octets are good until the next call. After a partial one nothing follows until pump. */
	bool (*see)(void *session, struct fp_sight *sight);
	/* A write waits for the peer to have read, which nothing tells: pump has to be called again soon. */
	bool (*is_waiting)(const void *session);
	size_t (*fds)(const void *session, struct pollfd fds[FP_SESSION_FDS_MAX]);
	void (*close)(void *session);          /* the process has ended already, or never was */
};

extern const struct fp_session_kind fp_child_session, fp_parent_session, fp_pool_session;

#endif
