"""The command stream that comes before the RPC protocol (clauses TPL-*), with the core's serialiser for its lists.

Must not know processes: `Served` is what a process that was sent such a stream has for arguments."""

from typing import NamedTuple

import fpcore

REQUIRE = b'require "$_.pm" for @_'  # the fixed source of a require
DESCRIPTOR = object()  # an argument that came as a descriptor


class Command(NamedTuple):
    letter: bytes
    payload: bytes


def put(letter, payload=b""):
    return letter + len(payload).to_bytes(4, "little") + payload


def split(stream):
    """(commands up to `r`, octets behind them). The octet that carries a descriptor belongs to its `h`."""
    out, at = [], 0
    while at + 5 <= len(stream) and (not out or out[-1].letter != b"r"):
        letter, end = stream[at:at + 1], at + 5 + int.from_bytes(stream[at + 1:at + 5], "little")
        if end > len(stream):
            break
        out.append(Command(letter, stream[at + 5:end]))
        at = end + (letter == b"h")
    return out, stream[at:]


class Served:
    """What a process has after a stream: arguments, evaluated sources, the function to run, and the octets behind that."""

    def __init__(self, stream, args=()):
        commands, self.rest = split(stream)
        self.args = list(args)
        self.evaluated = []  # lists: source and arguments
        self.forked_args = None
        self.function = None
        self.lists = 0
        for c in commands:
            getattr(self, "do_" + c.letter.decode(), self.do_unknown)(c.payload)
        self.letters = b"".join(c.letter for c in commands)

    def _thaw(self, payload):
        self.lists += 1
        items = fpcore.thaw(payload)
        assert fpcore.freeze(items) == payload
        return items

    def do_a(self, payload):
        self.args += self._thaw(payload)

    def do_e(self, payload):
        self.evaluated.append(self._thaw(payload))

    def do_h(self, payload):
        assert payload == b""
        self.args.append(DESCRIPTOR)

    def do_f(self, payload):
        assert payload == b""
        self.args.pop()
        self.forked_args = list(self.args)

    def do_r(self, payload):
        self.function = payload

    def do_unknown(self, _):
        pass


def report(args):
    """What the recorder's function `report` writes."""
    return b"|".join(b"FH" if a is DESCRIPTOR else a.hex().encode() for a in args) + b"\n"
