"""The two ends of a connection against the naive models of endpoint_models.py, then against each other. Streams are cut
anywhere.

    PYTHONPATH=tests/cffi /usr/bin/python3 -m pytest tests/properties/test_endpoints.py
    FORKPOOL_HYPOTHESIS=hunt ...                  (random and long instead of the same short run each time)
"""

import copy
import pathlib
import sys

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cffi"))
import fpcore  # noqa: E402
from draws import CHOICE, CUT, ITEMS, LONG_ITEMS, PROFILE, WIRES, mostly_good_payloads, reason_of  # noqa: E402
from endpoint_models import ChildModel, ModelCall, ParentModel  # noqa: E402
from octets import END_OF_IDS, frame, payload_of  # noqa: E402

# ---- the parent ----


class Machine(RuleBasedStateMachine):
    """What the machines of both ends have in common: input that is cut, drained at once or later, memory that fails."""

    core = None

    def has_memory_failed(self):
        return 0 < self.alloc.c.fail_at <= self.alloc.requests

    def step(self):
        """What comes out is what is to come; but once without memory the end may be that, and what was to come did not."""
        before = copy.copy(self.model.outstanding)
        mine, theirs = self.model.next(), self.core.next()
        if isinstance(theirs, fpcore.Failed) and theirs.reason == "nomem":
            assert self.has_no_memory or self.has_memory_failed()
            self.model.outstanding = before
            self.model.fail(*theirs)
            self.has_no_memory = True
        else:
            assert (mine is None) == (theirs is None) and (mine is None or self.same(mine, theirs)), (mine, theirs)
        return theirs is not None

    def drain(self, drained=True):
        while drained and self.step():
            pass

    def take_in(self, octets, cut):
        """Some of it; the rest comes with what is fed next."""
        self.pending += octets
        octets, self.pending = self.pending[:cut], self.pending[cut or len(self.pending):]
        stream = self.model.stream
        if stream.is_at_eof or self.has_no_memory:
            return
        before = self.received()
        why = reason_of(lambda: self.core.feed(octets))
        if why == "nomem":
            self.has_no_memory = True
            self.model.broken = self.model.broken or why
        assert why == "none" or self.has_memory_failed()
        stream.octets += octets[:self.received() - before] if not self.model.is_over else b""

    def received(self):
        reader = self.core.c.reader
        return reader.offset + reader.buf.tail - reader.buf.head

    @rule(n=st.integers(0, 9))
    def memory_fails(self, n):
        self.drain()
        self.alloc.fail_next(n) if 0 < n < 4 else self.alloc.fail_at(0)

    def end(self):
        if self.core:
            self.drain()
            self.core.free()
            assert self.alloc.held == 0


class ParentMachine(Machine):
    @initialize(wire=WIRES, last_id=st.sampled_from([0, 0, 1, END_OF_IDS - 2]))
    def make(self, wire, last_id):
        self.alloc, self.pending, self.has_no_memory = fpcore.Alloc(), b"", False
        self.core, self.model = fpcore.Parent(wire, self.alloc), ParentModel(wire, last_id)
        self.core.set_last_id(last_id)

    def same(self, mine, theirs):
        if mine[0] == "result":
            return theirs == fpcore.Result(mine[1].call, mine[2])
        return theirs == {"event": fpcore.Event, "failed": fpcore.Failed, "ended": fpcore.Ended}[mine[0]](*mine[1:])

    @rule(items=LONG_ITEMS, n=st.integers(1, 3))
    def call(self, items, n):
        for _ in range(n):
            call, model = ModelCall(payload_of(items)), self.model
            why = reason_of(lambda: setattr(call, "call", self.core.call_payload(call.payload)))
            if why == "nomem":
                assert self.has_memory_failed()
            elif model.is_closing or model.is_over:
                assert why == "closed"
            else:
                assert why == ("too_long" if len(call.payload) > model.wire.payload_max else "none")
                model.outstanding += [call] if why == "none" else []

    @rule(choice=CHOICE)
    def withdraw(self, choice):
        if self.model.outstanding and not self.model.is_over:
            call = self.model.outstanding[choice % len(self.model.outstanding)]
            assert self.core.withdraw(call.call) == (call.id is None)
            if call.id is None:
                self.model.outstanding.remove(call)

    @rule(n=st.none() | st.integers(0, 30), times=st.integers(1, 3))
    def write(self, n, times):
        """What is offered is the rest of the stream, whole frames of it, as long as there is any."""
        for _ in range(times):
            model, octets = self.model, self.core.tx()
            assert bool(octets) == model.has_to_write()
            if not octets:
                return
            if len(octets) + model.done > len(model.given):
                model.give(model.done + len(octets))
            assert model.given[model.done:model.done + len(octets)] == octets
            written = len(octets) if n is None else min(n, len(octets))
            self.core.tx_ack(written)
            model.done += written

    @rule(choice=CHOICE, which=st.integers(0, 15), payload=mostly_good_payloads(), cut=CUT, drained=st.booleans())
    def read(self, choice, which, payload, cut, drained):
        """An answer where one may come, else an event; now and then an id that means nothing, or nothing yet."""
        sent = [c for c in self.model.outstanding if self.model.is_sent(c)]
        id = sent[choice % len(sent)].id or 1 if sent and which > 2 else 0
        if which == 7:
            id = choice
        self.take_in(frame(self.model.wire.profile, id, payload), cut)
        self.drain(drained)

    @rule(choice=CHOICE)
    def ids_come_round(self, choice):
        """To one that is still outstanding."""
        ids = [c.id for c in self.model.outstanding if c.id]
        if ids:
            self.model.last_id = ids[choice % len(ids)] - 1
            self.core.set_last_id(self.model.last_id)

    @rule(payload=mostly_good_payloads())
    def write_and_read(self, payload):
        """The oldest call goes out and is answered."""
        self.write(None, 3)
        self.read(0, 15, payload, None, True)

    @rule(octets=st.binary(max_size=20), really=CHOICE, cut=CUT, drained=st.booleans())
    def read_rubbish(self, octets, really, cut, drained):
        self.take_in(octets if really == 7 else b"", cut)
        self.drain(drained)

    @rule(how=st.sampled_from(["eof", "read", "write", "close", "close"]), really=CHOICE, drained=st.booleans())
    def end_of_something(self, how, really, drained):
        model = self.model
        if really != 7 and how != "close":
            return
        if how == "close":
            model.is_closing |= really > 7
            model.is_closing and self.core.close()
        elif how == "eof":
            model.stream.is_at_eof = True
            self.core.eof()
        else:
            model.broken = model.broken or how
            self.core.tx_error() if how == "write" else self.core.rx_error("read")
        self.drain(drained)

    @invariant()
    def both_say_the_same(self):
        if self.core and not self.has_no_memory:
            assert self.core.outstanding == len(self.model.outstanding)
            assert self.core.is_half_close_due() == self.model.is_half_close_due()

    def teardown(self):
        if self.core:
            self.drain()
            taken = [(call.call, may) for call, may in self.model.take()]
            assert [tuple(t) for t in self.core.take_all()] == taken
        self.end()


# ---- the child ----


class ChildMachine(Machine):
    @initialize(wire=WIRES)
    def make(self, wire):
        self.alloc, self.pending, self.has_no_memory = fpcore.Alloc(), b"", False
        self.core, self.model = fpcore.Child(wire, self.alloc), ChildModel(wire)
        self.requests = []  # all ever
        self.items = []  # put since the last answer

    def same(self, mine, theirs):
        if mine[0] == "request":
            self.requests.append(theirs)
            return theirs == fpcore.Request(*mine[1:])
        return theirs == {"failed": fpcore.Failed, "ended": fpcore.Ended}[mine[0]](*mine[1:])

    @rule(id=st.integers(1, 20) | st.sampled_from([END_OF_IDS - 1, 1 << 24]), is_zero=st.integers(0, 15),
          payload=mostly_good_payloads(), cut=CUT, drained=st.booleans())
    def read(self, id, is_zero, payload, cut, drained):
        id = 0 if is_zero == 7 else id
        wire = self.model.wire
        self.take_in(frame(wire.profile, id if wire.is_async else None, payload), cut)
        self.drain(drained)

    @rule(octets=st.binary(max_size=20), really=CHOICE, drained=st.booleans())
    def read_rubbish(self, octets, really, drained):
        self.take_in(octets if really == 7 else b"", None)
        self.drain(drained)

    @rule(how=st.sampled_from(["eof", "read"]), really=CHOICE, drained=st.booleans())
    def end_of_input(self, how, really, drained):
        if really == 7 and how == "eof":
            self.model.stream.is_at_eof = True
            self.core.eof()
        elif really == 7:
            self.model.broken = how
            self.core.rx_error(how)
        self.drain(drained)

    def sent(self, why, before):
        """Memory may have been missing; then nothing was sent."""
        if why == "nomem":
            assert self.has_memory_failed()
            self.model.tx, self.model.outstanding = before

    @rule(choice=CHOICE, items=LONG_ITEMS, is_wrong=CHOICE, drained=st.booleans())
    def reply(self, choice, items, is_wrong, drained):
        """To any request ever, answered or not, and to none."""
        request = self.a_request(choice, is_wrong)
        if not request:
            return
        before = self.model.tx, dict(self.model.outstanding)
        expected = self.model.reply(request.id, request.serial, payload_of(items))
        why = reason_of(lambda: self.core.reply(request, items))
        assert why in (expected, "nomem")
        self.sent(why, before)
        self.drain(drained)

    @rule(items=LONG_ITEMS)
    def put(self, items):
        """Item by item; one that does not fit is not put."""
        for item in items:
            why = reason_of(lambda: self.core.put(item))
            is_too_long = len(payload_of(self.items + [item])) > self.model.wire.payload_max
            assert why in (["too_long", "nomem"] if is_too_long else ["none", "nomem"])
            assert why != "nomem" or self.has_memory_failed()
            self.items += [item] if why == "none" else []

    @rule()
    def drop(self):
        self.core.drop()
        self.items = []

    @rule(choice=CHOICE, is_wrong=CHOICE, drained=st.booleans())
    def answer(self, choice, is_wrong, drained):
        """With what was put, which is gone in any case."""
        request = self.a_request(choice, is_wrong)
        if not request:
            return
        before = self.model.tx, dict(self.model.outstanding)
        expected = self.model.reply(request.id, request.serial, payload_of(self.items))
        why = reason_of(lambda: self.core.answer(request))
        assert why in (expected, "nomem")
        self.sent(why, before)
        self.items = []
        self.drain(drained)

    def a_request(self, choice, is_wrong):
        if not self.requests:
            return None
        asked = [r for r in self.requests if self.model.outstanding.get(r.id) == r.serial]
        request = asked[choice % len(asked)] if asked and is_wrong < 8 else self.requests[-1 - choice % len(self.requests)]
        if is_wrong == 7:
            request = request._replace(serial=request.serial + 1)
        return request

    @rule(items=LONG_ITEMS)
    def event(self, items):
        before = self.model.tx, dict(self.model.outstanding)
        expected = self.model.event(payload_of(items))
        why = reason_of(lambda: self.core.event(items))
        assert why in (expected, "nomem")
        self.sent(why, before)

    @rule(n=st.none() | st.integers(0, 30))
    def write(self, n):
        octets = self.core.tx()
        assert octets == self.model.tx
        n = len(octets) if n is None else min(n, len(octets))
        self.core.tx_ack(n)
        self.model.tx = octets[n:]

    @invariant()
    def both_say_the_same(self):
        if self.core and not self.has_no_memory:
            assert self.core.outstanding == len(self.model.outstanding)
            assert self.core.tx() == self.model.tx

    @rule()
    def is_at_rest(self):
        self.drain()
        assert self.core.wants_input() == (self.model.wants_input() and not self.has_no_memory)

    teardown = Machine.end


# ---- both ----


class PairMachine(RuleBasedStateMachine):
    """Parent and child with a stream either way, which arrives in any pieces. Nothing is lost, nothing comes twice."""

    parent = None

    @initialize(wire=WIRES)
    def make(self, wire):
        self.allocs = fpcore.Alloc(), fpcore.Alloc()
        self.parent, self.child = fpcore.Parent(wire, self.allocs[0]), fpcore.Child(wire, self.allocs[1])
        self.wire = wire
        self.calls, self.requests, self.events = {}, [], []  # items on their way by tag; requests in the child; events on their way
        self.n = 0

    @rule(items=LONG_ITEMS, n=st.integers(1, 4))
    def call(self, items, n):
        for _ in range(n):
            self.n += 1
            tagged = [b"%d" % self.n] + items
            if reason_of(lambda: self.parent.call(tagged, self.n)) == "none":
                self.calls[self.n] = tagged

    @rule(n=st.none() | st.integers(1, 50))
    def down(self, n):
        octets = self.parent.tx()[:n]
        self.child.feed(octets)
        self.parent.tx_ack(len(octets))
        self.take_requests()

    def take_requests(self):
        for request in self.child.drain():
            assert isinstance(request, fpcore.Request)
            assert self.calls[int(request.items[0])] == request.items
            self.requests.append(request)

    @rule(choice=CHOICE, items=ITEMS)
    def answer(self, choice, items):
        if self.requests:
            i = choice % len(self.requests)
            answer = [b"re", self.requests[i].items[0]] + items
            if reason_of(lambda: self.child.reply(self.requests[i], answer)) == "none":
                self.calls[int(answer[1])] = answer
                del self.requests[i]
            self.take_requests()

    @rule(items=ITEMS)
    def event(self, items):
        if reason_of(lambda: self.child.event(items)) == "none":
            self.events.append(items)

    @rule(n=st.none() | st.integers(1, 50))
    def up(self, n):
        octets = self.child.tx()[:n]
        self.child.tx_ack(len(octets))
        self.parent.feed(octets)
        for event in self.parent.drain():
            if isinstance(event, fpcore.Event):
                assert event.items == self.events.pop(0)
            else:
                assert isinstance(event, fpcore.Result) and self.calls.pop(event.call.tag) == event.items

    def teardown(self):
        """All is answered, then the parent closes: both end in peace."""
        if not self.parent:
            return
        self.parent.close()
        while self.calls or self.events or self.child.tx():
            self.down(None)
            while self.requests:
                self.answer(0, [])
            self.up(None)
        assert self.parent.is_half_close_due()
        self.child.eof()
        assert self.child.next() == fpcore.Ended() and not self.child.tx()
        self.parent.eof()
        assert self.parent.next() == fpcore.Ended() and self.parent.next() is None
        self.parent.free(), self.child.free()
        assert self.allocs[0].held == self.allocs[1].held == 0


TestParent, TestChild, TestPair = (m.TestCase for m in (ParentMachine, ChildMachine, PairMachine))
TestParent.settings = TestChild.settings = TestPair.settings = PROFILE
