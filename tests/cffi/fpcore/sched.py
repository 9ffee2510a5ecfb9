"""The policy of a pool. Must not know octets."""
from typing import NamedTuple

from .binding import MS, S, check, ffi, lib
from .memory import Object


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


class Sched(Object):
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
