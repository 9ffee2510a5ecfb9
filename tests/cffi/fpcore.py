"""The pure core for Python tests: the C code as it is, with lists, exceptions and tuples around it.

    sys.path.insert(0, "<root>/tests/cffi")       # or PYTHONPATH=tests/cffi
    import fpcore

The extension module `_fpcore` is taken from the directory that the environment's FORKPOOL_CFFI names, else from
build/tests/cffi below the repository's root; `/usr/bin/python3 tests/cffi/build_core.py [DIRECTORY]` makes it.
`fpcore.ffi` and `fpcore.lib` are there for whatever has no class here.

Conventions
  items      a list of bytes (FP_STRING) and Value(bytes) (FP_VALUE, JSON text)
  reasons    strings: the enum's name in small letters without FP_ ("malformed", "too_long"); the same for outcomes and
             kinds; a function of the core that answers one raises CoreError(reason), `.reason` is the string
  wire       Wire(profile="network"|"native", is_async=False, serialiser="string"|"json", payload_max=...)
  memory     every object takes `alloc=`, an Alloc; `with Alloc() as a:` asserts that nothing is held at its end. Objects
             are context managers too; `free()` may be repeated. Freeing one also forgets what it had given out.
  times      integers of nanoseconds; NEVER is a time that does not come

What an object gives out (results, requests, operations) is a copy and stays good for ever."""

import functools
import os
import pathlib
import sys
import weakref
from typing import Any, NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIRECTORY = pathlib.Path(os.environ.get("FORKPOOL_CFFI") or ROOT / "build" / "tests" / "cffi")
sys.path.insert(0, str(DIRECTORY))
try:
    from _fpcore import ffi, lib
except ImportError as e:
    raise ImportError(f"{e}: run /usr/bin/python3 {ROOT}/tests/cffi/build_core.py {DIRECTORY}") from e
finally:
    sys.path.remove(str(DIRECTORY))

NEVER = lib.FP_NEVER
MS = 1_000_000
S = 1_000_000_000
FRAME_BYTES_MAX = lib.FP_FRAME_BYTES_MAX_DEFAULT
HAS_ENGINE = hasattr(lib, "fp_engine_init")


def _names(enum, prefix):
    return {number: name[len(prefix):].lower() for number, name in ffi.typeof(enum).elements.items()}


REASONS = _names("enum fp_reason", "FP_")
OUTCOMES = _names("enum fp_outcome", "FP_")
READER_STATES = _names("enum fp_reader_state", "FP_READER_")
REASON_NUMBERS = {name: number for number, name in REASONS.items()}
PROFILES = {"network": lib.FP_NETWORK, "native": lib.FP_NATIVE}


class CoreError(Exception):
    """A function of the core said why not. `offset` is set where the core names one."""

    def __init__(self, reason, offset=None):
        super().__init__(reason if offset is None else f"{reason} at octet {offset}")
        self.reason = reason
        self.offset = offset


def check(reason, offset=None):
    if reason:
        raise CoreError(REASONS[reason], offset)


class Value(NamedTuple):
    """An item that is a JSON value other than a string, as JSON text. Never equal to bytes."""

    text: bytes


# ---- memory ----


class Alloc:
    """tests/alloc.h: counts what is held, fails at the nth request that wants more memory (from 1; 0: none)."""

    def __init__(self, fail_at=0, fail_after=False):
        self.c = ffi.new("struct test_alloc *")
        lib.test_alloc_init(self.c)
        self.c.fail_at = fail_at
        self.c.fail_after = fail_after
        self.pointer = ffi.addressof(self.c, "alloc")

    held = property(lambda self: self.c.held)
    held_max = property(lambda self: self.c.held_max)
    requests = property(lambda self: self.c.requests)

    def fail_at(self, n, after=False):
        """The nth request counted from the beginning fails, and with `after` all behind it."""
        self.c.fail_at = n
        self.c.fail_after = after

    def fail_next(self, n=1, after=False):
        """The nth request from now on fails."""
        self.fail_at(self.c.requests + n, after)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            assert self.held == 0, f"{self.held} octets are still held"


class _Object:
    """Something with init and fini in C. `c` is the struct."""

    _fini: Any = None

    def _make(self, struct, fini, alloc):
        self.alloc = alloc or Alloc()
        self.c = ffi.new(struct)
        self._fini = weakref.finalize(self, _finish, fini, self.c, self.alloc)

    def free(self):
        self._fini()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.free()


def _finish(fini, c, alloc):  # alloc: kept until then
    fini(c)


# ---- items ----


def items_to_c(items):
    """(array, n, what keeps the octets alive)"""
    return _items_to_c(tuple(items))


@functools.lru_cache(200)  # the same lists come in session after session, and the core only reads them
def _items_to_c(items):
    array = ffi.new("struct fp_item[]", len(items) or 1)
    keep = []
    for slot, item in zip(array, items):
        is_value = isinstance(item, Value)
        octets = item.text if is_value else item
        at = ffi.from_buffer(octets)
        keep.append(at)
        slot.data, slot.len, slot.kind = at, len(octets), lib.FP_VALUE if is_value else lib.FP_STRING
    return array, len(items), keep


def items_from_c(items, n):
    out = []
    for i in range(n):
        item = items[i]
        octets = ffi.buffer(item.data, item.len)[:] if item.len else b""
        out.append(Value(octets) if item.kind == lib.FP_VALUE else octets)
    return out


def span_from_c(span):
    return ffi.buffer(span.data, span.len)[:] if span.len else b""


def span_to_c(octets):
    """(span, what keeps it alive)"""
    at = ffi.from_buffer("uint8_t[]", octets)
    span = ffi.new("struct fp_span *")
    span.data, span.len = at, len(octets)
    return span, at


def serialiser(name):
    """A struct fp_serialiser by name; KeyError for one that was not built in."""
    found = lib.test_serialiser(name.encode())
    if not found:
        raise KeyError(f"the serialiser {name} is not in _fpcore: write its file, then build it again")
    return found


def freeze(items, serialiser_name="string", bytes_max=2**64 - 1, alloc=None):
    """A list as a payload."""
    with Buf(bytes_max, alloc) as out:
        array, n, _keep = items_to_c(items)
        check(lib.test_freeze(serialiser(serialiser_name), array, n, out.c))
        return out.front()


frozen = functools.lru_cache(1000)(freeze)  # the same calls are made in session after session


def thaw(payload, serialiser_name="string", alloc=None):
    """A payload as a list. CoreError("malformed", octets before the fault)."""
    with Args(alloc=alloc) as args:
        return args.thaw(payload, serialiser_name)


class Args(_Object):
    """struct fp_args."""

    def __init__(self, text_bytes_max=2**64 - 1, alloc=None):
        self._make("struct fp_args *", lib.fp_args_fini, alloc)
        self._keep = []
        lib.fp_args_init(self.c, self.alloc.pointer, text_bytes_max)

    def clear(self):
        lib.fp_args_clear(self.c)
        self._keep.clear()

    def refer(self, item):
        array, _, keep = items_to_c([item])
        self._keep.append(keep)
        check(lib.fp_args_refer(self.c, array[0]))

    def copy(self, item):
        array, _, _keep = items_to_c([item])
        check(lib.fp_args_copy(self.c, array[0]))

    def seal(self):
        return items_from_c(lib.fp_args_seal(self.c), self.c.n)

    def thaw(self, payload, serialiser_name="string"):
        span, keep = span_to_c(payload)
        self._keep = [keep]
        fault = ffi.new("size_t *")
        reason = lib.fp_args_thaw(self.c, serialiser(serialiser_name), span[0], fault)
        check(reason, fault[0] if reason == lib.FP_MALFORMED else None)
        return items_from_c(self.c.items, self.c.n)


class Buf(_Object):
    """struct fp_buf."""

    def __init__(self, bytes_max=2**64 - 1, alloc=None):
        self._make("struct fp_buf *", lib.fp_buf_fini, alloc)
        lib.fp_buf_init(self.c, self.alloc.pointer, bytes_max)

    def __len__(self):
        return lib.fp_buf_len(self.c)

    def put(self, octets):
        check(lib.fp_buf_put(self.c, octets, len(octets)))

    def front(self):
        return span_from_c(lib.fp_buf_front(self.c))

    def drop(self, n):
        lib.fp_buf_drop(self.c, n)

    def cut(self, n):
        lib.fp_buf_cut(self.c, n)


# ---- frames ----


def frame_format(profile="network", with_id=True):
    return ffi.new("struct fp_frame_format *", {"profile": PROFILES[profile], "with_id": with_id})


def frame_put(profile, with_id, id, length):
    """The octets of a header."""
    f = frame_format(profile, with_id)
    head = ffi.new("uint8_t[]", lib.FP_FRAME_HEAD_MAX)
    lib.fp_frame_put(f[0], head, id, length)
    return bytes(head)[:lib.fp_frame_head_len(f[0])]


def frame_get(profile, with_id, head):
    """(id, length) of a header."""
    id, length = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    lib.fp_frame_get(frame_format(profile, with_id)[0], head, id, length)
    return id[0], length[0]


class Frame(NamedTuple):
    id: int
    payload: bytes
    offset: int


class _Input:
    """What has rx_buf, rx_ack and next in any form. next() gives None where nothing comes before more is fed or answered."""

    _event: Any = None  # the C type of what next gives out
    _feed: Any = None
    _next: Any = None

    @functools.cached_property
    def _out(self):
        return ffi.new(self._event)

    def next(self):
        return self._from_c(self._out) if self._next(self.c, self._out) else None

    def drain(self):
        return list(iter(self.next, None))

    def pieces(self, octets, piece=None):
        """Feeds octets, `piece` at a time, and yields what comes out: as feed and drain in turn, but the loop is in C."""
        at = ffi.new("size_t *")
        data = ffi.from_buffer("uint8_t[]", octets)
        while self._feed(self.c, data, len(octets), piece or len(octets), at, self._out):
            yield self._from_c(self._out)
            while (more := self.next()) is not None:
                yield more

    def _rx(self, octets, buf, ack):
        space = ffi.new("struct fp_space *")
        at = 0
        while at < len(octets):
            check(buf(self.c, space))
            n = min(space.len, len(octets) - at)
            ffi.memmove(space.data, octets[at:at + n], n)
            ack(self.c, n)
            at += n


class FrameReader(_Object, _Input):
    """struct fp_reader."""

    _event = ffi.typeof("struct fp_frame *")
    _feed = staticmethod(lib.test_reader_feed)
    _next = staticmethod(lib.fp_reader_next)

    def __init__(self, profile="network", with_id=True, payload_max=FRAME_BYTES_MAX, alloc=None):
        self._make("struct fp_reader *", lib.fp_reader_fini, alloc)
        lib.fp_reader_init(self.c, self.alloc.pointer, frame_format(profile, with_id)[0], payload_max)

    def feed(self, octets):
        self._rx(octets, lib.fp_reader_buf, lib.fp_reader_ack)

    def eof(self):
        lib.fp_reader_eof(self.c)

    def fail(self, reason, offset):
        lib.fp_reader_fail(self.c, REASON_NUMBERS[reason], offset)

    def _from_c(self, frame):
        return Frame(frame.id, span_from_c(frame.payload), frame.offset)

    state = property(lambda self: READER_STATES[self.c.state])  # "open", "ended", "failed"
    reason = property(lambda self: REASONS[self.c.reason])
    reason_offset = property(lambda self: self.c.reason_offset)


# ---- heap ----


class HeapNode:
    """A node; `name` is the test's own."""

    def __init__(self, name=None):
        self.name = name
        self.c = ffi.new("struct fp_heap_node *")
        lib.fp_heap_node_init(self.c)

    key = property(lambda self: self.c.key)
    index = property(lambda self: self.c.index)

    def is_in(self):
        return lib.fp_heap_is_in(self.c)


class Heap(_Object):
    """struct fp_heap. add reserves by itself unless reserve=False."""

    def __init__(self, alloc=None):
        self._make("struct fp_heap *", lib.fp_heap_fini, alloc)
        self._nodes = {}
        lib.fp_heap_init(self.c, self.alloc.pointer)

    def __len__(self):
        return self.c.n

    def reserve(self):
        check(lib.fp_heap_reserve(self.c))

    def release(self):
        lib.fp_heap_release(self.c)

    def top(self):
        return self._nodes.get(lib.fp_heap_top(self.c))

    def nodes(self):
        """In the order of the array."""
        return [self._nodes[self.c.nodes[i]] for i in range(self.c.n)]

    def add(self, node, key, reserve=True):
        if reserve:
            self.reserve()
        self._nodes[node.c] = node
        lib.fp_heap_add(self.c, node.c, key)

    def remove(self, node):
        lib.fp_heap_remove(self.c, node.c)

    def change(self, node, key):
        lib.fp_heap_change(self.c, node.c, key)

    def set(self, node, key):
        self._nodes[node.c] = node
        lib.fp_heap_set(self.c, node.c, key)


# ---- the two ends of a connection ----


class Wire(NamedTuple):
    profile: str = "network"
    is_async: bool = False
    serialiser: str = "string"
    payload_max: int = FRAME_BYTES_MAX

    def to_c(self):
        return ffi.new("struct fp_wire *", {"profile": PROFILES[self.profile], "async": self.is_async,
                                            "payload_max": self.payload_max, "serialiser": serialiser(self.serialiser)})


class Result(NamedTuple):
    call: Any  # the Call
    items: list


class Event(NamedTuple):
    items: list


class Failed(NamedTuple):
    reason: str
    offset: int


class Ended(NamedTuple):
    pass


class Request(NamedTuple):
    id: int
    serial: int
    items: list


class Taken(NamedTuple):
    call: Any
    may_have_run: bool


class Call:
    """A call of a Parent; `tag` is the test's own."""

    def __init__(self, payload, tag=None):
        self.tag = tag
        self.frame = ffi.new("uint8_t[]", lib.FP_FRAME_HEAD_MAX + len(payload))
        ffi.memmove(self.frame + lib.FP_FRAME_HEAD_MAX, payload, len(payload))
        self.c = ffi.new("struct fp_call *")
        self.c.frame = self.frame
        self.c.payload_len = len(payload)

    def __repr__(self):
        return f"Call({self.tag!r})"


class Parent(_Object, _Input):
    """struct fp_parent. next() -> Result | Event | Failed | Ended | None."""

    _event = ffi.typeof("struct fp_parent_event *")
    _feed = staticmethod(lib.test_parent_feed)
    _next = staticmethod(lib.fp_parent_next)

    def __init__(self, wire=Wire(), alloc=None):
        self._make("struct fp_parent *", lib.fp_parent_fini, alloc)
        self.wire = wire
        self._calls = {}
        lib.fp_parent_init(self.c, self.alloc.pointer, wire.to_c())

    def call(self, items, tag=None):
        return self.call_payload(frozen(tuple(items), self.wire.serialiser), tag)

    def call_payload(self, payload, tag=None):
        call = Call(payload, tag)
        check(lib.fp_parent_call(self.c, call.c))
        self._calls[call.c] = call
        return call

    def withdraw(self, call):
        is_so = lib.fp_parent_withdraw(self.c, call.c)
        if is_so:
            del self._calls[call.c]
        return is_so

    def close(self):
        lib.fp_parent_close(self.c)

    def is_half_close_due(self):
        return lib.fp_parent_is_half_close_due(self.c)

    def take(self) -> Optional[Taken]:
        may_have_run = ffi.new("bool *")
        call = lib.fp_parent_take(self.c, may_have_run)
        return Taken(self._calls.pop(call), may_have_run[0]) if call else None

    def take_all(self):
        return list(iter(self.take, None))

    def feed(self, octets):
        self._rx(octets, lib.fp_parent_rx_buf, lib.fp_parent_rx_ack)

    def eof(self):
        lib.fp_parent_rx_eof(self.c)

    def rx_error(self, reason):
        lib.fp_parent_rx_error(self.c, REASON_NUMBERS[reason])

    def tx(self):
        """The octets to write next, without taking them."""
        return span_from_c(lib.fp_parent_tx_buf(self.c))

    def tx_ack(self, n):
        lib.fp_parent_tx_ack(self.c, n)

    def tx_error(self):
        lib.fp_parent_tx_error(self.c)

    def write(self):
        """All there is to write, written."""
        out = []
        while octets := self.tx():
            out.append(octets)
            self.tx_ack(len(octets))
        return b"".join(out)

    def _from_c(self, e):
        if e.kind == lib.FP_PARENT_RESULT:
            return Result(self._calls.pop(e.call), items_from_c(e.items, e.n))
        if e.kind == lib.FP_PARENT_EVENT:
            return Event(items_from_c(e.items, e.n))
        if e.kind == lib.FP_PARENT_FAILED:
            return Failed(REASONS[e.reason], e.offset)
        return Ended()

    outstanding = property(lambda self: self.c.n_calls)

    def set_last_id(self, id):
        self.c.last_id = id


class Child(_Object, _Input):
    """struct fp_child. next() -> Request | Failed | Ended | None."""

    _event = ffi.typeof("struct fp_child_event *")
    _feed = staticmethod(lib.test_child_feed)
    _next = staticmethod(lib.fp_child_next)

    def __init__(self, wire=Wire(), alloc=None):
        self._make("struct fp_child *", lib.fp_child_fini, alloc)
        self.wire = wire
        lib.fp_child_init(self.c, self.alloc.pointer, wire.to_c())

    def feed(self, octets):
        self._rx(octets, lib.fp_child_rx_buf, lib.fp_child_rx_ack)

    def eof(self):
        lib.fp_child_rx_eof(self.c)

    def rx_error(self, reason):
        lib.fp_child_rx_error(self.c, REASON_NUMBERS[reason])

    def wants_input(self):
        return lib.fp_child_wants_input(self.c)

    def _from_c(self, e):
        if e.kind == lib.FP_CHILD_REQUEST:
            return Request(e.request.id, e.request.serial, items_from_c(e.request.items, e.request.n))
        if e.kind == lib.FP_CHILD_FAILED:
            return Failed(REASONS[e.reason], e.offset)
        return Ended()

    def reply(self, request, items):
        array, n, _keep = items_to_c(items)
        check(lib.fp_child_reply(self.c, request.id, request.serial, array, n))

    def event(self, items):
        array, n, _keep = items_to_c(items)
        check(lib.fp_child_event(self.c, array, n))

    def put(self, item):
        array, _, _keep = items_to_c([item])
        check(lib.fp_child_put(self.c, array))

    def answer(self, request):
        """What was put since the last answer."""
        check(lib.fp_child_answer(self.c, request.id, request.serial))

    def drop(self):
        lib.fp_child_drop(self.c)

    outstanding = property(lambda self: lib.fp_child_outstanding(self.c))

    def tx(self):
        return span_from_c(lib.fp_child_tx_buf(self.c))

    def tx_ack(self, n):
        lib.fp_child_tx_ack(self.c, n)

    def write(self):
        octets = self.tx()
        self.tx_ack(len(octets))
        return octets


# ---- policy ----


class SchedWorker:
    """A worker of a Sched; `name` is the test's own."""

    def __init__(self, name=None):
        self.name = name
        self.c = ffi.new("struct fp_sched_worker *")

    load = property(lambda self: self.c.by_load.key)  # beyond 2**32: it is frozen
    calls = property(lambda self: self.c.calls)
    idle_since_ns = property(lambda self: self.c.idle_since_ns)

    def is_member(self):
        return lib.fp_sched_is_member(self.c)

    def __repr__(self):
        return f"SchedWorker({self.name!r})"


class Assign(NamedTuple):
    worker: SchedWorker


class StartWorker(NamedTuple):
    pass


class Stop(NamedTuple):
    worker: SchedWorker


class GiveUp(NamedTuple):
    pass


OPTIONS = dict(min=0, max=8, min_idle=0, max_idle=1, load=2, busy_time_ns=0, idle_time_ns=S, calls_max=0)
RELEASE_OPTIONS = dict(OPTIONS, max=4, max_idle=0, busy_time_ns=100 * MS, idle_time_ns=10 * S)


class Sched(_Object):
    """struct fp_sched: options as in OPTIONS. next() -> Assign | StartWorker | Stop | GiveUp | None."""

    def __init__(self, now_ns=0, alloc=None, **options):
        self._make("struct fp_sched *", lib.fp_sched_fini, alloc)
        self._workers = {}
        lib.fp_sched_init(self.c, self.alloc.pointer, ffi.new("struct fp_sched_config *", {**OPTIONS, **options}), now_ns)

    def tick(self, now_ns):
        lib.fp_sched_tick(self.c, now_ns)

    def job_wait(self):
        lib.fp_sched_job_wait(self.c)

    def job_leave(self):
        lib.fp_sched_job_leave(self.c)

    def job_end(self, worker):
        lib.fp_sched_job_end(self.c, worker.c)

    def worker_add(self, worker=None):
        worker = worker or SchedWorker(len(self._workers) + 1)
        check(lib.fp_sched_worker_add(self.c, worker.c))
        self._workers[worker.c] = worker
        return worker

    def worker_remove(self, worker):
        lib.fp_sched_worker_remove(self.c, worker.c)

    def worker_lose(self, worker):
        lib.fp_sched_worker_lose(self.c, worker.c)

    def worker_freeze(self, worker):
        lib.fp_sched_worker_freeze(self.c, worker.c)

    def start_failed(self):
        lib.fp_sched_start_failed(self.c)

    def start_proved(self):
        lib.fp_sched_start_proved(self.c)

    def close(self):
        lib.fp_sched_close(self.c)

    def next(self):
        d = ffi.new("struct fp_decision *")
        if not lib.fp_sched_next(self.c, d):
            return None
        if d.kind == lib.FP_ASSIGN:
            return Assign(self._workers[d.worker])
        if d.kind == lib.FP_STOP:
            return Stop(self._workers[d.worker])
        return StartWorker() if d.kind == lib.FP_START_WORKER else GiveUp()

    deadline_ns = property(lambda self: lib.fp_sched_deadline_ns(self.c))
    workers = property(lambda self: lib.fp_sched_workers(self.c))
    n_idle = property(lambda self: self.c.n_idle)
    waiting = property(lambda self: self.c.waiting)


# ---- a whole pool ----

if HAS_ENGINE:
    OP_KINDS = _names("enum fp_op_kind", "FP_OP_")
    WORKER_STATES = _names("enum fp_worker_state", "FP_WORKER_")


class Limits(NamedTuple):
    queue_timeout_ns: int = 0
    run_timeout_ns: int = 0
    retries: int = 0


class Outcome(NamedTuple):
    """struct fp_result; `outcome` and `reason` are names."""

    outcome: str
    items: list
    reason: str
    offset: int
    exit_status: int
    signal: int
    worker: int
    queued_ns: int
    run_ns: int


class Trace(NamedTuple):
    worker: int
    old: str
    new: str
    reason: str


class Op(NamedTuple):
    """An operation; the fields that the kind has, the others at rest."""

    kind: str  # start write half_close kill close gone outcome event error room trace destroyed
    worker: Any = None  # the Worker
    job: Any = None  # the Job
    result: Optional[Outcome] = None
    items: Optional[list] = None
    signal: int = 0
    reason: str = "none"
    offset: int = 0
    system_errno: int = 0
    trace: Optional[Trace] = None


class Worker:
    """A worker of an Engine. `number` stays readable after GONE; `host` is the test's own."""

    def __init__(self, c):
        self.c = c
        self.number = c.number
        self.host = None

    state = property(lambda self: WORKER_STATES[self.c.state] if self.c else "gone")

    def __repr__(self):
        return f"Worker({self.number})"


class Job:
    """A job of an Engine; `tag` is the test's own."""

    def __init__(self, c, tag):
        self.c = c
        self.tag = tag

    def __repr__(self):
        return f"Job({self.tag!r})"


class Engine(_Object):
    """struct fp_engine: the options of Sched, and wire, limits, queue_max, queue_bytes_max, grace_ns, trace."""

    def __init__(self, wire=Wire(), limits=Limits(), queue_max=0, queue_bytes_max=0, grace_ns=S, trace=False, now_ns=0,
                 alloc=None, **options):
        self._make("struct fp_engine *", lib.fp_engine_fini, alloc)
        self.wire = wire
        self._workers = {}
        self._jobs = {}
        config = ffi.new("struct fp_engine_config *", {
            "sched": {**OPTIONS, **options}, "limits": limits._asdict(), "wire": wire.to_c()[0], "queue_max": queue_max,
            "queue_bytes_max": queue_bytes_max, "grace_ns": grace_ns, "trace": trace})
        lib.fp_engine_init(self.c, self.alloc.pointer, config, now_ns)

    def submit(self, items, tag=None, limits=None):
        array, n, _keep = items_to_c(items)
        job = ffi.new("struct fp_job **")
        c_limits = ffi.new("struct fp_limits *", limits._asdict()) if limits else ffi.NULL
        check(lib.fp_engine_submit(self.c, array, n, c_limits, job))
        self._jobs[job[0]] = Job(job[0], tag)
        return self._jobs[job[0]]

    def cancel(self, job):
        lib.fp_engine_cancel(self.c, job.c)

    def close(self):
        lib.fp_engine_close(self.c)

    def abort(self):
        lib.fp_engine_abort(self.c)

    def tick(self, now_ns):
        lib.fp_engine_tick(self.c, now_ns)

    def worker_started(self, worker):
        lib.fp_engine_worker_started(self.c, worker.c)

    def worker_failed(self, worker, system_errno=0):
        lib.fp_engine_worker_failed(self.c, worker.c, system_errno)

    def worker_exited(self, worker, exit_status=0, signal=0):
        lib.fp_engine_worker_exited(self.c, worker.c, exit_status, signal)

    def feed(self, worker, octets):
        space = ffi.new("struct fp_space *")
        at = 0
        while at < len(octets):
            check(lib.fp_engine_rx_buf(self.c, worker.c, space))
            n = min(space.len, len(octets) - at)
            ffi.memmove(space.data, octets[at:at + n], n)
            lib.fp_engine_rx_ack(self.c, worker.c, n)
            at += n

    def eof(self, worker):
        lib.fp_engine_rx_eof(self.c, worker.c)

    def rx_error(self, worker, reason="read", system_errno=0):
        lib.fp_engine_rx_error(self.c, worker.c, REASON_NUMBERS[reason], system_errno)

    def tx(self, worker):
        return span_from_c(lib.fp_engine_tx_buf(self.c, worker.c))

    def tx_ack(self, worker, n):
        lib.fp_engine_tx_ack(self.c, worker.c, n)

    def tx_error(self, worker, system_errno=0):
        lib.fp_engine_tx_error(self.c, worker.c, system_errno)

    def write(self, worker):
        """All there is to write, written."""
        out = []
        while octets := self.tx(worker):
            out.append(octets)
            self.tx_ack(worker, len(octets))
        return b"".join(out)

    def next_op(self) -> Optional[Op]:
        op = ffi.new("struct fp_op *")
        if not lib.fp_engine_next_op(self.c, op):
            return None
        kind = OP_KINDS[op.kind]
        if kind == "destroyed" or kind == "room":
            return Op(kind)
        if kind == "trace":
            t = op.trace
            old, new = WORKER_STATES[getattr(t, "from")], WORKER_STATES[t.to]
            return Op(kind, trace=Trace(t.worker, old, new, REASONS[t.reason]))
        if kind == "outcome":
            return Op(kind, job=self._jobs.pop(op.job), result=_outcome(op.result))
        worker = self._worker(op.worker)
        if kind == "gone":
            del self._workers[op.worker]
            worker.c = None
        if kind == "event":
            return Op(kind, worker, items=items_from_c(op.items, op.n))
        if kind == "kill":
            return Op(kind, worker, signal=op.signal)
        if kind == "error":
            return Op(kind, worker, reason=REASONS[op.reason], offset=op.offset, system_errno=op.system_errno)
        return Op(kind, worker)

    def _worker(self, c):
        if not c:
            return None
        if c not in self._workers:
            self._workers[c] = Worker(c)
        return self._workers[c]

    def drain(self):
        return list(iter(self.next_op, None))

    deadline_ns = property(lambda self: lib.fp_engine_deadline_ns(self.c))

    def stats(self):
        s = ffi.new("struct fp_stats *")
        lib.fp_engine_stats(self.c, s)
        out = {name: getattr(s, name) for name, _ in ffi.typeof("struct fp_stats").fields if name != "outcomes"}
        out["outcomes"] = {OUTCOMES[i]: s.outcomes[i] for i in range(lib.FP_OUTCOMES)}
        return out


def _outcome(r):
    items = items_from_c(r.items, r.n) if r.outcome == lib.FP_OK else []
    return Outcome(OUTCOMES[r.outcome], items, REASONS[r.reason], r.offset, r.exit_status, r.signal, r.worker, r.queued_ns,
                   r.run_ns)
