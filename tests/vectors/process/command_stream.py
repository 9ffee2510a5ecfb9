"""The command stream before the RPC protocol (clauses TPL-*), written from protocol.md. Must not know processes."""

from typing import NamedTuple

from recordings import string_fault, string_payload

HEAD = 5  # octets: a letter, a length
REQUIRE = b'require "$_.pm" for @_'


class Command(NamedTuple):
    letter: bytes
    payload: bytes
    end: int  # octets of the stream up to here; the octet that carries a descriptor belongs to its `h`

    def items(self):
        return string_fault(self.payload)[0]


class Octets(NamedTuple):
    """A part of a stream, and which of its octets carried a descriptor."""
    octets: bytes
    carriers: tuple = ()

    def __add__(self, other):
        return Octets(self.octets + other.octets, self.carriers + tuple(len(self.octets) + c for c in other.carriers))


def put(letter, payload=b""):
    return letter + len(payload).to_bytes(4, "little") + payload


def put_list(letter, *items):
    return put(letter, string_payload(items))


def put_require(*names):
    return put_list(b"e", REQUIRE, *(n.encode() for n in names))


FORK = Octets(put(b"h") + b"\0" + put(b"f"), (HEAD,))


def split(stream):
    """The commands up to `r`, or up to the end."""
    out, at = [], 0
    while at < len(stream) and not (out and out[-1].letter == b"r"):
        letter, body = stream[at:at + 1], at + HEAD
        at = body + int.from_bytes(stream[at + 1:body], "little")
        out.append(Command(letter, stream[body:at], at + (letter == b"h")))
        at = out[-1].end
    return out
