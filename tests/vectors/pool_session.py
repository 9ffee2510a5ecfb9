"""A recorded session of kind pool, played against core/engine in a world with a virtual clock.

The workers are the vector's: they answer when it says so, leave when they have answered everything after end of file,
crash. What is observed is a list of Seen; `at_ms` is the time at which it happened. A recorded reply names a worker; where jobs go
elsewhere than recorded (`follows_jobs`), it is the answer to the same job; a sync worker answers those before it, too."""

from typing import Any, NamedTuple

import fpcore
from recordings import frames, put32, string_fault, string_payload, turns

RETIRE = [  # clause EVT-4
    bytes.fromhex("3a74365a40484b314e254478405f373f3d7e2d374e5167574464417336612c6a464e3d774c4f302a6a442a312550"), b"quit",
    bytes.fromhex("3c7e35337265787a2e5560215d585b413233355e226679456f6954465c547e6f48316c2f4e362b446a657039627e624939605c31"
                  "7825427e76574f31712a")]
CRASH_STATUS = 3
GRACE_NS = 3600 * fpcore.S  # the original never kills


class Seen(NamedTuple):
    at_ms: int
    what: str  # spawn job worker_eof worker_exit result failure event error destroy kill
    worker: int  # 0: none
    value: Any = None  # job, result: the tag; failure: tag, outcome, exit status; event: items; error: reason; kill: signal


def options_of(recorded, release=fpcore.RELEASE_OPTIONS):
    """The released version's options as a preset of ours: idle is both min_idle and max_idle, times are seconds."""
    ours = dict(release)
    for name, value in recorded.items():
        if name == "idle":
            ours["min_idle"] = ours["max_idle"] = value
        elif name in ("start", "stop"):
            ours[{"start": "busy_time_ns", "stop": "idle_time_ns"}[name]] = round(value * fpcore.S)
        else:
            ours[name] = value
    return ours


class PoolWorker:
    """The other end of one connection."""

    def __init__(self, engine_worker):
        self.engine_worker = engine_worker
        self.number = engine_worker.number
        self.received = b""
        self.jobs = []  # (id, tag) not answered
        self.is_at_eof = self.is_held = self.is_stalled = self.is_gone = False


def recorded_answers(vector):
    """The tag that each reply step answered, by the step's identity."""
    steps = vector["steps"]
    return {id(s): next((t["tag"] for t in steps[i:] if t["op"] == "result"), None)
            for i, s in enumerate(steps) if s["op"] == "reply"}


class PoolSession:
    def __init__(self, vector, follows_jobs=False, piece=None):
        self.vector = {**vector, "profile": "network"}
        self.follows_jobs = follows_jobs
        self.piece = piece  # octets from a worker that arrive at a time
        self.answers = recorded_answers(vector)
        self.is_async = vector["mode"] == "async"
        self.alloc = fpcore.Alloc()
        wire = fpcore.Wire(is_async=self.is_async)
        self.engine = fpcore.Engine(wire, alloc=self.alloc, grace_ns=GRACE_NS, **options_of(vector["options"]))
        self.now_ms = 0
        self.workers = {}
        self.on_result = {}
        self.made = []
        self.seen = []
        self.reactions = []  # of the turns
        self.is_destroyed = False

    def free(self):
        self.engine.free()
        assert self.alloc.held == 0

    def play(self, is_each_drained=False):
        """With is_each_drained a step marked `nowait` is drained like any other."""
        for turn in turns(self.vector):
            before = len(self.seen)
            for step in turn.driven:
                if is_each_drained or step["op"] != "call":
                    self.drain()  # only calls are made in a row
                getattr(self, "do_" + step["op"])(step)
                if is_each_drained or not step.get("nowait"):
                    self.drain()
            self.drain()
            self.reactions.append(self.seen[before:])
        return self

    def finish(self):
        """Everything outstanding is answered and the pool dropped, until it is gone."""
        self.engine.close()
        for _ in range(10_000):
            self.drain()
            if self.is_destroyed:
                return self
            busy = [w for w in self.workers.values() if w.jobs and not w.is_gone]
            if busy:
                self.reply(busy[0], busy[0].jobs[0])
            else:
                assert self.engine.deadline_ns != fpcore.NEVER, "the pool waits for nothing and does not end"
                self.advance_to(max(self.now_ms, self.engine.deadline_ns / fpcore.MS))
        raise AssertionError("the pool does not end")

    # ---- the application ----

    def do_call(self, step):
        self.on_result[step["tag"]] = step.get("on_result", [])
        self.made.append(step["tag"])
        self.engine.submit([step["tag"].encode()], step["tag"])

    def do_drop(self, _):
        self.engine.close()

    def do_advance(self, step):
        self.advance_to(self.now_ms + step["ms"])

    def advance_to(self, ms):
        while self.engine.deadline_ns <= ms * fpcore.MS:
            self.now_ms = max(self.now_ms, self.engine.deadline_ns / fpcore.MS)
            self.engine.tick(round(self.now_ms * fpcore.MS))
            self.drain()
        self.now_ms = ms
        self.engine.tick(round(ms * fpcore.MS))

    # ---- the workers ----

    def do_reply(self, step):
        if self.follows_jobs and id(step) in self.answers:
            self.answer(self.answers[id(step)])
        else:
            w = self.workers[step["worker"]]
            self.reply(w, next(j for j in w.jobs if step.get("tag") in (None, j[1])))

    def answer(self, tag):
        w = next(w for w in self.workers.values() if tag in (j[1] for j in w.jobs))
        while tag in (j[1] for j in w.jobs):
            self.reply(w, next(j for j in w.jobs if not self.is_async or j[1] == tag))
            self.drain()

    def reply(self, w, job):
        w.jobs.remove(job)
        self.say(w, job[0] if self.is_async else 1, string_payload([b"r-" + job[1].encode()]))
        self.leave_if_done(w)

    def do_retire(self, step):
        for _ in range(step.get("times", 1)):
            self.say(self.workers[step["worker"]], 0, string_payload(RETIRE))

    def do_magic_event(self, step):
        self.say(self.workers[step["worker"]], 0, string_payload([RETIRE[0], step["value"].encode(), RETIRE[2]]))

    def do_send_event(self, step):
        self.say(self.workers[step["worker"]], 0, string_payload([v.encode() for v in step["values"]]))

    def do_bad_reply(self, step):
        self.say(self.workers[step["worker"]], 1, b"\x81")

    def do_worker_crash(self, step):
        w = self.workers[step["worker"]]
        if not w.is_gone:
            self.hang_up(w, CRASH_STATUS)

    def do_worker_hold(self, step):
        self.workers[step["worker"]].is_held = True

    def do_worker_release(self, step):
        w = self.workers[step["worker"]]
        w.is_held = False
        self.leave_if_done(w)

    def do_worker_stall(self, step):
        self.workers[step["worker"]].is_stalled = True

    def say(self, w, id, payload):
        octets = put32(self.vector, id) + put32(self.vector, len(payload)) + payload
        piece = self.piece or len(octets)
        for at in range(0, len(octets) if not w.is_gone else 0, piece):
            self.engine.feed(w.engine_worker, octets[at:at + piece])
            if self.piece:
                self.drain()

    def leave_if_done(self, w):
        if w.is_at_eof and not w.jobs and not w.is_held and not w.is_gone:
            self.drain()
            self.see("worker_exit", w)
            self.hang_up(w, 0)

    def hang_up(self, w, status):
        w.is_gone = True
        w.jobs = []
        self.engine.eof(w.engine_worker)
        self.drain()
        if w.engine_worker.c:
            self.engine.worker_exited(w.engine_worker, status)

    # ---- the host ----

    def see(self, what, worker=None, value=None):
        self.seen.append(Seen(self.now_ms, what, worker.number if worker else 0, value))

    def drain(self):
        while op := self.engine.next_op():
            assert not self.is_destroyed, "something came after the end"
            getattr(self, "op_" + op.kind)(op)

    def op_start(self, op):
        w = self.workers[op.worker.number] = PoolWorker(op.worker)
        self.see("spawn", w)
        self.engine.worker_started(op.worker)

    def op_write(self, op):
        w = self.workers[op.worker.number]
        octets = self.engine.write(op.worker)
        if w.is_gone or w.is_stalled:
            return
        complete, w.received = frames(self.vector, w.received + octets, self.is_async)
        for f in complete:
            tag = string_fault(f.payload)[0][0].decode()
            w.jobs.append((f.id, tag))
            self.see("job", w, tag)

    def op_half_close(self, op):
        w = self.workers[op.worker.number]
        w.is_at_eof = True
        self.see("worker_eof", w)
        self.leave_if_done(w)

    def op_kill(self, op):
        w = self.workers[op.worker.number]
        self.see("kill", w, op.signal)
        if not w.is_gone:
            self.hang_up(w, -1)

    def op_close(self, op):
        w = self.workers[op.worker.number]
        if not w.is_gone:
            w.is_gone = True
            w.jobs = []
            self.engine.worker_exited(op.worker, CRASH_STATUS)

    def op_gone(self, op):
        pass

    def op_outcome(self, op):
        tag = op.job.tag
        if op.result.outcome == "ok":
            assert op.result.items == [b"r-" + tag.encode()]
            self.see("result", self.workers[op.result.worker], tag)
            for step in self.on_result[tag]:
                getattr(self, "do_" + step["op"])(step)
        else:
            self.see("failure", self.workers.get(op.result.worker), (tag, op.result.outcome, op.result.exit_status))

    def op_event(self, op):
        if not self.vector.get("no_on_event"):
            self.see("event", self.workers[op.worker.number], op.items)

    def op_error(self, op):
        self.see("error", self.workers[op.worker.number], op.reason)

    def op_destroyed(self, _):
        self.is_destroyed = True
        self.see("destroy")
