"""Calls, and the other end of a worker's connection, by hand: its octets, what they mean, and what must therefore come of them.

A peer is told by the machine what to do and does nothing by itself. Must not know what the engine makes of anything."""

from collections import deque
from typing import Any, NamedTuple

from octets import frame, item, items_of, order, payload_of

PAYLOAD_MAX = 40000  # octets
MAGIC = (b":t6Z@HK1N%Dx@_7?=~-7NQgWDdAs6a,jFN=wLO0*jD*1%P", b"<~53rexz.U`!]X[A235^\"fyEoiTF\\T~oH1l/N6+Djep9b~bI9`\\1x%B~vWO1q*")


class Call:
    """What is known of a job, whoever has it."""

    def __init__(self, tag, size, limits, now_ns):
        self.tag, self.size, self.limits, self.submitted_ns = tag, size, limits, now_ns
        self.job = self.told = None
        self.is_cancelled = self.came_back = self.is_excused = False
        self.owners = []  # peers that received it, in order
        self.ran_in = set()  # numbers of peers
        self.sent_to = set()  # those of which nobody knows, as they were not read to their end

    def __repr__(self):
        return f"Call({self.tag})"


class Said(NamedTuple):
    """A frame, or a fault: from one octet of the stream to another."""

    start: int
    end: int
    kind: str  # result event retire fault
    call: Any = None
    items: Any = None
    reason: str = ""
    offset: int = 0


class Peer:
    def __init__(self, worker, wire):
        self.worker = worker
        self.number = worker.number
        self.wire = wire
        self.was_asked = self.is_started = self.is_failed = self.is_exited = False
        self.is_half_closed = self.is_closed = self.is_at_end = False
        self.has_answered = self.is_gone = self.is_writable = self.is_broken = self.has_lost_memory = self.holds_end = False
        self.is_told = False  # that it was lost
        self.kills = []
        self.status = (-1, 0)
        self.inbox = b""
        self.received = []  # calls, in order
        self.unanswered = []  # (id, call)
        self.outbox = b""  # said, and still on its way
        self.fed = 0  # octets the engine has
        self.said = deque()  # frames of which no operation came yet
        self.replies = {}  # call -> octet of the stream at which its reply ends
        self.errors = []  # reasons of input and output errors

    def number_of(self, octets):
        return int.from_bytes(octets, order(self.wire.profile))

    # requests

    def receive(self, octets):
        """Answers the requests that are whole now: (id, items)."""
        self.inbox += octets
        head = 8 if self.wire.is_async else 4
        while len(self.inbox) >= head:
            end = head + self.number_of(self.inbox[head - 4:head])
            if len(self.inbox) < end:
                return
            id = self.number_of(self.inbox[:4]) if self.wire.is_async else 1
            items = items_of(self.inbox[head:end])
            self.inbox = self.inbox[end:]
            yield id, items

    def running(self):
        """Calls that a worker can have begun: a sync one has nothing else in its hands, nor an answer half written."""
        if self.wire.is_async:
            return [call for _, call in self.unanswered]
        return [call for _, call in self.unanswered[:1] if all(end <= self.fed for end in self.replies.values())]

    # what it says

    def say(self, id, payload, **said):
        octets = frame(self.wire.profile, id, payload)
        start = self.fed + len(self.outbox)
        self.said.append(Said(start, start + len(octets), **said))
        self.outbox += octets

    def answer(self, i):
        id, call = self.unanswered.pop(i)
        items = [b"answer", b"%d" % call.tag, b"%d" % self.number]
        self.say(id, payload_of(items), kind="result", call=call, items=items)
        self.replies[call] = self.fed + len(self.outbox)

    def event(self, items):
        self.say(0, payload_of(items), kind="event", items=items)

    def retire(self):
        self.say(0, item(MAGIC[0]) + item(b"quit") + item(MAGIC[1]), kind="retire")

    def fault(self, which):
        """Rubbish, and what the engine must say of it."""
        start = self.fed + len(self.outbox)
        if which == "too_long":
            octets, offset = b"\0" * 4 + b"\xff" * 4, start + 4
        elif which == "malformed":
            octets, offset = frame(self.wire.profile, 0, b"\1a\2b"), start + 8 + 2
        elif self.wire.is_async or not self.unanswered:
            which = "unexpected"
            octets, offset = frame(self.wire.profile, 0xDEAD, b""), start
        else:
            return
        self.outbox += octets
        self.said.append(Said(start, start + len(octets), "fault", reason=which, offset=offset))

    def is_faulty(self):
        return any(s.kind == "fault" for s in self.said)

    # what has arrived

    def arrived(self, said):
        return said.end <= self.fed

    def fault_here(self):
        return next((s for s in self.said if s.kind == "fault" and self.arrived(s)), None)

    def is_hopeless(self):
        """Nothing more can be had of it, or a call took too long, which binds one that was cancelled, too."""
        is_late = any(c.told and (c.told.outcome == "timeout" or c.limits.run_timeout_ns) for c in self.received)
        is_lost = self.errors or self.is_at_end or self.is_closed or self.is_broken or self.has_lost_memory or self.fault_here()
        return is_late or bool(is_lost)

    def in_hand(self):
        """The calls whose answers have not arrived."""
        return [c for c in self.received if not self.replies.get(c, self.fed + 1) <= self.fed]

    def oldest(self):
        """The call that a sync worker must be taken to have had in its hands, from what arrived."""
        return next(iter(self.in_hand()), None)

    def reasons(self):
        """(reason, offset) that may be told of its end."""
        fault = self.fault_here()
        if fault:
            return [(fault.reason, fault.offset)]
        is_inside = any(s.start < self.fed < s.end for s in self.said)
        return [(r, self.fed) for r in self.errors + ["truncated" if is_inside else "eof"]]
