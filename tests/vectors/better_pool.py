"""Pool vectors where the original is not to be followed: what is asserted instead, one function for each `instead`.

The whole schedule is written down where it differs from the recorded one: "TIME WHAT [WORKER] [VALUE]", times in
milliseconds. It is followed to its end: everything outstanding is answered when the recorded steps are over, and the pool is dropped."""

import subprocess
import sys

import fpcore
from pool_session import CRASH_STATUS, Seen

FAILED = f"crashed {CRASH_STATUS}"

SCHEDULES = {
    # An idle worker is stopped after `stop` while more than `idle` are idle, the one that has been idle longest first.
    "one-call-defaults": """
        0 spawn 1; 0 job 1 a; 0 result a; 10000 worker_eof 1; 10000 worker_exit 1;
        25000 spawn 2; 25000 job 2 b; 25000 result b; 25000 worker_eof 2; 25000 worker_exit 2; 25000 destroy""",
    "idle-worker-stopped-below-minimum": """
        0 spawn 1; 0 spawn 2; 0 job 1 a; 0 result a; 20000 job 2 b; 20100 spawn 3; 20300 result b;
        20300 worker_eof 1; 20300 worker_exit 1; 20300 worker_eof 2; 20300 worker_exit 2; 20300 worker_eof 3;
        20300 worker_exit 3; 20300 destroy""",
    "excess-idle-stopped": """
        0 spawn 1; 0 job 1 a; 100 spawn 2; 100 job 2 b; 150 result a; 150 result b; 3150 worker_eof 1; 3150 worker_exit 1;
        20150 worker_eof 2; 20150 worker_exit 2; 20150 destroy""",
    "excess-idle-not-stopped-idle-0": """
        0 spawn 1; 0 job 1 a; 100 spawn 2; 100 job 2 b; 200 spawn 3; 200 job 3 c; 300 result a; 300 result b; 300 result c;
        2300 worker_eof 1; 2300 worker_exit 1; 4300 worker_eof 2; 4300 worker_exit 2; 6300 worker_eof 3; 6300 worker_exit 3;
        60300 destroy""",
    "excess-idle-stop-one-per-period": """
        0 spawn 1; 0 job 1 a; 100 spawn 2; 100 job 2 b; 200 spawn 3; 200 job 3 c; 300 spawn 4; 300 job 4 d;
        500 result a; 500 result b; 500 result c; 500 result d;
        4500 worker_eof 1; 4500 worker_exit 1; 8500 worker_eof 2; 8500 worker_exit 2;
        12500 worker_eof 3; 12500 worker_exit 3; 30500 worker_eof 4; 30500 worker_exit 4; 30500 destroy""",
    "stop-timer-cancelled-when-none-idle": """
        0 spawn 1; 0 job 1 a; 0 result a; 2000 job 1 b; 2100 spawn 2; 2100 job 2 c; 10000 result b; 10000 result c;
        15000 worker_eof 1; 15000 worker_exit 1; 30000 worker_eof 2; 30000 worker_exit 2; 30000 destroy""",
    # 0 means 0: nothing is waited for.
    "start-zero-is-default": """
        0 spawn 1; 0 job 1 j0; 0 spawn 2; 0 job 2 j1; 0 spawn 3; 0 job 3 j2; 200 result j0; 200 result j1; 200 result j2;
        200 worker_eof 1; 200 worker_exit 1; 200 worker_eof 2; 200 worker_exit 2; 200 worker_eof 3; 200 worker_exit 3;
        200 destroy""",
    # A dead worker is removed at once and said so; the job that may have run fails, those behind it go elsewhere.
    "crash-busy": f"""
        0 spawn 1; 0 job 1 a; 0 job 1 b; 0 error eof; 0 failure a {FAILED}; 0 spawn 2; 0 job 2 b; 0 job 2 c;
        1000 result b; 1000 job 2 d; 1000 result c; 1000 result d; 1000 job 2 e; 1000 result e;
        1000 worker_eof 2; 1000 worker_exit 2; 1000 destroy""",
    "crash-busy-below-load": f"""
        0 spawn 1; 0 job 1 a; 0 error eof; 0 failure a {FAILED}; 0 spawn 2; 0 job 2 b; 0 job 2 c;
        500 result b; 500 job 2 d; 500 result c; 600 result d; 600 worker_eof 2; 600 worker_exit 2; 600 destroy""",
    "crash-idle": """
        0 spawn 1; 0 job 1 a; 0 result a; 0 error eof; 0 spawn 2; 0 job 2 b; 0 job 2 c; 100 spawn 3; 100 job 3 d;
        1000 result d; 1000 worker_eof 3; 1000 worker_exit 3; 1000 worker_eof 2; 1000 result b; 1000 result c;
        1000 worker_exit 2; 1000 destroy""",
    "crash-all-then-stuck": f"""
        0 spawn 1; 0 job 1 a; 0 error eof; 0 failure a {FAILED}; 0 spawn 2; 0 job 2 b; 5000 worker_eof 2;
        10000 result b; 10000 worker_exit 2; 10000 destroy""",
    "crash-idle-with-minimum": """
        0 spawn 1; 0 spawn 2; 0 error eof; 0 job 2 a; 100 spawn 3; 100 job 3 b; 200 spawn 4; 300 spawn 5; 500 result b;
        500 worker_eof 3; 500 worker_exit 3; 500 worker_eof 4; 500 worker_exit 4; 500 worker_eof 5; 500 worker_exit 5;
        500 worker_eof 2; 500 result a; 500 worker_exit 2; 500 destroy""",
    "crash-default-on_error": f"0 spawn 1; 0 job 1 a; 0 error eof; 0 failure a {FAILED}; 0 destroy",
    "crash-no-handlers": f"0 spawn 1; 0 job 1 a; 0 error eof; 0 failure a {FAILED}; 0 destroy",
    "bad-payload": """
        0 spawn 1; 0 job 1 a; 0 error malformed; 0 kill 1 15; 0 failure a protocol -1; 0 spawn 2; 0 job 2 b;
        1000 worker_eof 2; 1000 result b; 1000 worker_exit 2; 1000 destroy""",
    "unread-request-crash": f"""
        0 spawn 1; 0 job 1 a; 0 error eof; 0 failure a {FAILED}; 0 spawn 2; 0 job 2 b;
        500 worker_eof 2; 500 result b; 500 worker_exit 2; 500 destroy""",
    # The scheduler runs after each result.
    "callback-dies": """
        0 spawn 1; 0 job 1 a; 0 result a; 0 job 1 b; 2000 result b; 2000 job 1 c; 2000 result c;
        2000 worker_eof 1; 2000 worker_exit 1; 2000 destroy""",
}


def name(vector):
    return vector["name"].rsplit("/", 1)[1]


def read(schedule):
    return [read_one(*line.split()) for line in schedule.replace("\n", " ").split(";")]


def read_one(at, what, *words):
    at = int(at)
    if what in ("spawn", "worker_eof", "worker_exit"):
        return Seen(at, what, int(words[0]))
    if what in ("job", "kill"):
        return Seen(at, what, int(words[0]), words[1] if what == "job" else int(words[1]))
    if what == "failure":
        return Seen(at, what, 0, (words[0], words[1], int(words[2])))
    return Seen(at, what, 0, words[0] if words else None)


def as_written(play, vector, _recorded, channels):
    session = play(vector, follows_jobs=True)
    session.finish()
    expected = channels(read(SCHEDULES[name(vector)]))
    got = channels(session.seen)
    assert got == expected
    return session


def zero_is_zero(play, vector, recorded, channels):
    """start = 0 is honoured; max = 0 and load = 0 are no pool at all: the engine refuses them as its host's own fault."""
    if name(vector) == "start-zero-is-default":
        return as_written(play, vector, recorded, channels)
    for options in ({"max": 0}, {"load": 0}):
        code = f"import sys; sys.path[:] = {sys.path!r}; import fpcore; fpcore.Engine(**{options!r})"
        run = subprocess.run([sys.executable, "-c", code], check=False, stderr=subprocess.DEVNULL)
        assert run.returncode == -6, f"{options} was accepted"
    return None


def ties_as_in_the_heap(play, vector, recorded, _channels):
    """Any choice among the least loaded is right; ours is the recorded one."""
    return recorded(play(vector))


def retired_once(play, vector, recorded, _channels):
    """As recorded, without the hang: asking again changed nothing."""
    return recorded(play(vector))


def magic_of_no_value(play, vector, recorded, _channels):
    """The event is swallowed or delivered; all else is as recorded."""
    session = play(vector)
    for reaction in session.reactions:
        reaction[:] = [s for s in reaction if s.what != "event"]
    return recorded(session)


BETTER = {
    "documented intent: an idle worker is stopped after stop seconds only while more than idle workers are idle":
        as_written,
    "0 should be honoured for start as documented and rejected for load and max": zero_is_zero,
    "any choice among the least loaded workers is right; the recorded one follows upstream's binary heap":
        ties_as_in_the_heap,
    "a repeated retirement request must have no effect": retired_once,
    "nothing of value can depend on it": magic_of_no_value,
    "remove a dead worker from the pool at once, give its jobs an error (or retry them if allowed), start a replacement as "
    "load demands": as_written,
    "run the scheduler whatever the callback does": as_written,
}
