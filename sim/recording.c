/* What one worker and the pool wrote, line by line. See recording.h. */
#include "recording.h"

#include "../conformance/transcript/memory.h"
#include "../lib/core/frame.h"
#include "system.h"

void sim_recording_init(struct sim_recording *r, uint64_t worker, const struct sim_scenario *s)
{
	char name[40];
	*r = (struct sim_recording){.worker = worker};
	fp_buf_init(&r->unwritten, &sim_system_memory, SIZE_MAX);
	int len = snprintf(name, sizeof name, "worker-%llu", (unsigned long long)worker);
	r->transcript = (struct fp_transcript){.name = fp_memory_text(name, (size_t)len),
	                                       .side = FP_SIDE_CHILD,
	                                       .mode = s->pool.async ? FP_SECOND : FP_FIRST,
	                                       .profile = s->pool.native ? FP_SECOND : FP_FIRST,
	                                       .vary = FP_VARY_AS_WRITTEN};
}

void sim_recording_fini(struct sim_recording *r)
{
	struct fp_transcripts all = {fp_memory(sizeof *all.cases), 1};
	*all.cases = r->transcript;
	fp_transcripts_fini(&all);
	fp_buf_fini(&r->unwritten);
}

static struct fp_line *add_line(struct sim_recording *r, enum fp_actor actor, enum fp_verb verb)
{
	struct fp_transcript *t = &r->transcript;
	t->lines = fp_memory_more(t->lines, t->n_lines, sizeof *t->lines);
	struct fp_line *l = &t->lines[t->n_lines++];
	l->actor = actor;
	l->verb = verb;
	return l;
}

/* ---- octets ---- */

static void add_octets(struct sim_recording *r, enum fp_actor actor, struct fp_span octets)
{
	fp_octets_of(&add_line(r, actor, FP_SENDS)->octets, octets.data, octets.len);
}

/* A frame of the child: its header as the numbers that it holds. */
static void add_frame(struct sim_recording *r, uint32_t id, struct fp_span payload)
{
	struct fp_octets *o = &add_line(r, FP_ACTOR_CHILD, FP_SENDS)->octets, rest;
	fp_octets_of(&rest, payload.data, payload.len);
	o->n = 2 + rest.n;
	o->pieces = fp_memory(o->n * sizeof *o->pieces);
	o->pieces[0] = (struct fp_piece){.kind = FP_PIECE_U32, .number = id, .times = 1};
	o->pieces[1] = (struct fp_piece){.kind = FP_PIECE_U32, .number = (uint32_t)payload.len, .times = 1};
	if (rest.n)
		memcpy(o->pieces + 2, rest.pieces, rest.n * sizeof *rest.pieces);
	rest.n = 0; /* its pieces have moved */
	fp_octets_fini(&rest);
}

static void add_frames(struct sim_recording *r)
{
	struct fp_frame_format format = {r->transcript.profile == FP_SECOND ? FP_NATIVE : FP_NETWORK, true};
	uint32_t id, len;
	for (struct fp_span s; (s = fp_buf_front(&r->unwritten)).len >= FP_FRAME_HEAD_MAX;) {
		fp_frame_get(format, s.data, &id, &len);
		if (s.len - FP_FRAME_HEAD_MAX < len)
			return;
		add_frame(r, id, (struct fp_span){s.data + FP_FRAME_HEAD_MAX, len});
		fp_buf_drop(&r->unwritten, FP_FRAME_HEAD_MAX + (size_t)len);
	}
}

void sim_recording_octets(struct sim_recording *r, const struct sim_octets *o)
{
	if (o->worker != r->worker || r->is_over)
		return;
	if (!o->is_to_pool) {
		add_octets(r, FP_ACTOR_PARENT, o->octets);
		return;
	}
	enum fp_reason reason = fp_buf_put(&r->unwritten, o->octets.data, o->octets.len);
	FP_ASSERT(reason == FP_NONE);
	add_frames(r);
}

/* ---- ends ---- */

static void end_parent(struct sim_recording *r, enum fp_verb how)
{
	if (!r->has_parent_ended)
		add_line(r, FP_ACTOR_PARENT, how);
	r->has_parent_ended = true;
}

static void end_child(struct sim_recording *r, enum fp_verb how)
{
	struct fp_span part = fp_buf_front(&r->unwritten); /* of a frame that never became whole */
	if (r->has_child_ended)
		return;
	if (part.len)
		add_octets(r, FP_ACTOR_CHILD, part);
	add_line(r, FP_ACTOR_CHILD, how);
	r->has_child_ended = true;
}

/* What the pool does to a process that has ended is not on the wire. */
static void exit_child(struct sim_recording *r, uint64_t how)
{
	end_child(r, FP_ENDS);
	struct fp_line *l = add_line(r, FP_ACTOR_CHILD, FP_EXITS);
	l->exit = how > 255 ? FP_EXIT_NONZERO : FP_EXIT_STATUS;
	l->status = how > 255 ? 0 : (int)how;
	r->is_over = true;
}

void sim_recording_see(struct sim_recording *r, const struct sim_record *record)
{
	if (record->worker != r->worker || r->is_over)
		return;
	if (record->what == SIM_HALF_CLOSES)
		end_parent(r, FP_ENDS);
	else if (record->what == SIM_CLOSES)
		end_parent(r, FP_CLOSES);
	else if (record->what == SIM_MISBEHAVES && record->a == SIM_SHUT)
		end_child(r, record->b ? FP_CLOSES : FP_ENDS);
	else if (record->what == SIM_ENDS)
		exit_child(r, record->a);
}
