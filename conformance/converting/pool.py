"""Recordings of kind pool as cases. They have a virtual clock, and a case has real time: what is to be seen only because time
passed is left out, and so is what depends on which of several equal workers a job goes to."""

from . import pieces
from .case import Case, Omitted, title_of
from .clauses import finer
from .wire import Wire, string_list

MAGIC = ("3a74365a40484b314e254478405f373f3d7e2d374e5167574464417336612c6a464e3d774c4f302a6a442a312550",
         "3c7e35337265787a2e5560215d585b413233355e226679456f6954465c547e6f48316c2f4e362b446a657039627e624939605c317825427e76574f31712a")
NEVER_MS = 60_000  # for a time that is not to pass
RELEASED = {"max": 4, "load": 2, "start": 0.1}  # what is not given
LEADS = {"magic-event-other-word": "POOL-9d"}


class Session:
    """A recording, and the lines that it becomes."""

    def __init__(self, vector):
        self.vector = vector
        self.steps = vector["steps"]
        self.name = vector["name"].rsplit("/", 1)[1]
        self.wire = Wire({"profile": "network", "serialiser": "string"}, True)
        self.given = RELEASED | vector["options"]
        self.level = None
        self.waiting = set()  # tags
        self.jobs = {}  # of each worker that is given any: tags
        self.leaving = {}
        self.needs = set()
        self.lines = []

    def do(self, step):
        if step["op"] not in ("advance", "worker_exit", "hang") and not step["op"].startswith("timer_"):
            getattr(self, "do_" + step["op"])(step)

    # ---- what is done

    def do_call(self, step):
        self.waiting.add(step["tag"])
        self.lines.append(f"app calls {step['tag']} {pieces.item(step['tag'].encode())}")

    def do_drop(self, _):
        self.lines.append("app drops")

    def do_reply(self, step):
        jobs = (self.jobs | self.leaving)[step["worker"]]
        tag = step.get("tag") or jobs[0]
        jobs.remove(tag)
        self.lines.append(f"worker {step['worker']} answers {tag} {pieces.item(b'r-' + tag.encode())}")

    def do_retire(self, step):
        if self.waiting:
            raise Omitted(WAITING)
        self.needs.add("retire")
        self.lines += [f"worker {step['worker']} retires"] * step.get("times", 1)
        self.leaving[step["worker"]] = self.jobs.pop(step["worker"])

    def do_send_event(self, step):
        self.sends_event(step["worker"], [v.encode() for v in step["values"]])

    def do_magic_event(self, step):
        self.sends_event(step["worker"], [bytes.fromhex(MAGIC[0]), step["value"].encode(), bytes.fromhex(MAGIC[1])])

    def sends_event(self, worker, items):
        payload = string_list(items)
        stream = bytes(4) + len(payload).to_bytes(4, "big") + payload
        self.lines.append(f"worker {worker} sends " + " ".join(self.wire.frame_pieces(stream)[0]))

    def do_worker_hold(self, step):
        self.lines.append(f"worker {step['worker']} holds")

    def do_worker_release(self, step):
        """Until then the end was not told."""
        self.lines += ["nothing more", f"worker {step['worker']} exits"]

    # ---- what is expected

    def do_spawn(self, step):
        self.jobs[step["worker"]] = []
        self.lines.append(f"pool starts worker {step['worker']}")

    def do_job(self, step):
        loads = [len(tags) for tags in self.jobs.values()]
        if loads.count(min(loads)) > 1:
            raise Omitted(TIES)
        self.waiting.discard(step["tag"])
        self.jobs[step["worker"]].append(step["tag"])
        self.lines.append(f"worker {step['worker']} gets {step['tag']}")

    def do_result(self, step):
        self.lines.append(f"app gets result {step['tag']} {pieces.item(step['value'].encode())}")

    def do_event(self, step):
        self.lines.append(" ".join(["app gets event"] + [pieces.item(v.encode()) for v in step["values"]]))

    def do_worker_eof(self, step):
        if step["worker"] in self.jobs:
            self.leaving[step["worker"]] = self.jobs.pop(step["worker"])
        self.lines.append(f"pool ends worker {step['worker']}")

    def do_destroy(self, _):
        self.lines.append("app gets end")

    # ---- the pool that it needs

    def options(self):
        """A pool that can grow is told when; one that grows by time in the recording does so in real time, another never."""
        options = {"max": self.given["max"], "load": self.given["load"]}
        if "idle" in self.given:
            options |= {"min_idle": self.given["idle"], "max_idle": self.given["idle"]}
        if self.given["max"] > 1:
            grows = any(step["op"] == "timer_fire" for step in self.steps) and "worker_crash" not in self.ops()
            options |= {"busy_time": round(self.given["start"] * 1000) if grows else NEVER_MS, "idle_time": NEVER_MS}
        return options

    def ops(self):
        return {step["op"] for step in self.steps}

    def case(self):
        v, options = self.vector, self.options()
        needs = [n for n in ("min_idle", "max_idle", "busy_time", "idle_time") if n in options] + sorted(self.needs)
        return Case(self.name, title_of(v, self.name), finer("pool", v["mode"], v["clauses"], LEADS.get(self.name)), "pool",
                    v["mode"], "both", self.lines, level=self.level, needs=needs,
                    options=[f"{name}={value}" for name, value in options.items()], sources=[v["name"]])


# ---- better

NO_HANDLERS = "that an application listens to less has no line in a transcript"
NO_CALLBACKS = "what is done, or thrown, in a callback has no line in a transcript"
WAITING = "when a worker retires while jobs wait, another may come sooner than in the recording (POOL-9e)"
TIES = "which of several workers with the same load gets a job is free (POOL-3c)"
CRASHES_OMITTED = {"crash-idle-with-minimum": TIES, "crash-default-on_error": NO_HANDLERS, "crash-no-handlers": NO_HANDLERS,
                   "unread-request-crash": "a worker that does not read has no line in a transcript"}
CRASHES = {  # what is to follow on the recorded calls and crashes
    "crash-busy": """
        app calls a "a"; app calls b "b"; app calls c "c"; pool starts worker 1; worker 1 gets a; worker 1 gets b; worker 1 dies;
        app gets error; app gets failure a crashed; pool starts worker 2; worker 2 gets b; worker 2 gets c;
        worker 2 answers b "r-b"; app gets result b "r-b"; worker 2 answers c "r-c"; app gets result c "r-c";
        app drops; pool ends worker 2; app gets end""",
    "crash-busy-below-load": """
        app calls a "a"; pool starts worker 1; worker 1 gets a; worker 1 dies; app gets error; app gets failure a crashed;
        app calls b "b"; pool starts worker 2; worker 2 gets b; app calls c "c"; worker 2 gets c;
        worker 2 answers b "r-b"; app gets result b "r-b"; worker 2 answers c "r-c"; app gets result c "r-c";
        app drops; pool ends worker 2; app gets end""",
    "crash-idle": """
        app calls a "a"; pool starts worker 1; worker 1 gets a; worker 1 answers a "r-a"; app gets result a "r-a";
        worker 1 dies; app gets error; app calls b "b"; pool starts worker 2; worker 2 gets b;
        worker 2 answers b "r-b"; app gets result b "r-b"; app drops; pool ends worker 2; app gets end""",
    "crash-all-then-stuck": """
        app calls a "a"; pool starts worker 1; worker 1 gets a; worker 1 dies; app gets error; app gets failure a crashed;
        app calls b "b"; pool starts worker 2; worker 2 gets b; app drops; pool ends worker 2;
        worker 2 answers b "r-b"; app gets result b "r-b"; app gets end""",
    "bad-payload": """
        app calls a "a"; pool starts worker 1; worker 1 gets a; worker 1 sends u32:1 u32:1 81; app gets error;
        app gets failure a; pool ends worker 1; app calls b "b"; pool starts worker 2; worker 2 gets b;
        worker 2 answers b "r-b"; app gets result b "r-b"; app drops; pool ends worker 2; app gets end""",
}


def crash(s):
    if s.name in CRASHES_OMITTED:
        raise Omitted(CRASHES_OMITTED[s.name])
    s.needs.add("restore")
    s.lines = [line.strip() for line in CRASHES[s.name].replace("\n", " ").split(";")]


def as_recorded(s):
    if any("by" in step or "on_result" in step for step in s.steps):
        raise Omitted(NO_CALLBACKS)
    if s.vector.get("no_on_event") or s.vector.get("no_on_error"):
        raise Omitted(NO_HANDLERS)
    for step in s.steps:
        s.do(step)


def omitted(why):
    def convert(_):
        raise Omitted(why)
    return convert


BETTER = {
    "documented intent: an idle worker is stopped after stop seconds only while more than idle workers are idle":
        omitted("what is seen only because seconds passed is left to cases with shorter times"),
    "0 should be honoured for start as documented and rejected for load and max":
        omitted("what is refused when a pool is made has no line in a transcript"),
    "any choice among the least loaded workers is right; the recorded one follows upstream's binary heap":
        omitted(TIES),
    "a repeated retirement request must have no effect": as_recorded,
    "nothing of value can depend on it": as_recorded,
    "remove a dead worker from the pool at once, give its jobs an error (or retry them if allowed), start a replacement as "
    "load demands": crash,
    "run the scheduler whatever the callback does": omitted(NO_CALLBACKS),
}


def convert(vector):
    s = Session(vector)
    if vector["conform"] == "must":
        as_recorded(s)
    else:
        s.level = "should"
        BETTER[vector["instead"]](s)
    return s.case()
