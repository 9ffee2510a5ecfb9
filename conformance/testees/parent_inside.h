/* What the parts of the parent under test share. */
#ifndef TESTEES_PARENT_INSIDE_H
#define TESTEES_PARENT_INSIDE_H

#include "../../lib/core/parent.h"
#include "control.h"

struct call {
	struct fp_call call;
	char *tag;
	size_t block_len; /* of call.frame */
};

extern struct control control;
extern struct fp_parent parent;
extern int reading, writing; /* one and the same of a socket */
extern bool is_over, is_half_closed;

/* parent_calls.c: a call is made as the command's words say, and ends by a line: result or failure. */
void make_call(size_t n_words);
void call_end(struct call *call, const char *how, const struct fp_item *items, size_t n);

/* parent_told.c: tells what came. */
void deliver(void);

/* parent_wire.c: the connection, of which the environment tells; what it has, and what there is room for. */
void open_wire(void);
void receive(void);
void send_on(void);

#endif
