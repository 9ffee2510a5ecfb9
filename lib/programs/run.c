/* forkpool-run: each line of standard input is a call of a pool, its results are a line of standard output.
 * The program: its watchers, its start and its end. Must never know how a line becomes a call. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run_calls.h"

#define PROGRESS_S 0.1    /* between two drawings */
#define VAIN_ERRORS_MAX 3 /* in a row, with no worker that takes a call, before giving up */

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_NO_WORKER = 3 };

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS_N (sizeof SIGNALS / sizeof *SIGNALS)
_Static_assert(SIGNALS_N == sizeof((struct fp_run *)0)->signals / sizeof(ev_signal), "a watcher for each");

static void run_leave_if_done(struct fp_run *r)
{
	if (!r->pool && (r->is_output_broken || fp_sink_waiting(&r->sink) == 0))
		ev_break(r->loop, EVBREAK_ALL);
}

/* Ends everything without waiting for anybody to take the output. */
static void run_break_output(struct fp_run *r)
{
	r->is_output_broken = true;
	ev_io_stop(r->loop, &r->writable);
	fp_run_abort(r);
}

/* ---- what the pool says ---------------------------------------------------------------------------- */

static void on_event(void *data, const struct fp_event *event)
{
	struct fp_run *r = data;

	fp_report_event(&r->report, event);
}

/* The pool goes on trying to start workers. Where none has ever answered, and one after the other ends before it was sent a
 * call, the command line is more likely to be wrong. */
static bool run_is_in_vain(struct fp_run *r)
{
	struct fp_stats stats;

	fp_pool_stats(r->pool, &stats);
	if (stats.tx_bytes != r->tx_bytes)
		r->vain_errors = 0;
	r->tx_bytes = stats.tx_bytes;
	return ++r->vain_errors >= VAIN_ERRORS_MAX && stats.workers == 0 && stats.outcomes[FP_OK] == 0;
}

static void on_error(void *data, const struct fp_error *error)
{
	struct fp_run *r = data;

	if (!r->pool || r->is_ending)
		return;
	fp_report_error(&r->report, error);
	if (!run_is_in_vain(r))
		return;
	fp_report_line(&r->report, "giving up: no worker has taken a call; what is wrong is said above");
	r->is_without_worker = true;
	fp_run_abort(r);
}

static void on_destroy(void *data)
{
	struct fp_run *r = data;

	fp_pool_stats(r->pool, &r->stats);
	r->pool = NULL;
	run_leave_if_done(r);
}

/* ---- watchers -------------------------------------------------------------------------------------- */

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct fp_run *r = w->data;

	(void)loop;
	(void)events;
	enum fp_reason reason = fp_source_read(&r->source);
	if (reason == FP_NOMEM)
		fp_cli_no_memory(&fp_run_cli);
	if (reason) {
		fp_report_line(&r->report, "cannot read standard input: %s", strerror(errno));
		r->is_input_broken = true;
	}
	fp_run_feed(r);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events)
{
	struct fp_run *r = w->data;

	(void)events;
	if (r->is_output_terminal)
		fp_report_clear(&r->report);
	if (fp_sink_write(&r->sink)) {
		/* A reader that has gone wants no message: the program ends as the usual ones do, by SIGPIPE. */
		if (errno == EPIPE)
			r->signal = SIGPIPE;
		else
			fp_report_line(&r->report, "cannot write standard output: %s", strerror(errno));
		run_break_output(r);
	} else {
		if (fp_sink_waiting(&r->sink) == 0)
			ev_io_stop(loop, w);
		fp_run_feed(r);
	}
	run_leave_if_done(r);
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct fp_run *r = w->data;

	(void)events;
	r->signal = w->signum;
	for (size_t i = 0; i < SIGNALS_N; i++)
		ev_signal_stop(loop, &r->signals[i]); /* the next one ends the program where it stands */
	run_break_output(r);
	run_leave_if_done(r);
}

static void on_progress(struct ev_loop *loop, ev_timer *w, int events)
{
	struct fp_run *r = w->data;
	struct fp_stats stats;

	(void)loop;
	(void)events;
	if (!r->pool)
		return;
	fp_pool_stats(r->pool, &stats);
	fp_report_progress(&r->report, &r->count, &stats);
}

/* A signal that is ignored stays so: nohup, and a shell that starts something in the background, mean it. */
static void watch_signal(struct fp_run *r, ev_signal *w, int number)
{
	struct sigaction old;

	ev_signal_init(w, on_signal, number);
	w->data = r;
	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		ev_signal_start(r->loop, w);
}

static void ignore_sigpipe(int number)
{
	(void)number;
}

static void watch(struct fp_run *r)
{
	/* A pipe without a reader shall be an error of write. SIG_IGN would do it, too, but is inherited by other programs. */
	const struct sigaction ignore = {.sa_handler = ignore_sigpipe, .sa_flags = SA_RESTART};

	ev_io_init(&r->readable, on_readable, STDIN_FILENO, EV_READ);
	ev_io_init(&r->writable, on_writable, STDOUT_FILENO, EV_WRITE);
	ev_timer_init(&r->progress, on_progress, PROGRESS_S, PROGRESS_S);
	r->readable.data = r->writable.data = r->progress.data = r;
	for (size_t i = 0; i < SIGNALS_N; i++)
		watch_signal(r, &r->signals[i], SIGNALS[i]);
	sigaction(SIGPIPE, &ignore, NULL);
	if (r->report.has_progress)
		ev_timer_start(r->loop, &r->progress);
}

static void unwatch(struct fp_run *r)
{
	for (size_t i = 0; i < SIGNALS_N; i++)
		ev_signal_stop(r->loop, &r->signals[i]);
	ev_timer_stop(r->loop, &r->progress);
	ev_io_stop(r->loop, &r->readable);
	ev_io_stop(r->loop, &r->writable);
}

/* ---- start and end --------------------------------------------------------------------------------- */

static void pool_make(struct fp_run *r)
{
	struct fp_options *o = &r->options.pool;
	char why[256];

	o->data = r;
	o->on_error = on_error;
	o->on_event = on_event;
	o->on_destroy = on_destroy;
	/* Not the default loop: that one would reap our children, whose statuses are the pool's. */
	r->loop = ev_loop_new(EVFLAG_AUTO);
	if (!r->loop) {
		fp_cli_say(&fp_run_cli, "no event loop: does LIBEV_FLAGS name a backend that this system lacks?");
		exit(STATUS_FAILED);
	}
	r->pool = fp_pool_new(r->loop, r->options.function, o, why);
	if (r->pool)
		return;
	/* The options were checked, so it is the template process that fails. */
	fp_cli_say(&fp_run_cli, "no worker can be started: %s: is FORKPOOL_TEMPLATE right, or forkpool-template installed?",
	           why);
	exit(STATUS_NO_WORKER);
}

static void run_summarise(struct fp_run *r)
{
	fp_report_clear(&r->report);
	if (r->count.dropped)
		fp_report_stop(&r->report, r->failed_line, r->count.dropped);
	if (r->options.stats)
		fp_report_stats(&r->report, &r->count, &r->stats);
}

static int run_status(const struct fp_run *r)
{
	if (r->is_without_worker && r->stats.workers_started == 0)
		return STATUS_NO_WORKER;
	bool is_ok = !r->count.failed && !r->is_without_worker && !r->is_input_broken && !r->is_output_broken;
	return is_ok ? STATUS_OK : STATUS_FAILED;
}

static _Noreturn void die_of(int number)
{
	signal(number, SIG_DFL);
	raise(number);
	_exit(128 + number);
}

int main(int argc, char **argv)
{
	static struct fp_run r;

	fp_cli_open_standard(&fp_run_cli);
	fp_run_options_get(&r.options, &fp_run_cli, argc, argv);
	fp_report_init(&r.report, &fp_run_cli);
	fp_run_calls_init(&r);
	r.is_output_terminal = isatty(STDOUT_FILENO);
	pool_make(&r);
	watch(&r);
	fp_run_feed(&r);
	ev_run(r.loop, 0);

	run_summarise(&r);
	int status = run_status(&r);
	unwatch(&r);
	ev_loop_destroy(r.loop);
	fp_run_calls_fini(&r);
	fp_run_options_fini(&r.options);
	if (r.signal)
		die_of(r.signal);
	return status;
}
