"""forkpool-template: the workers and other processes that it forks, what it reports of them, and that all of them end with
its lifeline."""
import os
import select
import signal
import socket
import struct

import pytest
from frames import Wire
from processes import HANG_S, LEFT_S, WORKER, at_most, await_end_of
from templates import COMPLAINT, SETTING, TELL, Template

STRING = b'(sub { pack "(w/a*)*", @_ }, sub { unpack "(w/a*)*", shift })'

STARTED, FAILED, EXITED = range(3)  # kinds of reports
REPORT_BYTES = 16

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
