"""What a right parent writes and tells, given calls and a child's octets. Must not know processes, time, nor who asks."""
import dataclasses

from .lists import FREEZE, THAW, Malformed
from .wire import Splitter

ID_MAX = (1 << 32) - 1
LONG_BYTES, VERY_LONG_BYTES = 450, 1 << 20
TOLD_BY = ("event", "error", "failure", "end")  # kinds that are capabilities


@dataclasses.dataclass(frozen=True)
class Told:
    """A line of the control channel that has to come. kinds: of an error, those that are right."""
    kind: str
    clause: str
    tag: str | None = None
    items: tuple = ()
    kinds: frozenset = frozenset()


class Parent:
    """`wire` is all that it has to write; `told` what it has to tell, in groups: the order within a group is free.

    fault: the clause of what ended the connection, None while it stands or after a regular end."""

    def __init__(self, form, frame_max=None, last_id=None):
        self.form, self.frame_max, self.last_id = form, frame_max, last_id or 0
        self.freeze, self.thaw = FREEZE[form.serialiser], THAW[form.serialiser]
        self.splitter = Splitter(form, has_id=True)
        self.outstanding = {}  # id, in sync mode a count: tag
        self.calls = 0
        self.wire, self.told = bytearray(), []
        self.is_dropped = self.is_over = False
        self.fault = self.answered = None

    # What the application does

    def call(self, items):
        """The tag of the call."""
        self.calls += 1
        tag, payload = f"t{self.calls}", self.freeze(items)
        if self.is_over or self.is_dropped:
            self.tell(Told("failure", "SHUT-4d", tag))
        elif self.frame_max is not None and len(payload) > self.frame_max:
            self.tell(Told("failure", "FRM-9b", tag))
        else:
            number = self.next_id() if self.form.is_async else self.calls
            self.outstanding[number] = tag
            self.wire += self.form.request(number, payload)
        return tag

    def next_id(self):
        while True:
            self.last_id = self.last_id % ID_MAX + 1
            if self.last_id not in self.outstanding:
                return self.last_id

    def renumber(self, last_id):
        self.last_id = last_id

    def drop(self):
        self.is_dropped = True

    # What the child does

    def take(self, octets):
        self.splitter.add(octets)
        while not self.is_over and (frame := self.splitter.take()):
            self.deliver(*frame)
        announced = self.splitter.announced
        if not self.is_over and announced is not None and self.frame_max is not None and announced > self.frame_max:
            self.fail("FRM-7", "length")

    def deliver(self, number, payload):
        if self.frame_max is not None and len(payload) > self.frame_max:
            return self.fail("FRM-7", "length")
        if number and not self.is_outstanding(number):
            return self.fail("ERR-1", "reply")
        try:
            items = tuple(self.thaw(payload))
        except Malformed as e:
            return self.fail(e.args[0], "payload")
        clause = self.clause_of(number, payload, items)
        if number == 0:
            return self.tell(Told("event", clause, None, items))
        self.answered = number
        return self.tell(Told("result", clause, self.outstanding.pop(self.key_of(number)), items))

    def is_outstanding(self, number):
        return number in self.outstanding if self.form.is_async else bool(self.outstanding)

    def key_of(self, number):
        return number if self.form.is_async else next(iter(self.outstanding))

    def clause_of(self, number, payload, items):
        """What is in doubt if this frame alone is not delivered."""
        if not payload and number:
            return "FRM-6"
        if payload != self.freeze(items):
            return "SER-5" if self.form.serialiser == "string" else "JSN-4"
        if len(payload) == self.frame_max:
            return "FRM-7"
        if len(payload) > LONG_BYTES:
            return "FRM-7c" if len(payload) > VERY_LONG_BYTES else "BUF-1"
        if number == 0:
            return "EVT-1" if self.outstanding and not self.is_dropped and items else "EVT-2"
        return "FRM-3" if self.form.is_async or number == 1 else "ID-5"

    def gone(self):
        """The child closed its socket with octets unread in it."""
        if self.is_over:
            return
        if self.outstanding or not self.is_dropped:
            self.fail("ERR-7b", "eof", "write")
        else:
            self.end_of_file()

    def end_of_file(self):
        if self.is_over:
            return
        if self.splitter.rest:
            self.fail("SHUT-6", "eof")
        elif self.outstanding:
            self.fail("SHUT-5", "eof")
        elif not self.is_dropped:
            self.fail("SHUT-4c", "eof")
        else:
            self.is_over = True
            self.tell(Told("end", "SHUT-4"))

    # What it tells

    def without_last(self):
        """A model without the call made last, of which the child has not read enough to answer it."""
        model = Parent(self.form)
        model.outstanding = dict(list(self.outstanding.items())[:-1])
        model.answered = self.answered
        return model

    def tell(self, *lines):
        self.told.append(list(lines))

    def fail(self, clause, *kinds):
        self.is_over, self.fault = True, clause
        self.tell(Told("error", clause, kinds=frozenset(kinds)), *(Told("failure", "ERR-3", tag) for tag in self.outstanding.values()))
        self.tell(Told("end", "ERR-3b"))
        self.outstanding = {}
