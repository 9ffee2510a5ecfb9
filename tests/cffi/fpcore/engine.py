"""A whole pool, without processes. Must not know what its workers are."""
from typing import Any, NamedTuple, Optional

from .binding import OUTCOMES, REASON_NUMBERS, REASONS, S, check, ffi, lib, names
from .items import items_from_c, items_to_c, span_from_c
from .memory import Object
from .sched import OPTIONS
from .wire import Wire

OP_KINDS = names("enum fp_op_kind", "FP_OP_")
WORKER_STATES = names("enum fp_worker_state", "FP_WORKER_")


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


class Engine(Object):
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
