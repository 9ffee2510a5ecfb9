"""What a right child does with octets: the frames that are due, and how it ends. Must not know processes, time, nor who asks.

What is due comes in chains. A synchronous child has one chain; an asynchronous one has one a request, which fix no
order among each other, since a function may take its time (ORD-2)."""
import dataclasses

from .lists import FREEZE, THAW, Malformed
from .verbs import Answer, Die, Event, Exit, Hold, Verbs
from .wire import Splitter

SYNC_ID = 1  # ID-4b
ACCEPTED_BYTES_MAX = 16 << 20  # FRM-7c: nobody refuses so much unless told to


@dataclasses.dataclass(frozen=True)
class Due:
    """A frame that has to come."""
    number: int
    payload: bytes
    clause: str


@dataclasses.dataclass(frozen=True)
class Ending:
    """How the process exits: "zero", "nonzero", "any" or a number, and the clause that says so."""
    exit: object
    clause: str


@dataclasses.dataclass
class Request:
    """One that was begun. chain: what is due because of it."""
    number: int
    clause: str
    chain: list = dataclasses.field(default_factory=list)


class Child:
    """Octets go in by `take`; `chains` are what is due because of them, complete ones among them.

    fault: the clause of what stops the child, once it has come; nothing behind it is looked at.
    may_answer: instead of stopping it may answer under this id (ERR-6, ID-6b). is_loose: what was not awaited may be lost."""

    def __init__(self, form, frame_max=None):
        self.form, self.frame_max = form, frame_max
        self.freeze, self.thaw, self.verbs = FREEZE[form.serialiser], THAW[form.serialiser], Verbs(form.serialiser)
        self.splitter = Splitter(form, form.is_async)
        self.chains = [] if form.is_async else [[]]
        self.held, self.unanswered = {}, set()
        self.fault = self.may_answer = self.exit = None
        self.is_loose = self.is_twice = self.is_hostile = False
        self.sent_bytes = self.frame_bytes_max = 0

    def take(self, octets):
        self.sent_bytes += len(octets)
        self.splitter.add(octets)
        while self.fault is None and (frame := self.splitter.take()):
            self.begin(*frame)
        self.look_at_length()

    def look_at_length(self):
        """A length tells as soon as it is complete."""
        announced = self.splitter.announced
        if self.fault or announced is None:
            return
        if self.frame_max is not None and announced > self.frame_max:
            self.stop("FRM-7")
        elif self.frame_max is None and announced > ACCEPTED_BYTES_MAX:
            self.is_hostile = True
            self.is_loose = self.form.is_async

    def stop(self, clause):
        self.fault = clause
        self.is_loose = self.form.is_async

    def begin(self, number, payload):
        number = SYNC_ID if number is None else number
        self.frame_bytes_max = max(self.frame_bytes_max, len(payload))
        if self.frame_max is not None and len(payload) > self.frame_max:
            return self.stop("FRM-7")
        try:
            items = self.thaw(payload)
        except Malformed as e:
            return self.stop(e.args[0])
        request = Request(number, self.clause_of(payload, items))
        if number == 0:
            self.fault, self.may_answer, self.is_loose = "ID-6b", 0, True
            return None
        self.unanswered.add(request.number)
        if self.form.is_async:
            self.chains.append(request.chain)
        else:
            request.chain = self.chains[0]
        for done in self.verbs.call(items):
            self.do(request, done)
        self.is_twice = self.is_twice or items[:1] == [self.verbs.word(b"twice")]
        return None

    def clause_of(self, payload, items):
        """What is in doubt if this request alone is not answered right."""
        if not payload:
            return "FRM-6"
        if payload != self.freeze(items):
            return "SER-5" if self.form.serialiser == "string" else "JSN-4"
        return "FRM-2" if self.form.is_async else "FRM-1"

    def do(self, request, done):
        if isinstance(done, Event):
            self.owe(request.chain, 0, done.items, "EVT-1c")
        elif isinstance(done, Answer) and done.key is None:
            self.unanswered.discard(request.number)
            self.owe(request.chain, request.number, done.items, request.clause)
        elif isinstance(done, Answer):
            held, items = self.held.pop(done.key)
            self.unanswered.discard(held.number)
            self.owe(request.chain, held.number, items, "ORD-4b")
        elif isinstance(done, Hold):
            self.held[done.key] = request, done.items
        elif isinstance(done, Die):
            self.stop("ERR-6" if self.form.is_async else "ERR-5")
            self.may_answer = request.number if self.form.is_async else None
            self.unanswered.discard(request.number)
        elif isinstance(done, Exit):
            self.fault, self.exit, self.is_loose = "ERR-5", done.status & 0xff, True

    def owe(self, chain, number, items, clause):
        payload = self.freeze(items)
        self.frame_bytes_max = max(self.frame_bytes_max, len(payload))
        chain.append(Due(number, payload, clause))

    @property
    def is_truncated(self):
        return bool(self.splitter.rest) and not self.fault

    @property
    def is_staying(self):
        """Requests are unanswered at end of file: how long it stays is its own (SHUT-9)."""
        return self.form.is_async and bool(self.unanswered) and (not self.fault or self.may_answer is not None)

    def ending(self, is_closed=False, is_idle=True):
        """At its end of file, or with a fault without one. is_idle: all that was due has been read."""
        if self.exit is not None:
            return Ending(self.exit, "ERR-5")
        if is_closed and not (is_idle and not self.unanswered and not self.splitter.rest):
            return Ending("any", "SHUT-9b" if self.form.is_async else "ERR-7")
        if self.is_staying:
            return Ending("any", "SHUT-9b")
        if self.fault:
            return Ending("nonzero", self.fault)
        if self.is_truncated:
            return Ending("nonzero", "SHUT-6")
        if is_closed:
            return Ending("zero", "ERR-7c" if self.form.is_async else "SHUT-2")
        return Ending("zero", "SHUT-3b" if self.form.is_async else "SHUT-2")
