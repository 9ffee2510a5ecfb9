"""Every pool vector on core/engine with the released options as a preset, in virtual time: which worker gets which job,
when one is started, when one is stopped, what the application is told."""

import functools

import pytest

from better_pool import BETTER, SCHEDULES, name
from pool_session import PoolSession, Seen
from recordings import by_name, load, turns

VECTORS = load("pool.json")
SILENT = ("timer_start", "timer_stop", "timer_fire", "hang", "exception")  # informative, or the original's faults
WAYS = [{}, {"is_each_drained": True}, {"piece": 1}, {"piece": 5, "is_each_drained": True}]


def test_all_are_here():
    assert len(VECTORS) == 55
    assert {v["instead"] for v in VECTORS if v["conform"] != "must"} == set(BETTER)
    assert sum(name(v) in SCHEDULES for v in VECTORS) == len(SCHEDULES)


@pytest.mark.parametrize("vector", **by_name(VECTORS))
@pytest.mark.parametrize("way", WAYS, ids=["recorded", "each-drained", "octets", "each-drained-in-pieces"])
def test_pool(vector, way):
    if vector["conform"] == "must":
        session = assert_as_recorded(play(vector, **way))
    else:
        session = BETTER[vector["instead"]](functools.partial(play, **way), vector, assert_as_recorded, channels)
    if session:
        assert_one_outcome_each(session.finish())
        session.free()


def play(vector, is_each_drained=False, **options):
    return PoolSession(vector, **options).play(is_each_drained)


def assert_one_outcome_each(session):
    """Each accepted call ended once; the end of the pool came once, last."""
    ends = [s.value if s.what == "result" else s.value[0] for s in session.seen if s.what in ("result", "failure")]
    assert sorted(ends) == sorted(session.made)
    assert [s.what for s in session.seen].index("destroy") == len(session.seen) - 1


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
    return told, spawned, {w: jobs_first(seen) for w, seen in workers.items()}


def jobs_first(seen):
    """No octets follow an end of file: where the recorder saw that first, it had just not read yet."""
    return sorted(seen, key=lambda s: (s.at_ms, s.what != "job"))


def assert_as_recorded(session):
    for i, (e, g) in enumerate(zip(expected(session.vector), session.reactions, strict=True)):
        assert channels(g) == channels(e), f"turn {i}"
    return session
