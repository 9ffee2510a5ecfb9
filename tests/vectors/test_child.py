"""Every child vector on core/child: as recorded, and cut in every way."""

import pytest

from better_child import BETTER
from child_session import ChildSession
from recordings import by_name, load, received, request_has_id, turns
from session import play_all

VECTORS = load("child-*.json")


def test_all_are_here():
    assert len(VECTORS) == 106 + 110 + 8 + 140 + 90 + 91
    assert {v["instead"] for v in VECTORS if v["conform"] != "must"} == set(BETTER)


@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_child(vector):
    session = play_all(ChildSession, vector, request_has_id(vector))
    if vector["conform"] == "must":
        assert_as_recorded(session)
    else:
        BETTER[vector["instead"]](session)
    session.free()


def assert_as_recorded(session):
    assert not session.early
    for turn, reaction in zip(turns(session.vector), session.reactions, strict=True):
        assert reaction.octets == received(turn.observed)
        has_ended = any(m[0] in ("ended", "exited") for m in reaction.marks)
        assert has_ended == any(s["op"] == "recv_eof" for s in turn.observed)
    assert_end_as_recorded(session)


def assert_end_as_recorded(session):
    """End of file between requests is a clean end; what the function said is the status (a done function's is not the
    endpoint's business)."""
    end = session.marks[0] if session.marks else None
    recorded = [s for s in session.vector["steps"] if s["op"] in ("exit", "still_running")]
    if end and end[0] == "exited":
        assert end[1] == recorded[-1]["status"]
        return
    assert end == ("ended",)
    assert session.child.outstanding == 0 and session.child.next() is None
    late = [("refused", "event", "closed")] if "last-reply-lost" in session.vector["name"] else []
    assert session.marks[1:] == late
