"""forkpool-run on a terminal: the progress line, and that it leaves no trace."""
import contextlib
import fcntl
import os
import pty
import re
import struct
import termios

import pytest
from processes import RUN, Process, Stream

ERASE = b"\x1b[K"
DRAWN = rb"\r(\d+)/(\d+)(\+?)(?:, (\d+) failed)?, (\d+) calls/s, (\d+) workers, (\d+) waiting\x1b\[K"


class Terminal:
    def __init__(self, columns):
        self.fd, self.theirs = pty.openpty()
        mode = termios.tcgetattr(self.theirs)
        mode[1] &= ~termios.OPOST  # a newline stays one octet
        termios.tcsetattr(self.theirs, termios.TCSANOW, mode)
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        self.stream = Stream(self.fd)

    def close_theirs(self):
        """Then the end of the last program on it is its end of file."""
        os.close(self.theirs)


@contextlib.contextmanager
def on_terminal(*argv, columns=80, **more):
    terminal = Terminal(columns)
    with Process(*argv, stderr=terminal.theirs, **{k: terminal.theirs for k in more}) as process:
        terminal.close_theirs()
        yield process, terminal.stream
    os.close(terminal.fd)


def screen(octets):
    """The lines that a terminal shows in the end."""
    lines, column = [b""], 0
    for piece in re.findall(rb"\x1b\[K|\r|\n|[^\x1b\r\n]+", octets):
        if piece == ERASE:
            lines[-1] = lines[-1][:column]
        elif piece == b"\r":
            column = 0
        elif piece == b"\n":
            lines.append(b"")
            column = 0
        else:
            lines[-1] = lines[-1][:column] + piece + lines[-1][column + len(piece):]
            column += len(piece)
    return lines


def test_progress_is_drawn_and_erased(gate, new_gate):
    at = new_gate()
    with on_terminal(RUN, "--max", "1", "--load", "2", gate, "gate") as (process, terminal):
        process.send("a", f"wait\t{at.path}", "b", "c")
        assert process.out.line() == "a"
        terminal.until(rb"worker 1: waiting\t\d+\n")
        found = terminal.until(DRAWN)
        while found.group(1, 2) != (b"1", b"4"):
            found = terminal.until(DRAWN)
        assert found.group(3, 4, 6, 7) == (b"+", None, b"1", b"1")
        process.close_input()
        while found.group(3):
            found = terminal.until(DRAWN)
        assert found.group(1, 2) == (b"1", b"4")
        at.open(b"2")
        assert process.out.rest() == b"2\nb\nc\n"
        rest = terminal.rest()
        assert process.status() == 0
        assert rest.endswith(b"\r" + ERASE) and screen(rest) == [b""]


def test_messages_erase_it_first(gate, new_gate):
    at = new_gate()
    with on_terminal(RUN, "--max", "2", "--load", "1", "--keep-going", "--stats", gate, "gate") as (process, terminal):
        process.send(f"wait\t{at.path}")
        seen = terminal.until(rb"(?s).*\n.*" + DRAWN).group()
        process.send("\\q")
        seen += terminal.until(rb"(?s).*line 2, .*\n.*1 failed, .*" + re.escape(ERASE)).group()
        process.send("note\tevent")
        seen += terminal.until(rb"(?s).*worker 2: event\n.*" + DRAWN).group()
        at.open()
        process.close_input()
        seen += terminal.rest()
        assert process.status() == 1
    lines = screen(seen)
    assert re.fullmatch(rb"worker 1: waiting\t\d+", lines[0])
    assert lines[1].startswith(b"forkpool-run: line 2, column 1: ")
    assert lines[2] == b"worker 2: event"
    summary = [re.match(rb"forkpool-run: \d+ (\w+)", line).group(1) for line in lines[3:7]]
    assert summary == [b"lines", b"calls", b"workers", b"octets"]
    assert lines[7:] == [b""]


@pytest.mark.parametrize("columns", [1, 10, 20, 37])
def test_it_never_wraps(gate, new_gate, columns):
    at = new_gate()
    with on_terminal(RUN, gate, "gate", columns=columns) as (process, terminal):
        process.send(f"wait\t{at.path}")
        terminal.until(rb"worker 1: waiting\t\d+\n")
        drawn = terminal.until(rb"\r([^\r\x1b]*)\x1b\[K").group(1)
        assert len(drawn) == columns - 1
        at.open()
        process.close_input()
        assert screen(terminal.rest())[-1] == b""
        assert process.status() == 0


def test_output_on_the_same_terminal(gate, new_gate):
    at = new_gate()
    with on_terminal(RUN, "--max", "1", gate, "gate", stdout=True) as (process, terminal):
        process.send("a", f"wait\t{at.path}")
        seen = terminal.until(rb"(?s).*waiting.*\n.*" + DRAWN).group()
        at.open(b"b")
        process.close_input()
        seen += terminal.rest()
        assert process.status() == 0
    lines = screen(seen)
    assert re.fullmatch(rb"worker 1: waiting\t\d+", lines.pop(1 if lines[0] == b"a" else 0))
    assert lines == [b"a", b"b", b""]


def test_a_signal_erases_it(gate, new_gate):
    with on_terminal(RUN, gate, "gate") as (process, terminal):
        process.send(f"wait\t{new_gate().path}")
        seen = terminal.until(rb"(?s).*waiting.*\n.*" + DRAWN).group()
        process.signal(15)
        seen += terminal.rest()
        assert process.status() == -15
    assert len(screen(seen)) == 2 and screen(seen)[-1] == b""


def test_without_a_terminal_nothing_is_drawn(gate, new_gate):
    """Standard output alone being one is no reason."""
    ours, theirs = pty.openpty()
    with Process(RUN, "--max", "1", "echo", "echo", stdout=theirs) as process:
        os.close(theirs)
        process.send("a")
        assert Stream(ours).line().rstrip("\r") == "a"
        process.close_input()
        assert process.err.rest() == b"" and process.status() == 0
    os.close(ours)
