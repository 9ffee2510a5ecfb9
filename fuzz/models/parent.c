/* What the parent's end has to do. See parent.h. */
#include "parent.h"

static const struct fp_note nothing = {.kind = FP_NOTE_FRAME};

unsigned fp_parent_model_open(const struct fp_parent_model *m, unsigned number)
{
	while (number < m->n_calls && m->calls[number].state != FP_MODEL_OPEN)
		number++;
	return number;
}

static bool is_given(const struct fp_parent_model *m, unsigned number)
{
	return m->calls[number].end != 0;
}

static bool is_id_in_use(const struct fp_parent_model *m, uint32_t id)
{
	for (unsigned i = fp_parent_model_open(m, 0); i < m->n_calls; i = fp_parent_model_open(m, i + 1))
		if (is_given(m, i) && m->calls[i].id == id)
			return true;
	return false;
}

unsigned fp_parent_model_given(struct fp_parent_model *m, uint32_t id, uint64_t start, uint64_t end)
{
	unsigned number = fp_parent_model_open(m, 0);
	while (number < m->n_calls && is_given(m, number))
		number = fp_parent_model_open(m, number + 1);
	if (number == m->n_calls)
		return number;
	if (m->mode->async) {
		do
			m->last_id = m->last_id == UINT32_MAX ? 1 : m->last_id + 1;
		while (is_id_in_use(m, m->last_id));
		if (id != m->last_id)
			return m->n_calls;
	}
	m->calls[number].id = id;
	m->calls[number].start = start;
	m->calls[number].end = end;
	return number;
}

/* ID-5, ORD-1, ORD-2; ERR-1: only what was written can be answered. n_calls: nothing. */
static unsigned answered_by(const struct fp_parent_model *m, uint32_t id)
{
	unsigned number = fp_parent_model_open(m, 0);
	while (m->mode->async && number < m->n_calls && !(is_given(m, number) && m->calls[number].id == id))
		number = fp_parent_model_open(m, number + 1);
	if (number == m->n_calls || !is_given(m, number) || m->calls[number].end > m->written)
		return m->n_calls;
	return number;
}

static struct fp_note failed(struct fp_parent_model *m, enum fp_reason reason, size_t offset)
{
	m->over = true;
	m->broken = reason;
	return (struct fp_note){.kind = FP_NOTE_FAILED, .reason = reason, .offset = offset};
}

static struct fp_note frame(struct fp_parent_model *m, const struct fp_second_frame *f)
{
	struct fp_note note = {.kind = FP_NOTE_EVENT};
	size_t fault, from = m->at;
	unsigned number = 0;
	m->at = f->end;
	if (f->id) {
		number = answered_by(m, f->id);
		if (number == m->n_calls)
			return failed(m, FP_UNEXPECTED, from);
	}
	if (fp_mode_list(m->in + f->payload_at, f->len, &fault, &note.n, &note.digest))
		return failed(m, FP_MALFORMED, f->payload_at + fault);
	if (f->id) {
		note.kind = FP_NOTE_RESULT;
		note.id = number;
		m->calls[number].state = FP_MODEL_OVER;
	}
	return note;
}

static struct fp_note end(struct fp_parent_model *m, size_t arrived)
{
	if (m->at < arrived)
		return failed(m, FP_TRUNCATED, arrived);
	if (m->broken)
		return failed(m, m->broken, arrived);
	if (!m->closing || fp_parent_model_open(m, 0) < m->n_calls)
		return failed(m, FP_EOF, arrived);
	m->over = true;
	return (struct fp_note){.kind = FP_NOTE_ENDED};
}

struct fp_note fp_parent_model_next(struct fp_parent_model *m, size_t arrived, bool at_eof)
{
	struct fp_second_frame f;
	if (m->over)
		return nothing;
	enum fp_second_verdict v = fp_second_frame(fp_mode_form(m->mode, true), m->in, arrived, m->at, &f);
	if (v == FP_SECOND_TOO_LONG)
		return failed(m, FP_TOO_LONG, f.length_at);
	if (v == FP_SECOND_GOOD)
		return frame(m, &f);
	if (at_eof)
		return end(m, arrived);
	return m->broken ? failed(m, m->broken, arrived) : nothing;
}
