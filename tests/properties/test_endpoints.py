"""Lists, frames and the two ends of a connection against the naive models of octets.py and endpoint_models.py; then both
ends against each other. Streams are cut anywhere.

    PYTHONPATH=tests/cffi /usr/bin/python3 -m pytest tests/properties/test_endpoints.py
    FORKPOOL_HYPOTHESIS=hunt ...                  (random and long instead of the same short run each time)
"""

import copy
import os
import pathlib
import sys

from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cffi"))
import fpcore  # noqa: E402
from endpoint_models import END_OF_IDS, ChildModel, ModelCall, ParentModel  # noqa: E402
from fpcore import CoreError  # noqa: E402
from octets import Found, Malformed, Stream, frame, items_of, payload_of  # noqa: E402

COMMON = dict(deadline=None, database=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ends_check", settings(derandomize=True, max_examples=150, stateful_step_count=40, **COMMON))
settings.register_profile("ends_hunt", settings(max_examples=100000, stateful_step_count=80, print_blob=True, **COMMON))
PROFILE = settings.get_profile("ends_" + os.environ.get("FORKPOOL_HYPOTHESIS", "check"))

PAYLOAD_MAX = 20000  # octets: more than FP_COPY_BYTES, so that frames are written from where they are, too
ITEMS = st.lists(st.binary(max_size=6) | st.integers(0, 300).map(bytes), max_size=5)
LONG_ITEMS = ITEMS | st.integers(16000, PAYLOAD_MAX + 10).map(lambda n: [b"x" * n])
PAYLOADS = ITEMS.map(payload_of) | st.binary(max_size=12) | st.lists(st.sampled_from([0, 1, 2, 0x7F, 0x80, 0x81, 0xFF]), max_size=14).map(bytes)
PROFILES = st.sampled_from(["network", "native"])
WIRES = st.builds(fpcore.Wire, profile=PROFILES, is_async=st.booleans(), serialiser=st.just("string"),
                  payload_max=st.sampled_from([PAYLOAD_MAX, PAYLOAD_MAX, 40]))
CUT = st.none() | st.integers(1, 12)
CHOICE = st.integers(0, 9)


def reason_of(act):
    try:
        act()
    except CoreError as e:
        return e.reason
    return "none"


# ---- lists ----


@settings(PROFILE, max_examples=4 * PROFILE.max_examples)
@given(items=LONG_ITEMS, bytes_max=st.integers(0, 400) | st.just(2**32), fail_at=st.integers(0, 3))
def test_a_list_is_frozen_whole_or_not_at_all(items, bytes_max, fail_at):
    expected = payload_of(items)
    with fpcore.Alloc(fail_at) as alloc:
        try:
            assert fpcore.freeze(items, bytes_max=bytes_max, alloc=alloc) == expected and len(expected) <= bytes_max
        except CoreError as e:
            is_no_memory = e.reason == "nomem" and 0 < fail_at <= alloc.requests
            assert is_no_memory or (e.reason == "too_long" and len(expected) > bytes_max)
    assert fpcore.thaw(expected) == items


@settings(PROFILE, max_examples=10 * PROFILE.max_examples)
@given(payload=PAYLOADS, fail_at=st.integers(0, 3))
def test_any_payload_is_thawed_or_faulty(payload, fail_at):
    try:
        expected = items_of(payload)
    except Malformed as e:
        expected = e.args[0]
    with fpcore.Alloc(fail_at) as alloc:
        try:
            assert fpcore.thaw(payload, alloc=alloc) == expected
        except CoreError as e:
            is_no_memory = e.reason == "nomem" and 0 < fail_at <= alloc.requests
            assert is_no_memory or (e.reason, e.offset) == ("malformed", expected)


class ArgsMachine(RuleBasedStateMachine):
    """A list that is used again and again."""

    @initialize(text_bytes_max=st.sampled_from([10, 2**32]))
    def make(self, text_bytes_max):
        self.alloc, self.text_bytes_max = fpcore.Alloc(), text_bytes_max
        self.args = fpcore.Args(text_bytes_max, self.alloc)
        self.items, self.is_copying = [], None

    @rule(items=ITEMS, is_copying=st.booleans(), fails=st.integers(0, 8))
    def add(self, items, is_copying, fails):
        """Copies and references do not mix in one list."""
        if self.is_copying not in (None, is_copying):
            self.clear()
        self.is_copying = is_copying
        for item in items:
            if fails == 1:
                self.alloc.fail_next()
            why = reason_of(lambda: (self.args.copy if is_copying else self.args.refer)(item))
            self.alloc.fail_at(0)
            is_too_long = is_copying and sum(map(len, self.items)) + len(item) > self.text_bytes_max
            assert why in (["too_long", "nomem"] if is_too_long else ["none", "nomem"]) and (why != "nomem" or fails == 1)
            self.items += [item] if why == "none" else []

    @rule()
    def clear(self):
        self.args.clear()
        self.items, self.is_copying = [], None

    @rule(payload=PAYLOADS)
    def thaw(self, payload):
        self.clear()
        try:
            assert self.args.thaw(payload) == items_of(payload)
            self.items, self.is_copying = items_of(payload), False
        except CoreError:
            self.args.clear()

    @invariant()
    def both_are_the_same(self):
        if hasattr(self, "args"):
            assert self.args.seal() == self.items

    def teardown(self):
        if hasattr(self, "args"):
            self.args.free()
            assert self.alloc.held == 0


# ---- frames ----


@settings(PROFILE)
@given(profile=PROFILES, with_id=st.booleans(), id=st.integers(0, END_OF_IDS - 1), length=st.integers(0, END_OF_IDS - 1))
def test_a_header_is_written_and_read(profile, with_id, id, length):
    head = fpcore.frame_put(profile, with_id, id, length)
    order = "big" if profile == "network" else "little"
    assert head == (id.to_bytes(4, order) if with_id else b"") + length.to_bytes(4, order)
    assert fpcore.frame_get(profile, with_id, head) == (id if with_id else 0, length)


@settings(PROFILE, max_examples=4 * PROFILE.max_examples)
@given(profile=PROFILES, with_id=st.booleans(), payloads=st.lists(st.binary(max_size=30)), end=st.binary(max_size=9),
       cuts=st.lists(st.integers(1, 40), max_size=9), has_end=st.booleans(), payload_max=st.sampled_from([25, 1000]))
def test_frames_are_found_however_the_stream_is_cut(profile, with_id, payloads, end, cuts, has_end, payload_max):
    octets = b"".join(frame(profile, i if with_id else None, p) for i, p in enumerate(payloads)) + end
    stream, found = Stream(profile, with_id, payload_max), []
    stream.octets, stream.is_at_eof = octets, has_end
    while isinstance(last := stream.next(), Found):
        found.append(last)
    with fpcore.Alloc() as alloc, fpcore.FrameReader(profile, with_id, payload_max, alloc) as reader:
        seen = []
        for n in cuts + [len(octets)]:
            reader.feed(octets[:n])
            octets = octets[n:]
            seen += reader.drain()
        if has_end:
            reader.eof()
        seen += reader.drain()
        assert [tuple(f) for f in seen] == [tuple(f) for f in found]
        state = {None: "open", "ended": "ended"}.get(last, "failed")
        assert reader.state == state and (state != "failed" or (reader.reason, reader.reason_offset) == last)


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
            assert self.has_memory_failed()
            self.model.outstanding = before
            self.model.is_over = self.has_no_memory = True
        elif mine or theirs:
            assert mine and theirs and self.same(mine, theirs), (mine, theirs)
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
        self.has_no_memory |= why == "nomem"
        assert why == "none" or self.has_memory_failed()
        stream.octets += octets[:self.received() - before] if not self.model.is_over else b""

    def received(self):
        reader = self.core.c.reader
        return reader.offset + reader.buf.tail - reader.buf.head

    @rule(n=st.integers(0, 3))
    def memory_fails(self, n):
        self.drain()
        self.alloc.fail_next(n) if n else self.alloc.fail_at(0)

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

    @rule(choice=CHOICE, which=st.sampled_from(["reply", "reply", "reply", "event", "other"]), payload=PAYLOADS | ITEMS.map(payload_of),
          id=st.integers(0, 5) | st.just(END_OF_IDS - 1), cut=CUT, drained=st.booleans())
    def read(self, choice, which, payload, id, cut, drained):
        sent = [c for c in self.model.outstanding if self.model.is_sent(c)]
        if which == "event":
            id = 0
        elif which == "reply":
            id = (sent[choice % len(sent)].id or 1) if sent else 0
        self.take_in(frame(self.model.wire.profile, id, payload), cut)
        self.drain(drained)

    @rule(octets=st.binary(max_size=20), really=CHOICE, cut=CUT, drained=st.booleans())
    def read_rubbish(self, octets, really, cut, drained):
        self.take_in(octets if really == 0 else b"", cut)
        self.drain(drained)

    @rule(how=st.sampled_from(["eof", "read", "write", "close", "close"]), really=CHOICE, drained=st.booleans())
    def end_of_something(self, how, really, drained):
        model = self.model
        if really > 2 and how != "close":
            return
        if how == "close":
            model.is_closing |= really > 5
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

    def same(self, mine, theirs):
        if mine[0] == "request":
            self.requests.append(theirs)
            return theirs == fpcore.Request(*mine[1:])
        return theirs == {"failed": fpcore.Failed, "ended": fpcore.Ended}[mine[0]](*mine[1:])

    @rule(id=st.integers(0, 12) | st.sampled_from([END_OF_IDS - 1, 1 << 24]), payload=ITEMS.map(payload_of) | ITEMS.map(payload_of) | PAYLOADS,
          cut=CUT, drained=st.booleans())
    def read(self, id, payload, cut, drained):
        wire = self.model.wire
        self.take_in(frame(wire.profile, id if wire.is_async else None, payload), cut)
        self.drain(drained)

    @rule(octets=st.binary(max_size=20), really=CHOICE, drained=st.booleans())
    def read_rubbish(self, octets, really, drained):
        self.take_in(octets if really == 0 else b"", None)
        self.drain(drained)

    @rule(how=st.sampled_from(["eof", "read"]), really=CHOICE, drained=st.booleans())
    def end_of_input(self, how, really, drained):
        if really == 0 and how == "eof":
            self.model.stream.is_at_eof = True
            self.core.eof()
        elif really == 0:
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
        if not self.requests:
            return
        request = self.requests[-1 - choice % len(self.requests)]
        if is_wrong == 0:
            request = request._replace(serial=request.serial + 1)
        before = self.model.tx, dict(self.model.outstanding)
        expected = self.model.reply(request.id, request.serial, payload_of(items))
        why = reason_of(lambda: self.core.reply(request, items))
        assert why in (expected, "nomem")
        self.sent(why, before)
        self.drain(drained)

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
        self.calls, self.requests, self.events = {}, [], []  # outstanding items by tag; requests in the child; events on their way
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


TestArgs, TestParent, TestChild, TestPair = (m.TestCase for m in (ArgsMachine, ParentMachine, ChildMachine, PairMachine))
for test in (TestArgs, TestParent, TestChild, TestPair):
    test.settings = PROFILE
