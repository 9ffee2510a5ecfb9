"""What a template process does in the serve-accept recordings: as recorded, or the better behaviour that `instead` and
protocol.md name. Gives scripts to play; must not know how they are played.

Perl source that the tests' module knows has the recorded effect; any other is refused, as every fault in the stream is: a
line on standard error, a status other than 0, and nothing of what comes behind it is done."""

from better_process import as_recorded, recorded_status, recorded_turns
from player import FAILED, Script, Turn
from recordings import received
from said import matching, nothing

COMPLAINT = b"(?s:.*)forkpool-template: .*\n"  # a compiler or the source itself may have spoken before


def name(vector):
    return vector["name"].rsplit("/", 1)[1]


def scripts(vector):
    if vector["conform"] == "must":
        return [as_recorded(vector)]
    return [BETTER[vector["instead"]](vector)]


def refused_at(vector, n, said):
    """Nothing comes back, and the process ends by the n-th send."""
    sends = [s for s in vector["steps"] if s["op"] == "send"]
    return Script([Turn(sends[:n], b"", True)], FAILED, matching(said))


def known_source(vector):
    if name(vector) == "eval-sees-arg-list":
        return refused_at(vector, 2, COMPLAINT)
    turns = recorded_turns(vector)
    if name(vector) == "fork-child-outlives-parent":
        turns = parent_first(turns)
    return Script(turns, recorded_status(vector), nothing)


def parent_first(turns):
    """The forked process is used when the one that forked it is gone for sure."""
    steps = [s for t in turns for s in t.driven]
    forked = [s for s in steps if s["op"] == "forked"]
    return [Turn([s for s in steps if s["op"] != "forked"], b"", True), Turn([{"op": "gone"}, *forked], b"")]


def failing(vector):
    """Faults that the original ends with 0 for, and faults that it does not: none ends with 0."""
    at, said = {
        "eval-dies": (1, b"oops\n" + COMPLAINT),
        "eval-syntax-error": (1, COMPLAINT),
        "run-undefined-function": (1, b"forkpool-template: .*no::such.*\n"),
        "run-function-dies": (2, b"in function\n"),
        "unknown-command": (1, b"forkpool-template: .*command.*\n"),
        "args-bad-ber": (1, b"forkpool-template: .*list.*\n"),
        "h-without-descriptor": (2, b"forkpool-template: .*descriptor.*\n"),
        "fork-without-descriptor": (3, b"forkpool-template: .*descriptor.*\n"),
    }[name(vector)]
    return refused_at(vector, at, said)


def truncated_or_too_long(vector):
    """A truncated command is reported at end of file, an unreasonable length at once."""
    if name(vector).startswith("eof-in-"):
        return Script(recorded_turns(vector), FAILED, matching(b"forkpool-template: .*end of file inside a command.*\n"))
    return refused_at(vector, 1, b"forkpool-template: .*too long.*\n")


def short_body(vector):
    """A list with a length beyond its end."""
    assert received(vector["steps"])
    return refused_at(vector, 2, b"forkpool-template: .*list.*\n")


BETTER = {
    "payload of e is Perl source: a C server can only recognise fixed strings": known_source,
    "status other than 0 on error is better": failing,
    "refuse an unreasonable length, report a truncated command": truncated_or_too_long,
    "reject": short_body,
}
