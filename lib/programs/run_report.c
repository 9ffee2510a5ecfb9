/* run_report: words and numbers for a person on standard error.
 * Must never know how calls are made, and decides nothing. */
#include "run_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"

#define WIDTH_DEFAULT 80 /* columns of a terminal that does not say */
#define TEXT_MAX 512     /* octets of a line that is put together here */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * FP_S + (uint64_t)t.tv_nsec;
}

static double seconds(uint64_t ns)
{
	return (double)ns / (double)FP_S;
}

static double per_second(uint64_t n, uint64_t ns)
{
	return ns ? (double)n / seconds(ns) : 0;
}

void fp_report_init(struct fp_report *r, const struct fp_cli *cli)
{
	*r = (struct fp_report){.cli = cli, .start_ns = now_ns(), .has_progress = isatty(STDERR_FILENO)};
}

/* ---- the progress line ----------------------------------------------------------------------------- */

static int terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : WIDTH_DEFAULT;
}

void fp_report_progress(struct fp_report *r, const struct fp_run_count *count, const struct fp_stats *stats)
{
	char text[TEXT_MAX], failed[48] = "";

	if (!r->has_progress)
		return;
	if (count->failed)
		snprintf(failed, sizeof failed, ", %" PRIu64 " failed", count->failed);
	snprintf(text, sizeof text, "%" PRIu64 "/%" PRIu64 "%s%s, %.0f calls/s, %" PRIu32 " workers, %" PRIu64 " waiting",
	         count->ended, count->lines, count->is_whole ? "" : "+", failed,
	         per_second(count->ended, now_ns() - r->start_ns), stats->workers, stats->waiting);
	/* One column is left free: a full line would wrap, and a wrapped one cannot be erased. */
	fprintf(stderr, "\r%.*s\033[K", terminal_width() - 1, text);
	fflush(stderr);
	r->is_drawn = true;
}

void fp_report_clear(struct fp_report *r)
{
	if (!r->is_drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	r->is_drawn = false;
}

/* ---- lines ----------------------------------------------------------------------------------------- */

void fp_report_line(struct fp_report *r, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	fp_report_clear(r);
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fp_cli_say(r->cli, "%s", text);
}

static void crash_describe(char *to, size_t size, const struct fp_result *result)
{
	if (result->signal)
		snprintf(to, size, "worker %" PRIu64 " was ended by signal %d (%s)", result->worker, result->signal,
		         strsignal(result->signal));
	else if (result->exit_status >= 0)
		snprintf(to, size, "worker %" PRIu64 " ended with status %d", result->worker, result->exit_status);
	else
		snprintf(to, size, "worker %" PRIu64 " ended", result->worker);
}

static void timeout_describe(char *to, size_t size, const struct fp_result *result)
{
	if (result->worker && result->run_ns)
		snprintf(to, size, "after %.3f s in worker %" PRIu64, seconds(result->run_ns), result->worker);
	else
		snprintf(to, size, "after %.3f s without a worker", seconds(result->queued_ns));
}

static void failure_describe(char *to, size_t size, const struct fp_result *result)
{
	const char *reason = fp_reason_text(result->reason);

	switch (result->outcome) {
	case FP_CRASHED:
		crash_describe(to, size, result);
		break;
	case FP_TIMEOUT:
		timeout_describe(to, size, result);
		break;
	case FP_PROTOCOL:
		snprintf(to, size, "worker %" PRIu64 ": %s, at octet %" PRIu64, result->worker, reason, result->offset);
		break;
	case FP_SHUTDOWN:
		snprintf(to, size, "%s", result->reason ? reason : "the pool ended before it was done");
		break;
	default:
		snprintf(to, size, "%s", reason);
		break;
	}
}

void fp_report_failure(struct fp_report *r, uint64_t line, const struct fp_result *result)
{
	char text[TEXT_MAX / 2];

	failure_describe(text, sizeof text, result);
	fp_report_line(r, "line %" PRIu64 ": %s: %s", line, fp_outcome_name(result->outcome), text);
}

void fp_report_stop(struct fp_report *r, uint64_t line, uint64_t dropped)
{
	fp_report_line(r,
	               "stopped at line %" PRIu64 "; %" PRIu64 " lines read with it were dropped; --keep-going would go on",
	               line, dropped);
}

void fp_report_event(struct fp_report *r, const struct fp_event *event)
{
	size_t size = fp_line_size(event->items, event->n);
	char *text = fp_cli_realloc(r->cli, NULL, size + 1);

	fp_report_clear(r);
	*fp_line_encode(text, event->items, event->n) = '\0';
	fprintf(stderr, "worker %" PRIu64 ": %s\n", event->worker, text);
	free(text);
}

void fp_report_error(struct fp_report *r, const struct fp_error *error)
{
	fp_report_line(r, "%s", error->text);
}

/* ---- the summary ----------------------------------------------------------------------------------- */

static void outcomes_describe(char *to, size_t size, const struct fp_stats *stats)
{
	size_t len = 0;

	*to = '\0';
	for (int i = 0; i < FP_OUTCOMES && len < size; i++) {
		if (stats->outcomes[i] == 0 && i != FP_OK)
			continue;
		len += (size_t)snprintf(to + len, size - len, "%s%" PRIu64 " %s", len ? ", " : "", stats->outcomes[i],
		                        fp_outcome_name((enum fp_outcome)i));
	}
}

void fp_report_stats(struct fp_report *r, const struct fp_run_count *count, const struct fp_stats *stats)
{
	uint64_t took_ns = now_ns() - r->start_ns;
	char outcomes[TEXT_MAX / 2];

	outcomes_describe(outcomes, sizeof outcomes, stats);
	fp_report_line(r, "%" PRIu64 " lines in %.3f s, %.0f per second; %" PRIu64 " failed, %" PRIu64 " dropped",
	               count->lines, seconds(took_ns), per_second(count->ended, took_ns), count->failed, count->dropped);
	fp_report_line(r, "%" PRIu64 " calls: %s; %" PRIu64 " requeued, %" PRIu64 " events", stats->calls, outcomes,
	               stats->requeued, stats->events);
	fp_report_line(r,
	               "%" PRIu64 " workers started, %" PRIu64 " ended, %" PRIu64 " failed to start, %" PRIu32
	               " at most at a time; %" PRIu64 " calls at most waiting",
	               stats->workers_started, stats->workers_exited, stats->workers_failed, stats->workers_max,
	               stats->waiting_max);
	fp_report_line(r, "%" PRIu64 " octets sent, %" PRIu64 " received", stats->tx_bytes, stats->rx_bytes);
}
