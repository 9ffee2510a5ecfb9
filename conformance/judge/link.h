/* The judge's end of a connection: writes that are made one after the other, each once the peer has read the one before;
 * what comes back; both ends of it. Must not know frames. */
#ifndef FP_JUDGE_LINK_H
#define FP_JUDGE_LINK_H

#include "base.h"

#include <poll.h>

#define FP_LINK_GOT_MAX ((size_t)64 << 20) /* octets that were read and not taken; past it nothing is read */
#define FP_LINK_FDS 2

enum fp_link_do { FP_LINK_WRITE, FP_LINK_END, FP_LINK_CLOSE };

struct fp_link_op {
	enum fp_link_do what;
	const uint8_t *data; /* the caller's, until the link is closed */
	size_t len;
};

struct fp_link {
	int in, out;          /* the same where it is a socket; -1: closed */
	bool is_pipe;
	bool is_paused;       /* reads nothing */
	bool is_ended;        /* the peer has ended: no more comes */
	bool is_closed;       /* nor does it read */
	bool is_unread;       /* it went away, and had not read all */
	struct fp_bytes got;
	struct fp_link_op *ops;
	size_t n_ops, n_done;
	size_t written;       /* of the operation n_done */
};

/* Both ends are somebody else's so far, who reads `in` and writes `out`; the same where it is a socket. */
void fp_link_adopt(struct fp_link *l, int in, int out);
/* Opens one; the peer's ends go into peer[0] (it reads) and peer[1] (it writes; the same where it is a socket). 0 or a
 * negative errno. */
int fp_link_open(struct fp_link *l, bool is_pipe, int peer[2]);
void fp_link_put(struct fp_link *l, enum fp_link_do what, const void *data, size_t len);
/* Reads and writes what goes at once. */
void fp_link_pump(struct fp_link *l);
/* All that was put was done, and the peer has read it; or it is gone and reads nothing any more. */
bool fp_link_is_drained(const struct fp_link *l);
/* Of a peer that went away: it had not read all. */
bool fp_link_has_unread(const struct fp_link *l);
/* A write waits until the peer has read the one before: nothing tells of that, so the link has to be pumped again after a short while. */
bool fp_link_is_waiting(const struct fp_link *l);
size_t fp_link_fds(const struct fp_link *l, struct pollfd fds[FP_LINK_FDS]);
/* Closes both ends at once, whatever was put. What was got stays. */
void fp_link_shut(struct fp_link *l);
void fp_link_fini(struct fp_link *l);

#endif
