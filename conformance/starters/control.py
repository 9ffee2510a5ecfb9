"""The control channel of TESTEE.md, by which a parent is told what to do: to be taken as it is. Must not know the protocol."""
import os
import select


class Control:
    def __init__(self):
        self.rest, self.pings = "", []
        self.is_open, self.is_dropped = True, False

    def fileno(self):
        return 0

    def wait(self, connection, outgoing):
        """Whether there are commands, whether the connection can be read, and written. Answers pings when all is at rest."""
        while True:
            reading = [self, connection] if self.is_open else [connection]
            readable, writable, _ = select.select(reading, [connection] if outgoing else [], [], 0 if self.pings else None)
            if readable or writable:
                return self in readable, connection in readable, bool(writable)
            self.answer_pings()

    def calls(self):
        """Yields the calls to be made: tag, items. After is_dropped there are none, and at the end of the channel it is."""
        chunk = os.read(0, 1 << 16).decode()
        *lines, self.rest = (self.rest + chunk).split("\n")
        for command, *words in map(str.split, lines):
            if command == "ping":
                self.pings.append(words[0])
            elif command == "call" and self.is_dropped:
                self.tell("failure", words[0])
            elif command == "call":
                yield words[0], [bytes.fromhex(word.strip("-")) for word in words[1:]]
            self.is_dropped |= command == "drop"
        self.is_open = chunk != ""
        self.is_dropped |= not self.is_open

    def tell(self, word, tag="", items=()):
        print(" ".join(filter(None, [word, tag, *(item.hex() or "-" for item in items)])), flush=True)

    def answer_pings(self):
        while self.pings:
            self.tell("pong", self.pings.pop(0))

    def end(self, tags, error=None):
        """The connection is over, and the calls of these tags with it: to the end of the channel there is nothing to be done."""
        if error:
            self.tell("error", error)
        for tag in tags:
            self.tell("failure", tag)
        self.tell("end")
        self.is_dropped = True
        while self.is_open:
            self.answer_pings()
            list(self.calls())
