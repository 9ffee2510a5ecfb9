"""forkpool-run: where its lines come from and go to, and how it ends before they do."""
import os
import re
import resource
import signal
import subprocess

import pytest
from processes import (LEFT_S, PYTHON_WORKER, RUN, Process, Stream, at_most, await_end_of, command_line, environment, flags,
                       run)

ECHO = [RUN, "echo", "echo"]
TEXT = b"".join(b"%d\ta\n" % i for i in range(3000))

# ---- standard input ----


def test_input_from_a_file(tmp_path):
    (tmp_path / "lines").write_bytes(TEXT)
    with open(tmp_path / "lines") as stdin:
        done = run(*ECHO, stdin=stdin)
    assert (done.status, done.out, done.err) == (0, TEXT, b"")


def test_input_and_output_are_files(tmp_path):
    (tmp_path / "lines").write_bytes(TEXT)
    with open(tmp_path / "lines") as stdin, open(tmp_path / "results", "wb") as stdout:
        assert run(*ECHO, stdin=stdin, stdout=stdout).status == 0
    assert (tmp_path / "results").read_bytes() == TEXT


def test_input_is_empty():
    done = run(*ECHO, stdin=subprocess.DEVNULL)
    assert (done.status, done.out, done.err) == (0, b"", b"")


def test_input_in_pieces():
    with Process(*ECHO) as process:
        for octet in b"one\tt\\two\nthree":
            process.send(bytes([octet]))
        assert process.out.line() == "one\tt\\two"
        done = process.end()
    assert (done.status, done.out) == (0, b"three\n")


def test_long_lines():
    lines = [b"%d" % i + b"x" * n for i, n in enumerate((65535, 65536, 65537, 1, 1 << 20, 4 << 20))]
    text = b"\n".join(lines) + b"\n"
    done = run(*ECHO, input=text)
    assert (done.status, done.out == text, done.err) == (0, True, b"")


def test_input_is_a_directory():
    fd = os.open("/", os.O_RDONLY)
    try:
        done = run(*ECHO, stdin=fd)
    finally:
        os.close(fd)
    assert (done.status, done.out) == (1, b"")
    done.is_one_line("forkpool-run: cannot read standard input: Is a directory")


@pytest.mark.parametrize("closed, said", [("<&-", "cannot read standard input: "), (">&-", "cannot write standard output: ")])
def test_closed_descriptors(closed, said):
    done = run("sh", "-c", f"exec {RUN} echo echo {closed}", input=b"a\n")
    assert (done.status, done.out) == (1, b"")
    done.is_one_line(f"forkpool-run: {said}Bad file descriptor")


def test_closed_standard_error():
    done = run("sh", "-c", f"exec {RUN} --keep-going testworker testworker 2>&-", input=b"echo\ta\ndie\tx\necho\tb\n")
    assert (done.status, done.out, done.err) == (1, b"a\nb\n", b"")


def test_flags_of_descriptors_stay_as_they_are():
    """They are shared with others."""
    with Process(*ECHO) as process:
        theirs = [process.popen.stdin.fileno(), process.out.fd]
        before = [flags(fd) for fd in theirs]
        process.send("a")
        assert process.out.line() == "a"
        assert [flags(fd) for fd in theirs] == before
        assert process.end().status == 0


def test_descriptors_that_do_not_block():
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    out, to = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    with Process(*ECHO, stdin=read, stdout=to) as process:
        for fd in (read, to):
            os.close(fd)
        stream = Stream(out)
        for i in range(3):
            os.write(write, b"%d\n" % i)
            assert stream.line() == str(i)
        os.close(write)
        assert stream.rest() == b"" and process.status() == 0
    os.close(out)


# ---- endless input, output that nobody takes ----


def pipeline(text):
    done = run("bash", "-c", f"{text}; echo ${{PIPESTATUS[@]}} >&2")
    return done.out, done.said[-1].split(), done.said[:-1]


def test_endless_input_is_read_as_it_is_needed():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    out, statuses, said = pipeline(f"yes a | {RUN} --max 2 echo echo | head -n 100000")
    assert out == b"a\n" * 100000
    assert statuses == ["141", "141", "0"] and said == []
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, 64 << 10)


@pytest.mark.parametrize("options", ["", "--unordered ", "--keep-going --load 50 --async --require echo "])
def test_output_that_is_closed(options):
    function = "echo echo_async" if "async" in options else "echo echo"
    out, statuses, said = pipeline(f"yes | {RUN} {options}{function} | head -n 1")
    assert (out, statuses, said) == (b"y\n", ["141", "141", "0"], [])


def test_output_to_a_pipe_that_is_closed_already():
    read, write = os.pipe()
    os.close(read)
    with Process(*ECHO, stdout=write) as process:
        os.close(write)
        process.send("a")
        assert process.status() == -signal.SIGPIPE
        assert process.err.rest() == b""


def test_output_that_is_closed_while_a_call_runs(gate, new_gate):
    at = new_gate()
    with Process(RUN, "--unordered", "--max", "2", "--load", "1", gate, "gate") as process:
        process.send(f"wait\t{at.path}")
        worker = int(process.err.until(rb"worker 1: waiting\t(\d+)\n").group(1))
        process.popen.stdout.close()
        process.send("a")
        assert process.status() == -signal.SIGPIPE
        await_end_of([worker])


def test_a_full_disk():
    with open("/dev/full", "wb") as full:
        done = run(*ECHO, input=b"a\n", stdout=full)
    assert done.status == 1
    done.is_one_line("forkpool-run: cannot write standard output: No space left on device")


def test_a_slow_reader_gets_everything():
    """More than the pipes on the way hold is taken before anything is read."""
    lines = [b"%d\t" % i + b"x" * 1000 + b"\n" for i in range(2000)]
    with Process(*ECHO) as process:
        process.send(*lines)
        done = process.end()
    assert (done.status, done.out, done.err) == (0, b"".join(lines), b"")


# ---- signals ----


def wait_busily(process, gates):
    """A call waits in each of as many workers."""
    process.send(*(f"wait\t{g.path}" for g in gates))
    return [int(process.err.until(rb"worker \d+: waiting\t(\d+)\n").group(1)) for _ in gates]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_its_workers(gate, new_gate, number):
    with Process(RUN, "--max", "2", "--load", "1", gate, "gate") as process:
        workers = wait_busily(process, [new_gate(), new_gate()])
        process.signal(number)
        assert process.status() == -number
        assert (process.out.rest(), process.err.rest()) == (b"", b"")
        await_end_of(workers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_nothing_runs(number):
    with Process(*ECHO) as process:
        process.send("a")
        assert process.out.line() == "a"
        process.signal(number)
        assert process.status() == -number
        assert process.err.rest() == b""


def test_results_that_were_written_stay(gate, new_gate):
    with Process(RUN, "--max", "1", "--stats", gate, "gate") as process:
        process.send("a", "b")
        assert process.out.lines(2) == ["a", "b"]
        wait_busily(process, [new_gate()])
        process.signal(signal.SIGINT)
        assert process.status() == -signal.SIGINT
        assert re.match(rb"forkpool-run: 3 lines in .*\nforkpool-run: 3 calls: 2 ok", process.err.rest())


def test_a_second_signal_ends_it_at_once(gate, new_gate):
    """The worker does not end, and its grace is long; with the program it is killed all the same."""
    at = new_gate()
    with Process(RUN, "--max", "1", "--grace", "1h", gate, "gate") as process:
        process.send(f"stubborn\t{at.path}")
        worker = int(process.err.until(rb"worker 1: waiting\t(\d+)\n").group(1))
        process.signal(signal.SIGINT)
        assert process.err.line() == "told to end"
        process.signal(signal.SIGTERM)
        assert process.status() == -signal.SIGTERM
        await_end_of([worker])


def test_a_signal_while_the_output_is_not_taken():
    with Process("sh", "-c", f"yes | exec {RUN} echo echo") as process:
        process.out.size(2)  # it runs, and the pipe behind this fills up
        (pid,) = [p for p in descendants(process.pid) if "forkpool-run" in command_line(p).split()[0]]
        os.kill(pid, signal.SIGTERM)
        await_end_of([pid])
        process.out.rest()
        assert process.status() == 128 + signal.SIGTERM


def descendants(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        below = [int(p) for p in f.read().split()]
    return below + [d for p in below for d in descendants(p)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_ignored_signal_stays_ignored(number):
    def ignore():
        signal.signal(number, signal.SIG_IGN)
    with Process(*ECHO, preexec_fn=ignore) as process:
        for line in "ab":
            process.send(line)
            assert process.out.line() == line
            process.signal(number)
        assert process.end().status == 0


BUSY = {
    "waits": lambda at: f"wait\t{at.path}",
    "ignores SIGTERM": lambda at: f"stubborn\t{at.path}",
}


@pytest.mark.parametrize("busy", BUSY.values(), ids=BUSY)
def test_killed_it_leaves_nobody(gate, new_gate, busy):
    with Process(RUN, "--max", "2", "--load", "1", gate, "gate") as process:
        process.send(busy(new_gate()), busy(new_gate()))
        workers = [int(process.err.until(rb"waiting\t(\d+)\n").group(1)) for _ in "12"]
        process.signal(signal.SIGKILL)
        assert process.status() == -signal.SIGKILL
        with at_most(LEFT_S):
            await_end_of(workers)


@pytest.mark.parametrize("verb", ["spin\t3600000", "sleep\t3600000", "kill\t19"])
def test_killed_it_leaves_no_worker_that_computes_sleeps_or_is_stopped(verb):
    with Process(RUN, "--max", "1", "--load", "2", "testworker", "testworker") as process:
        process.send("pid")
        worker = int(process.out.line())
        process.send("event\tbusy", verb)
        assert process.err.line() == "worker 1: busy"
        process.signal(signal.SIGKILL)
        assert process.status() == -signal.SIGKILL
        await_end_of([worker])


COMMANDS = [f"{RUN.parent}/forkpool-worker testworker testworker", f"exec {PYTHON_WORKER}", f"{PYTHON_WORKER}; true"]


@pytest.mark.parametrize("command", COMMANDS, ids=["C", "Python", "below a shell"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_that_are_commands_end_with_it(command, number):
    with Process(RUN, "--max", "1", "--grace", "50ms", "--command", command) as process:
        process.send("pid")
        worker = int(process.out.line())
        process.signal(number)
        assert process.status() == -number
        await_end_of([worker])


def test_a_command_that_does_not_look_ends_with_it(tmp_path):
    """Neither end of file nor SIGTERM end it."""
    command = f"trap '' TERM HUP INT; echo $$ >{tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; cat {tmp_path}/never"
    os.mkfifo(tmp_path / "never")
    with Process(RUN, "--min", "1", "--max", "1", "--command", command, env=environment()) as process:
        with open(tmp_path / "never", "w"):  # once the command reads it
            worker = int((tmp_path / "pid").read_text())
            process.signal(signal.SIGKILL)
            assert process.status() == -signal.SIGKILL
            await_end_of([worker])


def test_it_ends_while_a_worker_goes_on(gate, new_gate):
    """End of input is no hurry: what runs is waited for, then everything is over."""
    at = new_gate()
    with Process(RUN, "--max", "1", gate, "gate") as process:
        (worker,) = wait_busily(process, [at])
        process.close_input()
        at.open(b"done")
        assert process.out.rest() == b"done\n"
        assert process.status() == 0
        await_end_of([worker])
