"""What a worker process does in the child recordings: as recorded, or, where the original is not to be followed, the better
behaviour that `instead` and protocol.md name. Gives scripts to play; must not know how they are played.

A fault ends the process with a status other than 0 and one line that says what it was and after how many octets of the
parent's; what was answered before is there, nothing of the faulty frame or behind it is."""

import json
import re

from player import ANY, FAILED, HERE, Script, Turn
from recordings import frames, is_driven, octets, order, put32, received, request_has_id, string_fault, string_payload, turns
from said import LINE, anything, exactly, fault, matching, nothing

FRAME_BYTES_MAX = 256 << 20  # the default
SIGNALS = {"SIGPIPE": -13}

# ---- as recorded ----


def scripts(vector):
    return [as_recorded(vector)] if vector["conform"] == "must" else BETTER[vector["instead"]](vector)


def as_recorded(vector):
    return Script(recorded_turns(vector), recorded_status(vector), exactly(vector["stderr"].encode()))


def recorded_turns(vector):
    return [Turn(t.driven, received(t.observed), any(s["op"] == "recv_eof" for s in t.observed)) for t in turns(vector)]


def recorded_status(vector):
    end = vector["steps"][-1]
    if end["op"] == "still_running":
        return HERE
    return SIGNALS[end["signal"]] if end["signal"] else end["status"]


# ---- what was sent and answered ----


def driven_octets(vector):
    return b"".join(octets(s["data"]) for s in vector["steps"] if s["op"] == "send")


def requests(vector):
    """(complete frames that were sent, octets behind them)"""
    return frames(vector, driven_octets(vector), request_has_id(vector))


def replies(vector, n):
    """The octets up to the n-th recorded reply."""
    out = received(vector["steps"])
    ends = [0] + [f.end for f in frames(vector, out, True)[0] if f.id]
    return out[:ends[n]]


def request(vector, number, items):
    payload = string_payload(items)
    head = put32(vector, number) if request_has_id(vector) else b""
    return {"op": "send", "data": (head + put32(vector, len(payload)) + payload).hex()}


def reply(vector, number, items):
    payload = string_payload(items)
    return put32(vector, number) + put32(vector, len(payload)) + payload


def ending_by(vector, offset, answered, said, status=FAILED, options=()):
    """The recorded session until the send that carries the octet before this offset; then the process ends by itself, whatever
    is sent behind it. Replies were made to so many requests."""
    out, sent, left = [], 0, replies(vector, answered)
    steps = [s for s in vector["steps"] if is_driven(s)]
    for turn in recorded_turns(vector):
        driven = []
        for step in turn.driven if sent < offset else []:
            driven.append(step)
            sent += len(octets(step["data"])) if step["op"] == "send" else 0
            if sent >= offset:
                break
        done = sum(len(t.driven) for t in out) + len(driven)
        if sent >= offset:
            return Script([*out, Turn(driven, left, True, [s for s in steps[done:] if s["op"] == "send"])], status, said, options)
        out.append(Turn(driven, turn.octets))
        left = left[len(turn.octets):]
    raise AssertionError("not so many octets were sent")


# ---- the better behaviours ----


def truncated_or_too_long(vector):
    """Whole requests are answered as recorded; the rest is a truncated stream; a length above the limit is refused with its
    header, before end of file."""
    total = len(driven_octets(vector))
    if "length-" not in vector["name"]:
        return [Script(recorded_turns(vector), FAILED, fault(b"end of file inside a frame", total))]
    length_at = 4 if request_has_id(vector) else 0
    return [ending_by(vector, length_at + 4, 0, fault(b"longer", length_at))]


def is_malformed(vector, payload):
    if vector["serialiser"] == "string":
        return string_fault(payload)[0] is None
    try:
        return not isinstance(json.loads(payload.decode()), list)
    except ValueError:
        return True


def malformed(vector):
    complete, _ = requests(vector)
    bad = next(i for i, f in enumerate(complete) if is_malformed(vector, f.payload))
    frame, body = complete[bad], complete[bad].offset + complete[bad].head_len
    if vector["serialiser"] == "string":
        said = fault(b"not a list", body + string_fault(frame.payload)[1])
    else:
        said = fault(b"not a list", body, frame.end)
    return [ending_by(vector, frame.end, bad, said)]


def function_failed(vector):
    """What was thrown is on standard error; the request behind the failing one is not begun. A function that is not there is
    noticed before the first request."""
    if vector["startup"]["function"] == "W::nosuch":
        return [ending_by(vector, 0, 0, matching(LINE + b".*W::nosuch.*\n"))]
    complete, _ = requests(vector)
    items = [string_fault(f.payload)[0] for f in complete]
    bad = next(i for i, args in enumerate(items) if args[0] == b"die")
    return [ending_by(vector, complete[bad].end, bad, matching(re.escape(items[bad][1]) + b"\n" + LINE + b".*\n"))]


def function_exited(vector):
    """exit in an async worker: replies made before are still written."""
    complete, _ = requests(vector)
    out = reply(vector, complete[0].id, [b"one"])
    [turn] = [t for t in recorded_turns(vector) if t.is_end]
    return [Script([turn._replace(octets=out)], recorded_status(vector), nothing)]


def never_served(vector):
    """No octet is read or written. One line says why, after what the init function said."""
    if vector["serialiser"] not in ("string", "json"):
        return [ending_by(vector, 0, 0, matching(b"forkpool-worker: .*serialiser.*\n"))]
    said = {"W::initdie": b"init failed", "W::initev": b"init: event refused.*"}[vector["startup"]["init"]]
    return [ending_by(vector, 0, 0, matching(said + b"\n" + LINE + b".*init.*\n"))]


def bad_id(vector):
    """Id 0, and an id that still runs, are refused where the frame begins."""
    complete, _ = requests(vector)
    bad = complete[0 if complete[0].id == 0 else 1]
    return [ending_by(vector, bad.end, 0, fault(b"id", bad.offset))]


def answered_twice(vector):
    """The second answer sends nothing; the process goes on, as a further request shows, and ends with end of file."""
    out, seen = [], set()
    for turn in recorded_turns(vector):
        complete, _ = frames(vector, turn.octets, True)
        first = [f for i, f in enumerate(complete) if f.id not in seen | {e.id for e in complete[:i]}]
        seen |= {f.id for f in complete}
        out.append(Turn(turn.driven, b"".join(turn.octets[f.offset:f.end] for f in first)))
    out.insert(-1, Turn([request(vector, 99, [b"echo", b"still here"])], reply(vector, 99, [b"still here"])))
    out[-1] = out[-1]._replace(is_end=True)
    return [Script(out, 0, nothing)]


def never_answered(vector):
    """While the parent still reads it may wait for the answer; when the parent is gone for good, nobody does."""
    out = recorded_turns(vector)
    if vector["name"].endswith("eof-with-request-never-answered"):
        out.append(Turn([{"op": "alive"}, {"op": "close"}], b""))
    return [Script(out, ANY, anything)]


def parent_gone(vector):
    """The process ends. With a reply unread that is a read error, which is said; an idle one ends quietly."""
    name = vector["name"].rsplit("/", 1)[1]
    driven = [s for s in vector["steps"] if is_driven(s)]
    if name in ("parent-closes-while-child-writes", "parent-closes-with-reply-unread"):
        driven.insert(-1, {"op": "readable"})  # its reply is under way
    status, said = {"parent-closes-idle": (0, nothing),
                    "parent-closes-with-reply-unread": (FAILED, matching(LINE + b".*\n"))}.get(name, (ANY, anything))
    return [Script([Turn(driven, b"")], status, said)]


def mismatch(vector):
    """The other byte order or mode is a fault, at end of file at the latest; with a smaller limit on lengths at once."""
    complete, rest = requests(vector)
    if any(is_malformed(vector, f.payload) for f in complete):
        return malformed(vector)
    stream = driven_octets(vector)
    head = rest[:8 if request_has_id(vector) else 4]
    length_at = len(stream) - len(rest) + len(head) - 4
    length = int.from_bytes(head[-4:], order(vector))
    too_long = fault(b"longer", length_at)
    limited = ending_by(vector, length_at + 4, len(complete), too_long, options=("--frame-max", str(length - 1)))
    if length > FRAME_BYTES_MAX:
        return [limited, limited._replace(options=())]
    return [limited, Script(recorded_turns(vector), FAILED, fault(b"end of file inside a frame", len(stream)))]


def not_an_end(vector):
    """Nothing to read, and a signal, are not end of file: it serves on."""
    before = [t._replace(is_end=False) for t in recorded_turns(vector)]
    again = [request(vector, 1, [b"echo", b"again"])]
    return [Script([*before, Turn([{"op": "rest"}, *again], reply(vector, 1, [b"again"])), Turn([{"op": "shutdown"}], b"", True)],
                   0, nothing)]


BETTER = {
    "ending is right; an incomplete frame at end of file should be reported and give a status other than 0; an announced length "
    "above a configurable limit should be refused at once": truncated_or_too_long,
    "release 0.1 lives on for ever when the parent has gone (later releases log and exit with 1): end the process": parent_gone,
    "ending is required, signal or status and message are incidental": parent_gone,
    "a read error is worth a message": parent_gone,
    "reject the payload, report it, close the connection; never deliver part of it, never stay wedged": malformed,
    "reject the payload: a length beyond its end is malformed": malformed,
    "malformed payload: report it, fail outstanding calls, close": malformed,
    "only a JSON array is a valid payload; treat anything else as malformed": malformed,
    "a request whose handler fails must not stay outstanding for ever: end the process, or answer with an agreed error value":
        function_failed,
    "ending the process is the protocol's only way to say so; exit status other than 0 and a message are enough, the exact status "
    "is incidental": function_failed,
    "flushing replies already produced before exiting is better": function_exited,
    "status other than 0 and a message; an event call before start may be refused or queued": never_served,
    "a parent never sends these; refusing them is allowed": bad_id,
    "ignore or refuse the second answer of a request; never end early, never send a second reply": answered_twice,
    "a way to bound the wait (timeout, or end when the peer is gone for good) is advisable": never_answered,
    "a peer that can tell (a handshake, a length limit) should report the mismatch instead of waiting": mismatch,
    "EAGAIN is not end of file: wait for readability (or make the descriptor blocking)": not_an_end,
    "retry after EINTR": not_an_end,
}
