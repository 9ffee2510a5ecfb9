/* What the tests of real pools share: a loop, a pool, what became of each call, and processes to look at.
 *
 * Nothing here sleeps until something has probably happened: rig_until runs the loop until a condition holds, and only a
 * hang is bounded by time. Must not know the inside of the library: forkpool.h is all it includes. */
#ifndef FP_TESTS_PROCESS_RIG_H
#define FP_TESTS_PROCESS_RIG_H

#include "../../lib/forkpool.h"

#include <ev.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/types.h>

#include <cmocka.h>

#ifndef HANG_S
#define HANG_S 30. /* seconds without the awaited event: the test has failed */
#endif

struct rig;

/* One call and what was told of it. */
struct call {
	struct rig *rig;
	struct fp_job *job;      /* good until it is told */
	unsigned told;           /* times its callback came */
	unsigned turn;           /* it was the nth to be told, from 1 */
	struct fp_result result; /* without its items: they are in text */
	char *text;              /* the results, joined by tabs */
	size_t len;
};

/* An event or an error that was told. */
struct note {
	uint64_t worker;
	char *text; /* an event's items, joined by tabs; an error's line */
	bool is_error;
	enum fp_reason reason; /* errors told to on_error */
	uint64_t offset;
	int system_errno;
	unsigned turn; /* calls told before it */
};

struct notes {
	struct note *notes;
	size_t n, cap;
};

struct rig {
	struct ev_loop *loop;
	bool shares_loop;
	struct fp_options options; /* set these between rig_init and rig_open */
	struct fp_pool *pool;
	struct call **calls;
	size_t n_calls, calls_cap, n_told;
	struct notes events, errors;
	unsigned rooms, destroyed;
	struct fp_stats last; /* as they were in on_destroy */
	bool is_inside;       /* a function of the library runs that may not call back */
	void (*on_told)(struct call *c);
	void (*on_noted)(struct rig *r, const struct note *n);
	void *data; /* a test's own */
	char dir[PATH_MAX]; /* for files; "": none yet */
	ev_timer hang;
	ev_prepare look;         /* leaves the loop before it waits when the counters have changed */
	struct fp_stats seen;
	int stderr_fd;           /* the real one while another is in its place */
};

/* The function `testworker` in a template of its own, defaults otherwise; callbacks that collect. */
void rig_init(struct rig *r);
void rig_init_async(struct rig *r); /* `testworker_async` */
void rig_init_witness(struct rig *r, const char *init); /* `witness` of witness.c; init NULL: none */
void rig_share_loop(struct rig *r, struct rig *other); /* before rig_open; the other is closed last */
void rig_open(struct rig *r, const char *function);
/* Ends the pool, waits until it is gone, and checks what must always hold: each call was told once, the last callback was
 * on_destroy, the counters agree. Then frees everything. */
void rig_close(struct rig *r);
void rig_abort(struct rig *r);
void rig_await_end(struct rig *r); /* as rig_close, where the test itself has ended the pool */

/* A call with these words as its arguments. It must be accepted. */
#define rig_call(r, ...) rig_call_words((r), NULL, (const char *const[]){__VA_ARGS__, NULL})
#define rig_call_within(r, limits, ...) rig_call_words((r), (limits), (const char *const[]){__VA_ARGS__, NULL})
struct call *rig_call_words(struct rig *r, const struct fp_limits *limits, const char *const *words);
struct call *rig_call_items(struct rig *r, const struct fp_limits *limits, const struct fp_item *items, size_t n);
/* The same, to be refused. */
#define rig_refused(r, ...) rig_refused_words((r), (const char *const[]){__VA_ARGS__, NULL})
enum fp_reason rig_refused_words(struct rig *r, const char *const *words);
void rig_cancel(struct call *c);
/* A call, waited for, that must end ok. */
#define rig_ask(r, ...) rig_answer_of(rig_call((r), __VA_ARGS__))
const char *rig_answer_of(struct call *c);

/* Runs the loop until the condition holds. */
#define rig_until(r, truth) \
	for (rig_be_patient(r); !(truth); rig_turn((r), #truth, __FILE__, __LINE__)) \
	;
void rig_be_patient(struct rig *r);
void rig_turn(struct rig *r, const char *truth, const char *file, int line);

/* What became of a call. */
void assert_ok(const struct call *c, const char *text);
void assert_crashed(const struct call *c, int exit_status, int signal);
void assert_outcome(const struct call *c, enum fp_outcome outcome, enum fp_reason reason);
struct fp_stats rig_stats(const struct rig *r);
bool notes_has(const struct notes *l, const char *text); /* one that is exactly this */
void *rig_must(void *p); /* what was allocated, which was granted */

/* ---- files ---- */

const char *rig_file(struct rig *r, const char *name); /* a path in the rig's own directory; static, four at a time */
void catch_stderr(struct rig *r);      /* what this process and those it starts from now on write there */
char *caught_stderr(struct rig *r);    /* its text, and the end of it; free it */
char *read_file(const char *path);                     /* its text, "" if there is none; free it */
bool file_has_line(const char *path, const char *line);
void rig_remove_dir(const char *path);                 /* with the files in it */
const char *source_dir(void); /* of these tests; the working directory is the tree's */

/* ---- processes ---- */

pid_t rig_pid(struct rig *r);          /* of a worker that is idle now */
pid_t rig_template_pid(struct rig *r); /* of the template that forked that worker */
pid_t parent_of(pid_t pid);            /* 0: there is no such process */
char state_of(pid_t pid);              /* as in /proc/PID/stat; 0: there is no such process */
unsigned zombies_of(pid_t parent);     /* children of its that wait to be reaped */
unsigned open_fds(void);               /* of this process */

/* Processes that are started from here, and those that they start: told by a mark in their environment. */
void mark_processes(void);            /* those that are started from now on */
bool is_marked(pid_t pid);            /* by the last mark */
size_t marked(pid_t *pids, size_t max); /* those that live: a zombie has no environment, nor has one in the middle of its exec */

/* A process under watch: `gone` becomes true in the loop. */
struct watched {
	struct rig *rig;
	pid_t pid;
	int pidfd;
	ev_io io;
	bool gone;
};
void watch_process(struct rig *r, struct watched *w, pid_t pid);
void unwatch_process(struct watched *w);
void kill_watched(const struct watched *w, int signal);

/* ---- numbers ---- */

uint32_t draw(uint64_t *seed, uint32_t below);
const char *numbered(const char *prefix, size_t i); /* "c12"; static, four at a time */
double now_s(void);
long memory_kib(const char *field); /* of /proc/self/status, such as "VmHWM" */

/* Runs the group's tests; for main. */
#define RUN(tests) (rig_prepare(), cmocka_run_group_tests(tests, NULL, NULL))
void rig_prepare(void);

#endif
