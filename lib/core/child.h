/* The child's end of one connection: requests in; replies and events out. Must not know processes.
 *
 *   in   rx_buf/rx_ack, rx_eof, rx_error, reply, event, tx_ack
 *   out  next: requests, and at last one FAILED or ENDED; tx_buf: the octets to write
 *
 * A sync child is given one request at a time: the next comes after its reply. An async child is given all that are here.
 * ENDED comes at end of file when no request is outstanding; what is then in tx_buf is still to be written, after which
 * the owner shuts down its writing side. After FAILED nothing more is taken; replies to what was taken before
 * are still accepted and written. */
#ifndef FP_CORE_CHILD_H
#define FP_CORE_CHILD_H

#include "frame.h"
#include "ids.h"
#include "wire.h"

/* A request that has no reply yet. */
struct fp_request {
	uint64_t serial; /* counts up from 1, never used twice */
	uint32_t id;     /* as it came; 1 in a sync connection */
	const struct fp_item *items; /* good until the next input or next */
	size_t n;
};

enum fp_child_event_kind {
	FP_CHILD_REQUEST, /* request */
	FP_CHILD_FAILED,  /* reason, offset: octets received before the fault */
	FP_CHILD_ENDED    /* end of file between requests, none outstanding */
};

struct fp_child_event {
	enum fp_child_event_kind kind;
	struct fp_request request;
	enum fp_reason reason;
	uint64_t offset;
};

struct fp_child {
	const struct fp_alloc *alloc;
	struct fp_wire wire;
	struct fp_reader reader;
	struct fp_args items;
	struct fp_ids ids;     /* outstanding requests */
	uint64_t last_serial;
	struct fp_buf tx;
	struct fp_buf answer;  /* a reply being made: room for its header, then what it has so far */
	size_t answer_n;       /* its items */
	enum fp_reason broken; /* reading failed; reported after the complete frames that are here */
	bool over;             /* FAILED or ENDED was given out */
};

void fp_child_init(struct fp_child *c, const struct fp_alloc *alloc, const struct fp_wire *wire);
void fp_child_fini(struct fp_child *c);

enum fp_reason fp_child_rx_buf(struct fp_child *c, struct fp_space *space); /* FP_NOMEM: also reported as FAILED */
void fp_child_rx_ack(struct fp_child *c, size_t n);
void fp_child_rx_eof(struct fp_child *c);
void fp_child_rx_error(struct fp_child *c, enum fp_reason reason);
bool fp_child_wants_input(const struct fp_child *c); /* false: it could take no request now, so reading can wait */

bool fp_child_next(struct fp_child *c, struct fp_child_event *event);

/* Answers a request. FP_CLOSED: there is none such, it was answered before. FP_TOO_LONG, FP_MALFORMED, FP_NOMEM: the list
 * cannot be sent, the request is still outstanding. */
enum fp_reason fp_child_reply(struct fp_child *c, uint32_t id, uint64_t serial, const struct fp_item *items, size_t n);
/* The same, item by item: what was put since the last answer is sent, or dropped if it cannot be sent. */
enum fp_reason fp_child_put(struct fp_child *c, const struct fp_item *item); /* FP_TOO_LONG, FP_MALFORMED, FP_NOMEM: not put */
enum fp_reason fp_child_answer(struct fp_child *c, uint32_t id, uint64_t serial);
void fp_child_drop(struct fp_child *c); /* what was put */
/* Sends an event. FP_CLOSED after FAILED or ENDED; else as above. */
enum fp_reason fp_child_event(struct fp_child *c, const struct fp_item *items, size_t n);
size_t fp_child_outstanding(const struct fp_child *c);

struct fp_span fp_child_tx_buf(const struct fp_child *c); /* all that is to be written; len 0: nothing */
void fp_child_tx_ack(struct fp_child *c, size_t n);

#endif
