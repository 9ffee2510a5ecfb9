/* What the rounds gave: medians, the ratio of the medians, and how far the rounds' own ratios lie apart.
 *
 * It must never know how a figure was measured. */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct summary {
	double raw, ours;        /* medians */
	double ratio, low, high; /* of the medians; the least and the greatest of a round. Without a raw side: the figure */
	bool met;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(const double *v, unsigned n)
{
	double sorted[REPORT_ROUNDS_MAX];
	memcpy(sorted, v, n * sizeof *v);
	qsort(sorted, n, sizeof *sorted, by_size);
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static bool has_raw(const struct report_row *r)
{
	return r->kind != REPORT_VALUE_BELOW;
}

static struct summary summarise(const struct report_row *r)
{
	struct summary s = {.raw = median(r->raw, r->n), .ours = median(r->ours, r->n)};
	s.ratio = has_raw(r) ? s.ours / s.raw : s.ours;
	for (unsigned i = 0; i < r->n; i++) {
		double one = has_raw(r) ? r->ours[i] / r->raw[i] : r->ours[i];
		s.low = !i || one < s.low ? one : s.low;
		s.high = !i || one > s.high ? one : s.high;
	}
	switch (r->kind) {
	case REPORT_RATIO_AT_LEAST:
		s.met = s.ratio >= r->target;
		break;
	case REPORT_RATIO_AT_MOST:
		s.met = s.ratio <= r->target;
		break;
	case REPORT_VALUE_BELOW:
		s.met = s.ours < r->target;
		break;
	}
	return s;
}

static const char *kind_sign(enum report_target kind)
{
	static const char *const signs[] = {">=", "<=", "<"};
	return signs[kind];
}

/* Four significant digits, no exponent. */
static const char *figure(char text[32], double v)
{
	snprintf(text, 32, "%.*f", v >= 1000 ? 0 : v >= 100 ? 1 : v >= 10 ? 2 : v >= 1 ? 3 : 4, v);
	return text;
}

static void table_line(const struct report_row *r)
{
	char raw[32] = "-", ours[32], spread[64], target[64];
	struct summary s = summarise(r);
	figure(ours, s.ours);
	if (has_raw(r)) {
		figure(raw, s.raw);
		snprintf(spread, sizeof spread, "%.2f (%.2f..%.2f)", s.ratio, s.low, s.high);
		snprintf(target, sizeof target, "%s %.2f", kind_sign(r->kind), r->target);
	} else {
		snprintf(spread, sizeof spread, "(%.0f..%.0f)", s.low, s.high);
		snprintf(target, sizeof target, "%s %.0f", kind_sign(r->kind), r->target);
	}
	printf("%-36s %-7s %10s %10s  %-19s %-8s %s\n", r->name, r->unit, raw, ours, spread, target,
	       s.met ? "met" : "missed");
}

void report_table(const struct report_row *rows, size_t n)
{
	printf("%-36s %-7s %10s %10s  %-19s %-8s\n", "measure", "unit", "raw", "forkpool", "ratio (spread)", "target");
	for (size_t i = 0; i < n; i++)
		table_line(&rows[i]);
}

static void json_list(FILE *f, const char *name, const double *v, unsigned n)
{
	fprintf(f, "     \"%s\": [", name);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s%.9g", i ? ", " : "", v[i]);
	fputs("],\n", f);
}

/* Names and units come from the table of measures: they hold nothing that JSON would have escaped. */
static void json_row(FILE *f, const struct report_row *r)
{
	struct summary s = summarise(r);
	fprintf(f, "    {\"measure\": \"%s\", \"unit\": \"%s\",\n", r->name, r->unit);
	if (has_raw(r)) {
		json_list(f, "raw", r->raw, r->n);
		fprintf(f, "     \"raw_median\": %.9g, \"ratio\": %.9g, \"ratio_min\": %.9g, \"ratio_max\": %.9g,\n", s.raw, s.ratio,
		        s.low, s.high);
	}
	json_list(f, "forkpool", r->ours, r->n);
	fprintf(f, "     \"forkpool_median\": %.9g, \"target\": \"%s %g\", \"met\": %s}", s.ours, kind_sign(r->kind), r->target,
	        s.met ? "true" : "false");
}

void report_json(const char *path, const struct report_row *rows, size_t n)
{
	FILE *f = fopen(path, "we");
	if (!f)
		bench_die("%s: %s; name a file that can be written", path, strerror(errno));
	fprintf(f, "{\n  \"rounds\": %u,\n  \"measures\": [\n", n ? rows[0].n : 0);
	for (size_t i = 0; i < n; i++) {
		json_row(f, &rows[i]);
		fputs(i + 1 < n ? ",\n" : "\n", f);
	}
	fputs("  ]\n}\n", f);
	if (fflush(f) || ferror(f))
		bench_die("%s: %s", path, strerror(errno));
	fclose(f);
}
