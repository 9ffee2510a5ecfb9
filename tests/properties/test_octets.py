"""Lists and frames against the slow reading of the same clauses in octets.py. Streams are cut anywhere.

    PYTHONPATH=tests/cffi /usr/bin/python3 -m pytest tests/properties/test_octets.py
    FORKPOOL_HYPOTHESIS=hunt ...                  (random and long instead of the same short run each time)
"""

import pathlib
import sys

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cffi"))
import fpcore  # noqa: E402
from draws import ITEMS, LONG_ITEMS, PAYLOADS, PROFILE, PROFILES, reason_of  # noqa: E402
from fpcore import CoreError  # noqa: E402
from octets import END_OF_IDS, Found, Malformed, Stream, frame, items_of, payload_of  # noqa: E402


# ---- lists ----


@settings(PROFILE, max_examples=4 * PROFILE.max_examples)
@given(items=LONG_ITEMS, bytes_max=st.integers(0, 400) | st.just(2**32), fail_at=st.integers(0, 3))
def test_a_list_is_frozen_whole_or_not_at_all(items, bytes_max, fail_at):
    expected = payload_of(items)
    array, n, _keep = fpcore.items_to_c(items)
    with fpcore.Alloc() as alloc, fpcore.Buf(bytes_max + 6, alloc) as out:
        out.put(b"before")
        alloc.fail_next(fail_at) if fail_at else None
        reason = fpcore.REASONS[fpcore.lib.test_freeze(fpcore.serialiser("string"), array, n, out.c)]
        assert out.front() == b"before" + (expected if reason == "none" else b"")
        if reason == "nomem":
            assert 0 < alloc.c.fail_at <= alloc.requests
        else:
            assert reason == ("none" if len(expected) <= bytes_max else "too_long")
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


TestArgs = ArgsMachine.TestCase
TestArgs.settings = PROFILE
