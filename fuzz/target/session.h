/* What is sent to a child: a session is some requests and how they are cut; a life is the sessions of one process. Must not
 * know processes, nor what is right. */
#ifndef FP_TARGET_SESSION_H
#define FP_TARGET_SESSION_H

#include "dialect.h"

#define FP_SESSION_CUTS_MAX 8u

struct fp_session {
	uint8_t *data;
	size_t len;
	size_t cuts[FP_SESSION_CUTS_MAX]; /* ascending; what follows one is written once what came before was read */
	unsigned n_cuts;
	bool ends; /* then the parent shuts down its writing side */
};

struct fp_life {
	struct fp_session *sessions;
	size_t n;
};

void fp_session_copy(struct fp_session *to, const struct fp_session *from);
void fp_session_fini(struct fp_session *s);
/* Takes a session over. */
void fp_life_add(struct fp_life *l, struct fp_session s);
/* A copy of the sessions from..to-1, and of the last one where that is not among them. */
struct fp_life fp_life_part(const struct fp_life *l, size_t from, size_t to);
void fp_life_fini(struct fp_life *l);

/* Takes the octets from..to-1 out. Where they lie within one payload, the length of its frame shrinks with them; where
 * they lie within one item of a string list, so does the item's. */
void fp_session_cut(struct fp_session *s, const struct fp_dialect *d, size_t from, size_t to);

#endif
