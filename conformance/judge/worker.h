/* The judge as one worker of a pool under test: its connection, the jobs it has, and how it ends. Must not know which calls
 * there are, what a case expects, or other workers. */
#ifndef FP_JUDGE_WORKER_H
#define FP_JUDGE_WORKER_H

#include "frame.h"
#include "link.h"
#include "puppet.h"

#define FP_WORKER_FDS (FP_LINK_FDS + 1)

/* A request that has come in full. */
struct fp_request {
	uint32_t id; /* 0: requests have none */
	const uint8_t *payload;
	size_t len;
};

struct fp_job {
	size_t call; /* whose it is, as the caller numbers them */
	uint32_t id;
};

struct fp_worker {
	unsigned number;      /* in the case; 0: not known yet */
	struct fp_framing requests;
	struct fp_puppet puppet;
	struct fp_link link;
	struct fp_job *jobs;  /* that are not answered, in order */
	size_t n_jobs;
	struct fp_bytes *sent; /* what the link was given; it stays */
	size_t n_sent;
	size_t taken;         /* octets of the last sight */
	bool is_holding;      /* does not exit by itself */
	bool is_leaving;      /* the judge lets it exit, or kills it */
	bool is_cut;          /* the judge closed its connection */
	bool is_spoilt;       /* broke off, or sent what is its own affair: how the pool ends it then is the pool's */
	bool is_ended;        /* by the pool: no more jobs come */
	bool is_over;         /* its process is */
	bool is_end_told, is_kill_told;
};

struct fp_worker *fp_worker_new(const struct fp_puppet *puppet, struct fp_framing requests);
void fp_worker_free(struct fp_worker *w);
/* Reads and writes what goes at once; lets it exit when the pool has ended it and it has nothing left to do. */
void fp_worker_pump(struct fp_worker *w);
/* The first request that came and was not taken. */
bool fp_worker_request(const struct fp_worker *w, struct fp_request *r);
void fp_worker_job_add(struct fp_worker *w, size_t call, uint32_t id);
/* Takes the job of this call away; false: it has none. */
bool fp_worker_job_take(struct fp_worker *w, size_t call, struct fp_job *job);
void fp_worker_send(struct fp_worker *w, const void *data, size_t len);
void fp_worker_send_frame(struct fp_worker *w, uint32_t id, const struct fp_bytes *payload);
void fp_worker_exit(struct fp_worker *w);
void fp_worker_kill(struct fp_worker *w);
/* Everything that it did has reached the pool. */
bool fp_worker_is_settled(const struct fp_worker *w);
size_t fp_worker_fds(const struct fp_worker *w, struct pollfd fds[FP_WORKER_FDS]);

#endif
