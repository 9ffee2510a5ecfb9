/* The child as a process with its connection: octets go in and come out, and it is seen when it has come to rest. Must not
 * know frames, nor what is right.
 *
 * Nothing sleeps until something has probably happened: waiting ends with octets, with the end of the connection, or with a
 * look at /proc that finds every thread of the child asleep and none of them awake since the looks before. */
#ifndef FP_TARGET_PEER_H
#define FP_TARGET_PEER_H

#include "../../conformance/judge/process.h"
#include "dialect.h"

enum fp_peer_news {
	FP_PEER_MORE,   /* octets came, or were taken */
	FP_PEER_ENDED,  /* it closed the connection: no more comes */
	FP_PEER_ASLEEP, /* it sleeps for good: only we could wake it */
	FP_PEER_LATE,   /* it has run for the whole limit without a sign */
	FP_PEER_STOPPED /* fp_peer_is_stopped */
};

struct fp_peer {
	struct fp_process process;
	int in, out; /* the same where it is a socket; -1: closed */
	bool is_pipe, is_ended, is_reset /* it went with octets unread */;
	struct fp_bytes got;
	const uint8_t *to_send; /* the caller's */
	size_t to_send_len;
};

struct fp_command {
	const char *text; /* for /bin/sh -c; {fd} is the descriptor's number */
	bool is_stdio;
	uint64_t limit_ns; /* without a sign of life */
};

extern volatile bool fp_peer_is_stopped; /* a signal handler sets it: every wait ends */

/* 0 or a negative errno. */
int fp_peer_start(struct fp_peer *p, const struct fp_command *c, const struct fp_dialect *d);
void fp_peer_send(struct fp_peer *p, const uint8_t *data, size_t len); /* what was to be sent before was sent */
/* Waits for one of the news, writing on. */
enum fp_peer_news fp_peer_wait(struct fp_peer *p, const struct fp_command *c);
/* Waits until all that was to be sent was read, and then, with `till_asleep`, until the child sleeps. */
enum fp_peer_news fp_peer_drain(struct fp_peer *p, const struct fp_command *c, bool till_asleep);
void fp_peer_half_close(struct fp_peer *p);
/* Waits for the exit of one that ended its connection. False: it stays. */
bool fp_peer_await_exit(struct fp_peer *p, const struct fp_command *c);
void fp_peer_end(struct fp_peer *p); /* kills what is left; what was got stays until the next start */

#endif
