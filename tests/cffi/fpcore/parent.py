"""The parent's end of a connection. Must not know pools."""
from typing import Any, NamedTuple, Optional

from .binding import REASON_NUMBERS, REASONS, check, ffi, lib
from .frames import Input
from .items import frozen, items_from_c, span_from_c
from .memory import Object
from .wire import Ended, Event, Failed, Result, Wire


class Taken(NamedTuple):
    call: Any
    may_have_run: bool


class Call:
    """A call of a Parent; `tag` is the test's own."""

    def __init__(self, payload, tag=None):
        self.tag = tag
        self.frame = ffi.new("uint8_t[]", lib.FP_FRAME_HEAD_MAX + len(payload))
        ffi.memmove(self.frame + lib.FP_FRAME_HEAD_MAX, payload, len(payload))
        self.c = ffi.new("struct fp_call *")
        self.c.frame = self.frame
        self.c.payload_len = len(payload)

    def __repr__(self):
        return f"Call({self.tag!r})"


class Parent(Object, Input):
    """struct fp_parent. next() -> Result | Event | Failed | Ended | None."""

    _event = ffi.typeof("struct fp_parent_event *")
    _feed = staticmethod(lib.test_parent_feed)
    _next = staticmethod(lib.fp_parent_next)

    def __init__(self, wire=Wire(), alloc=None):
        self._make("struct fp_parent *", lib.fp_parent_fini, alloc)
        self.wire = wire
        self._calls = {}
        lib.fp_parent_init(self.c, self.alloc.pointer, wire.to_c())

    def call(self, items, tag=None):
        return self.call_payload(frozen(tuple(items), self.wire.serialiser), tag)

    def call_payload(self, payload, tag=None):
        call = Call(payload, tag)
        check(lib.fp_parent_call(self.c, call.c))
        self._calls[call.c] = call
        return call

    def withdraw(self, call):
        is_so = lib.fp_parent_withdraw(self.c, call.c)
        if is_so:
            del self._calls[call.c]
        return is_so

    def close(self):
        lib.fp_parent_close(self.c)

    def is_half_close_due(self):
        return lib.fp_parent_is_half_close_due(self.c)

    def take(self) -> Optional[Taken]:
        may_have_run = ffi.new("bool *")
        call = lib.fp_parent_take(self.c, may_have_run)
        return Taken(self._calls.pop(call), may_have_run[0]) if call else None

    def take_all(self):
        return list(iter(self.take, None))

    def feed(self, octets):
        self._rx(octets, lib.fp_parent_rx_buf, lib.fp_parent_rx_ack)

    def eof(self):
        lib.fp_parent_rx_eof(self.c)

    def rx_error(self, reason):
        lib.fp_parent_rx_error(self.c, REASON_NUMBERS[reason])

    def tx(self):
        """The octets to write next, without taking them."""
        return span_from_c(lib.fp_parent_tx_buf(self.c))

    def tx_ack(self, n):
        lib.fp_parent_tx_ack(self.c, n)

    def tx_error(self):
        lib.fp_parent_tx_error(self.c)

    def write(self):
        """All there is to write, written."""
        out = []
        while octets := self.tx():
            out.append(octets)
            self.tx_ack(len(octets))
        return b"".join(out)

    def _from_c(self, e):
        if e.kind == lib.FP_PARENT_RESULT:
            return Result(self._calls.pop(e.call), items_from_c(e.items, e.n))
        if e.kind == lib.FP_PARENT_EVENT:
            return Event(items_from_c(e.items, e.n))
        if e.kind == lib.FP_PARENT_FAILED:
            return Failed(REASONS[e.reason], e.offset)
        return Ended()

    outstanding = property(lambda self: self.c.n_calls)

    def set_last_id(self, id):
        self.c.last_id = id
