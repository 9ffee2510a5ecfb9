/* forkpool: a pool of worker processes for libev programs.
 *
 * The one header an application or a worker module includes. It knows nothing of the library's inside;
 * the inside takes from it the words that an application sees (items, outcomes, reasons).
 *
 *   parent   a libev program makes a pool with the name of a function and calls it; the function runs in worker
 *            processes, forked from a small template process into which shared objects were loaded.
 *   child    a shared object exports functions of type `fp_function`.
 *
 * Times are uint64_t nanoseconds, sizes are octets. Strings are NUL-terminated unless a length stands beside them.
 * A pool, its templates and all callbacks belong to the thread that runs the loop. What is passed in is copied
 * unless the function says otherwise. */
#ifndef FORKPOOL_H
#define FORKPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FP_VERSION "1.0.0"

#if defined __GNUC__ && !defined FP_NO_EXPORT
#define FP_API __attribute__((visibility("default")))
#else
#define FP_API
#endif

#define FP_MS ((uint64_t)1000000)    /* ns */
#define FP_S ((uint64_t)1000000000) /* ns */

/* ---- words both sides use -------------------------------------------------------------------------- */

/* What an item of a list is. The string serialiser knows octet strings only and writes a value as its text. */
enum fp_kind {
	FP_STRING, /* octets; with the json serialiser a JSON string, in UTF-8 */
	FP_VALUE   /* any other JSON value (number, true, false, null, array, object), as JSON text */
};

/* One element of a list of arguments, results or of an event. Not NUL-terminated. */
struct fp_item {
	const void *data; /* may be NULL where len is 0 */
	size_t len;       /* octets */
	enum fp_kind kind;
};

FP_API struct fp_item fp_item_str(const char *s); /* a string item; points to s */

/* How a call ended. Each accepted call ends in exactly one of these. */
enum fp_outcome {
	FP_OK,        /* answered: `items` are the results */
	FP_CRASHED,   /* its worker ended while it ran: `exit_status` or `signal` say how, where that is known */
	FP_TIMEOUT,   /* queue_timeout or run_timeout passed */
	FP_CANCELLED, /* by fp_pool_cancel */
	FP_REJECTED,  /* refused before it was accepted: fp_pool_call returned a reason and no callback comes */
	FP_PROTOCOL,  /* its worker broke the protocol while it had it: `reason` and `offset` say where */
	FP_SHUTDOWN   /* the pool ended before it could run: fp_pool_abort, or no worker can be started any more */
};
#define FP_OUTCOMES 7

/* Why something failed. FP_NONE is 0, so `if (reason)` asks for an error. */
enum fp_reason {
	FP_NONE,
	FP_NOMEM,      /* an allocation failed; nothing was changed */
	FP_INVALID,    /* an argument or option is out of range */
	FP_FULL,       /* past queue_max or queue_bytes_max; on_room tells when to go on */
	FP_CLOSED,     /* after fp_pool_destroy or fp_pool_abort */
	FP_TOO_LONG,   /* a frame or an item is longer than frame_bytes_max */
	FP_MALFORMED,  /* a payload that is not a list in the serialiser's form; an item it cannot express */
	FP_UNEXPECTED, /* a reply that matches no request */
	FP_BAD_ID,     /* a request with id 0, or with the id of one that still runs */
	FP_TRUNCATED,  /* end of file inside a frame */
	FP_EOF,        /* end of file where none was due */
	FP_READ,       /* reading failed: `system_errno` */
	FP_WRITE,      /* writing failed: `system_errno` */
	FP_START,      /* a process could not be started: `system_errno`, or the text */
	FP_TIMED_OUT   /* a time limit passed */
};
FP_API const char *fp_reason_name(enum fp_reason r);   /* "malformed"; static */
FP_API const char *fp_reason_text(enum fp_reason r);   /* "a payload is not a list"; static */
FP_API const char *fp_outcome_name(enum fp_outcome o); /* "crashed"; static */

/* Byte order of ids and lengths on the wire (protocol clause FRM-4). */
enum fp_profile {
	FP_NETWORK, /* big-endian: AnyEvent::Fork::RPC 1.1 and later */
	FP_NATIVE   /* host order: 0.1 and 0.2 */
};

FP_API unsigned fp_ncpu(void);      /* processors this process may run on, at least 1 */
FP_API const char *fp_version(void); /* FP_VERSION of the library that runs; static */

/* ---- parent: a pool -------------------------------------------------------------------------------- */

struct ev_loop;
struct fp_pool;
struct fp_job;      /* an accepted call: good until its callback has begun */
struct fp_template; /* a process to fork workers from */

/* How a call ended; good during the callback only. */
struct fp_result {
	enum fp_outcome outcome;
	const struct fp_item *items; /* FP_OK: the results */
	size_t n;
	enum fp_reason reason; /* other than FP_NONE where the outcome is not FP_OK and one is known */
	uint64_t offset;       /* FP_PROTOCOL: octets the worker had sent before the fault */
	int exit_status;       /* FP_CRASHED: 0..255, or -1 if the worker did not exit by itself or nobody knows */
	int signal;            /* FP_CRASHED: the signal that ended the worker, or 0 */
	uint64_t worker;       /* number of the worker that had it last, from 1; 0: none */
	uint64_t queued_ns;    /* from the call until it was given to that worker */
	uint64_t run_ns;       /* from then until now; both by the clock of the loop's rounds */
};
typedef void fp_result_cb(void *data, const struct fp_result *result);

/* Something a worker said without being asked, or, in a pool without on_error, an error (is_error: the items are
 * "error" and the text; an event that looks the same has is_error false). Good during the callback only. */
struct fp_event {
	uint64_t worker;
	const struct fp_item *items;
	size_t n;
	bool is_error;
};
typedef void fp_event_cb(void *data, const struct fp_event *event);

/* A worker, the template or a start failed. Calls report their own end; this says why a worker ended. */
struct fp_error {
	uint64_t worker; /* 0: no worker, the pool as a whole */
	enum fp_reason reason;
	uint64_t offset; /* octets the worker had sent before the fault, where a peer's octets are the fault */
	int system_errno; /* or 0 */
	const char *text; /* one line, no newline, with the worker's number; good during the callback only */
};
typedef void fp_error_cb(void *data, const struct fp_error *error);
typedef void fp_notify_cb(void *data);
typedef void fp_trace_cb(void *data, uint64_t now_ns, const char *line); /* one line a change of state */

/* Options of a pool. fp_options_init gives the defaults in brackets. 0 means 0, except where it says "none". */
struct fp_options {
	/* scheduling */
	uint32_t min;          /* [0] workers that always exist */
	uint32_t max;          /* [8] never more than this; one that is ending does not count; at least 1 */
	uint32_t min_idle;     /* [0] start another when fewer are idle */
	uint32_t max_idle;     /* [1] an idle worker above this many may be stopped; min_idle counts where it is larger */
	uint32_t load;         /* [2] calls given to one worker at a time; at least 1 */
	uint64_t busy_time_ns; /* [0] all must be busy this long before another is started; starts are as far apart */
	uint64_t idle_time_ns; /* [1 s] an idle worker is stopped after this long without a call, one at a time */
	uint64_t calls_max;    /* [0: none] a worker ends after this many calls; it counts for max until they are done */
	uint32_t retries;      /* [0] times a call that may have run is tried again after a crash; one that cannot have
	                          started always is */
	/* limits */
	uint64_t queue_max;        /* [0: none] calls waiting; past it fp_pool_call returns FP_FULL */
	uint64_t queue_bytes_max;  /* [0: none] octets of waiting payloads; likewise, and FP_TOO_LONG for one call above it */
	uint64_t queue_timeout_ns; /* [0: none] a call waits no longer than this for a worker */
	uint64_t run_timeout_ns;   /* [0: none] a call runs no longer; then a sync worker is killed, an async one retired */
	uint64_t frame_bytes_max;  /* [256 MiB] longest payload, either way; at most 4294967295 */
	uint64_t grace_ns;         /* [1 s] between asking a worker to end, SIGTERM, and SIGKILL */
	/* processes: from_template, else template_command, else command, else a template of our own */
	struct fp_template *from_template;   /* [NULL] fork workers from this; it must outlive the pool */
	const char *const *template_command; /* [NULL] argv that starts a template, NULL-terminated; the descriptor's and
	                                        our process number are appended, as AnyEvent::Fork does with perl */
	const char *command;                 /* [NULL] a shell command that serves the protocol on descriptors 0 and 1 */
	const char *const *require;          /* [NULL] shared objects to load into the template, NULL-terminated */
	const char *eval;                    /* [NULL] C source to compile with cc and load into the template */
	const char *init;                    /* [NULL] function called first in each worker, with init_args */
	const struct fp_item *init_args;     /* [NULL] */
	size_t init_args_n;
	/* protocol: both sides must agree, nothing on the wire tells */
	bool async;              /* [false] the function may answer later, through a done handle, in any order */
	enum fp_profile profile; /* [FP_NETWORK] */
	const char *serialiser;  /* ["string"] or "json" */
	/* callbacks, each with `data` first. None is called from inside another function of this header. */
	void *data;
	fp_error_cb *on_error;     /* [NULL: on_event with is_error, without that a line on standard error] */
	fp_event_cb *on_event;     /* [NULL: events are ignored] */
	fp_notify_cb *on_destroy;  /* [NULL] once, last; in it fp_pool_stats may be called, after it the pool is gone */
	fp_notify_cb *on_room;     /* [NULL] after FP_FULL, when a call would be accepted again */
	fp_trace_cb *on_trace;     /* [NULL] */
};
FP_API void fp_options_init(struct fp_options *o);
FP_API void fp_options_init_release(struct fp_options *o); /* AnyEvent::Fork::Pool 1.2: max 4, idle 0, load 2, start 0.1 s,
                                                              stop 10 s; its `idle` is both min_idle and max_idle */

/* Makes a pool that calls `function` (may be NULL with `command`). Workers start at once up to min and min_idle, others
 * when needed. NULL: an option is wrong or no memory; then `why` (may be NULL, at least 256 octets) has a line. */
FP_API struct fp_pool *fp_pool_new(struct ev_loop *loop, const char *function, const struct fp_options *o, char why[256]);

/* Limits of one call in place of the pool's. */
struct fp_limits {
	uint64_t queue_timeout_ns; /* 0: none */
	uint64_t run_timeout_ns;   /* 0: none */
	uint32_t retries;
};

/* Calls the function with n arguments. FP_NONE: accepted, `cb` comes once, later, from the loop; the job is stored in
 * *job if job is not NULL. Else refused and nothing will come: FP_FULL, FP_CLOSED, FP_TOO_LONG, FP_MALFORMED, FP_NOMEM.
 * limits NULL: the pool's. */
FP_API enum fp_reason fp_pool_call(struct fp_pool *p, const struct fp_item *args, size_t n, const struct fp_limits *limits,
                                   fp_result_cb *cb, void *data, struct fp_job **job);

/* The callback comes from the loop with FP_CANCELLED, or with the outcome that was decided already. A call that runs already
 * goes on in its worker, which its run_timeout_ns still bounds; its answer is dropped. */
FP_API void fp_pool_cancel(struct fp_pool *p, struct fp_job *job);

/* Ends the pool when everything queued is done; then on_destroy. Further calls are refused. */
FP_API void fp_pool_destroy(struct fp_pool *p);

/* Ends the pool now: calls end as FP_SHUTDOWN, workers are terminated (grace_ns, then killed); then on_destroy. */
FP_API void fp_pool_abort(struct fp_pool *p);

/* Counters since the pool was made, and what is now. */
struct fp_stats {
	uint64_t calls;                 /* accepted */
	uint64_t outcomes[FP_OUTCOMES]; /* by enum fp_outcome; FP_REJECTED: refused */
	uint64_t requeued;              /* given back by a worker that ended, and queued again */
	uint64_t events;
	uint64_t workers_started, workers_failed, workers_exited;
	uint64_t rx_bytes, tx_bytes; /* RPC octets from and to workers */
	uint64_t waiting, running;   /* calls now */
	uint64_t waiting_max;        /* the most ever */
	uint32_t workers, idle, busy; /* now, without those that are ending */
	uint32_t ending;
	uint32_t workers_max;        /* the most at a time, without those that were ending */
};
FP_API void fp_pool_stats(const struct fp_pool *p, struct fp_stats *s);

/* ---- parent: a template process -------------------------------------------------------------------- */

/* Templates carry what workers share: loaded code, arguments, descriptors. Commands are queued and sent from the loop;
 * those that come after a fork concern later forks only. */

/* Starts a template process. command NULL: forkpool-template; else as in fp_options. NULL: errno is set. */
FP_API struct fp_template *fp_template_new(struct ev_loop *loop, const char *const *command);
FP_API struct fp_template *fp_template_fork(struct fp_template *t); /* a template that starts as a copy of t; NULL: errno */
/* Loads shared objects, names NULL-terminated: NAME.so is looked for in FORKPOOL_PATH (colon-separated), then where forkpool's
 * own are; a name with .so in it is a path. A template that is a perl loads modules: A::B becomes A/B. */
FP_API enum fp_reason fp_template_require(struct fp_template *t, const char *const *names);
FP_API enum fp_reason fp_template_eval(struct fp_template *t, const char *source, const struct fp_item *args, size_t n);
FP_API enum fp_reason fp_template_send_arg(struct fp_template *t, const struct fp_item *args, size_t n); /* added to init's */
FP_API enum fp_reason fp_template_send_fd(struct fp_template *t, int fd); /* duplicated; joins the arguments, in order */
FP_API void fp_template_free(struct fp_template *t); /* what it forked goes on */

/* ---- child: functions that workers run ------------------------------------------------------------- */

struct fp_task; /* one call, in the worker: good until the function returns */

/* A function that a pool calls, exported by a shared object under its own name. It puts results with fp_put and returns 0.
 * Other than 0: it failed; the worker ends with status 1 and the caller sees FP_CRASHED. args are good until it returns. */
typedef int fp_function(struct fp_task *task, const struct fp_item *args, size_t n);

/* The init function: called before the first request; descriptors sent to the template are items of length 0 and
 * `fds[i]` is the descriptor of item i, else -1. Other than 0: the worker ends with status 1. */
typedef int fp_init_function(const struct fp_item *args, const int *fds, size_t n);

/* Called once at the end of a worker, after everything is written, where one is named; the worker exits with status 0 when it
 * returns, an async one goes on with its loop. */
typedef void fp_done_function(void);

/* What the template's `r` command runs, other than a worker: it gets the socket; its result is the exit status. */
typedef int fp_run_function(int fd, const struct fp_item *args, const int *fds, size_t n);

/* A module may export `forkpool_eval` of this type: it is offered each eval before that is taken for C source. items[0] is the
 * source. 1: done; 0: not mine; negative: it failed, the process ends. */
typedef int fp_eval_function(const struct fp_item *items, size_t n);

/* Add a result. FP_NOMEM, FP_TOO_LONG. */
FP_API enum fp_reason fp_put(struct fp_task *task, const void *data, size_t len);
FP_API enum fp_reason fp_put_str(struct fp_task *task, const char *s);
FP_API enum fp_reason fp_put_item(struct fp_task *task, const struct fp_item *item);
FP_API enum fp_reason fp_put_int(struct fp_task *task, int64_t v);     /* a number under json, decimal text otherwise */
FP_API enum fp_reason fp_put_double(struct fp_task *task, double v);   /* likewise, 15 significant digits (%.15g) */

/* Async workers: answer later. The handle may be copied and kept; the function returns 0 and what it put is dropped.
 * A function that does not call fp_defer is answered when it returns, as in a sync worker. */
struct fp_done {
	uint64_t serial; /* never used twice in a process; 0: no memory, answer at once instead */
	uint32_t id;
	const struct fp_item *args; /* a copy of the arguments, good until the answer */
	size_t n;
};
FP_API struct fp_done fp_defer(struct fp_task *task);
/* Answers. FP_CLOSED: it was answered before, this answer is ignored. FP_TOO_LONG, FP_MALFORMED, FP_NOMEM: the list cannot be
 * sent, another may be. */
FP_API enum fp_reason fp_done(struct fp_done done, const struct fp_item *items, size_t n);
FP_API struct ev_loop *fp_child_loop(void); /* the loop of an async worker; NULL in a sync one */

/* Sends an event. In sync workers only from inside a function. FP_CLOSED before the worker serves, or after its end. */
FP_API enum fp_reason fp_event(const struct fp_item *items, size_t n);
/* Asks the pool for no more calls: what was given already is done, then the worker ends. Harmless when repeated. */
FP_API enum fp_reason fp_retire(void);

#endif
