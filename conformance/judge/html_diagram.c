/* A play as a sequence diagram: a lane for each that takes part, an arrow for each step, as inline SVG. See html.h. Must not
 * know frames. */
#include "html.h"

#include "base.h"

#include <stdlib.h>

#define LEFT 44        /* to the first lane: room for the numbers of the steps */
#define RIGHT 60       /* from the last lane */
#define TOP 44         /* to the first step */
#define STEP 34        /* from one step to the next */
#define CHAR_WIDTH 6.7 /* of a label's font */
#define LANES_MAX 12   /* workers beyond share the last lane */

struct lane {
	enum fp_actor actor;
	unsigned worker;
};

struct diagram {
	FILE *to;
	const struct fp_verdict *of;
	enum fp_actor judged;
	struct lane lanes[LANES_MAX];
	int n, gap, rows; /* lanes; from one to the next; steps and gaps that are shown */
};

/* ---- lanes: app, parent or pool, child, workers ---- */

static unsigned place(enum fp_actor actor)
{
	static const unsigned places[] = {
		[FP_ACTOR_APP] = 1, [FP_ACTOR_PARENT] = 2, [FP_ACTOR_POOL] = 2, [FP_ACTOR_CHILD] = 3, [FP_ACTOR_WORKER] = 3,
	};
	return places[actor];
}

static bool is_before(const struct lane *a, const struct lane *b)
{
	return place(a->actor) != place(b->actor) ? place(a->actor) < place(b->actor) : a->worker < b->worker;
}

static struct lane lane_of(const struct fp_seen *seen, enum fp_actor actor)
{
	return (struct lane){.actor = actor, .worker = actor == FP_ACTOR_WORKER ? seen->worker : 0};
}

static void lane_add(struct diagram *d, struct lane lane)
{
	int at = 0;
	while (at < d->n && is_before(&d->lanes[at], &lane))
		at++;
	bool is_there = at < d->n && d->lanes[at].actor == lane.actor && d->lanes[at].worker == lane.worker;
	if (lane.actor == FP_ACTOR_NONE || is_there || d->n == LANES_MAX)
		return;
	for (int i = d->n++; i > at; i--)
		d->lanes[i] = d->lanes[i - 1];
	d->lanes[at] = lane;
}

static int lane_find(const struct diagram *d, struct lane lane)
{
	for (int i = 0; i < d->n; i++)
		if (d->lanes[i].actor == lane.actor && d->lanes[i].worker == lane.worker)
			return i;
	return d->n - 1;
}

static int lane_x(const struct diagram *d, int lane)
{
	return LEFT + lane * d->gap;
}

static void lanes_put(const struct diagram *d)
{
	int bottom = TOP + d->rows * STEP;
	for (int i = 0; i < d->n; i++) {
		int x = lane_x(d, i);
		fprintf(d->to, "<line class=\"lane\" x1=\"%d\" y1=\"28\" x2=\"%d\" y2=\"%d\"/>", x, x, bottom);
		fprintf(d->to, "<text class=\"name%s\" x=\"%d\" y=\"18\">%s",
		        d->lanes[i].actor == d->judged ? " judged" : "", x, fp_words_actor(d->lanes[i].actor));
		if (d->lanes[i].worker)
			fprintf(d->to, " %u", d->lanes[i].worker);
		fputs("</text>\n", d->to);
	}
}

/* ---- steps ---- */

static const char *step_class(const struct fp_seen *seen)
{
	if (seen->is_missing)
		return "step missing";
	if (seen->is_wrong)
		return "step wrong";
	return seen->is_done ? "step done" : "step seen";
}

static void label_put(const struct diagram *d, const struct fp_seen *seen, const char *anchor, int x, int y, int width)
{
	size_t chars = (size_t)((double)width / CHAR_WIDTH);
	fprintf(d->to, "<text class=\"label\" text-anchor=\"%s\" x=\"%d\" y=\"%d\">", anchor, x, y);
	fp_markup_plain(d->to, fp_plain_line(seen->text, chars));
	fputs("</text>", d->to);
}

static void arrow_put(const struct diagram *d, const struct fp_seen *seen, int from_x, int to_x, int y)
{
	int way = to_x > from_x ? 1 : -1, tip = to_x - 2 * way;
	label_put(d, seen, "middle", (from_x + to_x) / 2, y - 7, abs(to_x - from_x) - 12);
	fprintf(d->to, "<path d=\"M%d %dH%d\"/>", from_x, y, tip - 6 * way);
	fprintf(d->to, "<path class=\"head\" d=\"M%d %dl%d -4v8z\"/>", tip, y, -9 * way);
}

/* What goes to nobody: a process that ends. */
static void spot_put(const struct diagram *d, const struct fp_seen *seen, int lane, int y)
{
	int x = lane_x(d, lane), way = lane && lane == d->n - 1 ? -1 : 1;
	fprintf(d->to, "<circle cx=\"%d\" cy=\"%d\" r=\"5\"/>", x, y - 4);
	label_put(d, seen, way < 0 ? "end" : "start", x + 12 * way, y, d->gap - 20);
}

static void step_put(const struct diagram *d, size_t number, int row)
{
	const struct fp_seen *seen = &d->of->seen[number];
	int y = TOP + row * STEP + STEP / 2 + 4, from = lane_find(d, lane_of(seen, seen->from));
	int to = seen->to ? lane_find(d, lane_of(seen, seen->to)) : from;
	char *line = fp_words_seen_line(seen);
	fprintf(d->to, "<g class=\"%s\">", step_class(seen));
	fp_markup_put(d->to, "<title>%s</title>", line);
	fprintf(d->to, "<text class=\"number\" x=\"4\" y=\"%d\">%zu</text>", y + 4, number + 1);
	if (from == to)
		spot_put(d, seen, from, y);
	else
		arrow_put(d, seen, lane_x(d, from), lane_x(d, to), y);
	fputs("</g>\n", d->to);
	free(line);
}

static void gap_put(const struct diagram *d, size_t steps, int row)
{
	fprintf(d->to, "<text class=\"gap\" x=\"%d\" y=\"%d\">… %zu steps …</text>\n", LEFT + 8, TOP + row * STEP + STEP / 2 + 4, steps);
}

/* Goes through the steps that are shown, and counts the rows; puts them only where asked. */
static int steps_go(const struct diagram *d, bool is_put)
{
	size_t gap = 0;
	int row = 0;
	for (size_t i = 0; i < d->of->n_seen; i++) {
		if (!fp_html_is_shown(d->of, i)) {
			gap++;
			continue;
		}
		if (gap && is_put)
			gap_put(d, gap, row);
		row += gap > 0;
		gap = 0;
		if (is_put)
			step_put(d, i, row);
		row++;
	}
	return row;
}

static int gap_of(int lanes)
{
	return lanes <= 2 ? 330 : lanes == 3 ? 220 : 150;
}

void fp_html_diagram(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to)
{
	static const enum fp_actor judged[] = {FP_ACTOR_CHILD, FP_ACTOR_PARENT, FP_ACTOR_POOL};
	struct diagram d = {.to = to, .of = v, .judged = judged[s->side]};
	for (size_t i = 0; i < v->n_seen; i++) {
		lane_add(&d, lane_of(&v->seen[i], v->seen[i].from));
		lane_add(&d, lane_of(&v->seen[i], v->seen[i].to));
	}
	if (!d.n)
		return;
	d.gap = gap_of(d.n);
	d.rows = steps_go(&d, false);
	int width = LEFT + (d.n - 1) * d.gap + RIGHT, height = TOP + d.rows * STEP + 8;
	fprintf(to, "<svg class=\"diagram\" role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n", width, height, width, height);
	fprintf(to, "<title>Who sent what to whom, in %zu steps</title>\n", v->n_seen);
	lanes_put(&d);
	steps_go(&d, true);
	fputs("</svg>\n", to);
}
