"""Recordings of kind child as cases. Where the original is not to be followed, BETTER says what is expected instead: one
function for each `instead`, with the judgement of tests/vectors/better_child.py as far as it can be seen from outside."""

import json

from .case import Case, Omitted, title_of
from .clauses import finer
from .wire import Wire, octets, string_items

# The verbs of TESTEE.md; what an empty list is answered with belongs to echo.
CAPABILITIES = {"echo", "void", "nargs", "rev", "size", "fill", "list", "event", "emptyevent", "events", "die", "exit", "hold", "free",
                "post", "twice", "never"}
USUAL_DONE = {None, "", "AnyEvent::Fork::RPC::Sync::do_exit", "AnyEvent::Fork::RPC::Async::do_exit"}
LEADS = {"id-zero-request": "ID-6b", "duplicate-ids-concurrent": "ID-6c", "done-called-twice-with-other-held": "SHUT-7b",
         "json/top-level-number": "JSN-3b", "json/top-level-null": "JSN-3b", "json/top-level-string": "JSN-3b",
         "json/trailing-garbage": "JSN-4b", "json/invalid-utf8": "JSN-5d", "half-close-with-requests-pending": "SHUT-2b"}


class Session:
    """A recording, and the lines that it becomes."""

    def __init__(self, vector):
        self.vector = vector
        self.steps = vector["steps"]
        self.name = vector["name"].split("/", 3)[3]
        self.is_async = vector["mode"] == "async"
        self.requests = Wire(vector, self.is_async)
        self.replies = Wire(vector, True)
        self.level = None
        self.lead = LEADS.get(self.name)
        self.vary = None
        self.lines = []

    # ---- what was sent

    def chunks(self):
        return [octets(s["data"]) for s in self.steps if s["op"] == "send"]

    def stream(self):
        return b"".join(self.chunks())

    def verb(self, payload):
        if self.requests.is_json:
            return json_verb(payload)
        items = string_items(payload)
        return items[0][1].decode("latin-1") if items else "echo"

    def is_malformed(self, payload):
        return json_verb(payload) is None if self.requests.is_json else string_items(payload) is None

    def verbs(self):
        """Of the well-formed requests."""
        return [self.verb(f.payload) for f in self.requests.frames(self.stream())[0] if not self.is_malformed(f.payload)]

    def needs(self):
        used = set(self.verbs()) - {"echo"}
        if not used <= CAPABILITIES:
            raise Omitted("a verb that is not in TESTEE.md")
        return (["json"] if self.requests.is_json else []) + sorted(used)

    # ---- what is expected

    def received(self):
        return b"".join(octets(step["data"]) for step in self.steps if step["op"] == "recv")

    def reply_frames(self, stream):
        """[(id, octets of the frame)]"""
        return [(f.id, stream[f.offset:f.end]) for f in self.replies.frames(stream)[0]]

    def expects(self, stream, how="sends"):
        """Each frame a line. A synchronous child may give its replies any id but 0."""
        self.lines += [f"child {how} " + " ".join(p) for p in self.replies.frame_pieces(stream, not self.is_async)]

    def case(self):
        v = self.vector
        return Case(self.name, title_of(v, self.name), finer("child", v["mode"], v["clauses"], self.lead), "child", v["mode"],
                    v["profile"], self.lines, level=self.level, serialiser=v["serialiser"], needs=self.needs(), vary=self.vary,
                    sources=[v["name"]])


def json_verb(payload):
    """The first element of an array, as far as it is a verb; None for what is no array."""
    try:
        values = json.loads(payload.decode())
    except ValueError:
        return None
    if not isinstance(values, list):
        return None
    return values[0] if values else "echo"


# ---- as recorded


def as_recorded(s):
    play_until(s, len(s.stream()) + 1)


def play_until(s, end):
    """Writes and reactions as recorded; the last of them is the write in which the octet before `end` is sent. Answers of an
    asynchronous child to requests that came at once may come in any order."""
    chunks, sent, fresh = iter(s.requests.writes(s.chunks())), b"", 0
    is_resting = True
    for step in s.steps:
        if step["op"] == "send":
            begun = complete_in(s, sent)
            sent += octets(step["data"])
            fresh = complete_in(s, sent) - begun + (0 if is_resting else fresh)
            s.lines.append("parent sends " + " ".join(next(chunks)))
            if len(sent) >= end:
                return
        elif step["op"] == "recv":
            s.expects(octets(step["data"]), "sends unordered" if s.is_async and fresh > 1 else "sends")
        else:
            s.lines.append(plain_line(step))
        is_resting = not step.get("nowait")


def complete_in(s, stream):
    return len(s.requests.frames(stream)[0])


def plain_line(step):
    if step["op"] == "exit":
        return f"child exits {step['status']}" if step["signal"] is None else "child exits any"
    return {"shutdown": "parent ends", "close": "parent closes", "recv_eof": "child ends"}[step["op"]]


def in_one(s):
    """All writes as one, which is then cut as `vary` says."""
    s.lines.append("parent sends " + " ".join(s.requests.writes([s.stream()])[0]))
    s.expects(s.received(), "sends unordered" if s.is_async else "sends")
    s.lines += [plain_line(step) for step in s.steps if step["op"] not in ("send", "recv")]


# ---- better


def play_before(s, bad):
    """Up to the write that brings the request `bad` (its index). Requests before it are answered; an asynchronous child may
    not have come to those that came with it."""
    complete = s.requests.frames(s.stream())[0]
    play_until(s, complete[bad].end)
    expected = sum(line.startswith("child sends") for line in s.lines)
    behind = [part for part in s.reply_frames(s.received()) if part[0]][expected:bad]
    for _, frame in behind:
        s.expects(frame, "may send" if s.is_async else "sends")


def truncated(s):
    """Whole requests are answered; the octets behind them are a truncated stream, which the status tells."""
    s.lead = "SHUT-6"
    as_recorded(s)
    s.lines = [line for line in s.lines if not line.startswith("child exits")] + ["child exits nonzero"]


def malformed(s):
    """Nothing of the malformed request is delivered, nor what is behind it: the child ends."""
    complete = s.requests.frames(s.stream())[0]
    play_before(s, next(i for i, f in enumerate(complete) if s.is_malformed(f.payload)))
    s.lines += ["child ends", "child exits nonzero"]


def parent_gone(s):
    """It closed altogether, with a reply unread; how the child ends is free, but where there was nothing to do."""
    if s.name == "parent-closes-idle":
        s.lead = "ERR-7c" if s.is_async else None
        s.lines = ["parent closes", "child exits 0" if s.is_async else "child exits any"]
        return
    sends = ["parent sends " + " ".join(p) for p in s.requests.writes(s.chunks())]
    s.lines = ["parent stops reading"] + sends + ["parent closes", "child exits any"]


def function_failed(s):
    """The process ends; an asynchronous one may answer the request in another way instead."""
    if "die" not in s.verbs():
        raise Omitted("when a child notices that its function does not exist is free (INI-3)")
    failing = s.verbs().index("die")
    play_before(s, failing)
    if s.is_async:
        raise Omitted("an answer of any length, or the end of the process: a case cannot ask for one of the two (ERR-6)")
    s.lines += ["child ends", "child exits nonzero"]


def refused_or_served(s):
    """The answers as recorded, or a protocol error, which may come before each of them."""
    s.level = None
    as_recorded(s)
    sends = [line for line in s.lines if line.startswith("parent sends")]
    if s.name == "id-zero-request":
        sends = sends[:1]
    answers = [line.replace("child sends", "child may send", 1) for line in s.lines if line.startswith("child sends")]
    s.lines = sends + answers[:1 if s.name == "id-zero-request" else None] + ["parent ends", "child ends", "child exits any"]


def answered_twice(s):
    """The second answer is not sent, and does not end the child."""
    seen = set()
    as_recorded(s)
    s.lines = [line for line in s.lines if not (line.startswith("child sends") and line in seen or seen.add(line))]
    s.lines = [line for line in s.lines if line.split()[1] not in ("ends", "exits")] + ["parent ends", "child ends", "child exits 0"]


def omitted(why):
    def convert(_):
        raise Omitted(why)
    return convert


BETTER = {
    "ending is right; an incomplete frame at end of file should be reported and give a status other than 0; an announced "
    "length above a configurable limit should be refused at once": truncated,
    "release 0.1 lives on for ever when the parent has gone (later releases log and exit with 1): end the process":
        parent_gone,
    "ending is required, signal or status and message are incidental": parent_gone,
    "a read error is worth a message": parent_gone,
    "reject the payload, report it, close the connection; never deliver part of it, never stay wedged": malformed,
    "reject the payload: a length beyond its end is malformed": malformed,
    "malformed payload: report it, fail outstanding calls, close": malformed,
    "only a JSON array is a valid payload; treat anything else as malformed": malformed,
    "a request whose handler fails must not stay outstanding for ever: end the process, or answer with an agreed error "
    "value": function_failed,
    "ending the process is the protocol's only way to say so; exit status other than 0 and a message are enough, the exact "
    "status is incidental": function_failed,
    "a parent never sends these; refusing them is allowed": refused_or_served,
    "ignore or refuse the second answer of a request; never end early, never send a second reply": answered_twice,
    "flushing replies already produced before exiting is better":
        omitted("what an exit does to the replies of an asynchronous child that are on their way is free"),
    "a way to bound the wait (timeout, or end when the peer is gone for good) is advisable":
        omitted("whether a child with a request that is never answered ends is free (SHUT-9)"),
    "a peer that can tell (a handshake, a length limit) should report the mismatch instead of waiting":
        omitted("what octets of another profile or mode happen to mean is free (FRM-8)"),
}


def check_start(vector):
    """How a child is started is the run's choice, and it has no functions beside the one that serves."""
    startup = vector["startup"]
    if startup["function"] not in ("W::run", "W::arun"):
        raise Omitted("a child's function is that of TESTEE.md")
    if startup["init"] or startup["done"] not in USUAL_DONE:
        raise Omitted("TESTEE.md knows no init and no done function of a child")
    if vector["serialiser"] not in ("string", "json"):
        raise Omitted("a serialiser that does not compile is a matter of Perl")


def convert(vector):
    check_start(vector)
    s = Session(vector)
    if s.name in ("stdin-stdout", "nonblocking-descriptor"):
        raise Omitted("which descriptors a child has is the run's choice (--stdio), not a case's")
    if "/split/" in vector["name"] or s.name == "one-octet-at-a-time":
        s.vary = "octets" if s.name == "one-octet-at-a-time" else "cuts"
        s.name = s.name.split("/at-")[0]
        in_one(s)
    elif vector["conform"] == "must":
        as_recorded(s)
    else:
        s.level = "should"
        BETTER[vector["instead"]](s)
    return s.case()
