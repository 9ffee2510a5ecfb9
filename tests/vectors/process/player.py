"""A session with a process, step by step: the script says what to do and what has to come. Must not know why.

A script is a list of turns: driven steps, then the octets that are their reaction, and whether the process ends the connection
with them. Nothing more may come: that is seen by what comes instead (the next turn's octets, the end)."""

from typing import Callable, NamedTuple

from recordings import octets
from wire import of_pipe, of_sockets

HERE = object()  # a status: still there after the last turn
FAILED = object()  # a status: not 0, and no signal
ANY = object()


class Turn(NamedTuple):
    driven: list
    octets: bytes
    is_end: bool = False
    unheeded: list = []  # sends behind the one that ended it; only at once with it


class Script(NamedTuple):
    turns: list
    status: object  # a number, negative for a signal; or one of the above
    said: Callable[[bytes], None]  # asserts about standard error
    options: tuple = ()  # of the program


# ---- ways to cut the octets of a turn: the steps to be driven ----


def as_recorded(turn):
    return turn.driven


def at_once(turn):
    """Sends that follow each other are one."""
    out = []
    for step in turn.driven + turn.unheeded:
        if is_plain_send(step) and out and is_plain_send(out[-1]):
            out[-1] = {**out[-1], "data": octets(out[-1]["data"]).hex() + octets(step["data"]).hex()}
        else:
            out.append(step)
    return out


def octet_by_octet(turn):
    """Each octet when the one before has been read, or at once where the recorder did not wait either."""
    out = []
    for step in turn.driven:
        if is_plain_send(step):
            for o in octets(step["data"]):
                out += [{"op": "send", "data": f"{o:02x}"}, *[{"op": "taken"}] * ("nowait" not in step)]
        else:
            out.append(step)
    return out


def is_plain_send(step):
    return step["op"] == "send" and "fds" not in step


# ---- playing ----


class Player:
    """Plays a script on a process over a wire. Beside what is recorded, driven steps may be: taken, rest,
    readable, alive, gone."""

    def __init__(self, process, wire):
        self.process = process
        self.wire = wire
        self.passed = {}  # label: our end of what was passed
        self.expected = bytearray()
        self.is_over = False

    def play(self, script, cut=as_recorded):
        for turn in script.turns:
            for step in cut(turn):
                getattr(self, "do_" + step["op"])(step)
            self._observe(turn)
        self._end(script)

    def _observe(self, turn):
        self.expected += turn.octets
        if turn.is_end:
            self.is_over = True
            self.wire.read_to_end()
        else:
            self.wire.read_until(len(self.expected))
        assert_same(self.wire.got, self.expected, self.process.said())
        assert self.wire.ended == self.is_over, "the connection ended too early"
        asked_for_end = any(s["op"] == "shutdown" for s in turn.driven)
        assert not (self.wire.broken and asked_for_end), "the connection was reset, with octets unread"

    def _end(self, script):
        if script.status is HERE:
            self.do_alive({})
            self.process.kill()
            assert self.process.wait() == -9
        else:
            assert_status(self.process.wait(), script.status, self.process.said())
        script.said(self.process.said())
        for wire in self.passed.values():
            before = len(wire.got)
            wire.read_to_end()
            assert len(wire.got) == before, "more came through a descriptor that was passed"
            wire.close()

    # ---- driven steps ----

    def do_send(self, step):
        if "fds" in step:
            [label] = step["fds"]
            self._pass(octets(step["data"]), label)
        elif not self.wire.ended:
            self.wire.send(octets(step["data"]))

    def do_shutdown(self, _):
        if not self.wire.ended:
            self.wire.shutdown()

    def do_close(self, _):
        self.wire.close()
        self.wire.ended = self.is_over = True

    def do_signal(self, step):
        self.process.signal(step["signal"])

    def do_taken(self, _):
        self.wire.wait_taken()

    def do_readable(self, _):
        self.wire.wait_readable()

    def do_rest(self, _):
        """It has dealt with everything so far and waits for more."""
        while not self.process.is_blocked():
            assert self.process.is_running(), "it has ended"

    def do_gone(self, _):
        self.process.wait()

    def do_alive(self, step):
        self.do_rest(step)
        assert self.process.is_running()

    # ---- what is passed ----

    def _pass(self, carrier, label):
        ours, theirs = of_sockets() if "socket" in label else of_pipe()
        with theirs:
            self.wire.send_descriptor(carrier, theirs.fileno())
        self.passed[label] = ours

    def do_forked(self, step):
        """The process that was forked serves the socket that was passed."""
        wire = self.passed[step["label"]]
        wire.send(bytes.fromhex(step["send"]))
        wire.read_to_end()
        assert_same(wire.got, bytes.fromhex(step["recv"]))

    def do_passed_fd_received(self, step):
        expected = octets(step["data"])
        wire = self.passed[step["label"]]
        wire.read_until(len(expected))
        assert_same(wire.got, expected)


def assert_same(got, expected, said=b""):
    if got == expected:
        return
    at = next((i for i, (g, e) in enumerate(zip(got, expected)) if g != e), min(len(got), len(expected)))
    raise AssertionError(f"differs from octet {at}: {len(got)} came, ...{got[at:at + 40].hex()}; expected {len(expected)}, "
                         f"...{expected[at:at + 40].hex()}; {said}")


def assert_status(status, expected, said):
    if expected is FAILED:
        assert status > 0, f"status {status}, {said}"
    elif expected is not ANY:
        assert status == expected, f"status {status}, {said}"
