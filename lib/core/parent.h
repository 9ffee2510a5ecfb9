/* The parent's end of one connection: requests out; results and events in. Must not know pools.
 *
 *   in   call, withdraw, close; rx_buf/rx_ack, rx_eof, rx_error, tx_ack, tx_error
 *   out  next: results, events, and at last one FAILED or ENDED; tx_buf: the octets to write
 *
 * The owner drains `next` after each input. After FAILED nothing more is delivered or written, and the owner takes the
 * calls that are still outstanding with `take`; the same holds after ENDED, which comes only where none are. */
#ifndef FP_CORE_PARENT_H
#define FP_CORE_PARENT_H

#include "frame.h"
#include "ids.h"
#include "list.h"
#include "wire.h"

/* A request; embedded in the owner's record of a call. The owner sets frame and payload_len, the rest is the parent's. */
struct fp_call {
	struct fp_link link;        /* in the order of the calls */
	struct fp_ids_node by_id;   /* async: once it is on its way */
	uint8_t *frame;             /* FP_FRAME_HEAD_MAX octets of room for the header, then the payload */
	size_t payload_len;
	uint64_t tx_end;            /* octets of the stream up to its end; 0: nothing of it was given out to be written */
};

struct fp_parent {
	const struct fp_alloc *alloc;
	struct fp_wire wire;
	struct fp_reader reader;
	struct fp_args items;     /* of the result or event given out last */
	struct fp_list calls;     /* outstanding, in the order they were made */
	size_t n_calls;
	struct fp_link *unsent;   /* the first call not given out to be written; NULL: none */
	struct fp_ids ids;        /* async: the calls given out */
	uint32_t last_id;
	struct fp_buf tx;         /* short frames, gathered */
	struct fp_call *direct;   /* a frame written from where it is, after tx is empty; NULL: none */
	uint64_t tx_given, tx_done; /* octets of the stream gathered, and written */
	enum fp_reason broken;    /* reading or writing failed; reported after the complete frames that are here */
	bool closing, over;       /* over: FAILED or ENDED was given out */
	bool taking;              /* the oldest outstanding call was taken */
};

enum fp_parent_event_kind {
	FP_PARENT_RESULT, /* call: answered and no longer outstanding; items */
	FP_PARENT_EVENT,  /* items */
	FP_PARENT_FAILED, /* reason, offset: octets received before the fault */
	FP_PARENT_ENDED   /* end of file after close, with nothing outstanding */
};

struct fp_parent_event {
	enum fp_parent_event_kind kind;
	struct fp_call *call;
	const struct fp_item *items; /* good until the next input or next */
	size_t n;
	enum fp_reason reason;
	uint64_t offset;
};

void fp_parent_init(struct fp_parent *p, const struct fp_alloc *alloc, const struct fp_wire *wire);
void fp_parent_fini(struct fp_parent *p); /* outstanding calls stay the owner's */

/* Queues a request. The call and its frame stay until it is answered, withdrawn or taken. FP_CLOSED after close or the
 * end; FP_TOO_LONG; FP_NOMEM. */
enum fp_reason fp_parent_call(struct fp_parent *p, struct fp_call *call);
/* Takes back a call of which nothing was given out to be written yet. Answers whether that was so. */
bool fp_parent_withdraw(struct fp_parent *p, struct fp_call *call);
/* No more calls: once everything is written, is_half_close_due answers true; replies and events still come. */
void fp_parent_close(struct fp_parent *p);
bool fp_parent_is_half_close_due(const struct fp_parent *p);
/* The first outstanding call, taken off; NULL: none. *may_have_run: the peer has all of it and, in a sync connection that
 * was read to its end, it was the oldest. To give the connection up: no other call but fini follows. */
struct fp_call *fp_parent_take(struct fp_parent *p, bool *may_have_run);

enum fp_reason fp_parent_rx_buf(struct fp_parent *p, struct fp_space *space); /* FP_NOMEM: also reported as FAILED */
void fp_parent_rx_ack(struct fp_parent *p, size_t n);
void fp_parent_rx_eof(struct fp_parent *p);
void fp_parent_rx_error(struct fp_parent *p, enum fp_reason reason); /* FAILED with this reason, after complete frames */

struct fp_span fp_parent_tx_buf(struct fp_parent *p); /* what to write next; len 0: nothing */
void fp_parent_tx_ack(struct fp_parent *p, size_t n);
void fp_parent_tx_error(struct fp_parent *p); /* FAILED with FP_WRITE, after the complete frames that are here */

bool fp_parent_next(struct fp_parent *p, struct fp_parent_event *event);

#endif
