"""Every parent vector on core/parent: as recorded, and cut in every way."""

import collections
import json

import fpcore
import pytest

from better_parent import BETTER
from parent_session import ParentSession
from recordings import by_name, load, octets, received, turns
from session import play_all

VECTORS = load("parent-*.json")
# The recorded parent read the reply in more than one go and was told of it a step late: exact is all but the step.
EARLIER = {"large-both-ways", "argument-length-16383", "argument-length-16384"}


def test_all_are_here():
    assert len(VECTORS) == 4 * 100 - 2 + 8 + 124
    assert {v["instead"] for v in VECTORS if v["conform"] != "must"} == set(BETTER)


@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_parent(vector):
    session = play_all(ParentSession, vector, True)
    assert_one_end_each(session)
    if vector["conform"] == "must":
        assert_as_recorded(session)
    else:
        BETTER[vector["instead"]](session)
    session.free()


def assert_one_end_each(session):
    """Each call that was made has one end at most, and exactly one once the connection is over; that has one, too."""
    ends = collections.Counter(t[1] for t in session.told_kinds("result", "failure", "refused"))
    assert set(ends.values()) <= {1}
    made = [s["tag"] for s in session.vector["steps"] if s["op"] == "call"]
    if session.is_over:
        assert sorted(ends) == sorted(made)
    assert session.is_over or session.vector["conform"] == "not-applicable"
    assert len(session.told_kinds("destroy", "closed")) <= 1


def assert_as_recorded(session):
    """Octets and the application's callbacks, each in order, in the reaction to the same step. What the recorded
    application was not told (the end of lost calls) was asserted above."""
    expected = [expect(session, turn.observed) for turn in turns(session.vector)]
    got = [(r.octets, r.has_eof, visible(r.told)) for r in session.reactions]
    if session.vector["name"].rsplit("/", 1)[1] in EARLIER:
        return assert_same_in_all(expected, got)
    assert not session.early
    assert got == expected


def assert_same_in_all(expected, got):
    for part in range(3):
        assert join(e[part] for e in expected) == join(g[part] for g in got)


def join(parts):
    parts = list(parts)
    return sum(parts[1:], start=parts[0]) if not isinstance(parts[0], bytes) else b"".join(parts)


def visible(told):
    return [t for t in told if t[0] not in ("failure", "refused", "closed")]


def expect(session, observed):
    told = [expect_told(session, s) for s in observed if s["op"] in ("result", "event", "error", "destroy")]
    return received(observed), any(s["op"] == "recv_eof" for s in observed), told


def expect_told(session, step):
    if step["op"] == "error":
        return ("error", step["class"])
    if step["op"] == "destroy":
        return ("destroy",)
    items = expect_items(step) if "values" in step else Json(step["values_json"])
    return ("result", step["tag"], items) if step["op"] == "result" else ("event", items)


def expect_items(step):
    return [octets(v) for v in step["values"]]


class Json:
    """Equal to a list of items that holds the values of this JSON text, strings as strings."""

    def __init__(self, text):
        self.values = json.loads(text)

    def __eq__(self, items):
        return len(items) == len(self.values) and all(map(is_same, items, self.values))


def is_same(item, value):
    if isinstance(value, str):
        return item == value.encode()
    return isinstance(item, fpcore.Value) and is_same_value(json.loads(item.text), value)


def is_same_value(a, b):
    return type(a) is type(b) and a == b
