/* One worker of a pool under test. See worker.h. */
#include "worker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard input and output of a worker are one socket as a rule. */
static bool is_same_file(int a, int b)
{
	struct stat at, bt;
	return fstat(a, &at) == 0 && fstat(b, &bt) == 0 && at.st_dev == bt.st_dev && at.st_ino == bt.st_ino;
}

struct fp_worker *fp_worker_new(const struct fp_puppet *puppet, struct fp_framing requests)
{
	struct fp_worker *w = fp_get(1, sizeof *w);
	*w = (struct fp_worker){.puppet = *puppet, .requests = requests};
	int out = puppet->out;
	if (is_same_file(puppet->in, out)) {
		close(out);
		out = puppet->in;
	}
	fp_link_adopt(&w->link, puppet->in, out);
	return w;
}

void fp_worker_free(struct fp_worker *w)
{
	fp_link_fini(&w->link);
	fp_puppet_fini(&w->puppet);
	for (size_t i = 0; i < w->n_sent; i++)
		fp_bytes_fini(&w->sent[i]);
	free(w->sent);
	free(w->jobs);
	free(w);
}

/* ---- jobs ---- */

bool fp_worker_request(const struct fp_worker *w, struct fp_request *r)
{
	const struct fp_bytes *got = &w->link.got;
	const uint8_t *data = got->len ? fp_bytes_front(got) : NULL;
	uint64_t len = data ? fp_frame_len(w->requests, data, got->len) : 0;
	size_t header = fp_frame_header(w->requests);
	if (!len || len > got->len)
		return false;
	*r = (struct fp_request){.id = w->requests.has_id ? fp_u32_get(data, w->requests.is_big_endian) : 0,
	                         .payload = data + header, .len = (size_t)len - header};
	return true;
}

void fp_worker_job_add(struct fp_worker *w, size_t call, uint32_t id)
{
	w->jobs = fp_grow(w->jobs, w->n_jobs + 1, sizeof *w->jobs);
	w->jobs[w->n_jobs++] = (struct fp_job){call, id};
}

bool fp_worker_job_take(struct fp_worker *w, size_t call, struct fp_job *job)
{
	size_t i = 0;
	while (i < w->n_jobs && w->jobs[i].call != call)
		i++;
	if (i == w->n_jobs)
		return false;
	*job = w->jobs[i];
	memmove(&w->jobs[i], &w->jobs[i + 1], (--w->n_jobs - i) * sizeof *w->jobs);
	return true;
}

void fp_worker_send(struct fp_worker *w, const void *data, size_t len)
{
	w->sent = fp_grow(w->sent, w->n_sent + 1, sizeof *w->sent);
	struct fp_bytes *kept = &w->sent[w->n_sent++];
	*kept = (struct fp_bytes){0};
	fp_bytes_put(kept, data, len);
	fp_link_put(&w->link, FP_LINK_WRITE, kept->data, kept->len);
}

void fp_worker_send_frame(struct fp_worker *w, uint32_t id, const struct fp_bytes *payload)
{
	struct fp_bytes frame = {0};
	uint8_t header[8];
	fp_u32_set(header, id, w->requests.is_big_endian);
	fp_u32_set(header + 4, (uint32_t)payload->len, w->requests.is_big_endian);
	fp_bytes_put(&frame, header, sizeof header);
	if (payload->len)
		fp_bytes_put(&frame, fp_bytes_front(payload), payload->len);
	fp_worker_send(w, fp_bytes_front(&frame), frame.len);
	fp_bytes_fini(&frame);
}

/* ---- its end ---- */

void fp_worker_exit(struct fp_worker *w)
{
	w->is_leaving = true;
	fp_puppet_exit(&w->puppet);
}

void fp_worker_kill(struct fp_worker *w)
{
	w->is_leaving = true;
	fp_puppet_kill(&w->puppet);
}

/* What nobody will read, or is wrong anyhow, need not be done. */
static bool has_finished(const struct fp_worker *w)
{
	bool has_done_all = !w->n_jobs && !w->link.got.len && fp_link_is_drained(&w->link);
	return w->is_ended && !w->is_holding && !w->is_leaving && (has_done_all || w->is_spoilt || w->link.is_closed);
}

/* As with any process its descriptors close when it is over, not before. */
void fp_worker_pump(struct fp_worker *w)
{
	if (w->is_over)
		return;
	fp_link_pump(&w->link);
	w->is_ended |= w->link.is_ended && !w->is_cut;
	w->is_over = fp_puppet_is_over(&w->puppet);
	/* how the pool ends one that is spoilt is its own: a kill may be seen before the close, or instead of it */
	w->is_ended |= w->is_over && w->is_spoilt && !w->is_leaving && !w->is_cut;
	if (w->is_over)
		fp_link_shut(&w->link);
	else if (has_finished(w))
		fp_worker_exit(w);
}

bool fp_worker_is_settled(const struct fp_worker *w)
{
	return w->is_over || (!w->is_leaving && fp_link_is_drained(&w->link));
}

size_t fp_worker_fds(const struct fp_worker *w, struct pollfd fds[FP_WORKER_FDS])
{
	if (w->is_over)
		return 0;
	size_t n = fp_link_fds(&w->link, fds);
	fds[n++] = (struct pollfd){.fd = w->puppet.string, .events = POLLIN};
	return n;
}
