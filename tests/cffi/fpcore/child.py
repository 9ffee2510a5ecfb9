"""The child's end of a connection. Must not know processes."""
from typing import NamedTuple

from .binding import REASON_NUMBERS, REASONS, check, ffi, lib
from .frames import Input
from .items import items_from_c, items_to_c, span_from_c
from .memory import Object
from .wire import Ended, Failed, Wire


class Request(NamedTuple):
    id: int
    serial: int
    items: list


class Child(Object, Input):
    """struct fp_child. next() -> Request | Failed | Ended | None."""

    _event = ffi.typeof("struct fp_child_event *")
    _feed = staticmethod(lib.test_child_feed)
    _next = staticmethod(lib.fp_child_next)

    def __init__(self, wire=Wire(), alloc=None):
        self._make("struct fp_child *", lib.fp_child_fini, alloc)
        self.wire = wire
        lib.fp_child_init(self.c, self.alloc.pointer, wire.to_c())

    def feed(self, octets):
        self._rx(octets, lib.fp_child_rx_buf, lib.fp_child_rx_ack)

    def eof(self):
        lib.fp_child_rx_eof(self.c)

    def rx_error(self, reason):
        lib.fp_child_rx_error(self.c, REASON_NUMBERS[reason])

    def wants_input(self):
        return lib.fp_child_wants_input(self.c)

    def _from_c(self, e):
        if e.kind == lib.FP_CHILD_REQUEST:
            return Request(e.request.id, e.request.serial, items_from_c(e.request.items, e.request.n))
        if e.kind == lib.FP_CHILD_FAILED:
            return Failed(REASONS[e.reason], e.offset)
        return Ended()

    def reply(self, request, items):
        array, n, _keep = items_to_c(items)
        check(lib.fp_child_reply(self.c, request.id, request.serial, array, n))

    def event(self, items):
        array, n, _keep = items_to_c(items)
        check(lib.fp_child_event(self.c, array, n))

    def put(self, item):
        array, _, _keep = items_to_c([item])
        check(lib.fp_child_put(self.c, array))

    def answer(self, request):
        """What was put since the last answer."""
        check(lib.fp_child_answer(self.c, request.id, request.serial))

    def drop(self):
        lib.fp_child_drop(self.c)

    outstanding = property(lambda self: lib.fp_child_outstanding(self.c))

    def tx(self):
        return span_from_c(lib.fp_child_tx_buf(self.c))

    def tx_ack(self, n):
        lib.fp_child_tx_ack(self.c, n)

    def write(self):
        octets = self.tx()
        self.tx_ack(len(octets))
        return octets
