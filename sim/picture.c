/* A story as pictures: SVG, and JSON for Perfetto. See story.h. */
#include "memory.h"
#include "story.h"

#include <stdlib.h>

#define WIDTH 1200.0
#define LANE 22.0
#define LEFT 70.0
#define TOP 30.0
#define QUEUE 80.0
#define AXIS 24.0
#define TICKS_MAX 10
#define THIN 0.8   /* what is shorter than can be seen is drawn so wide */
#define FRAMED 3.0 /* and what is wider than this has a frame */
#define LANES_MAX 200u

/* ---- the queue ---- */

struct change {
	uint64_t at_ns;
	int by;
};

static int by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return y->by - x->by;
}

/* When the queue grows and shrinks, 2 * told_n changes in order. */
static struct change *queue_changes(const struct sim_story *s)
{
	struct change *c = sim_get(s->memory, (2 * s->told_n + 1) * sizeof *c);
	for (size_t i = 0; i < s->told_n; i++) {
		c[2 * i] = (struct change){s->told[i].submitted_ns, 1};
		c[2 * i + 1] = (struct change){s->told[i].given_ns, -1};
	}
	qsort(c, 2 * s->told_n, sizeof *c, by_time);
	return c;
}

static void free_changes(const struct sim_story *s, struct change *c)
{
	fp_alloc_put(s->memory, c, (2 * s->told_n + 1) * sizeof *c);
}

/* ---- SVG ---- */

static double x_of(const struct sim_story *s, uint64_t at_ns)
{
	return LEFT + WIDTH * (double)at_ns / (double)(s->end_ns ? s->end_ns : 1);
}

static size_t lane_of(const struct sim_story *s, uint64_t worker)
{
	for (size_t i = 0; i < s->lives_n; i++)
		if (s->lives[i].worker == worker)
			return i;
	return s->lives_n;
}

static const char *const colours[FP_OUTCOMES + 1] = {"#4c9f70", "#c0392b", "#e67e22", "#2980b9",
                                                    "#8e8e8e", "#8e44ad", "#34495e", "#8e8e8e"};

/* What became of each call, by its number, FP_OUTCOMES: nothing yet; s->calls + 1 octets. */
static uint8_t *outcomes_of(const struct sim_story *s)
{
	uint8_t *o = sim_get(s->memory, s->calls + 1);
	memset(o, FP_OUTCOMES, s->calls + 1);
	for (size_t i = 0; i < s->told_n; i++)
		if (s->told[i].job <= s->calls)
			o[s->told[i].job] = (uint8_t)s->told[i].outcome;
	return o;
}

/* The colours of the outcomes that there were. */
static void draw_legend(const struct sim_story *s, FILE *f)
{
	double x = LEFT;
	for (int i = 0; i < FP_OUTCOMES; i++) {
		if (!s->outcomes[i] || i == FP_REJECTED)
			continue;
		fprintf(f, "<rect x=\"%.0f\" y=\"9\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%.0f\" y=\"18\">%s %llu</text>\n",
		        x, colours[i], x + 14, fp_outcome_name((enum fp_outcome)i), (unsigned long long)s->outcomes[i]);
		x += 110;
	}
	fprintf(f, "<text x=\"%.0f\" y=\"18\" fill=\"#666\">bars are calls at work, grey is a process without one</text>\n", x);
}

/* Times below all, at round distances, and lines up from them. */
static void draw_axis(const struct sim_story *s, FILE *f, double bottom)
{
	uint64_t step_ns = 1;
	for (unsigned i = 0; s->end_ns / step_ns > TICKS_MAX; i++)
		step_ns = i % 3 == 1 ? step_ns / 2 * 5 : step_ns * 2; /* 1, 2, 5, 10, ... */
	for (uint64_t at_ns = 0; at_ns <= s->end_ns; at_ns += step_ns) {
		double x = x_of(s, at_ns), in_ms = (double)at_ns / 1e6;
		fprintf(f, "<path stroke=\"#bbb\" stroke-width=\".5\" d=\"M%.2f %.0fV%.1f\"/>", x, TOP, bottom + 4);
		fprintf(f, "<text x=\"%.2f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#666\">%.6g %s</text>\n", x, bottom + 16,
		        step_ns < FP_S / 10 ? in_ms : in_ms / 1e3, step_ns < FP_S / 10 ? "ms" : "s");
	}
}

static uint64_t end_of(const struct sim_story *s, uint64_t to_ns)
{
	return to_ns ? to_ns : s->end_ns;
}

static void draw_lives(const struct sim_story *s, FILE *f)
{
	for (size_t i = 0; i < s->lives_n && i < LANES_MAX; i++) {
		double x = x_of(s, s->lives[i].from_ns), y = TOP + LANE * (double)i;
		fprintf(f, "<text x=\"4\" y=\"%.1f\">worker %llu</text>", y + 14, (unsigned long long)s->lives[i].worker);
		fprintf(f, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"16\" fill=\"#e4e8ec\"/>\n", x, y + 2,
		        x_of(s, end_of(s, s->lives[i].to_ns)) - x);
	}
}

static void draw_bars(const struct sim_story *s, FILE *f)
{
	uint8_t *outcomes = outcomes_of(s);
	for (size_t i = 0; i < s->bars_n; i++) {
		const struct sim_bar *b = &s->bars[i];
		size_t lane = lane_of(s, b->worker);
		double x = x_of(s, b->from_ns), y = TOP + LANE * (double)lane, width = x_of(s, end_of(s, b->to_ns)) - x;
		if (lane >= LANES_MAX)
			continue;
		fprintf(f,
		        "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"12\" fill=\"%s\"%s>"
		        "<title>job %llu, %.3f to %.3f ms</title></rect>\n",
		        x, y + 4, width > THIN ? width : THIN, colours[b->job <= s->calls ? outcomes[b->job] : FP_OUTCOMES],
		        width > FRAMED ? " stroke=\"#fff\" stroke-width=\".3\"" : "", (unsigned long long)b->job,
		        (double)b->from_ns / 1e6, (double)end_of(s, b->to_ns) / 1e6);
	}
	fp_alloc_put(s->memory, outcomes, s->calls + 1);
}

static void draw_queue(const struct sim_story *s, FILE *f, double bottom)
{
	struct change *c = queue_changes(s);
	int length = 0, longest = 1;
	for (size_t i = 0; i < 2 * s->told_n; i++) {
		length += c[i].by;
		longest = length > longest ? length : longest;
	}
	fprintf(f, "<text x=\"4\" y=\"%.1f\">queue, to %d</text><path fill=\"#9db8d2\" d=\"M%.2f %.1f", bottom - QUEUE + 20,
	        longest, LEFT, bottom);
	length = 0;
	for (size_t i = 0; i < 2 * s->told_n; i++) {
		length += c[i].by;
		fprintf(f, "H%.2fV%.1f", x_of(s, c[i].at_ns), bottom - (QUEUE - 10) * length / longest);
	}
	fprintf(f, "H%.2fV%.1fZ\"/>\n", LEFT + WIDTH, bottom);
	free_changes(s, c);
}

void sim_story_draw(const struct sim_story *s, FILE *f)
{
	size_t lanes = s->lives_n < LANES_MAX ? s->lives_n : LANES_MAX;
	double bottom = TOP + LANE * (double)lanes + QUEUE;
	fprintf(f,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
	        "font-size=\"11\">\n"
	        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
	        LEFT + WIDTH + 20, bottom + AXIS);
	draw_legend(s, f);
	draw_axis(s, f, bottom);
	draw_lives(s, f);
	draw_bars(s, f);
	draw_queue(s, f, bottom);
	fprintf(f, "</svg>\n");
}

/* ---- Perfetto ---- */

static void print_slice(FILE *f, const char *name, uint64_t number, uint64_t worker, uint64_t from_ns, uint64_t to_ns)
{
	fprintf(f, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":%llu,\"name\":\"%s %llu\",\"ts\":%.3f,\"dur\":%.3f}",
	        (unsigned long long)worker, name, (unsigned long long)number, (double)from_ns / 1e3,
	        (double)(to_ns - from_ns) / 1e3);
}

void sim_story_perfetto(const struct sim_story *s, FILE *f)
{
	struct change *c = queue_changes(s);
	int length = 0;
	fprintf(f, "{\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"pool\"}}");
	for (size_t i = 0; i < s->lives_n; i++)
		print_slice(f, "worker", s->lives[i].worker, s->lives[i].worker, s->lives[i].from_ns,
		            end_of(s, s->lives[i].to_ns));
	for (size_t i = 0; i < s->bars_n; i++)
		print_slice(f, "job", s->bars[i].job, s->bars[i].worker, s->bars[i].from_ns, end_of(s, s->bars[i].to_ns));
	for (size_t i = 0; i < 2 * s->told_n; i++) {
		length += c[i].by;
		fprintf(f, ",\n{\"ph\":\"C\",\"pid\":1,\"name\":\"queue\",\"ts\":%.3f,\"args\":{\"calls\":%d}}",
		        (double)c[i].at_ns / 1e3, length);
	}
	fprintf(f, "\n]}\n");
	free_changes(s, c);
}
