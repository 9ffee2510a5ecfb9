#!/usr/bin/python3
"""Builds the extension module `_fpcore`: the pure core and the JSON serialiser, with what a Python test may touch of them.

    /usr/bin/python3 tests/cffi/build_core.py [DIRECTORY]      (default: build/tests/cffi below the repository's root)

CC and CFLAGS are honoured. The declarations below name what tests use; every layout, size and number comes from the
compiler, so a header that changes makes the build fail instead of a test lie. Must not know what any of it means.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import sysconfig

import cffi

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "lib" / "core"
JSON = ROOT / "lib" / "io" / "json.c"

WORDS = """
enum fp_kind { FP_STRING, FP_VALUE, ... };
enum fp_outcome { FP_OK, FP_CRASHED, FP_TIMEOUT, FP_CANCELLED, FP_REJECTED, FP_PROTOCOL, FP_SHUTDOWN, ... };
enum fp_reason { FP_NONE, FP_NOMEM, FP_INVALID, FP_FULL, FP_CLOSED, FP_TOO_LONG, FP_MALFORMED, FP_UNEXPECTED, FP_BAD_ID,
	FP_TRUNCATED, FP_EOF, FP_READ, FP_WRITE, FP_START, FP_TIMED_OUT, ... };
enum fp_profile { FP_NETWORK, FP_NATIVE, ... };
#define FP_OUTCOMES ...
#define FP_NEVER ...
#define FP_FRAME_BYTES_MAX_DEFAULT ...
#define FP_READ_BYTES ...
#define FP_KEEP_BYTES ...
#define FP_BATCH_BYTES ...
#define FP_COPY_BYTES ...
#define FP_CHILD_TX_BYTES_HIGH ...
#define FP_START_FAILURES_MAX ...
#define FP_START_PAUSE_MIN_NS ...
#define FP_START_PAUSE_MAX_NS ...
#define FP_FRAME_HEAD_MAX ...
#define FP_HEAP_OUT ...

struct fp_item { const void *data; size_t len; enum fp_kind kind; ...; };
struct fp_result { enum fp_outcome outcome; const struct fp_item *items; size_t n; enum fp_reason reason; uint64_t offset;
	int exit_status; int signal; uint64_t worker; uint64_t queued_ns; uint64_t run_ns; ...; };
struct fp_limits { uint64_t queue_timeout_ns; uint64_t run_timeout_ns; uint32_t retries; ...; };
struct fp_stats { uint64_t calls; uint64_t outcomes[...]; uint64_t requeued, events, workers_started, workers_failed,
	workers_exited, rx_bytes, tx_bytes, waiting, running, waiting_max; uint32_t workers, idle, busy, ending, workers_max; ...; };
struct fp_span { const uint8_t *data; size_t len; ...; };
struct fp_space { uint8_t *data; size_t len; ...; };
struct fp_alloc { ...; };
struct fp_link { struct fp_link *prev, *next; ...; };
struct fp_list { struct fp_link ends; ...; };

struct test_alloc { struct fp_alloc alloc; size_t held, held_max; uint64_t requests, fail_at; bool fail_after; ...; };
void test_alloc_init(struct test_alloc *t);
"""

PARTS = """
struct fp_buf { uint8_t *data; size_t head, tail, cap, bytes_max; ...; };
void fp_buf_init(struct fp_buf *b, const struct fp_alloc *alloc, size_t bytes_max);
void fp_buf_fini(struct fp_buf *b);
enum fp_reason fp_buf_space(struct fp_buf *b, size_t n, struct fp_space *space);
void fp_buf_commit(struct fp_buf *b, size_t n);
enum fp_reason fp_buf_put(struct fp_buf *b, const void *data, size_t n);
struct fp_span fp_buf_front(const struct fp_buf *b);
void fp_buf_drop(struct fp_buf *b, size_t n);
void fp_buf_cut(struct fp_buf *b, size_t n);
size_t fp_buf_len(const struct fp_buf *b);

struct fp_frame_format { enum fp_profile profile; bool with_id; ...; };
size_t fp_frame_head_len(struct fp_frame_format f);
void fp_frame_put(struct fp_frame_format f, uint8_t *head, uint32_t id, uint32_t len);
void fp_frame_get(struct fp_frame_format f, const uint8_t *head, uint32_t *id, uint32_t *len);
struct fp_frame { uint32_t id; struct fp_span payload; uint64_t offset; ...; };
enum fp_reader_state { FP_READER_OPEN, FP_READER_ENDED, FP_READER_FAILED, ... };
struct fp_reader { struct fp_frame_format format; uint32_t payload_max; enum fp_reader_state state; struct fp_buf buf;
	uint64_t offset; enum fp_reason reason; uint64_t reason_offset; ...; };
void fp_reader_init(struct fp_reader *r, const struct fp_alloc *alloc, struct fp_frame_format f, uint32_t payload_max);
void fp_reader_fini(struct fp_reader *r);
enum fp_reason fp_reader_buf(struct fp_reader *r, struct fp_space *space);
void fp_reader_ack(struct fp_reader *r, size_t n);
void fp_reader_eof(struct fp_reader *r);
bool fp_reader_next(struct fp_reader *r, struct fp_frame *frame);
void fp_reader_fail(struct fp_reader *r, enum fp_reason reason, uint64_t offset);

struct fp_args { struct fp_item *items; size_t n, cap, copied; ...; };
void fp_args_init(struct fp_args *a, const struct fp_alloc *alloc, size_t text_bytes_max);
void fp_args_fini(struct fp_args *a);
void fp_args_clear(struct fp_args *a);
enum fp_reason fp_args_refer(struct fp_args *a, struct fp_item item);
enum fp_reason fp_args_copy(struct fp_args *a, struct fp_item item);
const struct fp_item *fp_args_seal(struct fp_args *a);
struct fp_serialiser { const char *name; void *ctx; ...; };
const struct fp_serialiser *test_serialiser(const char *name);
enum fp_reason fp_args_thaw(struct fp_args *a, const struct fp_serialiser *s, struct fp_span payload, size_t *fault);
enum fp_reason test_freeze(const struct fp_serialiser *s, const struct fp_item *items, size_t n, struct fp_buf *out);
const char *fp_reason_name(enum fp_reason r);
const char *fp_reason_text(enum fp_reason r);
const char *fp_outcome_name(enum fp_outcome o);

struct fp_heap_node { uint64_t key; size_t index; ...; };
struct fp_heap { struct fp_heap_node **nodes; size_t n, cap, reserved; ...; };
void fp_heap_init(struct fp_heap *h, const struct fp_alloc *alloc);
void fp_heap_fini(struct fp_heap *h);
enum fp_reason fp_heap_reserve(struct fp_heap *h);
void fp_heap_release(struct fp_heap *h);
void fp_heap_node_init(struct fp_heap_node *n);
bool fp_heap_is_in(const struct fp_heap_node *n);
struct fp_heap_node *fp_heap_top(const struct fp_heap *h);
void fp_heap_add(struct fp_heap *h, struct fp_heap_node *n, uint64_t key);
void fp_heap_remove(struct fp_heap *h, struct fp_heap_node *n);
void fp_heap_change(struct fp_heap *h, struct fp_heap_node *n, uint64_t key);
void fp_heap_set(struct fp_heap *h, struct fp_heap_node *n, uint64_t key);
"""

ENDS = """
struct fp_wire { enum fp_profile profile; bool async; uint32_t payload_max; const struct fp_serialiser *serialiser; ...; };
struct fp_call { uint8_t *frame; size_t payload_len; uint64_t tx_end; ...; };
struct fp_parent { struct fp_wire wire; struct fp_reader reader; size_t n_calls; uint32_t last_id; uint64_t tx_given, tx_done;
	bool closing, over; ...; };
enum fp_parent_event_kind { FP_PARENT_RESULT, FP_PARENT_EVENT, FP_PARENT_FAILED, FP_PARENT_ENDED, ... };
struct fp_parent_event { enum fp_parent_event_kind kind; struct fp_call *call; const struct fp_item *items; size_t n;
	enum fp_reason reason; uint64_t offset; ...; };
void fp_parent_init(struct fp_parent *p, const struct fp_alloc *alloc, const struct fp_wire *wire);
void fp_parent_fini(struct fp_parent *p);
enum fp_reason fp_parent_call(struct fp_parent *p, struct fp_call *call);
bool fp_parent_withdraw(struct fp_parent *p, struct fp_call *call);
void fp_parent_close(struct fp_parent *p);
bool fp_parent_is_half_close_due(const struct fp_parent *p);
struct fp_call *fp_parent_take(struct fp_parent *p, bool *may_have_run);
enum fp_reason fp_parent_rx_buf(struct fp_parent *p, struct fp_space *space);
void fp_parent_rx_ack(struct fp_parent *p, size_t n);
void fp_parent_rx_eof(struct fp_parent *p);
void fp_parent_rx_error(struct fp_parent *p, enum fp_reason reason);
struct fp_span fp_parent_tx_buf(struct fp_parent *p);
void fp_parent_tx_ack(struct fp_parent *p, size_t n);
void fp_parent_tx_error(struct fp_parent *p);
bool fp_parent_next(struct fp_parent *p, struct fp_parent_event *event);

struct fp_request { uint64_t serial; uint32_t id; const struct fp_item *items; size_t n; ...; };
enum fp_child_event_kind { FP_CHILD_REQUEST, FP_CHILD_FAILED, FP_CHILD_ENDED, ... };
struct fp_child_event { enum fp_child_event_kind kind; struct fp_request request; enum fp_reason reason; uint64_t offset; ...; };
struct fp_child { struct fp_wire wire; struct fp_reader reader; uint64_t last_serial; bool over; ...; };
void fp_child_init(struct fp_child *c, const struct fp_alloc *alloc, const struct fp_wire *wire);
void fp_child_fini(struct fp_child *c);
enum fp_reason fp_child_rx_buf(struct fp_child *c, struct fp_space *space);
void fp_child_rx_ack(struct fp_child *c, size_t n);
void fp_child_rx_eof(struct fp_child *c);
void fp_child_rx_error(struct fp_child *c, enum fp_reason reason);
bool fp_child_wants_input(const struct fp_child *c);
bool fp_child_next(struct fp_child *c, struct fp_child_event *event);
enum fp_reason fp_child_reply(struct fp_child *c, uint32_t id, uint64_t serial, const struct fp_item *items, size_t n);
enum fp_reason fp_child_put(struct fp_child *c, const struct fp_item *item);
enum fp_reason fp_child_answer(struct fp_child *c, uint32_t id, uint64_t serial);
void fp_child_drop(struct fp_child *c);
enum fp_reason fp_child_event(struct fp_child *c, const struct fp_item *items, size_t n);
size_t fp_child_outstanding(const struct fp_child *c);
struct fp_span fp_child_tx_buf(const struct fp_child *c);
void fp_child_tx_ack(struct fp_child *c, size_t n);

bool test_reader_feed(struct fp_reader *r, const uint8_t *data, size_t n, size_t piece, size_t *at, struct fp_frame *f);
bool test_parent_feed(struct fp_parent *p, const uint8_t *data, size_t n, size_t piece, size_t *at, struct fp_parent_event *e);
bool test_child_feed(struct fp_child *c, const uint8_t *data, size_t n, size_t piece, size_t *at, struct fp_child_event *e);
"""

SCHED = """
struct fp_sched_config { uint32_t min, max, min_idle, max_idle, load; uint64_t busy_time_ns, idle_time_ns, calls_max; ...; };
struct fp_sched_worker { struct fp_heap_node by_load; uint64_t idle_since_ns, calls; ...; };
struct fp_sched { struct fp_sched_config config; uint64_t now_ns, waiting; uint32_t n_idle, prestart;
	uint64_t start_at_ns, stop_at_ns; uint32_t failures; uint64_t pause_until_ns; bool closing; ...; };
enum fp_decision_kind { FP_ASSIGN, FP_START_WORKER, FP_STOP, FP_GIVE_UP, ... };
struct fp_decision { enum fp_decision_kind kind; struct fp_sched_worker *worker; ...; };
void fp_sched_init(struct fp_sched *s, const struct fp_alloc *alloc, const struct fp_sched_config *config, uint64_t now_ns);
void fp_sched_fini(struct fp_sched *s);
void fp_sched_tick(struct fp_sched *s, uint64_t now_ns);
void fp_sched_job_wait(struct fp_sched *s);
void fp_sched_job_leave(struct fp_sched *s);
void fp_sched_job_end(struct fp_sched *s, struct fp_sched_worker *w);
enum fp_reason fp_sched_worker_add(struct fp_sched *s, struct fp_sched_worker *w);
void fp_sched_worker_remove(struct fp_sched *s, struct fp_sched_worker *w);
void fp_sched_worker_lose(struct fp_sched *s, struct fp_sched_worker *w);
void fp_sched_worker_freeze(struct fp_sched *s, struct fp_sched_worker *w);
void fp_sched_start_failed(struct fp_sched *s);
void fp_sched_start_proved(struct fp_sched *s);
void fp_sched_close(struct fp_sched *s);
bool fp_sched_next(struct fp_sched *s, struct fp_decision *d);
uint64_t fp_sched_deadline_ns(const struct fp_sched *s);
uint32_t fp_sched_workers(const struct fp_sched *s);
bool fp_sched_is_member(const struct fp_sched_worker *w);
"""

ENGINE = """
struct fp_engine_config { struct fp_sched_config sched; struct fp_wire wire; uint64_t queue_max, queue_bytes_max;
	struct fp_limits limits; uint64_t grace_ns; bool trace; ...; };
enum fp_worker_state { FP_WORKER_STARTING, FP_WORKER_UP, FP_WORKER_RETIRING, FP_WORKER_DOOMED, FP_WORKER_LOST, ... };
const char *fp_worker_state_name(enum fp_worker_state s);
struct fp_worker { uint64_t number; void *host; enum fp_worker_state state; ...; };
struct fp_job { void *cb, *data; ...; };
enum fp_op_kind { FP_OP_START, FP_OP_WRITE, FP_OP_HALF_CLOSE, FP_OP_KILL, FP_OP_CLOSE, FP_OP_GONE, FP_OP_OUTCOME, FP_OP_EVENT,
	FP_OP_ERROR, FP_OP_ROOM, FP_OP_TRACE, FP_OP_DESTROYED, ... };
struct fp_trace { uint64_t worker; enum fp_worker_state from, to; enum fp_reason reason; ...; };
struct fp_op { enum fp_op_kind kind; struct fp_worker *worker; struct fp_job *job; struct fp_result result;
	const struct fp_item *items; size_t n; int signal; enum fp_reason reason; uint64_t offset; int system_errno;
	struct fp_trace trace; ...; };
#define FP_TRACES_MAX ...
struct fp_engine { ...; };
void fp_engine_init(struct fp_engine *e, const struct fp_alloc *alloc, const struct fp_engine_config *config, uint64_t now_ns);
void fp_engine_fini(struct fp_engine *e);
enum fp_reason fp_engine_submit(struct fp_engine *e, const struct fp_item *items, size_t n, const struct fp_limits *limits,
	struct fp_job **job);
void fp_engine_cancel(struct fp_engine *e, struct fp_job *job);
void fp_engine_close(struct fp_engine *e);
void fp_engine_abort(struct fp_engine *e);
void fp_engine_tick(struct fp_engine *e, uint64_t now_ns);
void fp_engine_worker_started(struct fp_engine *e, struct fp_worker *w);
void fp_engine_worker_failed(struct fp_engine *e, struct fp_worker *w, int system_errno);
void fp_engine_worker_exited(struct fp_engine *e, struct fp_worker *w, int exit_status, int signal);
enum fp_reason fp_engine_rx_buf(struct fp_engine *e, struct fp_worker *w, struct fp_space *space);
void fp_engine_rx_ack(struct fp_engine *e, struct fp_worker *w, size_t n);
void fp_engine_rx_eof(struct fp_engine *e, struct fp_worker *w);
void fp_engine_rx_error(struct fp_engine *e, struct fp_worker *w, enum fp_reason reason, int system_errno);
struct fp_span fp_engine_tx_buf(struct fp_engine *e, struct fp_worker *w);
void fp_engine_tx_ack(struct fp_engine *e, struct fp_worker *w, size_t n);
void fp_engine_tx_error(struct fp_engine *e, struct fp_worker *w, int system_errno);
bool fp_engine_next_op(struct fp_engine *e, struct fp_op *op);
uint64_t fp_engine_deadline_ns(const struct fp_engine *e);
void fp_engine_stats(const struct fp_engine *e, struct fp_stats *s);
"""

SOURCE = """
#include "tests/alloc.h"

/* NULL: not built in */
static const struct fp_serialiser *test_serialiser(const char *name)
{
	static const struct fp_serialiser *const all[] = {SERIALISERS};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

static enum fp_reason test_freeze(const struct fp_serialiser *s, const struct fp_item *items, size_t n, struct fp_buf *out)
{
	return fp_args_freeze(s, items, n, out);
}

/* Feeds data from *at on, `piece` octets at a time, until something comes out; false: all is in and nothing came. */
#define TEST_FEED(name, owner, event, get_room, ack, get_next) \\
	static bool name(struct owner *o, const uint8_t *data, size_t n, size_t piece, size_t *at, struct event *e) \\
	{ \\
		while (*at < n) { \\
			struct fp_space space; \\
			size_t len = piece < n - *at ? piece : n - *at; \\
			if (!get_room(o, &space)) { \\
				len = len < space.len ? len : space.len; \\
				memcpy(space.data, data + *at, len); \\
				ack(o, len); \\
			} \\
			*at += len; \\
			if (get_next(o, e)) \\
				return true; \\
		} \\
		return false; \\
	}
TEST_FEED(test_reader_feed, fp_reader, fp_frame, fp_reader_buf, fp_reader_ack, fp_reader_next)
TEST_FEED(test_parent_feed, fp_parent, fp_parent_event, fp_parent_rx_buf, fp_parent_rx_ack, fp_parent_next)
TEST_FEED(test_child_feed, fp_child, fp_child_event, fp_child_rx_buf, fp_child_rx_ack, fp_child_next)
"""


def declarations():
    """(cdef, C source) for what exists now: the engine and the JSON serialiser join once their files are there."""
    cdef = WORDS + PARTS + ENDS + SCHED
    headers = ["lib/core/engine.h", "lib/core/child.h"]  # they include all the others
    if (CORE / "engine.c").exists():
        cdef += ENGINE
    if JSON.exists():
        headers.append("lib/io/json.h")
    return cdef, "".join(f'#include "{h}"\n' for h in headers) + SOURCE.replace("SERIALISERS", serialisers())


def serialisers():
    return "&fp_string_serialiser, &fp_json_serialiser" if JSON.exists() else "&fp_string_serialiser"


def compile_command(generated, output):
    sources = [str(p) for p in sorted(CORE.glob("*.c"))]
    libraries = []
    if JSON.exists():
        sources.append(str(JSON))
        libraries.append("-ljansson")
    return [*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-shared", "-fPIC", "-g", "-O2",
            "-DPy_LIMITED_API=0x03070000", *shlex.split(os.environ.get("CFLAGS", "")), f"-I{ROOT}", f"-I{sysconfig.get_paths()['include']}",
            "-o", str(output), str(generated), *sources, *libraries]


def main():
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "tests" / "cffi"
    directory.mkdir(parents=True, exist_ok=True)
    cdef, source = declarations()
    ffi = cffi.FFI()
    ffi.cdef(cdef)
    ffi.set_source("_fpcore", source)
    generated = directory / "_fpcore.c"
    ffi.emit_c_code(str(generated))
    fresh = directory / "_fpcore.new"
    subprocess.run(compile_command(generated, fresh), check=True)
    fresh.replace(directory / "_fpcore.abi3.so")  # whole or not at all: other tests may be loading it


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as e:
        sys.exit(e.returncode)
