"""The control channel of a parent under test (TESTEE.md): lines of words, an item in hex. Must not know the protocol."""
import os

from wire import IS_JSON, freeze, octets, thaw_json


def to_hex(item):
    return (freeze([item])[1:-1] if IS_JSON else octets(item)).hex() or "-"


def from_hex(word):
    item = bytes.fromhex(word.replace("-", ""))
    return thaw_json(f"[{item.decode()}]")[0] if IS_JSON else item


class Control:
    def __init__(self, reading, writing):
        self.reading, self.writing = reading, writing
        self.pings, self.rest = [], b""
        self.is_open = True

    def tell(self, word, tag="", what=()):
        words = [what] if isinstance(what, str) else map(to_hex, what)
        os.write(self.writing, " ".join(filter(None, [word, tag, *words])).encode() + b"\n")

    def obey(self, calls):
        """Reads what is there. Its end is the end of all calls."""
        chunk = os.read(self.reading, 1 << 16)
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            self.obey_line(calls, *line.decode().split())
        if not chunk:
            self.is_open = False
            calls.drop()

    def obey_line(self, calls, command, *words):
        if command == "call":
            calls.call(words[0], [from_hex(w) for w in words[1:]])
        elif command == "drop":
            calls.drop()
        elif command == "lastid":
            calls.last_id = int(words[0])
        elif command == "ping":
            self.pings.append(words[0])

    def answer_pings(self):
        while self.pings:
            self.tell("pong", self.pings.pop(0))
