/* What is due from an echo child. See model.h. */
#include "model.h"

#include <stdlib.h>

static void reply_add(struct fp_due *due, uint32_t id, size_t at)
{
	if (due->n == due->n_max) {
		due->n_max = due->n_max ? 2 * due->n_max : 16;
		due->replies = fp_grow(due->replies, due->n_max, sizeof *due->replies);
	}
	due->replies[due->n++] = (struct fp_reply_due){.id = id, .at = at, .len = due->answers.len - at};
}

/* ID-6b, ID-6c: 0 and an id in use leave a child two choices; they are not judged. */
static bool has_fresh_id(const struct fp_due *due, const struct fp_dialect *d, uint32_t id)
{
	for (size_t i = 0; d->is_async && i < due->n; i++)
		if (due->replies[i].id == id)
			return false;
	return !d->is_async || id;
}

static void end(struct fp_due *due, const char *clause, enum fp_status_due status)
{
	due->is_over = true;
	due->clause = clause;
	due->status = status;
}

/* ERR-4b binds a sync child. An async one SHOULD do likewise; the original stays until end of file (ERR-4c), and either may
 * shorten an item that goes on beyond the end (SER-7). */
static void end_malformed(struct fp_due *due, const struct fp_dialect *d, const struct fp_session *s, bool is_doubtful)
{
	bool is_must = d->is_strict || (!d->is_async && !is_doubtful);
	end(due, is_doubtful ? "SER-7" : d->is_async ? "ERR-4c" : "ERR-4b", is_must ? FP_STATUS_NONZERO : FP_STATUS_ANY);
	due->is_lax = !is_must;
	due->is_judged = is_must || s->ends;
}

/* A length above 16 MiB may be a fault or the beginning of a long frame (FRM-7c); a child ends either way at end of file. */
static void end_within(struct fp_due *due, const struct fp_dialect *d, const struct fp_session *s, bool is_too_long)
{
	end(due, "SHUT-6b", d->is_strict ? FP_STATUS_NONZERO : FP_STATUS_ANY);
	due->is_announced = true;
	due->is_lax = is_too_long && d->is_async && !d->is_strict;
	due->is_judged = s->ends;
}

/* Is there more to read behind this frame? */
static bool frame_take(struct fp_due *due, const struct fp_dialect *d, const struct fp_session *s, const struct fp_second_frame *f)
{
	size_t at = due->answers.len;
	switch (fp_list_echo(d->is_json, s->data + f->payload_at, f->len, &due->answers)) {
	case FP_LIST_GOOD:
		due->is_judged = has_fresh_id(due, d, f->id);
		reply_add(due, f->id, at);
		return due->is_judged;
	case FP_LIST_MALFORMED:
		end_malformed(due, d, s, false);
		return false;
	case FP_LIST_DOUBTFUL:
		end_malformed(due, d, s, true);
		return false;
	default:
		due->is_judged = false;
		return false;
	}
}

static void end_of_session(struct fp_due *due, const struct fp_dialect *d, const struct fp_session *s)
{
	due->is_judged = true;
	if (s->ends)
		end(due, d->is_async ? "SHUT-3b" : "SHUT-2", FP_STATUS_ZERO);
}

void fp_due_make(struct fp_due *due, const struct fp_dialect *d, const struct fp_session *s)
{
	struct fp_second_frame f;
	due->answers.start = due->answers.len = due->n = 0;
	fp_bytes_space(&due->answers, 1); /* an answer may be empty, and still has a place */
	due->is_judged = due->is_over = due->is_announced = due->is_lax = false;
	due->clause = NULL;
	for (size_t at = 0; at < s->len; at = f.end) {
		enum fp_second_verdict v = fp_second_frame(fp_dialect_requests(d), s->data, s->len, at, &f);
		if (v) {
			end_within(due, d, s, v == FP_SECOND_TOO_LONG);
			return;
		}
		if (!frame_take(due, d, s, &f))
			return;
	}
	end_of_session(due, d, s);
}

void fp_due_fini(struct fp_due *due)
{
	free(due->replies);
	fp_bytes_fini(&due->answers);
}
