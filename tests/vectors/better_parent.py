"""Parent vectors where the original is not to be followed: what is asserted instead, one function for each `instead`.

Each is given a session that was played; the same trace was seen however the input was cut. That each call has one end and
the connection one end is asserted for every vector in test_parent.py; here is said which, why and where."""

from better_child import assert_fault_at, is_malformed
from cuts import AsRecorded
from fpcore import FRAME_BYTES_MAX
from parent_session import ParentSession
from recordings import frames, octets, order, received, turns
from session import driven_octets


def frames_from_peer(s):
    return frames(s.vector, driven_octets(s.vector), True)


def tags_of(s, kind):
    return [t[1] for t in s.told if t[0] == kind]


def assert_failed(s, reason, offset):
    """One error, with this reason; then the calls fail, then the connection ends; nothing comes after it."""
    assert (s.failure.reason, s.failure.offset) == (reason, offset)
    at = next(i for i, t in enumerate(s.told) if t[0] == "error")
    kinds = [t[0] for t in s.told[at:]]
    assert kinds[0] == "error" and kinds.count("error") == 1
    assert set(kinds[1:kinds.index("closed")]) <= {"failure", "refused"}
    assert set(kinds[kinds.index("closed") + 1:]) <= {"refused"}
    assert not s.told_kinds("destroy")


def recorded_results(s):
    """Tags with recorded results, in order."""
    return [x["tag"] for x in s.vector["steps"] if x["op"] == "result"]


def assert_delivered_before(s, n):
    """Of the peer's frames the first n were delivered, in order, and none behind them."""
    complete, _ = frames_from_peer(s)
    assert [("event" if f.id == 0 else "result") for f in complete[:n]] == [t[0] for t in s.told_kinds("result", "event")]


def unmatched_reply(s):
    """A reply that matches nothing: what came before it is delivered, it is the one error, and the connection is dead."""
    complete, _ = frames_from_peer(s)
    bad = first_unmatched(s, complete)
    assert_delivered_before(s, bad)
    assert_failed(s, "unexpected", complete[bad].offset)
    made = [x["tag"] for x in s.vector["steps"] if x["op"] == "call"]
    assert sorted(tags_of(s, "result") + tags_of(s, "failure") + tags_of(s, "refused")) == sorted(made)
    assert s.written == octets_before_error(s)


def first_unmatched(s, complete):
    is_async = s.vector["mode"] == "async"
    calls = sum(x["op"] == "call" for x in steps_before_error(s))
    open_ids = set(range(1, calls + 1))
    for i, f in enumerate(complete):
        if f.id and (f.id not in open_ids if is_async else not open_ids):
            return i
        if f.id:
            open_ids.remove(f.id if is_async else min(open_ids))
    raise AssertionError("every reply matches")


def steps_before_error(s):
    steps = s.vector["steps"]
    return steps[:next(i for i, x in enumerate(steps) if x["op"] == "error")]


def octets_before_error(s):
    return received(steps_before_error(s))


def idle_child_lost(s):
    """End of file while the handle is alive is an error and not a destroy; each later call is refused at once."""
    assert_failed(s, "eof", 0)
    assert tags_of(s, "refused") == [x["tag"] for x in s.vector["steps"] if x["op"] == "call"]
    assert s.written == b""


def calls_lost(s):
    """The connection ends with calls outstanding: the recorded error, then each of them fails, once."""
    stream = driven_octets(s.vector)
    complete, rest = frames_from_peer(s)
    assert_failed(s, "truncated" if rest else "eof", len(stream))
    results = recorded_results(s)
    assert tags_of(s, "result") == results
    made = [x["tag"] for x in s.vector["steps"] if x["op"] == "call" and "by" not in x]
    assert tags_of(s, "failure") == made[len(results):]
    made_by_callback = [x["tag"] for x in s.vector["steps"] if x["op"] == "call" and "by" in x]
    assert tags_of(s, "refused") == made_by_callback


def truncated(s):
    """An incomplete frame at end of file is reported, behind what came whole."""
    assert_failed(s, "truncated", len(driven_octets(s.vector)))
    assert tags_of(s, "result") == recorded_results(s)
    assert not tags_of(s, "failure")


def too_long(s):
    """A length above the limit is refused when its header is there: in the reaction to it, before end of file."""
    assert_failed(s, "too_long", 4)
    assert tags_of(s, "failure") == ["c1"]
    assert ("error", "too_long") in next(r.told for r in s.reactions if r.told)


def peer_stopped_reading(s):
    """A request that cannot be written: one error, the call fails, a reply that comes nevertheless is not delivered."""
    assert_failed(s, "write", 0)
    assert tags_of(s, "failure") == ["c1"]
    assert not s.told_kinds("result")


def octets_only(s):
    """Items are octets, so there is no character that cannot be sent: both calls go out, one after the other."""
    calls = [b"\xc4\x80", b"ok"]
    with_id = s.vector["mode"] == "async"
    complete, rest = frames(s.vector, s.written, with_id)
    assert [f.payload for f in complete] == [bytes([len(c)]) + c for c in calls] and not rest
    assert s.told == []


def malformed(s):
    """A malformed payload is one error, where it is; no part of it is delivered; all outstanding calls fail."""
    complete, _ = frames_from_peer(s)
    bad = next(i for i, f in enumerate(complete) if is_malformed(s.vector, f.payload))
    assert_delivered_before(s, bad)
    offset = s.failure.offset
    assert_failed(s, "malformed", offset)
    assert_fault_at(s.vector, complete[bad], offset)
    made = [x["tag"] for x in s.vector["steps"] if x["op"] == "call"]
    assert tags_of(s, "result") + tags_of(s, "failure") == made


def callback_threw(s):
    """What a callback does holds nothing back: all complete frames are delivered, in order, when they are there."""
    complete, rest = frames_from_peer(s)
    assert not rest
    assert_delivered_before(s, len(complete))
    assert len(s.told_kinds("error")) == any(x["op"] == "error" for x in s.vector["steps"])
    assert_in_reaction_to_their_octets(s, complete)


def assert_in_reaction_to_their_octets(s, complete):
    """As many were told after each turn as frames were whole by then."""
    sent = told = 0
    for turn, reaction in zip(turns(s.vector), s.reactions, strict=True):
        sent += sum(len(octets(x["data"])) for x in turn.driven if x["op"] == "send")
        told += sum(t[0] in ("result", "event") for t in reaction.told)
        assert told == sum(f.end <= sent for f in complete)


def default_handlers(s):
    """Errors and events are different things to the host, whatever a child puts into an event."""
    name = s.vector["name"].rsplit("/", 1)[1]
    if name == "event-named-error":
        assert s.told == [("event", [b"error", b"fake"]), ("destroy",)]
        assert s.failure is None
    elif name == "event-without-any-handler":
        assert s.told == [("result", "c1", [b"r"]), ("destroy",)]
    else:
        assert_failed(s, "eof", 0)
        assert not s.told_kinds("event")
        assert tags_of(s, "failure") == ["c1"]


def no_destroy_handler(s):
    """It ends as any other session: without an error, and whoever has no on_destroy is told nothing."""
    assert s.told == [("result", "c1", [])]
    assert s.is_over and s.failure is None


def mismatch(s):
    """A reply in the other byte order: an error at end of file at the latest, with a smaller limit at once."""
    stream = driven_octets(s.vector)
    length = int.from_bytes(stream[4:8], order(s.vector))
    assert len(stream) < length <= FRAME_BYTES_MAX
    assert_failed(s, "truncated", len(stream))
    assert tags_of(s, "failure") == ["c1"]
    limited = ParentSession(s.vector, payload_max=length - 1).play(AsRecorded())
    assert_failed(limited, "too_long", 4)
    assert ("error", "too_long") in next(r.told for r in limited.reactions if r.told)
    limited.free()


BETTER = {
    "default handler conventions of the Perl API; a fake error event must not be mistaken for an error": default_handlers,
    "release 0.1 throws when no on_destroy was given; later releases do not": no_destroy_handler,
    "one error, then the connection is dead: no further frames delivered, outstanding calls failed, socket closed":
        unmatched_reply,
    "tell the owner of a live handle that the child has gone (not the same as a completed shutdown), and fail later calls at "
    "once and each through its own callback": idle_child_lost,
    "the error is right; in addition complete every outstanding call with a failure, exactly once, and signal the end of "
    "the connection": calls_lost,
    "report a truncated frame instead of a clean end": truncated,
    "refuse a length above a configurable limit at once": too_long,
    "one error, outstanding calls failed, socket closed": peer_stopped_reading,
    "octets only": octets_only,
    "report a malformed payload once, fail all outstanding calls, close; do not throw into the event loop, do not stay "
    "wedged":
        malformed,
    "reject the payload: a length beyond its end is malformed": malformed,
    "malformed payload: report it, fail outstanding calls, close": malformed,
    "only a JSON array is a valid payload; treat anything else as malformed": malformed,
    "if callbacks cannot throw there is nothing to do; otherwise deliver the remaining buffered frames without waiting for "
    "more input": callback_threw,
    "a peer that can tell (a handshake, a length limit) should report the mismatch instead of waiting": mismatch,
}
