/* Octets as rows of hex and ASCII: frames apart, the first wrong octet marked. See html.h. Must not know lanes or arrows. */
#include "html.h"

#include "base.h"

#include <stdlib.h>

#define ROWS_HEAD 4 /* rows of a long text that are shown: this many at its start, */
#define ROWS_NEAR 4 /* around the mark, */
#define ROWS_TAIL 2 /* and at its end */

/* One text of octets that is shown. */
struct view {
	FILE *to;
	struct fp_dump dump;
	size_t mark_at;      /* SIZE_MAX: none; the length of the text: behind its end */
	const char *mark;    /* class of the mark */
	const char *at_end;  /* what to say where the mark is behind the end */
	size_t mark_row, rows;
	int at_width;        /* of a place, in digits */
};

/* ---- a row ---- */

static bool is_marked(const struct view *v, size_t at)
{
	return at == v->mark_at;
}

static void put_hex(const struct view *v, const struct fp_dump_row *row)
{
	for (size_t i = 0; i < FP_DUMP_ROW_MAX; i++) {
		if (i >= row->len)
			fputs("  ", v->to);
		else if (is_marked(v, row->at + i))
			fprintf(v->to, "<mark class=\"%s\">%02x</mark>", v->mark, v->dump.data[row->at + i]);
		else
			fprintf(v->to, "%02x", v->dump.data[row->at + i]);
		putc(' ', v->to);
	}
}

static void put_ascii(const struct view *v, const struct fp_dump_row *row)
{
	fputs("<i>", v->to);
	for (size_t i = 0; i < row->len; i++) {
		uint8_t octet = v->dump.data[row->at + i];
		char text[2] = {octet >= 0x20 && octet < 0x7f ? (char)octet : '.', 0};
		if (is_marked(v, row->at + i))
			fp_markup_put(v->to, "<mark class=\"%s\">%s</mark>", v->mark, text);
		else
			fp_markup_put(v->to, "%s", text);
	}
	fputs("</i>", v->to);
}

static void put_numbers(const struct view *v, const struct fp_dump_row *row)
{
	if (!row->has_numbers)
		fputs("<u>part of a header</u>", v->to);
	else if (v->dump.framing.has_id)
		fprintf(v->to, "<u>id %u, length %u</u>", row->id, row->payload_len);
	else
		fprintf(v->to, "<u>length %u</u>", row->payload_len);
}

static void put_row(const struct view *v, const struct fp_dump_row *row)
{
	fprintf(v->to, "<span class=\"%s\"><b>%0*zu</b>  ", row->is_header ? "row header" : "row", v->at_width, row->at);
	put_hex(v, row);
	putc(' ', v->to);
	if (row->is_header)
		put_numbers(v, row);
	else
		put_ascii(v, row);
	fputs("\n</span>", v->to);
}

/* ---- the rows of a text ---- */

/* Counts the rows, and finds the one with the mark. The stream stays where it was. */
static void measure(struct view *v)
{
	struct fp_dump d = v->dump;
	struct fp_dump_row row;
	v->mark_row = SIZE_MAX;
	for (v->rows = 0; fp_dump_next(&d, &row); v->rows++)
		if (v->mark_at >= row.at && v->mark_at < row.at + row.len)
			v->mark_row = v->rows;
}

static bool is_row_shown(const struct view *v, size_t row)
{
	bool is_near = v->mark_row != SIZE_MAX && row + ROWS_NEAR >= v->mark_row && row <= v->mark_row + ROWS_NEAR;
	return is_near || row < ROWS_HEAD || row + ROWS_TAIL >= v->rows;
}

static void put_rows(struct view *v)
{
	struct fp_dump_row row;
	size_t gap = 0;
	measure(v);
	v->at_width = snprintf(NULL, 0, "%04zu", v->dump.len);
	fputs("<pre class=\"octets\">", v->to);
	for (size_t i = 0; fp_dump_next(&v->dump, &row); i++) {
		if (!is_row_shown(v, i)) {
			gap += row.len;
			continue;
		}
		if (gap)
			fprintf(v->to, "<span class=\"row gap\">%*s  … %zu octets …\n</span>", v->at_width, "", gap);
		gap = 0;
		put_row(v, &row);
	}
	if (v->mark_at != SIZE_MAX && v->mark_at >= v->dump.len)
		fprintf(v->to, "<span class=\"row\"><b>%0*zu</b>  <mark class=\"%s\">%s</mark>\n</span>", v->at_width, v->dump.len, v->mark, v->at_end);
	fputs("</pre>", v->to);
}

static void put_text(const struct fp_run_summary *s, const struct fp_seen *seen, size_t mark_at,
                     struct fp_dump_stream *stream, FILE *to)
{
	struct view v = {
		.to = to,
		.mark_at = mark_at,
		.mark = seen->is_missing ? "right" : "wrong",
		.at_end = seen->is_missing ? "nothing more" : "ends here, too early",
	};
	fp_dump_init(&v.dump, seen->data, seen->len, fp_dump_framing(s, seen->from), stream);
	put_rows(&v);
	if (stream)
		*stream = v.dump.stream;
}

/* ---- all that went over one wire ---- */

struct wire {
	enum fp_actor from, to;
	unsigned worker;
	struct fp_dump_stream stream;
};

struct wires {
	struct wire *items;
	size_t n;
};

static struct fp_dump_stream *stream_of(struct wires *w, const struct fp_seen *seen)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].from == seen->from && w->items[i].to == seen->to && w->items[i].worker == seen->worker)
			return &w->items[i].stream;
	w->items = fp_grow(w->items, w->n + 1, sizeof *w->items);
	w->items[w->n] = (struct wire){.from = seen->from, .to = seen->to, .worker = seen->worker};
	return &w->items[w->n++].stream;
}

/* Moves a stream on over what is not shown. */
static void skip(const struct fp_run_summary *s, const struct fp_seen *seen, struct fp_dump_stream *stream)
{
	struct fp_dump d;
	struct fp_dump_row row;
	fp_dump_init(&d, seen->data, seen->len, fp_dump_framing(s, seen->from), stream);
	while (fp_dump_next(&d, &row))
		;
	*stream = d.stream;
}

static void put_step(const struct fp_run_summary *s, const struct fp_verdict *v, size_t i, struct wires *w, FILE *to)
{
	const struct fp_seen *seen = &v->seen[i];
	struct fp_dump_stream *stream = seen->is_missing ? NULL : stream_of(w, seen);
	if (!fp_html_is_shown(v, i)) {
		if (stream)
			skip(s, seen, stream);
		return;
	}
	char *line = fp_words_seen_line(seen);
	fp_markup_put(to, "<li value=\"%zu\"><code>%s</code>", i + 1, line);
	free(line);
	if (seen->len)
		put_text(s, seen, seen->is_wrong ? seen->wrong_at : SIZE_MAX, stream, to);
	fputs("</li>\n", to);
}

void fp_html_octets_all(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to)
{
	struct wires w = {0};
	fputs("<ol class=\"steps\">\n", to);
	for (size_t i = 0; i < v->n_seen; i++)
		put_step(s, v, i, &w, to);
	fputs("</ol>\n", to);
	free(w.items);
}

/* ---- what is wrong, and what would have been right ---- */

static const struct fp_seen *find(const struct fp_verdict *v, bool is_missing)
{
	for (size_t i = 0; i < v->n_seen; i++)
		if (v->seen[i].is_wrong && v->seen[i].is_missing == is_missing)
			return &v->seen[i];
	return NULL;
}

/* A stream that was cut before stands where the steps before have left it. */
static struct fp_dump_stream stream_before(const struct fp_run_summary *s, const struct fp_verdict *v, const struct fp_seen *seen)
{
	struct fp_dump_stream stream = {0};
	for (const struct fp_seen *at = v->seen; at < seen; at++)
		if (at->from == seen->from && at->to == seen->to && at->worker == seen->worker && !at->is_missing && at->len)
			skip(s, at, &stream);
	return stream;
}

static void put_half(const struct fp_run_summary *s, const struct fp_seen *seen, struct fp_dump_stream stream, size_t mark_at,
                     const char *title, FILE *to)
{
	if (!seen || !seen->len)
		return;
	char *line = fp_words_seen_line(seen);
	fp_markup_put(to, "<figure><figcaption>%s <code>%s</code></figcaption>", title, line);
	put_text(s, seen, mark_at, &stream, to);
	fputs("</figure>\n", to);
	free(line);
}

void fp_html_octets_wrong(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to)
{
	const struct fp_seen *came = find(v, false), *expected = find(v, true), *first = came ? came : expected;
	if (!first)
		return;
	struct fp_dump_stream stream = stream_before(s, v, first);
	put_half(s, came, stream, came ? came->wrong_at : SIZE_MAX, "What came", to);
	put_half(s, expected, stream, came && came->len ? came->wrong_at : SIZE_MAX, "What was expected", to);
}
