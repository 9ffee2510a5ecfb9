"""forkpool-worker: one worker for any parent. The recordings of the original are played elsewhere; this is what is its own:
where it reads and writes, what it loads, and how it ends."""
import itertools
import os
import re
import signal
import socket
import subprocess

import pytest
from frames import Wire, ber
from processes import WORKER, Process, Stream, environment, run

FAULT = r"forkpool worker \d+: {}"
MODULES = WORKER.parents[1] / "lib/forkpool"
WIRES = list(itertools.product(["network", "native"], ["string", "json"], [False, True]))


def agreed(profile, serialiser, is_async):
    return [*(["--async"] if is_async else []), "--profile", profile, "--serialiser", serialiser]


def requests(wire, *calls):
    return b"".join(wire.request(list(c), i) for i, c in enumerate(calls, 1))


def serve(*arguments, input=b"", wire=Wire(), **more):
    """Over pipes; its whole input at once. What it answered, how it ended and what it said."""
    done = run(WORKER, *arguments, input=input, **more)
    frames, rest = wire.replies(done.out)
    assert rest == b""
    return frames, done


NET = Wire()


def call(*items):
    return NET.request([i.encode() if isinstance(i, str) else i for i in items])


def is_clean(done):
    assert (done.status, done.err) == (0, b"")


def is_fault(done, text):
    assert done.status == 1
    done.is_one_line(FAULT.format(text))


# ---- where it reads and writes ----


class Pipes:
    """Standard input and output are pipes."""
    arguments = ["--stdio"]

    def start(self, *arguments):
        self.process = Process(WORKER, *self.arguments, *arguments)
        self.out, self.send, self.close = self.process.out, self.process.send, self.process.close_input
        return self.process


class Socket:
    """Both are one socket, or it is another descriptor."""

    def __init__(self, fd):
        self.fd = fd

    def start(self, *arguments):
        self.ours, theirs = socket.socketpair()
        where = {"pass_fds": [theirs.fileno()], "stdin": subprocess.DEVNULL}
        if self.fd == 0:
            where = {"stdin": theirs, "stdout": theirs}
        fd = theirs.fileno() if self.fd else self.fd
        self.process = Process(WORKER, *([] if self.fd is None else ["--fd", str(fd)]), *arguments, **where)
        theirs.close()
        self.out, self.send = Stream(self.ours.fileno()), self.ours.sendall
        return self.process

    def close(self):
        self.ours.shutdown(socket.SHUT_WR)


class StandardSocket(Socket):
    def __init__(self):
        super().__init__(0)


CALLS = [["a", "b"], [], [""], ["x" * 1000, "", "é"]]


@pytest.mark.parametrize("profile, serialiser, is_async", WIRES)
@pytest.mark.parametrize("where", [Pipes, StandardSocket, lambda: Socket(1)], ids=["pipes", "--fd 0", "--fd N"])
def test_a_session(where, profile, serialiser, is_async):
    """Answers come while the input is open; end of file is the end."""
    wire, connection = Wire(profile, serialiser, is_async), where()
    calls = CALLS if serialiser == "json" else [[i.encode() for i in c] for c in CALLS]
    function = "echo_async" if is_async else "echo"
    with connection.start(*agreed(profile, serialiser, is_async), "echo", function) as process:
        for i, items in enumerate(calls, 1):
            connection.send(wire.request(items, i))
            expected = wire.reply(items, i if is_async else 1)
            assert connection.out.size(len(expected)) == expected
        connection.send(requests(wire, *calls))
        connection.close()
        frames, rest = wire.replies(connection.out.rest())
        assert [f[1] for f in sorted(frames, key=lambda f: f[0] * is_async)] == calls and rest == b""
        assert process.status() == 0 and process.err.rest() == b""


@pytest.mark.parametrize("options", [[], ["--stdio"], ["--fd", "0"]])
def test_standard_input_and_output(options):
    frames, done = serve(*options, "echo", "echo", input=call("a"))
    assert frames == [(1, [b"a"])]
    is_clean(done)


@pytest.mark.parametrize("is_async", [False, True])
def test_the_function_cannot_disturb_the_protocol(gate, is_async):
    """What it prints goes to standard error, and its standard input is empty."""
    wire = Wire(is_async=is_async)
    frames, done = serve(*(["--async"] if is_async else []), gate, "gate", wire=wire,
                         input=requests(wire, [b"print", b"one\n", b"two\n"], [b"a"]))
    assert frames == [(1, [b"0"]), (2 if is_async else 1, [b"a"])]
    assert (done.status, done.err) == (0, b"one\ntwo\n")


def test_on_another_descriptor_standard_output_is_the_functions(gate):
    connection = Socket(1)
    with connection.start(gate, "gate") as process:
        connection.send(call("print", "hello"))
        assert connection.out.size(10) == NET.reply([b"0"])
        connection.close()
        assert process.out.rest() == b"hello" and process.status() == 0


@pytest.mark.parametrize("is_async", [False, True])
def test_descriptors_that_do_not_block(is_async):
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    wire = Wire(is_async=is_async)
    mode = ["--async"] if is_async else []
    with Process(WORKER, *mode, "echo", "echo", stdin=read) as process:
        os.close(read)
        for i in range(1, 4):
            os.write(write, wire.request([b"a"], i))
            assert process.out.size(10) == wire.reply([b"a"], i if is_async else 1)
        os.close(write)
        assert process.out.rest() == b"" and process.status() == 0


@pytest.mark.parametrize("closed, text", [("<&-", "reading: Bad file descriptor"), (">&-", "writing: Bad file descriptor")])
def test_closed_descriptors(closed, text):
    done = run("sh", "-c", f"exec {WORKER} echo echo {closed}", input=call("a"))
    is_fault(done, text)


def test_a_full_disk():
    with open("/dev/full", "wb") as full:
        is_fault(run(WORKER, "echo", "echo", input=call("a"), stdout=full), "writing: No space left on device")


# ---- what it loads ----


def test_a_module_by_path_and_by_name(tmp_path):
    os.symlink(MODULES / "echo.so", tmp_path / "mine.so")
    for name, more in ((tmp_path / "mine.so", {}), ("mine.so", {"cwd": tmp_path}), ("./mine.so", {"cwd": tmp_path}),
                       ("mine", {"env": environment(FORKPOOL_PATH=f"/nosuch:{tmp_path}")})):
        frames, done = serve(name, "echo", input=call("a"), **more)
        assert frames == [(1, [b"a"])]
        is_clean(done)


def test_forkpool_path_comes_first(tmp_path, gate):
    """A module of the same name there is taken."""
    os.symlink(gate, tmp_path / "echo.so")
    frames, _ = serve("echo", "gate", input=call("a"), env=environment(FORKPOOL_PATH=str(tmp_path)))
    assert frames == [(1, [b"a"])]


@pytest.mark.parametrize("name, said", [
    ("nosuch", r"nosuch: no nosuch\.so in FORKPOOL_PATH or /.*: set FORKPOOL_PATH, or give a path that ends in \.so"),
    ("./nosuch.so", r"\./nosuch\.so: \./nosuch\.so: cannot open shared object file: No such file or directory"),
    ("nosuch.so", r"nosuch\.so: \./nosuch\.so: cannot open shared object file: No such file or directory"),
    ("/etc/passwd/x.so", r"/etc/passwd/x\.so: /etc/passwd/x\.so: cannot open shared object file: Not a directory"),
    ("", r": no \.so in FORKPOOL_PATH or .*"),
])
def test_no_module(name, said):
    done = run(WORKER, name, "echo", input=call("a"))
    assert (done.status, done.out) == (1, b"")
    done.is_one_line(f"forkpool-worker: {said}")


def test_a_module_that_is_none(tmp_path):
    (tmp_path / "text.so").write_text("no shared object")
    done = run(WORKER, "text.so", "f", cwd=tmp_path)
    assert done.status == 1
    done.is_one_line(r"forkpool-worker: text\.so: \./text\.so: .+")


@pytest.mark.parametrize("arguments, text", [
    (["echo", "nosuch"], "no loaded object exports the function: nosuch"),
    (["echo", ""], "no loaded object exports the function: "),
    (["--init", "nosuch", "echo", "echo"], "no loaded object exports the init function: nosuch"),
    (["--done", "nosuch", "echo", "echo"], "no loaded object exports the done function: nosuch"),
])
@pytest.mark.parametrize("mode", [[], ["--async"]])
def test_no_such_function(arguments, text, mode):
    done = run(WORKER, *mode, *arguments, input=call("a"))
    assert done.out == b""
    is_fault(done, text)


# ---- init and done ----


@pytest.mark.parametrize("arguments", [[], ["a"], ["", "b c", "--help"]])
def test_init_gets_the_arguments(arguments):
    frames, done = serve("--init", "testworker_init", "testworker", "testworker", *arguments, input=call("initargs"))
    assert frames == [(1, [a.encode() for a in arguments])]
    is_clean(done)


def test_arguments_without_init_are_of_no_use():
    frames, done = serve("testworker", "testworker", "a", "b", input=call("initargs"))
    assert frames == [(1, [])]
    is_clean(done)


def test_init_that_fails():
    done = run(WORKER, "--init", "testworker_initdie", "testworker", "testworker", input=call("echo"))
    assert (done.status, done.out) == (1, b"")
    assert re.fullmatch(rb"init failed\nforkpool worker \d+: the init function failed: testworker_initdie\n", done.err)


def test_init_cannot_send_events():
    done = run(WORKER, "--init", "testworker_initev", "testworker", "testworker", "a")
    assert (done.status, done.out) == (1, b"")
    assert done.err.startswith(b"init: event refused: ")


@pytest.mark.parametrize("function, status, said", [
    ("testworker_mydone", 7, b"done called with 0 args\n"),
    ("testworker_donert", 0, b"done called, returning\n"),
])
def test_done_is_called_last(function, status, said):
    frames, done = serve("--done", function, "testworker", "testworker", input=call("echo", "a") + call("echo", "b"))
    assert frames == [(1, [b"a"]), (1, [b"b"])]
    assert (done.status, done.err) == (status, said)


def test_done_is_not_called_after_a_fault():
    done = run(WORKER, "--done", "testworker_mydone", "testworker", "testworker", input=call("die", "oops"))
    assert done.status == 1 and b"done called" not in done.err


# ---- how it ends ----


@pytest.mark.parametrize("profile, serialiser, is_async", WIRES)
def test_what_came_before_the_end_of_file_is_answered(profile, serialiser, is_async):
    wire = Wire(profile, serialiser, is_async)
    calls = [["echo", str(i)] if serialiser == "json" else [b"echo", b"%d" % i] for i in range(200)]
    frames, done = serve(*agreed(profile, serialiser, is_async), "testworker", "testworker", wire=wire,
                         input=requests(wire, *calls))
    assert [f[1] for f in frames] == [c[1:] for c in calls]
    is_clean(done)


@pytest.mark.parametrize("is_async", [False, True])
def test_what_was_answered_is_written_before_it_ends(is_async):
    """More than a pipe holds, so that some of it has to wait when the end of file is read."""
    wire, calls = Wire(is_async=is_async), [[b"x" * 1000000]] * 4
    mode, function = (["--async"], "echo_async") if is_async else ([], "echo")
    frames, done = serve(*mode, "echo", function, wire=wire, input=requests(wire, *calls))
    assert [f[1] for f in frames] == calls
    is_clean(done)


@pytest.mark.parametrize("is_async", [False, True])
def test_end_of_file_inside_a_frame(is_async):
    """Wherever it is: one line with the number of octets. Between frames it is a clean end."""
    wire = Wire(is_async=is_async)
    good, second = wire.request([b"a"]), wire.request([b"b"], 2)
    for n in range(len(second) + 1):
        frames, done = serve(*(["--async"] if is_async else []), "echo", "echo", input=good + second[:n], wire=wire)
        if 0 < n < len(second):
            assert frames == [(1, [b"a"])]
            is_fault(done, f"end of file inside a frame: after {len(good) + n} octets")
        else:
            assert len(frames) == 1 + (n > 0)
            is_clean(done)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("limit, size, is_ok", [
    ("10", 10, True), ("10", 11, False), ("0", 1, False), ("1k", 1024, True), ("1k", 1025, False),
])
def test_frame_max_of_a_request(is_async, limit, size, is_ok):
    wire = Wire(is_async=is_async)
    item = b"x" * (size - len(ber(size)))
    assert len(wire.payload([item])) == size
    mode = ["--async"] if is_async else []
    frames, done = serve(*mode, "--frame-max", limit, "echo", "echo", input=requests(wire, [], [item]), wire=wire)
    assert frames == [(1, []), (2 if is_async else 1, [item])][:1 + is_ok]
    if is_ok:
        is_clean(done)
    else:
        is_fault(done, r".*: after \d+ octets")


@pytest.mark.parametrize("is_async", [False, True])
def test_a_length_is_judged_when_it_is_there(is_async):
    """4 GiB are announced and nothing comes: it does not wait for them. The input stays open."""
    head = b"\0\0\0\1" * is_async + b"\xff\xff\xff\xff"
    with Process(WORKER, *(["--async"] if is_async else []), "echo", "echo") as process:
        process.send(head)
        assert process.out.rest() == b"" and process.status() == 1
        assert re.fullmatch(FAULT.format(rf".*: after {len(head) - 4} octets\n").encode(), process.err.rest())


def test_frame_max_of_a_reply():
    calls = call("fill", "29", "x") + call("fill", "30", "x")
    frames, done = serve("--frame-max", "30", "testworker", "testworker", input=calls)
    assert frames == [(1, [b"x" * 29])]
    is_fault(done, "the function failed: testworker")


@pytest.mark.parametrize("serialiser, payload", [
    ("string", b"\x80"), ("string", b"\x02a"), ("string", b"\x01a\xff"), ("string", b"\xff" * 64),
    ("json", b""), ("json", b"{}"), ("json", b"[1"), ("json", b"[1]x"), ("json", b'["\xff"]'), ("json", b"null"),
])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_payload_that_is_no_list(serialiser, payload, is_async):
    wire = Wire("network", serialiser, is_async)
    bad = (wire.put(9) if is_async else b"") + wire.put(len(payload)) + payload
    good = requests(wire, ["a"] if serialiser == "json" else [b"a"])
    frames, done = serve(*agreed("network", serialiser, is_async), "echo", "echo", input=good + bad + good, wire=wire)
    assert len(frames) == 1
    is_fault(done, r".*: after \d+ octets")


@pytest.mark.parametrize("is_async", [False, True])
def test_garbage(is_async):
    for garbage in (b"\xff" * 100, b"GET / HTTP/1.0\r\n\r\n", bytes(range(255, 0, -1))):
        done = run(WORKER, *(["--async"] if is_async else []), "echo", "echo", input=garbage)
        assert done.out == b""
        is_fault(done, r".*: after \d+ octets")


@pytest.mark.parametrize("number", [0, 1])
def test_async_ids_that_cannot_be(number):
    """0, and one that still runs."""
    wire = Wire(is_async=True)
    bad = wire.request([b"hold", b"l"], number)
    done = run(WORKER, "--async", "testworker", "testworker_async", input=wire.request([b"hold", b"k"], 1) + bad)
    assert done.out == b""
    is_fault(done, r".*: after \d+ octets")


@pytest.mark.parametrize("mode", [[], ["--async"]])
@pytest.mark.parametrize("verb, status, said", [
    ("die\toops", 1, rb"oops\nforkpool worker \d+: the function failed: testworker\n"),
    ("exit\t0", 0, rb""), ("exit\t1", 1, rb""), ("exit\t42", 42, rb""), ("kill\t9", -9, rb""), ("kill\t15", -15, rb""),
])
def test_a_function_that_ends_it(mode, verb, status, said):
    """What was answered before is there."""
    wire = Wire(is_async=bool(mode))
    calls = requests(wire, [b"echo", b"a"], verb.encode().split(b"\t"), [b"echo", b"b"])
    frames, done = serve(*mode, "testworker", "testworker", wire=wire, input=calls)
    assert done.status == status
    assert re.fullmatch(said, done.err)
    if status >= 0 or not mode:
        assert frames == [(1, [b"a"])]


def test_an_idle_worker_ends_when_its_parent_does():
    for where in (Pipes(), StandardSocket(), Socket(1)):
        with where.start("echo", "echo") as process:
            where.send(call("a"))
            where.out.size(10)
            where.process.popen.stdin and where.process.popen.stdin.close()
            getattr(where, "ours", where.process.popen.stdout).close()
            assert process.status() == 0
            assert process.err.rest() == b""


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("where, status", [(Pipes, -signal.SIGPIPE), (StandardSocket, 1), (lambda: Socket(1), 1)],
                         ids=["pipes", "--fd 0", "--fd N"])
def test_a_parent_that_goes_while_it_writes(where, status, is_async):
    """More than a pipe or a socket holds: nobody is left who could be told."""
    connection, wire = where(), Wire(is_async=is_async)
    with connection.start(*(["--async"] if is_async else []), "testworker", "testworker") as process:
        connection.send(wire.request([b"fill", b"10000000", b"x"]))
        connection.out.size(1)  # it writes, and cannot be done
        process.popen.stdin and process.popen.stdin.close()
        getattr(connection, "ours", process.popen.stdout).close()
        assert process.status() == status
        assert process.err.rest() == b""


@pytest.mark.parametrize("where", [StandardSocket, lambda: Socket(1)], ids=["--fd 0", "--fd N"])
def test_an_async_worker_whose_parent_went_does_not_wait_for_a_call(where):
    connection, wire = where(), Wire(is_async=True)
    with connection.start("--async", "testworker", "testworker_async") as process:
        connection.send(wire.request([b"never"], 1) + wire.request([b"echo", b"a"], 2))
        assert connection.out.size(10) == wire.reply([b"a"], 2)
        connection.ours.close()
        assert process.status() == 1
        assert process.err.rest() == b""


# ---- what a shell does with it ----


def test_the_example_of_the_manual():
    done = run("sh", "-c", rf"printf '\0\0\0\3\2hi' | {WORKER} echo echo")
    assert (done.status, done.out) == (0, b"\0\0\0\1\0\0\0\3\2hi")
