/* A case as steps. See script.h. */
#include "script.h"

#include "items.h"
#include "layout.h"
#include "seen.h"
#include "truncate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct build {
	struct fp_script *script;
	const struct fp_testee *testee;
	const struct fp_variant *variant;
	struct fp_layout rest; /* of expected lines: the frame that has begun and goes on in the next */
	const struct fp_line *rest_of;
};

static bool fault(struct fp_script *s, const struct fp_line *line, const char *what)
{
	snprintf(s->fault, sizeof s->fault, "line %u: %s", line->number, what);
	return false;
}

static unsigned channel_of(const struct fp_line *line)
{
	if (line->worker || line->verb == FP_ENDS_WORKER)
		return FP_CHANNEL_WORKERS + line->worker; /* 0: any */
	if (line->verb == FP_EXITS)
		return FP_CHANNEL_PROCESS;
	return line->actor == FP_ACTOR_APP ? FP_CHANNEL_APP : FP_CHANNEL_WIRE;
}

struct fp_step *fp_script_insert(struct fp_script *s, size_t i, const struct fp_line *line, bool is_act)
{
	s->steps = fp_grow(s->steps, s->n + 1, sizeof *s->steps);
	memmove(&s->steps[i + 1], &s->steps[i], (s->n++ - i) * sizeof *s->steps);
	s->steps[i] = (struct fp_step){.line = line, .is_act = is_act, .is_optional = line->is_optional};
	if (!is_act)
		s->steps[i].channel = channel_of(line);
	return &s->steps[i];
}

void fp_script_drop(struct fp_script *s, size_t i)
{
	fp_layout_fini(&s->steps[i].octets);
	memmove(&s->steps[i], &s->steps[i + 1], (--s->n - i) * sizeof *s->steps);
}

static struct fp_step *add(struct fp_script *s, const struct fp_line *line, bool is_act)
{
	return fp_script_insert(s, s->n, line, is_act);
}

/* ---- what is done ---- */

static bool is_same_write(const struct build *b, const struct fp_line *line)
{
	const struct fp_script *s = b->script;
	const struct fp_step *last = s->n ? &s->steps[s->n - 1] : NULL;
	return last && last->is_act && last->line->verb == FP_SENDS && last->line->actor == line->actor &&
	       b->variant->what != FP_VARY_AS_WRITTEN;
}

static void done_send(struct build *b, const struct fp_line *line)
{
	struct fp_layout l;
	fp_octets_lay(&line->octets, !b->testee->is_native, &l);
	if (b->variant->what == FP_VARY_AS_WRITTEN) {
		add(b->script, line, true)->octets = l;
		return;
	}
	struct fp_step *step = is_same_write(b, line) ? &b->script->steps[b->script->n - 1] : add(b->script, line, true);
	fp_layout_append(&step->octets, &l);
	fp_layout_fini(&l);
}

/* The cuts of a variant, in all that is done: one after the other, whatever is expected between. */
static void cut(struct fp_script *s, const struct fp_variant *v)
{
	size_t base = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct fp_step *step = &s->steps[i];
		if (!step->is_act || step->line->verb != FP_SENDS)
			continue;
		for (size_t at = 1; at < step->octets.len; at++)
			if (fp_variant_is_cut_at(v, base + at))
				fp_layout_cut_at(&step->octets, at);
		base += step->octets.len;
	}
}

/* ---- what is expected ---- */

/* Octets of the first frame of the rest; 0: it is not there in full. A length that may be anything makes the rest one frame. */
static size_t first_frame(const struct build *b)
{
	struct fp_framing f = fp_testee_framing(b->testee, b->testee->side == FP_SIDE_PARENT);
	size_t header = fp_frame_header(f);
	if (b->rest.len < header)
		return 0;
	if (fp_layout_is_open(&b->rest, header - 4, 4))
		return b->rest.len;
	uint64_t len = fp_frame_len(f, b->rest.data, b->rest.len);
	return len <= b->rest.len ? (size_t)len : 0;
}

static bool has_begun_group(const struct fp_script *s)
{
	const struct fp_step *last = s->n ? &s->steps[s->n - 1] : NULL;
	return last && !last->is_act && last->group;
}

static void expected_send(struct build *b, const struct fp_line *line)
{
	struct fp_layout l;
	fp_octets_lay(&line->octets, !b->testee->is_native, &l);
	fp_layout_append(&b->rest, &l);
	fp_layout_fini(&l);
	b->rest_of = line;
	for (size_t len; (len = first_frame(b)); ) {
		unsigned group = !line->is_unordered ? 0 : has_begun_group(b->script) ? b->script->steps[b->script->n - 1].group :
		                 (unsigned)b->script->n + 1;
		struct fp_step *step = add(b->script, line, false);
		step->octets = fp_layout_take(&b->rest, len);
		step->group = group;
	}
}

/* One that ends in the middle of a frame is expected to, where its line says so. Truncated, the case would be another. */
static bool is_cut_off(const struct build *b, const struct fp_line *line)
{
	const struct fp_line *of = b->rest_of;
	return b->rest.len && b->variant->what != FP_VARY_TRUNCATED && (line->verb == FP_ENDS || line->verb == FP_CLOSES) &&
	       line->actor == of->actor && line->worker == of->worker;
}

/* ---- all of it ---- */

static bool line_add(struct build *b, const struct fp_line *line)
{
	bool is_done = fp_line_is_done(line, b->script->of->side);
	bool is_send = line->verb == FP_SENDS;
	if (is_cut_off(b, line))
		add(b->script, b->rest_of, false)->octets = fp_layout_take(&b->rest, b->rest.len);
	if (b->rest.len && (is_done || !is_send || line->is_unordered || line->is_optional))
		return fault(b->script, b->rest_of, "the frame that is expected is not whole");
	if (is_done && is_send)
		done_send(b, line);
	else if (is_done || line->verb == FP_STAYS || line->verb == FP_NOTHING_MORE)
		add(b->script, line, true);
	else if (is_send)
		expected_send(b, line);
	else
		add(b->script, line, false)->octets = fp_items_expect(line->items, line->n_items, b->testee->is_json);
	return true;
}

bool fp_script_make(struct fp_script *s, const struct fp_transcript *t, const struct fp_testee *testee,
                    const struct fp_variant *v)
{
	struct build b = {.script = s, .testee = testee, .variant = v};
	*s = (struct fp_script){.of = t};
	bool is_right = true;
	for (size_t i = 0; i < t->n_lines && is_right; i++)
		is_right = line_add(&b, &t->lines[i]);
	if (is_right && b.rest.len)
		is_right = fault(s, b.rest_of, "the frame that is expected is not whole");
	fp_layout_fini(&b.rest);
	if (!is_right)
		return false;
	if (v->what == FP_VARY_TRUNCATED)
		fp_script_truncate(s, testee, v->at);
	else
		cut(s, v);
	return true;
}

void fp_script_fini(struct fp_script *s)
{
	for (size_t i = 0; i < s->n; i++)
		fp_layout_fini(&s->steps[i].octets);
	free(s->steps);
	s->steps = NULL;
	s->n = 0;
}

size_t fp_script_octets(const struct fp_transcript *t, const struct fp_testee *testee)
{
	size_t len = 0;
	for (size_t i = 0; i < t->n_lines; i++) {
		const struct fp_line *line = &t->lines[i];
		struct fp_layout l;
		if (line->verb != FP_SENDS || !fp_line_is_done(line, t->side))
			continue;
		fp_octets_lay(&line->octets, !testee->is_native, &l);
		len += l.len;
		fp_layout_fini(&l);
	}
	return len;
}

/* The line without its actor, one word or two; frames with any octet in them as the line has them. */
static char *line_text(const struct fp_line *line)
{
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	if (!to)
		abort();
	fp_line_print(line, to);
	fclose(to);
	size_t actor = strcspn(text, " ");
	if (line->actor == FP_ACTOR_WORKER)
		actor += 1 + strcspn(text + actor + 1, " ");
	memmove(text, text + actor + (text[actor] == ' '), len - actor + (text[actor] != ' '));
	return text;
}

char *fp_step_text(const struct fp_step *step, const struct fp_testee *testee)
{
	if (step->line->verb != FP_SENDS || fp_layout_is_open(&step->octets, 0, step->octets.len))
		return line_text(step->line);
	return fp_seen_octets(step->octets.data, step->octets.len, !step->is_act && testee->side == FP_SIDE_CHILD,
	                      !testee->is_native);
}
