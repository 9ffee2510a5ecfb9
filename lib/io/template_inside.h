/* What the files of a template share: template.c (its life, octets in and out), fork.c (the processes it forks) and
 * template_setup.c (what sets it up). For them alone. */
#ifndef FP_IO_TEMPLATE_INSIDE_H
#define FP_IO_TEMPLATE_INSIDE_H

#include "chunk.h"
#include "template.h"

struct fp_template {
	struct ev_loop *loop;
	char **command;              /* NULL: forkpool-template, or a fork */
	struct fp_fork fork;         /* its process, where another template forked it */
	struct fp_template_watch watch;
	struct fp_list setup;        /* chunks, for the next process */
	struct fp_list out;          /* chunks to be written */
	struct fp_list forks;
	uint32_t n_forks;            /* commands sent on this connection */
	int fd;                      /* -1: down */
	int lifeline;                /* reading end; negative: it has none */
	ev_io readable, writable;
	ev_timer again;
	unsigned failures;           /* in a row */
	struct fp_report report;     /* being read */
	size_t report_len;
	int report_fds[2];           /* that came with it: pidfd, outbox */
};

/* Queues a chunk; one that is part of the setup is kept for the next process, too. Takes it over. FP_NOMEM, also for NULL. */
enum fp_reason fp_template_queue(struct fp_template *t, struct fp_chunk *c, bool is_setup);
void fp_template_want_write(struct fp_template *t);

struct fp_fork *fp_fork_find(struct fp_template *t, uint32_t number); /* NULL: none, or forgotten */
void fp_forks_orphan(struct fp_template *t); /* its connection is over: nobody reports on them any more */

#endif
