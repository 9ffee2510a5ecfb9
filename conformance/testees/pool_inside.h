/* What the parts of the pool under test share. */
#ifndef TESTEES_POOL_INSIDE_H
#define TESTEES_POOL_INSIDE_H

#include "control.h"

struct ev_loop;

extern struct control control;
extern struct fp_pool *pool; /* NULL: not opened, or over */

/* pool_open.c: makes the pool of the command's words, NAME=VALUE. Ends the program where they are wrong. */
void open_pool(struct ev_loop *loop, size_t n_words);

/* pool_calls.c: a call is made, or cancelled, as the command's words say, and ends by a line: result or failure. */
void make_call(size_t n_words);
void cancel(const char *tag);
void on_event(void *data, const struct fp_event *e);
void on_error(void *data, const struct fp_error *e);
void on_destroy(void *data);

#endif
