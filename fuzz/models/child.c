/* What the child's end has to do. See child.h. */
#include "child.h"

static const struct fp_note nothing = {.kind = FP_NOTE_FRAME};

static unsigned find(const struct fp_child_model *m, uint32_t id)
{
	unsigned i = 0;
	while (i < m->n_held && m->held[i] != id)
		i++;
	return i;
}

void fp_child_model_answered(struct fp_child_model *m, uint32_t id)
{
	unsigned i = find(m, id);
	FP_ASSERT(i < m->n_held);
	m->held[i] = m->held[--m->n_held];
}

static struct fp_note failed(struct fp_child_model *m, enum fp_reason reason, size_t offset)
{
	m->over = true;
	return (struct fp_note){.kind = FP_NOTE_FAILED, .reason = reason, .offset = offset};
}

static struct fp_note request(struct fp_child_model *m, const struct fp_second_frame *f)
{
	struct fp_note note = {.kind = FP_NOTE_REQUEST, .id = m->mode->async ? f->id : 1};
	size_t fault, from = m->at;
	m->at = f->end;
	if (fp_mode_list(m->in + f->payload_at, f->len, &fault, &note.n, &note.digest))
		return failed(m, FP_MALFORMED, f->payload_at + fault);
	if (note.id == 0 || find(m, (uint32_t)note.id) < m->n_held)
		return failed(m, FP_BAD_ID, from);
	FP_ASSERT(m->n_held < FP_MODEL_HELD_MAX);
	m->held[m->n_held++] = (uint32_t)note.id;
	return note;
}

struct fp_note fp_child_model_next(struct fp_child_model *m, size_t arrived, bool at_eof)
{
	struct fp_second_frame f;
	if (m->over || (!m->mode->async && m->n_held))
		return nothing;
	enum fp_second_verdict v = fp_second_frame(fp_mode_form(m->mode, m->mode->async), m->in, arrived, m->at, &f);
	if (v == FP_SECOND_TOO_LONG)
		return failed(m, FP_TOO_LONG, f.length_at);
	if (v == FP_SECOND_GOOD)
		return request(m, &f);
	if (at_eof && m->at < arrived && !m->n_held)
		return failed(m, FP_TRUNCATED, arrived);
	if (m->broken)
		return failed(m, m->broken, arrived);
	if (!at_eof || m->at < arrived || m->n_held)
		return nothing;
	m->over = true;
	return (struct fp_note){.kind = FP_NOTE_ENDED};
}
