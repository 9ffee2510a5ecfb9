/* run_calls: takes lines while there is room for what comes of them, and puts results into input order.
 *
 * Reading waits while enough calls are under way, while too many results wait for an earlier one, or while nobody takes
 * the output; so memory is bounded however long the input is. Once a call has failed (without --keep-going) exactly the
 * results of the lines before it come out. Must never know signals, terminals or exit statuses. */
#include "run_calls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLYING_PER_PLACE 2          /* calls given to the pool for each that its workers can have, so that none runs dry */
#define FLYING_MAX 65536            /* and no more than this */
#define HELD_MAX 4096               /* results that wait for that of an earlier line */
#define AHEAD_BYTES_MAX (64u << 20) /* octets of lines under way, results held and output not taken; then one line more */
#define LINE_PER_FRAME 4            /* octets of a line for one of its frame, at most: \xHH */

/* Flies while it has a job; then, if ordered, is held until all lines before it are done with. */
struct fp_call {
	struct fp_run *run;
	struct fp_call *next; /* of the line after it */
	struct fp_job *job;
	uint64_t line;
	char *text;   /* results to be written, with the newline; or NULL */
	size_t bytes; /* its share of ahead_bytes: the line while it flies, then the text */
	bool is_cancelled;
};

static size_t flying_max(const struct fp_options *o)
{
	uint64_t places = (uint64_t)o->max * o->load;

	return places > FLYING_MAX / FLYING_PER_PLACE ? FLYING_MAX : (size_t)(places * FLYING_PER_PLACE);
}

void fp_run_calls_init(struct fp_run *r)
{
	fp_source_init(&r->source, STDIN_FILENO, LINE_PER_FRAME * r->options.pool.frame_bytes_max);
	fp_sink_init(&r->sink, STDOUT_FILENO);
	r->last = &r->first;
	r->flying_max = flying_max(&r->options.pool);
}

static void call_take_bytes(struct fp_call *c, size_t bytes)
{
	c->run->ahead_bytes += bytes - c->bytes;
	c->bytes = bytes;
}

static void call_drop_text(struct fp_call *c)
{
	call_take_bytes(c, 0);
	free(c->text);
	c->text = NULL;
}

static void call_free(struct fp_call *c)
{
	call_drop_text(c);
	free(c);
}

static struct fp_call *calls_shift(struct fp_run *r)
{
	struct fp_call *c = r->first;

	r->first = c->next;
	if (!r->first)
		r->last = &r->first;
	return c;
}

void fp_run_calls_fini(struct fp_run *r)
{
	while (r->first)
		call_free(calls_shift(r));
	fp_line_fini(&r->line);
	fp_source_fini(&r->source);
	fp_sink_fini(&r->sink);
}

/* ---- ending ---------------------------------------------------------------------------------------- */

static void run_end(struct fp_run *r, void (*how)(struct fp_pool *))
{
	if (!r->pool || r->is_ending)
		return;
	r->is_ending = true;
	ev_io_stop(r->loop, &r->readable);
	how(r->pool);
}

void fp_run_abort(struct fp_run *r)
{
	if (!r->failed_line)
		r->failed_line = r->count.lines + 1;
	if (r->pool && r->is_ending)
		fp_pool_abort(r->pool);
	run_end(r, fp_pool_abort);
}

/* Results of later lines are not wanted any more, whether they are there or not; earlier ones still are. */
static void calls_cancel_after(struct fp_run *r, uint64_t line)
{
	for (struct fp_call *c = r->first; c; c = c->next) {
		if (c->line <= line || c->is_cancelled)
			continue;
		c->is_cancelled = true;
		r->count.dropped++;
		if (c->job)
			fp_pool_cancel(r->pool, c->job);
		else
			call_drop_text(c);
	}
}

static void line_fail(struct fp_run *r, uint64_t line)
{
	r->count.failed++;
	if (r->options.keep_going || (r->failed_line && r->failed_line < line))
		return;
	r->failed_line = line;
	if (r->options.unordered) {
		r->count.dropped += r->flying;
		fp_run_abort(r);
	} else {
		calls_cancel_after(r, line);
	}
}

/* ---- results --------------------------------------------------------------------------------------- */

static char *sink_add(struct fp_run *r, size_t size)
{
	char *to = fp_sink_add(&r->sink, size);

	if (!to)
		fp_cli_no_memory(&fp_run_cli);
	ev_io_start(r->loop, &r->writable);
	return to;
}

static void calls_write_held(struct fp_run *r)
{
	while (r->first && !r->first->job) {
		struct fp_call *c = calls_shift(r);
		if (c->text && !r->is_output_broken)
			memcpy(sink_add(r, c->bytes), c->text, c->bytes);
		r->held--;
		call_free(c);
	}
}

static void call_keep_results(struct fp_call *c, const struct fp_item *items, size_t n)
{
	struct fp_run *r = c->run;
	size_t size = fp_line_size(items, n) + 1;

	if (r->options.unordered || r->first == c) {
		*fp_line_encode(sink_add(r, size), items, n) = '\n';
		return;
	}
	c->text = fp_cli_realloc(&fp_run_cli, NULL, size);
	*fp_line_encode(c->text, items, n) = '\n';
	call_take_bytes(c, size);
}

static void call_end(struct fp_call *c, const struct fp_result *result)
{
	struct fp_run *r = c->run;

	if (c->is_cancelled || (r->is_ending && r->failed_line))
		return;
	if (result->outcome == FP_OK) {
		call_keep_results(c, result->items, result->n);
		return;
	}
	fp_report_failure(&r->report, c->line, result);
	line_fail(r, c->line);
	if (result->outcome == FP_SHUTDOWN) { /* and nobody asked for it: no call can be run any more */
		r->is_without_worker = true;
		fp_run_abort(r);
	}
}

static void on_result(void *data, const struct fp_result *result)
{
	struct fp_call *c = data;
	struct fp_run *r = c->run;

	c->job = NULL;
	call_take_bytes(c, 0);
	r->flying--;
	r->count.ended++;
	call_end(c, result);
	if (r->options.unordered) {
		call_free(c);
	} else {
		r->held++;
		calls_write_held(r);
	}
	fp_run_feed(r);
}

/* ---- lines ----------------------------------------------------------------------------------------- */

/* The line that was just read did not become a call; why was said. */
static void line_refuse(struct fp_run *r)
{
	r->count.ended++;
	line_fail(r, r->count.lines);
}

static void line_call(struct fp_run *r, size_t bytes)
{
	struct fp_call *c = fp_cli_realloc(&fp_run_cli, NULL, sizeof *c);

	*c = (struct fp_call){.run = r, .line = r->count.lines};
	enum fp_reason reason = fp_pool_call(r->pool, r->line.items, r->line.n, NULL, on_result, c, &c->job);
	if (reason) {
		const struct fp_result result = {.outcome = FP_REJECTED, .reason = reason};
		free(c);
		fp_report_failure(&r->report, r->count.lines, &result);
		line_refuse(r);
		return;
	}
	r->flying++;
	call_take_bytes(c, bytes);
	if (r->options.unordered)
		return;
	*r->last = c;
	r->last = &c->next;
}

static void line_take(struct fp_run *r, char *text, size_t len)
{
	struct fp_line_error error;

	switch (fp_line_decode(&r->line, text, len, &error)) {
	case FP_NONE:
		line_call(r, len);
		break;
	case FP_MALFORMED:
		fp_report_line(&r->report, "line %" PRIu64 ", column %zu: %s", r->count.lines, error.column, error.text);
		line_refuse(r);
		break;
	default:
		fp_cli_no_memory(&fp_run_cli);
	}
}

static bool run_has_room(const struct fp_run *r)
{
	return r->flying < r->flying_max && r->held < HELD_MAX &&
	       r->ahead_bytes + fp_sink_waiting(&r->sink) < AHEAD_BYTES_MAX;
}

/* Takes the next line, if there is a whole one. False: it has to be read first. */
static bool run_has_taken(struct fp_run *r)
{
	char *text;
	size_t len;

	switch (fp_source_next(&r->source, &text, &len)) {
	case FP_SOURCE_MORE:
		return false;
	case FP_SOURCE_END:
		r->count.is_whole = true;
		break;
	case FP_SOURCE_LINE:
		r->count.lines++;
		line_take(r, text, len);
		break;
	case FP_SOURCE_LONG:
		r->count.lines++;
		fp_report_line(&r->report, "line %" PRIu64 ": longer than --frame-max allows for", r->count.lines);
		line_refuse(r);
		break;
	}
	return true;
}

void fp_run_feed(struct fp_run *r)
{
	while (!r->failed_line && !r->count.is_whole && run_has_room(r)) {
		if (!run_has_taken(r)) {
			ev_io_start(r->loop, &r->readable);
			return;
		}
	}
	ev_io_stop(r->loop, &r->readable);
	if (r->flying)
		return;
	if (r->failed_line)
		run_end(r, fp_pool_abort); /* a worker may be busy with a cancelled call */
	else if (r->count.is_whole)
		run_end(r, fp_pool_destroy);
}
