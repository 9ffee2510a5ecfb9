"""Frames, and what takes octets in and gives events out. Must not know what a frame means."""
import functools
from typing import Any, NamedTuple

from .binding import FRAME_BYTES_MAX, PROFILES, READER_STATES, REASON_NUMBERS, REASONS, check, ffi, lib
from .items import span_from_c
from .memory import Object


def frame_format(profile="network", with_id=True):
    return ffi.new("struct fp_frame_format *", {"profile": PROFILES[profile], "with_id": with_id})


def frame_put(profile, with_id, id, length):
    """The octets of a header."""
    f = frame_format(profile, with_id)
    head = ffi.new("uint8_t[]", lib.FP_FRAME_HEAD_MAX)
    lib.fp_frame_put(f[0], head, id, length)
    return bytes(head)[:lib.fp_frame_head_len(f[0])]


def frame_get(profile, with_id, head):
    """(id, length) of a header."""
    id, length = ffi.new("uint32_t *"), ffi.new("uint32_t *")
    lib.fp_frame_get(frame_format(profile, with_id)[0], head, id, length)
    return id[0], length[0]


class Frame(NamedTuple):
    id: int
    payload: bytes
    offset: int


class Input:
    """What has rx_buf, rx_ack and next in any form. next() gives None where nothing comes before more is fed or answered."""

    _event: Any = None  # the C type of what next gives out
    _feed: Any = None
    _next: Any = None

    @functools.cached_property
    def _out(self):
        return ffi.new(self._event)

    def next(self):
        return self._from_c(self._out) if self._next(self.c, self._out) else None

    def drain(self):
        return list(iter(self.next, None))

    def pieces(self, octets, piece=None):
        """Feeds octets, `piece` at a time, and yields what comes out: as feed and drain in turn, but the loop is in C."""
        at = ffi.new("size_t *")
        data = ffi.from_buffer("uint8_t[]", octets)
        while self._feed(self.c, data, len(octets), piece or len(octets), at, self._out):
            yield self._from_c(self._out)
            while (more := self.next()) is not None:
                yield more

    def _rx(self, octets, buf, ack):
        space = ffi.new("struct fp_space *")
        at = 0
        while at < len(octets):
            check(buf(self.c, space))
            n = min(space.len, len(octets) - at)
            ffi.memmove(space.data, octets[at:at + n], n)
            ack(self.c, n)
            at += n


class FrameReader(Object, Input):
    """struct fp_reader."""

    _event = ffi.typeof("struct fp_frame *")
    _feed = staticmethod(lib.test_reader_feed)
    _next = staticmethod(lib.fp_reader_next)

    def __init__(self, profile="network", with_id=True, payload_max=FRAME_BYTES_MAX, alloc=None):
        self._make("struct fp_reader *", lib.fp_reader_fini, alloc)
        lib.fp_reader_init(self.c, self.alloc.pointer, frame_format(profile, with_id)[0], payload_max)

    def feed(self, octets):
        self._rx(octets, lib.fp_reader_buf, lib.fp_reader_ack)

    def eof(self):
        lib.fp_reader_eof(self.c)

    def fail(self, reason, offset):
        lib.fp_reader_fail(self.c, REASON_NUMBERS[reason], offset)

    def _from_c(self, frame):
        return Frame(frame.id, span_from_c(frame.payload), frame.offset)

    state = property(lambda self: READER_STATES[self.c.state])  # "open", "ended", "failed"
    reason = property(lambda self: REASONS[self.c.reason])
    reason_offset = property(lambda self: self.c.reason_offset)
