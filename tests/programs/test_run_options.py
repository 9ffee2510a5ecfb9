"""forkpool-run: that each option of its pool has its effect. Which process answered, and which end, tell."""
import re
import time

import pytest
from processes import PYTHON_WORKER, RUN, Process, await_end_of, is_running, run, seconds_since

ONE = ["--max", "1", "--load", "1"]


def pids(done):
    assert done.status == 0, done.err
    return done.out.split()


def ask_pids(n, *options):
    return pids(run(RUN, *options, "testworker", "testworker", input=b"pid\n" * n))


def begin_waiting(process, gates, others=()):
    """Each of the calls waits, in a process of its own."""
    process.send(*(f"wait\t{g.path}" for g in gates), *others)
    return [int(process.err.until(rb"worker \d+: waiting\t(\d+)\n").group(1)) for _ in gates]


def let_go(process, gates):
    """All of them, and reads their results."""
    for g in gates:
        g.open()
    return process.out.lines(len(gates))


# ---- how many workers ----


def test_max_1_is_one_process():
    assert len(set(ask_pids(50, "--max", "1"))) == 1


def test_max_bounds_the_processes(gate, new_gate):
    gates = [new_gate() for _ in range(2)]
    with Process(RUN, "--max", "2", "--load", "1", gate, "gate") as process:
        first = begin_waiting(process, gates, ["pid"] * 20)
        for g in gates:
            g.open()
        done = process.end()
    assert done.status == 0 and len(set(first)) == 2
    assert {int(p) for p in done.lines[2:]} <= set(first)


def test_as_many_work_at_a_time_as_max_says(gate, new_gate):
    gates = [new_gate() for _ in range(5)]
    with Process(RUN, "--max", "5", "--load", "1", gate, "gate") as process:
        assert len(set(begin_waiting(process, gates))) == 5
        let_go(process, gates)
        assert process.end().status == 0


@pytest.mark.parametrize("options, n", [
    (["--min", "2"], 2), (["--min-idle", "3"], 3), (["--min", "1", "--min-idle", "3"], 3),
])
def test_workers_that_are_there_without_a_call(gate, options, n):
    with Process(RUN, "--max", "4", *options, "--init", "gate_init", gate, "gate") as process:
        assert process.err.lines(n) == ["init"] * n
        done = process.end()
    assert (done.status, done.err) == (0, b"")


def test_min_idle_starts_another_when_one_is_taken(gate, new_gate):
    """One is busy, one is idle as it should be: it takes the next call, and another one is started."""
    gates = [new_gate() for _ in range(2)]
    with Process(RUN, "--max", "3", "--load", "1", "--min-idle", "1", "--init", "gate_init", gate, "gate") as process:
        assert process.err.line() == "init"
        for i, g in enumerate(gates, 1):
            process.send(f"wait\t{g.path}")
            said = sorted(process.err.lines(2))
            assert said[0] == "init" and said[1].startswith(f"worker {i}: waiting")
        let_go(process, gates)
        done = process.end()
    assert (done.status, done.err) == (0, b"")


def test_idle_workers_are_stopped_down_to_max_idle(gate, new_gate):
    gates = [new_gate() for _ in range(3)]
    with Process(RUN, "--max", "3", "--load", "1", "--idle-time", "20ms", "--max-idle", "1", gate, "gate") as process:
        workers = begin_waiting(process, gates)
        let_go(process, gates)
        await_some_end(workers, 2)
        process.send("pid")
        assert int(process.out.line()) in workers
        assert sum(map(is_running, workers)) == 1
        assert process.end().status == 0


def await_some_end(workers, n):
    """n of them; nobody knows which."""
    left = set(workers)
    start = time.monotonic()
    while len(workers) - len(left) < n:
        assert seconds_since(start) < 20, "they do not end"
        left = {w for w in left if is_running(w)}


def test_max_idle_0_stops_all(gate, new_gate):
    gates = [new_gate() for _ in range(2)]
    with Process(RUN, "--max", "2", "--load", "1", "--idle-time", "1ms", "--max-idle", "0", gate, "gate") as process:
        workers = begin_waiting(process, gates)
        let_go(process, gates)
        await_end_of(workers)
        process.send("pid")
        assert int(process.out.line()) not in workers
        assert process.end().status == 0


def test_idle_time_is_waited_for():
    """It is longer than the default here."""
    with Process(RUN, *ONE, "--idle-time", "1.2s", "--max-idle", "0", "testworker", "testworker") as process:
        start = time.monotonic()
        process.send("pid")
        await_end_of([int(process.out.line())])
        assert seconds_since(start) >= 1.2
        assert process.end().status == 0


def test_an_idle_worker_within_max_idle_or_min_stays(gate, new_gate):
    """Two are allowed to be idle: the third is stopped after the time, these two are not, however short it is."""
    gates = [new_gate() for _ in range(3)]
    stopping = ["--idle-time", "1ms", "--max-idle", "0", "--min", "2"]
    with Process(RUN, "--max", "3", "--load", "1", *stopping, gate, "gate") as process:
        workers = begin_waiting(process, gates)
        let_go(process, gates)
        await_some_end(workers, 1)
        gates = [new_gate() for _ in range(2)]
        again = begin_waiting(process, gates)
        assert set(again) < set(workers)
        let_go(process, gates)
        assert process.end().status == 0


def test_busy_time_holds_the_second_worker_back():
    assert len(set(ask_pids(50, "--max", "4", "--load", "1", "--busy-time", "1h"))) == 1


def test_busy_time_over_a_second_worker_comes(gate, new_gate):
    gates = [new_gate() for _ in range(2)]
    start = time.monotonic()
    with Process(RUN, "--max", "2", "--load", "1", "--busy-time", "100ms", gate, "gate") as process:
        assert len(set(begin_waiting(process, gates))) == 2
        assert seconds_since(start) >= 0.1
        let_go(process, gates)
        assert process.end().status == 0


# ---- which calls they get ----


@pytest.mark.parametrize("n, processes", [(1, 6), (2, 3), (3, 2), (6, 1), (7, 1), (0, 1)])
def test_calls_max(n, processes):
    answered = ask_pids(6, *ONE, "--calls-max", str(n))
    assert [answered.index(p) for p in answered] == [i - i % (n or 6) for i in range(6)] if n < 7 else [0] * 6
    assert len(set(answered)) == processes


@pytest.mark.parametrize("load, requeued", [(1, 0), (2, 1), (5, 4)])
def test_load_is_what_a_worker_holds(load, requeued, tmp_path):
    """What a worker held behind the call that it crashed with is given to another."""
    text = tmp_path / "lines"
    text.write_text("exit\t1\n" + "".join(f"echo\t{i}\n" for i in range(9)))
    with open(text) as stdin:
        done = run(RUN, "--max", "1", "--load", str(load), "--keep-going", "--stats", "testworker", "testworker", stdin=stdin)
    assert (done.status, done.lines) == (1, list("012345678"))
    assert f"forkpool-run: 10 calls: 9 ok, 1 crashed; {requeued} requeued, 0 events" in done.said


def test_load_of_an_async_worker(gate):
    """The third is needed to answer the first two."""
    lines = b"hold\ta\t1\nhold\tb\t2\nfree\tb\ta\n"
    done = run(RUN, "--async", "--max", "1", "--load", "3", "testworker", "testworker_async", input=lines)
    assert (done.status, done.lines) == (0, ["1", "2", "freed\t2"])


# ---- how long and how often ----


def test_timeout_kills_the_worker(gate, new_gate):
    at = new_gate()
    with Process(RUN, *ONE, "--keep-going", "--timeout", "300ms", gate, "gate") as process:
        start = time.monotonic()
        (worker,) = begin_waiting(process, [at])
        told = process.err.until(rb"forkpool-run: line 1: timeout: after (\d+\.\d{3}) s in worker 1\n").group(1)
        assert 0.3 <= float(told) <= seconds_since(start) + 0.001
        await_end_of([worker])
        process.send("after")
        assert process.out.line() == "after"
        assert process.end().status == 1


def test_timeout_has_two_names(gate, new_gate):
    done = run(RUN, *ONE, "--run-timeout", "10ms", gate, "gate", input=f"wait\t{new_gate().path}\n".encode())
    assert done.status == 1 and "line 1: timeout: " in done.err.decode()


def test_queue_timeout(gate, new_gate):
    """The worker is there, so the first call does not wait; the second waits for the first."""
    at = new_gate()
    with Process(RUN, *ONE, "--min", "1", "--keep-going", "--queue-timeout", "1s", gate, "gate") as process:
        process.send("warm")
        assert process.out.line() == "warm"
        begin_waiting(process, [at], ["second"])
        process.err.until(rb"forkpool-run: line 3: timeout: after [1-9]\d*\.\d\d\d s without a worker\n")
        at.open(b"first")
        assert process.out.line() == "first"
        assert process.end().status == 1


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries(retries):
    done = run(RUN, *ONE, "--retries", str(retries), "testworker", "testworker", input=b"die\toops\n")
    assert (done.status, done.said.count("oops")) == (1, retries + 1)
    assert done.said.count(f"forkpool-run: line 1: crashed: worker {retries + 1} ended with status 1") == 1


def test_a_retry_that_is_ok(tmp_path):
    lines = f"once\t{tmp_path}/x\tdone\n".encode()
    done = run(RUN, *ONE, "--retries", "1", "--command", PYTHON_WORKER, input=lines)
    assert (done.status, done.out) == (0, b"done\n")
    (tmp_path / "x").unlink()
    assert run(RUN, *ONE, "--command", PYTHON_WORKER, input=lines).status == 1


@pytest.mark.parametrize("grace_ms", [0, 1200])  # more than the default
def test_grace_of_a_worker_that_stays(gate, new_gate, grace_ms):
    at = new_gate()
    with Process(RUN, *ONE, "--grace", f"{grace_ms}ms" if grace_ms else "0", gate, "gate") as process:
        process.send(f"stubborn\t{at.path}")
        worker = int(process.err.until(rb"worker 1: waiting\t(\d+)\n").group(1))
        start = time.monotonic()
        process.signal(15)
        assert process.status() == -15
        assert seconds_since(start) >= grace_ms / 1000
        await_end_of([worker])
        assert process.err.rest() in (b"told to end\n", b"told to end\n" if grace_ms else b"")


# ---- what a worker is ----


def test_require_loads_more(gate):
    done = run(RUN, "--require", gate, "--require", "digest", "echo", "gate", input=b"a\tb\n")
    assert (done.status, done.out) == (0, b"a\tb\n")


@pytest.mark.parametrize("arguments", [[], ["a"], ["a", "", "b c\t", "\u20ac"], ["--max"]])
def test_init_and_its_arguments(arguments):
    given = [word for a in arguments for word in ("--init-arg", a)]
    done = run(RUN, "--init", "testworker_init", *given, "testworker", "testworker", input=b"initargs\n")
    assert done.status == 0
    assert done.out.decode() == "\t".join(arguments).replace("c\t", "c\\t") + "\n"


def test_init_is_called_once_in_each_worker(gate):
    done = run(RUN, *ONE, "--calls-max", "1", "--init", "gate_init", "--init-arg", "x", "--init-arg", "y", gate, "gate",
               input=b"a\n" * 3)
    assert (done.status, done.err) == (0, b"init x y\n" * 3)


def test_json_values_become_fields():
    done = run(RUN, "--serialiser", "json", "--command", f"{PYTHON_WORKER} --serialiser json", input=b"values\n")
    assert done.status == 0
    assert done.out.decode().split("\t") == ["text", "", "1", "-2.5", "true", "null", '[1,"a"]', '{"k":"v"}\n']


def test_json_fields_are_strings_in_utf_8():
    done = run(RUN, "--serialiser", "json", "--keep-going", "testworker", "testworker",
               input="echo\té\\t\u20ac\t1\tnull\nnargs\ta\nsize\té\necho\t\\xff\necho\t\n".encode())
    assert (done.status, done.out.decode()) == (1, "é\\t\u20ac\t1\tnull\n1\n2\n\\e\n")
    done.is_one_line("forkpool-run: line 4: rejected: .+")


@pytest.mark.parametrize("module, function, mode", [("testworker", "testworker", []), ("echo", "echo_async", ["--async"])])
@pytest.mark.parametrize("serialiser", ["string", "json"])
def test_the_native_profile(module, function, mode, serialiser):
    done = run(RUN, *mode, "--profile", "native", "--serialiser", serialiser, module, function, input=b"echo\ta\n" * 100)
    assert done.status == 0 and len(done.lines) == 100


def test_the_profiles_differ():
    """Each end takes the other's length for a huge one."""
    worker = f"{RUN.parent}/forkpool-worker --frame-max 1M echo echo"
    done = run(RUN, "--profile", "native", "--command", worker, input=b"a\n")
    assert (done.status, done.out) == (1, b"")
    assert "forkpool worker " in done.err.decode()


def test_async_calls_run_at_a_time():
    done = run(RUN, "--async", "--max", "1", "--load", "50", "testworker", "testworker_async",
               input=b"".join(b"later\t%d\t%d\n" % (50 - i, i) for i in range(50)))
    assert (done.status, done.lines) == (0, [str(i) for i in range(50)])


def test_sync_and_async_functions_in_the_other_mode():
    assert run(RUN, "--async", "echo", "echo", input=b"a\n").out == b"a\n"
    assert run(RUN, "testworker", "testworker_async", input=b"hold\tk\n").out == b"?\thold\n"


def test_frame_max_of_arguments():
    """Nine octets are a frame of ten."""
    lines = b"123456789\n1234567890\n1234\t1234\na\tbbb\tcccc\n"
    done = run(RUN, "--keep-going", "--frame-max", "10", "echo", "echo", input=lines)
    assert (done.status, done.out) == (1, b"123456789\n1234\t1234\n")
    assert [re.match(r"forkpool-run: line (\d): rejected: ", line).group(1) for line in done.said] == ["2", "4"]


def test_frame_max_of_results():
    lines = b"fill\t63\tx\nfill\t64\tx\necho\ta\n"
    done = run(RUN, *ONE, "--keep-going", "--frame-max", "64", "testworker", "testworker", input=lines)
    assert (done.status, done.out) == (1, b"x" * 63 + b"\na\n")
    assert any(re.fullmatch(r"forkpool worker \d+: the function failed: testworker", line) for line in done.said)
    assert "forkpool-run: line 2: crashed: worker 1 ended with status 1" in done.said


def test_frame_max_of_a_command():
    """A worker's header is judged before its payload is there."""
    done = run(RUN, *ONE, "--frame-max", "64", "--command", f"{RUN.parent}/forkpool-worker testworker testworker",
               input=b"fill\t64\tx\n")
    assert (done.status, done.out) == (1, b"")
    assert re.search(r"^forkpool-run: line 1: protocol: worker 1: .+, at octet \d+$", done.err.decode(), re.M)


def test_a_line_longer_than_any_frame():
    done = run(RUN, "--keep-going", "--frame-max", "10", "echo", "echo", input=b"x" * 100000 + b"\nb\n")
    assert (done.status, done.out) == (1, b"b\n")
    done.is_one_line("forkpool-run: line 1: longer than --frame-max allows for")


# ---- what is said at the end ----


def test_stats():
    done = run(RUN, "--max", "1", "--keep-going", "--stats", "testworker", "testworker",
               input=b"echo\tab\nevent\tx\nexit\t1\n\\q\necho\tc\n")
    assert (done.status, done.lines) == (1, ["ab", "evented", "c"])
    patterns = [
        r"forkpool-run: 5 lines in \d+\.\d{3} s, \d+ per second; 2 failed, 0 dropped",
        r"forkpool-run: 4 calls: 3 ok, 1 crashed; \d requeued, 1 events",
        r"forkpool-run: 2 workers started, [12] ended, 0 failed to start, 1 at most at a time; \d calls at most waiting",
        r"forkpool-run: \d+ octets sent, \d+ received",
    ]
    for pattern, line in zip(patterns, done.said[-4:], strict=True):
        assert re.fullmatch(pattern, line)


def test_stats_count_octets():
    """A request has a length, a reply an id, too; each item its length and its octets."""
    done = run(RUN, "--max", "1", "--stats", "echo", "echo", input=b"ab\n\n\\e\n")
    assert done.said[-1] == f"forkpool-run: {4 + 3 + 4 + 4 + 1} octets sent, {8 + 3 + 8 + 8 + 1} received"


def test_without_stats_nothing_is_said():
    assert run(RUN, "echo", "echo", input=b"a\n").err == b""


def test_all_options_at_once():
    done = run(RUN, "--unordered", "--keep-going", "--stats", "--timeout", "1m", "--queue-timeout", "1.5h", "--retries", "2",
               "--max=3", "--min", "1", "--min-idle", "1", "--max-idle", "2", "--load", "3", "--busy-time", "1us",
               "--idle-time", "10s", "--calls-max", "1000", "--grace", "500000000ns", "--require", "digest", "--init",
               "testworker_init", "--init-arg", "x", "--async", "--serialiser", "json", "--profile", "native", "--frame-max",
               "1M", "testworker", "testworker_async", input=b"echo\ta\ninitargs\n")
    assert (done.status, sorted(done.lines)) == (0, ["a", "x"])
