/* Plays sessions with a child and compares what comes with what is due. Must not know how sessions are made. */
#ifndef FP_TARGET_PLAY_H
#define FP_TARGET_PLAY_H

#include "model.h"
#include "peer.h"

enum fp_found {
	FP_FOUND_NOTHING,
	FP_FOUND_ANSWER, /* a wrong answer, or one that is not due */
	FP_FOUND_END,    /* the child ended, or ended too soon */
	FP_FOUND_CRASH,  /* a signal ended it */
	FP_FOUND_STATUS, /* it ended when it should, but with another status */
	FP_FOUND_HANG,   /* it sleeps, or runs without a sign, and owes something */
	FP_FOUND_MEMORY  /* it took more memory than what was sent allows */
};

struct fp_finding {
	enum fp_found what;
	int status; /* END, CRASH, STATUS: of its exit, as struct fp_process has it */
	uint64_t allowed_bytes; /* MEMORY: more than before it got anything */
	char text[240];
};

struct fp_player {
	struct fp_command command;
	struct fp_dialect dialect;
	struct fp_peer peer;
	uint64_t idle_bytes; /* the most memory resident of a child that had answered one request; 0: not measured yet */
	struct fp_due due; /* of the session that was played last */
};

const char *fp_found_name(enum fp_found what);
/* Are they the same fault, as far as can be seen from here? */
bool fp_finding_is(const struct fp_finding *a, const struct fp_finding *b);

/* Starts a child. 0 or a negative errno. */
int fp_player_start(struct fp_player *p);
/* Plays one session, which is judged. Afterwards p->due.is_over says that the child has ended, as it should. False: something
 * was found, or a signal stopped it (then nothing was). */
bool fp_player_play(struct fp_player *p, const struct fp_session *s, struct fp_finding *f);
/* Plays a life with a child of its own; FOUND_NOTHING also where a session is not judged, or is over before the last one. */
void fp_player_live(struct fp_player *p, const struct fp_life *l, struct fp_finding *f);

#endif
