"""Every pool vector on core/engine with the released options as a preset, in virtual time: which worker gets which job, when
one is started, when one is stopped, what the application is told."""

import pytest

from pool_session import PoolSession, Seen
from recordings import by_name, load, turns

VECTORS = load("pool.json")


@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_pool(vector):
    session = PoolSession(vector).play()
    assert_as_recorded(session)


SILENT = ("timer_start", "timer_stop", "timer_fire", "hang", "exception")


def expected(vector):
    """What was recorded, one list of Seen for each turn, in the order in which it was observed."""
    out = []
    for turn in turns(vector):
        out.append([])
        at = turn.driven[-1]["t_ms"] if turn.driven else 0
        for step in turn.observed:
            if step["op"] == "timer_fire":
                at = step["t_ms"]
            if step["op"] not in SILENT:
                out[-1].append(seen(step, at, out))
    return out


def seen(step, at, out):
    what, worker = step["op"], step.get("worker", 0)
    if what == "job":
        return Seen(at, what, worker, step["tag"])
    if what == "result":
        return Seen(at, what, 0, step["tag"])
    if what == "event":
        return Seen(at, what, 0, [v.encode() for v in step["values"]])
    return Seen(at, what, worker)


def channels(reaction):
    """One reaction as what it is for each party; the order of observations of different workers is not significant."""
    told = [s._replace(worker=0) for s in reaction if s.what in ("result", "failure", "event", "error", "destroy")]
    spawned = [s for s in reaction if s.what == "spawn"]
    workers = {}
    for s in reaction:
        if s.what in ("job", "worker_eof", "worker_exit", "kill"):
            workers.setdefault(s.worker, []).append(s)
    return told, spawned, workers


def assert_as_recorded(session):
    for i, (e, g) in enumerate(zip(expected(session.vector), session.reactions, strict=True)):
        assert channels(g) == channels(e), f"turn {i}"
