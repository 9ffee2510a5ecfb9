/* The pool's end of a template process: its command stream, its reports, its death and return. Must not know pools.
 *
 * Commands are queued and leave from the loop. What sets a template up is kept, and replayed when the process has died and was
 * started again; forks that were asked for and not reported then fail. */
#ifndef FP_IO_TEMPLATE_H
#define FP_IO_TEMPLATE_H

#include "../core/list.h"
#include "command.h"

#include <ev.h>

struct fp_fork;

/* What its owner is told, from the loop: at most one of started and failed, after started at most one exited. A template that
 * does not report (a foreign program) tells started when the command has left, and nothing after that. */
struct fp_fork_watch {
	void (*started)(struct fp_fork *f);
	void (*failed)(struct fp_fork *f, int system_errno);
	void (*exited)(struct fp_fork *f, int exit_status, int signal); /* -1 and 0: nobody can know */
};

/* One process forked by a template; embedded in its owner's. */
struct fp_fork {
	struct fp_link link;
	struct fp_template *from;
	const struct fp_fork_watch *watch;
	uint32_t number; /* of the command on this connection; 0: not sent yet, or the connection is another one by now */
	int pidfd;       /* -1: unknown */
	int outbox_fd;   /* -1: none; the owner may take it over */
	bool is_started;
	ev_io exit_watcher; /* of the pidfd, once nobody reports any more */
};

struct fp_template_watch {
	void (*trouble)(void *data, int system_errno, const char *text); /* it died or cannot be started; it is tried again */
	void *data;
};

void fp_template_set_watch(struct fp_template *t, const struct fp_template_watch *watch);
bool fp_template_is_ours(const struct fp_template *t); /* reports, and knows forkpool's own commands */

/* Sends a setting of forkpool's own, such as "profile" "native"; nothing to a foreign template. */
enum fp_reason fp_template_set(struct fp_template *t, const char *name, const char *value);

/* Asks for a process whose command socket is `socket`, which is taken over. FP_NOMEM: it is not. */
enum fp_reason fp_template_fork_process(struct fp_template *t, struct fp_fork *f, const struct fp_fork_watch *watch, int socket);
/* The owner is not interested any more; harmless when repeated. */
void fp_fork_forget(struct fp_fork *f);

#endif
