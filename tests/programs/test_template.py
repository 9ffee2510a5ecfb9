"""forkpool-template: its command line, the code it loads and compiles, the processes it forks, and that all of them end with
its lifeline. The recordings of the original's command stream are played elsewhere."""
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess

import pytest
from frames import Wire, command, command_list, freeze
from processes import HANG_S, LEFT_S, TEMPLATE, TREE, WORKER, Process, Stream, at_most, await_end_of, environment, run

REQUIRE = b'require "$_.pm" for @_'
SETTING = b"forkpool::set"
STRING = b'(sub { pack "(w/a*)*", @_ }, sub { unpack "(w/a*)*", shift })'
COMPLAINT = r"forkpool-template: {}"

STARTED, FAILED, EXITED = range(3)  # kinds of reports
REPORT_BYTES = 16


class Template:
    """A template that we command over a socket."""

    def __init__(self, *options, keep=(), env=None):
        self.sock, theirs = socket.socketpair()
        argv = [TEMPLATE, *options, str(theirs.fileno()), str(os.getpid())]
        env = environment(CPATH=str(TREE / "lib"), **(env or {}))  # for source that includes forkpool.h
        self.process = Process(*argv, pass_fds=[theirs.fileno(), *keep], stdin=subprocess.DEVNULL, env=env)
        theirs.close()
        self.out, self.err = Stream(self.sock.fileno()), self.process.err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.__exit__()
        self.sock.close()

    def send(self, *commands):
        self.sock.sendall(b"".join(commands))

    def args(self, *items):
        self.send(command_list(b"a", *items))

    def eval(self, source, *items):
        self.send(command_list(b"e", source.encode(), *items))

    def require(self, *names):
        self.eval(REQUIRE.decode(), *(n.encode() for n in names))

    def set(self, name, value):
        self.eval(SETTING.decode(), name, value)

    def run(self, function):
        self.send(command(b"r", function.encode()))

    def pass_descriptor(self, fd):
        self.send(command(b"h"))
        socket.send_fds(self.sock, [b"\0"], [fd])

    def fork(self):
        """The socket of the new process."""
        ours, theirs = socket.socketpair()
        self.pass_descriptor(theirs.fileno())
        self.send(command(b"f"))
        theirs.close()
        return Fork(ours)

    def close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def ends(self, status, said=None):
        """And everything that it forked has let go of its standard error."""
        assert self.process.status() == status
        err = self.err.rest().decode()
        assert re.fullmatch(said or "", err), err

    def complains(self, text):
        self.ends(1, f"(?s:.*)forkpool-template: {text}\n")


class Fork(Template):
    """A process that a template forked."""

    def __init__(self, sock):
        self.sock, self.out = sock, Stream(sock.fileno())

    def __exit__(self, *_):
        self.sock.close()


# A function for `r` that writes what it was given to its socket, and what is behind the command.
TELL = r"""
#include <forkpool.h>
#include <stdio.h>
#include <unistd.h>
FP_API int tell(int fd, const struct fp_item *args, const int *fds, size_t n);
int tell(int fd, const struct fp_item *args, const int *fds, size_t n)
{
	char more[64];
	for (size_t i = 0; i < n; i++)
		dprintf(fd, "%s<%.*s>", fds[i] < 0 ? "" : "fd", (int)args[i].len, (const char *)args[i].data);
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			dprintf(fds[i], "from %zu", i);
	ssize_t len = read(fd, more, sizeof more);
	dprintf(fd, "+%.*s", (int)len, more);
	return 42;
}
"""

# ---- the command line ----


def test_the_words_for_a_perl_are_skipped():
    ours, theirs = socket.socketpair()
    words = ["-MAnyEvent::Fork::Serve", "-e", "AnyEvent::Fork::Serve::me"]
    with Process(TEMPLATE, *words, str(theirs.fileno()), "1", pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL) as process:
        theirs.close()
        ours.close()
        assert process.status() == 0 and process.err.rest() == b""


@pytest.mark.parametrize("options", [[], ["--require", "echo"], ["--require", "echo", "--require=digest", "--profile", "native"]])
def test_end_of_file_is_a_clean_end(options):
    with Template(*options) as template:
        template.close()
        assert template.out.rest() == b""
        template.ends(0)


@pytest.mark.parametrize("name, said", [
    ("nosuch", r"--require nosuch: no nosuch\.so in FORKPOOL_PATH or /.*: set FORKPOOL_PATH, or give a path that ends in \.so"),
    ("./nosuch.so", r"--require \./nosuch\.so: \./nosuch\.so: cannot open shared object file: No such file or directory"),
])
def test_a_module_that_is_missing(name, said):
    for first in ([], ["--require", "echo"]):
        with Template(*first, "--require", name) as template:
            template.ends(1, COMPLAINT.format(said) + "\n")


# ---- commands that cannot be carried out ----


@pytest.mark.parametrize("octets", [b"x" + bytes(4), b"A" + bytes(4), bytes(5), b"\xff" + bytes(4), b"GET /" + b"\0"])
def test_an_unknown_command(octets):
    with Template() as template:
        template.send(octets)
        template.complains("(unknown command|a command is too long): the stream is corrupt")


def test_a_command_that_is_too_long_is_not_waited_for():
    for length in ((16 << 20) + 1, 0xffffffff):
        with Template() as template:
            template.send(b"a" + struct.pack("=I", length))
            template.complains("a command is too long: the stream is corrupt")


def test_the_longest_command():
    size = 16 << 20
    payload = freeze([b"x" * (size - 4)])
    assert len(payload) == size
    with Template() as template:
        template.send(command(b"a", payload))
        template.eval(TELL)
        template.run("tell")
        template.sock.sendall(b"!")
        assert template.out.size(size - 4 + 4) == b"<" + b"x" * (size - 4) + b">+!"
        template.ends(42)


@pytest.mark.parametrize("octets", [b"a", b"a\5\0\0", command(b"a", b"\4four")[:-1], command(b"r", b"tell")[:-2]])
def test_end_of_file_inside_a_command(octets):
    with Template() as template:
        template.send(octets)
        template.close()
        template.complains("end of file inside a command")


@pytest.mark.parametrize("letter", [b"a", b"e"])
@pytest.mark.parametrize("payload", [b"\x80", b"\2a", b"\1a\xff"])
def test_a_list_that_is_none(letter, payload):
    with Template() as template:
        template.send(command(letter, payload))
        template.complains("a command's list: .+")


def test_a_descriptor_that_does_not_come():
    with Template() as template:
        template.send(command(b"h"), b"\0")
        template.complains("a descriptor was announced, and none came")


@pytest.mark.parametrize("args", [[], [b"a"]])
def test_a_fork_without_a_descriptor(args):
    with Template() as template:
        template.args(*args)
        template.send(command(b"f"))
        template.complains("fork: the last argument is not a descriptor")


def test_a_function_that_is_missing():
    with Template() as template:
        template.run("no::such")
        assert template.out.rest() == b""
        template.ends(255, COMPLAINT.format("run: no loaded object exports 'no::such'\n"))


@pytest.mark.parametrize("name", ["nosuch", "/nosuch.so"])
def test_a_require_that_fails(name):
    with Template() as template:
        template.require("echo", name)
        template.complains("require: .*nosuch.*")


# ---- C source ----


def test_source_is_compiled_and_its_function_run():
    read, write = os.pipe()
    with Template() as template:
        template.args(b"one", b"")
        template.eval(TELL)
        template.pass_descriptor(write)
        os.close(write)
        template.args(b"two")
        template.run("tell")
        template.sock.sendall(b"behind it")
        assert template.out.rest() == b"<one><>fd<><two>+behind it"
        assert Stream(read).rest() == b"from 2"
        template.ends(42)
    os.close(read)


def test_functions_are_found_by_their_perl_names():
    for perl, c in (("A::B::f", "A__B__f"), ("main::f", "f")):
        with Template() as template:
            template.eval(TELL.replace("tell(", f"{c}("))
            template.run(perl)
            template.sock.sendall(b"x")
            assert template.out.rest() == b"+x"
            template.ends(42)


EVAL_MAIN = r"""
#include <forkpool.h>
#include <stdio.h>
FP_API fp_eval_function eval_main;
int eval_main(const struct fp_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%.*s;", (int)items[i].len, (const char *)items[i].data);
	fputs("eval_main\n", stderr);
	return RESULT;
}
"""


@pytest.mark.parametrize("result, status, said", [("0", 0, ""), ("1", 0, ""), ("-1", 1, COMPLAINT.format("eval: eval_main failed\n"))])
def test_eval_main_gets_the_arguments(result, status, said):
    with Template() as template:
        template.eval(EVAL_MAIN.replace("RESULT", result), b"a", b"", b"b c")
        template.close()
        template.ends(status, "a;;b c;eval_main\n" + said)


def test_each_source_has_its_own_eval_main():
    with Template() as template:
        template.eval(EVAL_MAIN.replace("RESULT", "0"), b"1")
        template.eval("int unused;")
        template.eval(EVAL_MAIN.replace("RESULT", "0").replace('"eval_main', '"another'), b"2")
        template.close()
        template.ends(0, "1;eval_main\n2;another\n")


@pytest.mark.parametrize("source", ["this is not C", "#include <nosuch.h>\n", "extern int nosuch(void); int f(void) { return nosuch(); }"])
def test_source_that_does_not_compile_or_load(source):
    """The compiler's own words, or the loader's, come before or in the last line."""
    with Template() as template:
        template.eval(source)
        assert template.out.rest() == b""
        template.complains("eval: .+")


def test_no_compiler():
    with Template(env={"CC": "/no/such/cc"}) as template:
        template.eval("int x;")
        template.ends(1, "forkpool: /no/such/cc: No such file or directory: install a C compiler or set CC\n"
                      "forkpool-template: eval: the source does not compile\n")


@pytest.mark.parametrize("source", ["int x;", "this is not C"])
def test_compiling_leaves_no_files(tmp_path, source):
    """A compiler in between tells where the object goes to."""
    compiler = tmp_path / "cc"
    compiler.write_text(f"""#!/bin/sh
for word; do [ "$last" = -o ] && echo "$word" >{tmp_path}/object; last=$word; done
exec cc "$@"
""")
    compiler.chmod(0o755)
    with Template(env={"CC": str(compiler)}) as template:
        template.eval(source)
        template.close()
        template.err.rest()
        template.process.status()
    made = pathlib.Path((tmp_path / "object").read_text().strip())
    assert made.parent != tmp_path and not made.parent.exists()


def test_a_hook_is_offered_the_source_first():
    hook = r"""
    #include <forkpool.h>
    #include <stdio.h>
    #include <string.h>
    FP_API fp_eval_function forkpool_eval;
    int forkpool_eval(const struct fp_item *items, size_t n)
    {
        int mine = items[0].len > 2 && !memcmp(items[0].data, "my ", 3);
        if (mine)
            fprintf(stderr, "%.*s %zu\n", (int)items[0].len, (const char *)items[0].data, n);
        return items[0].len == 3 ? -1 : mine;
    }
    """
    with Template() as template:
        template.eval(hook)
        template.eval("my words", b"a", b"b")
        template.eval(EVAL_MAIN.replace("RESULT", "0"))
        template.eval("my ")
        template.ends(1, "my words 3\neval_main\nmy  1\nforkpool-template: eval: it failed\n")


# ---- workers ----


def start_worker(process, mode=b"Sync", function=b"echo", init=b"", serialiser=STRING):
    process.require(f"AnyEvent/Fork/RPC/{mode.decode()}")
    process.args(function, init, serialiser, f"AnyEvent::Fork::RPC::{mode.decode()}::do_exit".encode())
    process.run(f"AnyEvent::Fork::RPC::{mode.decode()}::run")


def is_echoing(process, wire):
    process.sock.sendall(wire.request([b"a", b"b"], 7))
    expected = wire.reply([b"a", b"b"], 7 if wire.is_async else 1)
    assert process.out.size(len(expected)) == expected
    process.close()
    assert process.out.rest() == b""


@pytest.mark.parametrize("mode, function", [(b"Sync", b"echo"), (b"Async", b"echo_async")])
@pytest.mark.parametrize("profile", ["network", "native"])
@pytest.mark.parametrize("how", ["option", "setting"])
def test_a_worker_in_its_profile(mode, function, profile, how):
    with Template("--require", "echo", *(["--profile", profile] if how == "option" else [])) as template:
        if how == "setting":
            template.set(b"profile", profile.encode())
        with template.fork() as worker:
            start_worker(worker, mode, function)
            is_echoing(worker, Wire(profile, is_async=mode == b"Async"))
        template.close()
        template.ends(0)


@pytest.mark.parametrize("how", ["option", "setting"])
@pytest.mark.parametrize("size, is_ok", [(10, True), (11, False)])
def test_a_worker_and_its_longest_frame(how, size, is_ok):
    with Template("--require", "echo", *(["--frame-max", "10"] if how == "option" else [])) as template:
        if how == "setting":
            template.set(b"frame_bytes_max", b"10")
        with template.fork() as worker:
            start_worker(worker)
            worker.sock.sendall(Wire().request([b"x" * (size - 1)]))
            worker.close()
            assert worker.out.rest() == (Wire().reply([b"x" * (size - 1)]) if is_ok else b"")
        template.close()
        template.ends(0, "" if is_ok else r"forkpool worker \d+: .+: after 0 octets\n")


@pytest.mark.parametrize("items", [[], [b"profile"], [b"nosuch", b"1"], [b"profile", b"native", b"more"]])
def test_an_unknown_setting(items):
    with Template() as template:
        template.eval(SETTING.decode(), *items)
        template.complains("eval: an unknown setting")


def test_arguments_from_before_a_fork_are_inits():
    read, write = os.pipe()
    with Template("--require", "testworker") as template:
        template.args(b"a", b"b")
        template.pass_descriptor(write)
        with template.fork() as worker:
            worker.args(b"c")
            start_worker(worker, function=b"testworker", init=b"testworker_init")
            worker.sock.sendall(Wire().request([b"initargs"]))
            expected = Wire().reply([b"a", b"b", b"", b"c"])
            assert worker.out.size(len(expected)) == expected
        template.close()
        template.ends(0)
    os.close(read)
    os.close(write)


def test_a_start_up_that_makes_no_sense():
    with Template("--require", "echo") as template:
        with template.fork() as worker:
            start_worker(worker, serialiser=b"no serialiser")
            assert worker.out.rest() == b""
        template.close()
        template.ends(0, COMPLAINT.format("run: the arguments do not end in a function, .*\n"))


def test_a_shell_command_has_the_socket():
    with Template() as template:
        with template.fork() as shell:
            shell.args(b"read line; echo got $line; exit 3")
            shell.run("forkpool::command")
            shell.sock.sendall(b"hello\n")
            assert shell.out.rest() == b"got hello\n"
        template.close()
        template.ends(0)


# ---- forks ----


def test_a_fork_goes_on_when_its_template_has_ended():
    with Template("--require", "echo") as template:
        fork = template.fork()
        template.close()
        assert template.process.status() == 0
        with fork, fork.fork() as worker:
            start_worker(worker)
            is_echoing(worker, Wire())
        fork.sock.close()
        template.ends(0)


def test_a_fork_has_its_own_code_and_arguments():
    with Template() as template:
        template.args(b"before")
        with template.fork() as one, template.fork() as two:
            one.eval(TELL)
            one.args(b"one")
            template.args(b"after")
            two.run("tell")
            assert two.out.rest() == b""
            one.run("tell")
            one.sock.sendall(b"!")
            assert one.out.rest() == b"<before><one>+!"
        template.close()
        template.ends(0, COMPLAINT.format("run: no loaded object exports 'tell'\n"))


# ---- reports ----


class Reports:
    """What a template says with --report, and the descriptors that came with it."""

    def __init__(self, template):
        self.sock, self.octets = template.sock, b""

    def next(self):
        """(fork, kind, process, value, descriptors)"""
        fds = []
        while len(self.octets) < REPORT_BYTES:
            assert select.select([self.sock], [], [], HANG_S)[0], "no report comes"
            octets, more, *_ = socket.recv_fds(self.sock, REPORT_BYTES - len(self.octets), 2)
            assert octets, "the template has ended"
            self.octets += octets
            fds += more
        report, self.octets = struct.unpack("=IIii", self.octets), b""
        return *report, fds


def test_reports_of_forks_and_exits():
    with Template("--report") as template:
        reports = Reports(template)
        for number, (line, status) in enumerate([("exit 3", 3 << 8), ("kill -9 $$", 9), ("exit 0", 0)], 1):
            with template.fork() as fork:
                fork_number, kind, pid, value, fds = reports.next()
                assert (fork_number, kind, value) == (number, STARTED, 0)
                assert len(fds) == 1 and not select.select(fds, [], [], 0)[0]
                fork.args(line.encode())
                fork.run("forkpool::command")
                assert reports.next() == (number, EXITED, pid, status, [])
                assert select.select(fds, [], [], HANG_S)[0]
                os.close(fds[0])
        template.close()
        template.ends(0)


def test_without_report_nothing_is_written():
    with Template() as template:
        with template.fork() as fork:
            fork.close()
            assert fork.out.rest() == b""
        template.close()
        assert template.out.rest() == b""
        template.ends(0)


# ---- the lifeline ----


class Lifeline:
    def __init__(self):
        self.theirs, self.ours = os.pipe()

    def cut(self):
        os.close(self.ours)


@pytest.fixture
def lifeline():
    line = Lifeline()
    yield line
    os.close(line.theirs)


def on(lifeline, *options):
    return Template("--lifeline", str(lifeline.theirs), *options, keep=[lifeline.theirs])


def test_cut_before_it_starts(lifeline):
    lifeline.cut()
    with on(lifeline) as template:
        template.ends(1)


def test_cut_while_it_waits(lifeline):
    with on(lifeline) as template:
        with template.fork() as fork:
            fork.args(b"echo here; exec sleep 1000")
            fork.run("forkpool::command")
            assert fork.out.line() == "here"
        lifeline.cut()
        template.ends(-signal.SIGKILL)


def test_a_good_end_leaves_forks_alone_until_it_is_cut(lifeline):
    with on(lifeline, "--require", "echo") as template:
        with template.fork() as worker:
            start_worker(worker)
            template.close()
            assert template.process.status() == 0
            worker.sock.sendall(Wire().request([b"a"]))
            assert worker.out.size(10) == Wire().reply([b"a"])
            lifeline.cut()
            assert worker.out.rest() == b""
        template.ends(0)


COMMANDS = {
    "sleeps": "echo $$; exec sleep 1000",
    "below a shell": "echo $$; sleep 1000; true",
    "takes no signal": "trap '' TERM HUP INT; echo $$; while :; do :; done",
    "grandchildren": "echo $$; (sleep 1000; true) & (while :; do :; done) & wait",
    "stopped": "echo $$; kill -STOP $$; sleep 1000",
    "a worker": f"echo $$; exec {WORKER} --stdio echo echo",
}


@pytest.mark.parametrize("line", COMMANDS.values(), ids=COMMANDS)
def test_commands_end_with_it(lifeline, line):
    with on(lifeline) as template:
        with template.fork() as fork:
            fork.args(line.encode())
            fork.run("forkpool::command")
            pid = int(fork.out.line())
            lifeline.cut()
            with at_most(LEFT_S):
                await_end_of([pid])
                assert fork.out.rest() == b""
        template.ends(-signal.SIGKILL)


@pytest.mark.parametrize("function", ["gate_spin", "gate_stop"])
def test_busy_processes_end_with_it(lifeline, gate, function):
    """Those that template and forks forked, at any depth."""
    with on(lifeline, "--require", gate) as template:
        with template.fork() as one, one.fork() as two, two.fork() as three:
            pids = []
            for fork in (two, one, three):
                fork.run(function)
                pids.append(int(fork.out.line()))
            lifeline.cut()
            with at_most(LEFT_S):
                await_end_of(pids)
        template.ends(-signal.SIGKILL)


def test_a_worker_in_a_call_ends_with_it(lifeline, gate, new_gate):
    at = new_gate()
    with on(lifeline, "--require", gate) as template:
        with template.fork() as worker:
            start_worker(worker, function=b"gate")
            worker.sock.sendall(Wire().request([b"stubborn", at.path.encode()]))
            number, items = Wire().replies(worker.out.until(rb"(?s).*waiting.\d+").group())[0][0]
            assert (number, items[0]) == (0, b"waiting")
            lifeline.cut()
            await_end_of([int(items[1])])
        template.ends(-signal.SIGKILL)


def test_a_template_that_is_not_ours_is_not_needed():
    """It may be used from a shell, too: end of file on standard input."""
    done = run(TEMPLATE, "0")
    assert (done.status, done.out, done.err) == (0, b"", b"")
