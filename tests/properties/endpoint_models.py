"""The two ends of a connection as naive models: what parent.h and child.h say, with lists and whole streams. Must not use the
core; an id is chosen as ID-1 to ID-3 have it."""

from octets import END_OF_IDS, Malformed, Stream, frame, items_of


class ModelCall:
    def __init__(self, payload):
        self.payload = payload
        self.id = None  # once given out to be written
        self.end = None  # then: octets of the stream up to its end
        self.call = None  # the core's


class ParentModel:
    def __init__(self, wire, last_id):
        self.wire, self.last_id = wire, last_id
        self.stream = Stream(wire.profile, True, wire.payload_max)
        self.outstanding = []  # calls
        self.given = b""  # the stream of octets given out to be written
        self.done = 0  # octets of it that are written
        self.broken = self.failed = None
        self.is_closing = self.is_over = False

    def is_sent(self, call):
        return call.end is not None and call.end <= self.done

    def unsent(self):
        return [c for c in self.outstanding if c.id is None]

    def give(self, n):
        """The first n octets of the stream are known to be given out: whole frames, each with its id from now on."""
        for call in self.unsent():
            if len(self.given) >= n:
                break
            call.id = self.next_id() if self.wire.is_async else 0
            self.given += frame(self.wire.profile, call.id if self.wire.is_async else None, call.payload)
            call.end = len(self.given)
        assert len(self.given) == n, "not whole frames"

    def next_id(self):
        taken = {c.id for c in self.outstanding}
        while True:
            self.last_id = (self.last_id + 1) % END_OF_IDS
            if self.last_id and self.last_id not in taken:
                return self.last_id

    def has_to_write(self):
        return not self.is_over and not self.broken and bool(self.unsent() or self.done < len(self.given))

    def is_half_close_due(self):
        return self.is_closing and not self.is_over and not self.broken and not self.unsent() and self.done == len(self.given)

    def answered(self, id):
        call = next((c for c in self.outstanding if not self.wire.is_async or c.id == id), None)
        return call if call and self.is_sent(call) else None

    def fail(self, reason, offset):
        self.is_over = True
        self.failed = reason
        return "failed", reason, offset

    def next(self):
        """("result", call, items) | ("event", items) | ("failed", reason, offset) | ("ended",) | None"""
        if self.is_over:
            return None
        found = self.stream.next()
        if found is None or found == "ended":
            return self.at_rest(found == "ended")
        if len(found) == 2:
            return self.fail(*found)
        call = self.answered(found.id) if found.id else None
        if found.id and not call:
            return self.fail("unexpected", found.offset)
        try:
            items = items_of(found.payload)
        except Malformed as e:
            return self.fail("malformed", found.offset + 8 + e.args[0])
        if not call:
            return "event", items
        self.outstanding.remove(call)
        return "result", call, items

    def at_rest(self, is_ended):
        received = len(self.stream.octets)
        if self.broken:
            return self.fail(self.broken, received)
        if not is_ended:
            return None
        if not self.is_closing or self.outstanding:
            return self.fail("eof", received)
        self.is_over = True
        return ("ended",)

    def take(self):
        """[(call, may_have_run)]; a peer that works in order and was read to its end can have begun the oldest alone."""
        is_read = self.failed in (None, "eof", "truncated")
        return [(c, self.is_sent(c) and (self.wire.is_async or i == 0 or not is_read)) for i, c in enumerate(self.outstanding)]


class ChildModel:
    def __init__(self, wire):
        self.wire = wire
        self.stream = Stream(wire.profile, wire.is_async, wire.payload_max)
        self.outstanding = {}  # id -> serial
        self.last_serial = 0
        self.postponed = None  # a truncation, until all is answered
        self.broken = None
        self.is_over = False
        self.tx = b""

    def can_take(self):
        return self.wire.is_async or not self.outstanding

    def wants_input(self):
        """At rest."""
        return not self.is_over and not self.stream.is_at_eof and self.can_take()

    def fail(self, reason, offset):
        self.is_over = True
        return "failed", reason, offset

    def next(self):
        """("request", id, serial, items) | ("failed", reason, offset) | ("ended",) | None"""
        if self.is_over or not self.can_take():
            return None
        found = self.postponed or self.stream.next()
        if found and found[0] == "truncated" and self.outstanding:
            self.postponed = found
        elif found and found != "ended" and len(found) == 2:
            return self.fail(*found)
        elif found and found != "ended":
            return self.request(found)
        if self.broken:
            return self.fail(self.broken, len(self.stream.octets))
        if found != "ended" or self.outstanding:
            return None
        self.is_over = True
        return ("ended",)

    def request(self, found):
        try:
            items = items_of(found.payload)
        except Malformed as e:
            return self.fail("malformed", found.offset + self.stream.head + e.args[0])
        id = found.id if self.wire.is_async else 1
        if id == 0 or id in self.outstanding:
            return self.fail("bad_id", found.offset)
        self.last_serial += 1
        self.outstanding[id] = self.last_serial
        return "request", id, self.last_serial, items

    def reply(self, id, serial, payload):
        """Why not, or "none"."""
        if self.outstanding.get(id) != serial:
            return "closed"
        if len(payload) > self.wire.payload_max:
            return "too_long"
        del self.outstanding[id]
        self.tx += frame(self.wire.profile, id, payload)
        return "none"

    def event(self, payload):
        if self.is_over:
            return "closed"
        if len(payload) > self.wire.payload_max:
            return "too_long"
        self.tx += frame(self.wire.profile, 0, payload)
        return "none"
