"""Child vectors where the original is not to be followed: what is asserted instead, one function for each `instead`.

Each is given a session that was played; the same trace was seen however the input was cut. `offset` in a failure is the
octets received before the fault."""

import json

from child_session import ChildSession
from cuts import AsRecorded
from fpcore import FRAME_BYTES_MAX
from recordings import frames, order, received, request_has_id, string_fault
from session import driven_octets

def requests_in(s):
    """(complete frames that were sent, octets behind them)"""
    return frames(s.vector, driven_octets(s.vector), request_has_id(s.vector))


def replies_in(s):
    return frames(s.vector, s.octets, True)[0]


def recorded_octets(s):
    return received(s.vector["steps"])


def assert_served_before(s, n):
    """The first n requests were given to the function, each was answered, and nothing else was."""
    assert len(s.requests) == n
    ids = [f.id for f in requests_in(s)[0][:n]] if request_has_id(s.vector) else [1] * n
    assert [f.id for f in replies_in(s) if f.id] == ids


def assert_failed_last(s, reason, offset):
    assert s.marks == [("failed", reason, offset)]
    assert s.child.next() is None


def truncated_or_too_long(s):
    """eof-in-*, length-*: whole requests are answered as recorded; the rest is a truncated stream; a length above the
    limit is refused with its header, before end of file."""
    complete, rest = requests_in(s)
    assert s.octets == recorded_octets(s)
    assert_served_before(s, len(complete))
    if "length-" not in s.vector["name"]:
        return assert_failed_last(s, "truncated", len(driven_octets(s.vector)))
    length_at = 4 if request_has_id(s.vector) else 0
    assert_failed_last(s, "too_long", length_at)
    assert s.reactions[0].marks, "not refused when the header was there"
    assert rest


def malformed(s):
    """The first malformed payload ends it: what came before is answered, nothing of it or behind it is delivered."""
    complete, _ = requests_in(s)
    bad = next(i for i, f in enumerate(complete) if is_malformed(s.vector, f.payload))
    assert_served_before(s, bad)
    assert len(s.marks) == 1
    kind, reason, offset = s.marks[0]
    assert (kind, reason) == ("failed", "malformed")
    assert_fault_at(s.vector, complete[bad], offset)
    assert s.child.next() is None


def is_malformed(vector, payload):
    if vector["serialiser"] == "string":
        return string_fault(payload)[0] is None
    return not is_json_array(payload)


def is_json_array(payload):
    try:
        return isinstance(json.loads(payload.decode()), list)
    except ValueError:
        return False


def assert_fault_at(vector, frame, offset):
    body = frame.offset + frame.head_len
    if vector["serialiser"] == "string":
        assert offset == body + string_fault(frame.payload)[1]
    else:
        assert body <= offset <= frame.end


def function_failed(s):
    """die, and a function that is not there: the process ends; the answers before are there, the request is still
    outstanding (the caller learns of it by the end of the connection), nothing behind it ran."""
    assert s.marks == [("died",)]
    assert_served_but_last(s)


def function_exited(s):
    """exit in an async worker: replies that were made before are still there to be written."""
    assert s.marks == [("exited", 0)]
    assert_served_but_last(s)
    assert [f.payload for f in replies_in(s)] == [b"\x03one"]


def assert_served_but_last(s):
    complete, _ = requests_in(s)
    verbs = [string_fault(f.payload)[0][0] for f in complete]
    ended_by = [i for i, v in enumerate(verbs) if v in (b"die", b"exit")] or [0]
    assert len(s.requests) == ended_by[0] + 1
    assert len(replies_in(s)) == ended_by[0]
    assert s.child.outstanding == 1


def never_served(s):
    """init failed, or the serialiser is unknown: nothing was taken, nothing sent."""
    assert s.marks == [("died",)]
    assert not s.octets and not s.requests and s.child.outstanding == 0


def bad_id(s):
    """Id 0, and an id that still runs: refused where the frame begins; what runs may still be answered."""
    complete, _ = requests_in(s)
    bad = 0 if complete[0].id == 0 else 1
    assert_failed_last(s, "bad_id", complete[bad].offset)
    assert len(s.requests) == bad and not s.octets
    assert s.child.outstanding == bad
    if bad:
        s.child.reply(s.requests[0], [b"late"])
        assert frames(s.vector, s.child.write(), True)[0][0].id == complete[0].id


def answered_twice(s):
    """The second answer is refused and sends nothing; the end comes with end of file and not before."""
    assert_each_answered_once(s)
    assert s.marks == [("refused", "reply", "closed"), ("ended",)]
    assert s.reactions[-1].marks == (("ended",),)


def assert_each_answered_once(s):
    complete, _ = requests_in(s)
    assert sorted(f.id for f in replies_in(s)) == [f.id for f in complete]


def never_answered(s):
    """A request without an answer keeps the endpoint from ending; its owner sees how many there are and may stop waiting."""
    assert s.octets == recorded_octets(s)
    assert s.marks == []
    assert s.child.outstanding == 1


def parent_gone(s):
    """The peer closed altogether: one end is reported. With a reply unread that is a read error, to a blocked writer a
    write error, else end of file."""
    name = s.vector["name"].rsplit("/", 1)[1]
    total = len(driven_octets(s.vector))
    if name == "parent-closes-with-reply-unread":
        assert_failed_last(s, "read", total)
    elif name == "parent-closes-while-child-writes":
        assert_failed_last(s, "write", total)
    else:
        assert s.marks == [("ended",)]
    assert s.child.outstanding == 0


def mismatch(s):
    """The other byte order or mode: a failure is reported, at end of file at the latest, where the first fault is: a
    payload that is no list, a length above the limit, a frame that never gets whole. With a smaller limit it is at once."""
    complete, rest = requests_in(s)
    if any(is_malformed(s.vector, f.payload) for f in complete):
        return malformed(s)
    stream = driven_octets(s.vector)
    head = rest[:8 if request_has_id(s.vector) else 4]
    length_at = len(stream) - len(rest) + len(head) - 4
    length = int.from_bytes(head[-4:], order(s.vector))
    expected = ("too_long", length_at) if length > FRAME_BYTES_MAX else ("truncated", len(stream))
    assert s.failures == [("failed", *expected)]
    assert_served_before(s, len(complete))
    limited = ChildSession(s.vector, payload_max=length - 1).play(AsRecorded())
    assert limited.failures == [("failed", "too_long", length_at)]
    assert limited.reactions[0].marks, "not refused when the header was there"
    limited.free()


def not_an_end(s):
    """EAGAIN and EINTR are nothing that an endpoint is told of: after the recorded steps it is open, and serves on."""
    assert s.marks == []
    assert s.octets == recorded_octets(s)
    before = len(s.requests)
    frame = {"network": b"\0\0\0\6\5again", "native": b"\6\0\0\0\5again"}[s.vector["profile"]]
    s.send(frame, None)
    s.settle()
    assert len(s.requests) == before + 1
    assert frames(s.vector, s.reaction().octets, True)[0][0].payload == b"\1?\5again"
    s.do({"op": "shutdown"})
    assert s.reaction().marks == (("ended",),)


BETTER = {
    "ending is right; an incomplete frame at end of file should be reported and give a status other than 0; an announced "
    "length above a configurable limit should be refused at once": truncated_or_too_long,
    "release 0.1 lives on for ever when the parent has gone (later releases log and exit with 1): end the process":
        parent_gone,
    "ending is required, signal or status and message are incidental": parent_gone,
    "a read error is worth a message": parent_gone,
    "reject the payload, report it, close the connection; never deliver part of it, never stay wedged": malformed,
    "reject the payload: a length beyond its end is malformed": malformed,
    "malformed payload: report it, fail outstanding calls, close": malformed,
    "only a JSON array is a valid payload; treat anything else as malformed": malformed,
    "a request whose handler fails must not stay outstanding for ever: end the process, or answer with an agreed error "
    "value":
        function_failed,
    "ending the process is the protocol's only way to say so; exit status other than 0 and a message are enough, the exact "
    "status is incidental": function_failed,
    "flushing replies already produced before exiting is better": function_exited,
    "status other than 0 and a message; an event call before start may be refused or queued": never_served,
    "a parent never sends these; refusing them is allowed": bad_id,
    "ignore or refuse the second answer of a request; never end early, never send a second reply": answered_twice,
    "a way to bound the wait (timeout, or end when the peer is gone for good) is advisable": never_answered,
    "a peer that can tell (a handshake, a length limit) should report the mismatch instead of waiting": mismatch,
    "EAGAIN is not end of file: wait for readability (or make the descriptor blocking)": not_an_end,
    "retry after EINTR": not_an_end,
}
