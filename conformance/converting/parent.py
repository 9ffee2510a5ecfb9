"""Recordings of kind parent as cases. Where the original is not to be followed, BETTER says what is expected instead, with the
judgement of tests/vectors/better_parent.py as far as it can be seen from outside."""

import json

from . import pieces
from .case import Case, Omitted, title_of
from .clauses import finer
from .wire import Wire, octets, string_items

CLASSES = {"unexpected-eof": "eof", "unexpected-data": "reply", "read-error": "eof", "write-error": "write"}
ALL_HANDLERS = {"on_error", "on_event", "on_destroy"}
LEADS = {"json/top-level-number": "JSN-3b", "json/top-level-null": "JSN-3b", "json/top-level-string": "JSN-3b",
         "json/trailing-garbage": "JSN-4b", "json/invalid-utf8": "JSN-5d", "eof-idle-handle-alive": "SHUT-4c",
         "eof-idle-handle-alive-two-calls": "SHUT-4d", "child-closes-before-call": "SHUT-5"}
NOT_TOLD = {
    "child_shutdown_read": "a child that closes its reading side only has no line in a transcript",
    "setid": "the counter of ids can be set before the first call only",
}


class Session:
    """A recording, and the lines that it becomes."""

    def __init__(self, vector):
        self.vector = vector
        self.steps = vector["steps"]
        self.name = vector["name"].split("/", 3)[3]
        self.is_json = vector["serialiser"] == "json"
        self.requests = Wire(vector, vector["mode"] == "async")
        self.replies = Wire(vector, True)
        self.writes = iter(self.replies.writes([octets(s["data"]) for s in self.steps if s["op"] == "send"]))
        self.outstanding = []  # tags, in the order of the calls
        self.level = None
        self.vary = None
        self.lines = []

    def stream(self):
        """What the child writes."""
        return b"".join(octets(step["data"]) for step in self.steps if step["op"] == "send")

    def is_malformed(self, payload):
        return (json_list(payload) if self.is_json else string_items(payload)) is None

    # ---- lines, a method for each step

    def do(self, step):
        getattr(self, "do_" + step["op"], self.do_not)(step)

    def do_not(self, step):
        raise Omitted(NOT_TOLD[step["op"]])

    def do_connect(self, _):
        pass

    def do_call(self, step):
        items = [octets(a) for a in step.get("args", [])] + [self.item_of(v) for v in step.get("args_perl", [])]
        self.outstanding.append(step["tag"])
        self.line("app calls", step["tag"], items)

    def do_drop(self, _):
        self.lines.append("app drops")

    def do_send(self, _):
        self.lines.append("child sends " + " ".join(next(self.writes)))

    def do_child_shutdown(self, _):
        self.lines.append("child ends")

    def do_child_close(self, _):
        self.lines.append("child closes")

    def do_child_stall(self, _):
        self.lines.append("child stops reading")

    def do_child_resume(self, _):
        self.lines.append("child reads")

    def do_recv(self, step):
        self.lines += ["parent sends " + " ".join(p) for p in self.requests.frame_pieces(octets(step["data"]))]

    def do_recv_eof(self, _):
        self.lines.append("parent ends")

    do_recv_error = do_recv_eof

    def do_result(self, step):
        self.outstanding.remove(step["tag"])
        self.line("app gets result", step["tag"], self.values(step))

    def do_event(self, step):
        self.line("app gets event", None, self.values(step))

    def do_error(self, step):
        """The calls that are outstanding then fail, and the connection is over."""
        self.lines.append(f"app gets error {CLASSES[step['class']]}")
        self.lines += [f"app may get failure {tag}" for tag in self.outstanding] + ["app may get end"]

    def do_destroy(self, _):
        self.lines.append("app gets end" if self.is_about_the_end() else "app may get end")

    def line(self, words, tag, items):
        self.lines.append(" ".join([words] + ([tag] if tag else []) + [pieces.item(i) for i in items]))

    def is_about_the_end(self):
        return "SHUT-4" in self.vector["clauses"]

    # ---- items

    def item_of(self, value):
        """A Perl value: for JSON its text."""
        if self.is_json:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        return value.encode("latin-1")

    def values(self, step):
        if self.is_json:
            return [self.item_of(v) for v in json.loads(step["values_json"])]
        return [octets(v) for v in step["values"]]

    # ---- the whole

    def needs(self):
        """From what is expected of the application's side; what it only may get needs nothing."""
        found = {line.split()[2] for line in self.lines if line.startswith("app gets ")} - {"result"}
        extra = (["json"] if self.is_json else []) + (["lastid"] if "first_id_after" in self.vector else [])
        return extra + [n for n in ("event", "error", "failure", "end") if n in found]

    def options(self):
        return [f"lastid={self.vector['first_id_after']}"] if "first_id_after" in self.vector else []

    def case(self):
        v = self.vector
        return Case(self.name, title_of(v, self.name), finer("parent", v["mode"], v["clauses"], LEADS.get(self.name)), "parent",
                    v["mode"], v["profile"], self.lines, level=self.level, serialiser=v["serialiser"], needs=self.needs(),
                    vary=self.vary, options=self.options(), sources=[v["name"]])


def json_list(payload):
    try:
        values = json.loads(payload.decode())
    except ValueError:
        return None
    return values if isinstance(values, list) else None


# ---- as recorded


def as_recorded(s):
    for step in s.steps:
        s.do(step)


def in_one(s):
    """What the child writes is one write, which is then cut as `vary` says; what came of it comes behind it."""
    sends = [step for step in s.steps if step["op"] == "send"]
    begin, end = s.steps.index(sends[0]), len(s.steps) - s.steps[::-1].index(sends[-1])
    for step in s.steps[:begin]:
        s.do(step)
    s.lines.append("child sends " + " ".join(s.replies.writes([s.stream()])[0]))
    for step in s.steps[begin:end] + s.steps[end:]:
        if step["op"] != "send":
            s.do(step)


def nobody_listens(s):
    """Each event may be reported as an error, or be told to who listens nevertheless; the results come."""
    events = iter(f.payload for f in s.replies.frames(s.stream())[0] if f.id == 0)
    for step in s.steps:
        if step["op"] == "error":
            s.line("app may get event", None, [item for _, item in string_items(next(events))])
            s.lines.append("app may get error")
        else:
            s.do(step)


# ---- better: one error, a failure for each call that is outstanding, the end


def fails(s, steps, error="", is_open=False):
    """After these steps, of which only what did not fail in the original is expected. A parent whose child is still there
    gives the connection up."""
    for step in steps:
        if step["op"] not in ("error", "destroy", "exception"):
            s.do(step)
    s.lines.append(f"app gets error {error}".rstrip())
    s.lines += [f"app gets failure {tag}" for tag in s.outstanding]
    s.lines += (["parent ends"] if is_open else []) + ["app may get end"]


def index_of(s, *ops):
    return next(i for i, step in enumerate(s.steps) if step["op"] in ops)


def unmatched_reply(s):
    """What came before it is delivered, nothing behind it."""
    fails(s, s.steps[:index_of(s, "error")], "reply", is_open=True)


def idle_child_lost(s):
    """An error and no regular end; each call that is made later fails as well."""
    at = index_of(s, "child_close")
    fails(s, s.steps[:at + 1], "eof")
    for step in s.steps[at:]:
        if step["op"] == "call":
            s.do(step)
            s.lines.append(f"app gets failure {step['tag']}")
    s.lines.append("app may get end")


def calls_lost(s):
    """The recorded error, whatever its kind where a write may have found it first; a reset is an end of file."""
    ending = s.steps[:index_of(s, "error")]
    is_shut = ending[-1]["op"] == "child_shutdown"
    fails(s, ending, "eof" if ending[-1]["op"] != "call" and not s.replies.rest(s.stream()) else "", is_open=is_shut)
    ops = [step["op"] for step in ending]
    if ops[-2:] == ["child_close", "call"]:  # made when all was over: its failure may come behind the end
        s.lines.insert(next(i for i, line in enumerate(s.lines) if line.startswith("app gets error")) + 1, "app may get end")


def truncated(s):
    """An incomplete frame at end of file is reported, behind what came whole."""
    end = index_of(s, "child_shutdown", "child_close")
    fails(s, s.steps[:end + 1], is_open=s.steps[end]["op"] == "child_shutdown")


def malformed(s):
    """Nothing of the malformed frame is delivered, nor what is behind it."""
    complete = s.replies.frames(s.stream())[0]
    bad = next(i for i, f in enumerate(complete) if s.is_malformed(f.payload))
    sent, told, steps = 0, 0, []
    for step in s.steps:
        if step["op"] == "exception" or (step["op"] in ("result", "event") and told == bad):
            break
        told += step["op"] in ("result", "event")
        steps.append(step)
        sent += len(octets(step["data"])) if step["op"] == "send" else 0
        if sent >= complete[bad].end and told == bad:
            break
    fails(s, steps, "payload", is_open=True)


def omitted(why):
    def convert(_):
        raise Omitted(why)
    return convert


NO_CALLBACKS = "what is done, or thrown, in a callback has no line in a transcript"
NO_HANDLERS = "that an application listens to less has no line in a transcript"
BETTER = {
    "default handler conventions of the Perl API; a fake error event must not be mistaken for an error": omitted(NO_HANDLERS),
    "release 0.1 throws when no on_destroy was given; later releases do not": omitted(NO_HANDLERS),
    "one error, then the connection is dead: no further frames delivered, outstanding calls failed, socket closed":
        unmatched_reply,
    "tell the owner of a live handle that the child has gone (not the same as a completed shutdown), and fail later calls at "
    "once and each through its own callback": idle_child_lost,
    "the error is right; in addition complete every outstanding call with a failure, exactly once, and signal the end of "
    "the connection": calls_lost,
    "report a truncated frame instead of a clean end": truncated,
    "refuse a length above a configurable limit at once": calls_lost,
    "one error, outstanding calls failed, socket closed": as_recorded,
    "octets only": omitted("strings of wide characters are a matter of Perl"),
    "report a malformed payload once, fail all outstanding calls, close; do not throw into the event loop, do not stay "
    "wedged": malformed,
    "reject the payload: a length beyond its end is malformed": malformed,
    "malformed payload: report it, fail outstanding calls, close": malformed,
    "only a JSON array is a valid payload; treat anything else as malformed": malformed,
    "if callbacks cannot throw there is nothing to do; otherwise deliver the remaining buffered frames without waiting for "
    "more input": omitted(NO_CALLBACKS),
    "a peer that can tell (a handshake, a length limit) should report the mismatch instead of waiting":
        omitted("what octets of another profile or mode happen to mean is free (FRM-8)"),
}


def check_application(vector):
    """A parent under test has a connection from the start, listens to everything, and does nothing in its callbacks."""
    ops = [step["op"] for step in vector["steps"]]
    if any("by" in step or "on_result" in step for step in vector["steps"]):
        raise Omitted(NO_CALLBACKS)
    if vector["clauses"] == ["INI-1"]:
        raise Omitted("a start through a template is judged by tests/vectors, a template is no testee")
    if not {"call", "drop"}.isdisjoint(ops[:ops.index("connect")]):
        raise Omitted("a parent under test has its connection from the start (ORD-6)")


def convert(vector):
    s = Session(vector)
    if vector["conform"] != "must":
        s.level = "should"
        BETTER[vector["instead"]](s)
        return s.case()
    check_application(vector)
    if s.name == "event-without-on_event":
        nobody_listens(s)
    elif set(vector["handlers"]) != ALL_HANDLERS:
        raise Omitted(NO_HANDLERS)
    elif "/split/" in vector["name"] or s.name == "replies-one-octet-at-a-time":
        s.vary = "cuts" if "/split/" in vector["name"] else "octets"
        s.name = s.name.split("/at-")[0]
        in_one(s)
    else:
        as_recorded(s)
    return s.case()
