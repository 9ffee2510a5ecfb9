"""Lists of items, payloads and queues of octets, in C and back. Must not know frames."""
import functools
from typing import NamedTuple

from .binding import check, ffi, lib
from .memory import Object


class Value(NamedTuple):
    """An item that is a JSON value other than a string, as JSON text. Never equal to bytes."""

    text: bytes


def items_to_c(items):
    """(array, n, what keeps the octets alive)"""
    return _items_to_c(tuple(items))


@functools.lru_cache(200)  # the same lists come in session after session, and the core only reads them
def _items_to_c(items):
    array = ffi.new("struct fp_item[]", len(items) or 1)
    keep = []
    for slot, item in zip(array, items):
        is_value = isinstance(item, Value)
        octets = item.text if is_value else item
        at = ffi.from_buffer(octets)
        keep.append(at)
        slot.data, slot.len, slot.kind = at, len(octets), lib.FP_VALUE if is_value else lib.FP_STRING
    return array, len(items), keep


def items_from_c(items, n):
    out = []
    for i in range(n):
        item = items[i]
        octets = ffi.buffer(item.data, item.len)[:] if item.len else b""
        out.append(Value(octets) if item.kind == lib.FP_VALUE else octets)
    return out


def span_from_c(span):
    return ffi.buffer(span.data, span.len)[:] if span.len else b""


def span_to_c(octets):
    """(span, what keeps it alive)"""
    at = ffi.from_buffer("uint8_t[]", octets)
    span = ffi.new("struct fp_span *")
    span.data, span.len = at, len(octets)
    return span, at


def serialiser(name):
    """A struct fp_serialiser by name; KeyError for one that was not built in."""
    found = lib.test_serialiser(name.encode())
    if not found:
        raise KeyError(f"the serialiser {name} is not in _fpcore: write its file, then build it again")
    return found


def freeze(items, serialiser_name="string", bytes_max=2**64 - 1, alloc=None):
    """A list as a payload."""
    with Buf(bytes_max, alloc) as out:
        array, n, _keep = items_to_c(items)
        check(lib.test_freeze(serialiser(serialiser_name), array, n, out.c))
        return out.front()


frozen = functools.lru_cache(1000)(freeze)  # the same calls are made in session after session


def thaw(payload, serialiser_name="string", alloc=None):
    """A payload as a list. CoreError("malformed", octets before the fault)."""
    with Args(alloc=alloc) as args:
        return args.thaw(payload, serialiser_name)


class Args(Object):
    """struct fp_args."""

    def __init__(self, text_bytes_max=2**64 - 1, alloc=None):
        self._make("struct fp_args *", lib.fp_args_fini, alloc)
        self._keep = []
        lib.fp_args_init(self.c, self.alloc.pointer, text_bytes_max)

    def clear(self):
        lib.fp_args_clear(self.c)
        self._keep.clear()

    def refer(self, item):
        array, _, keep = items_to_c([item])
        self._keep.append(keep)
        check(lib.fp_args_refer(self.c, array[0]))

    def copy(self, item):
        array, _, _keep = items_to_c([item])
        check(lib.fp_args_copy(self.c, array[0]))

    def seal(self):
        return items_from_c(lib.fp_args_seal(self.c), self.c.n)

    def thaw(self, payload, serialiser_name="string"):
        span, keep = span_to_c(payload)
        self._keep = [keep]
        fault = ffi.new("size_t *")
        reason = lib.fp_args_thaw(self.c, serialiser(serialiser_name), span[0], fault)
        check(reason, fault[0] if reason == lib.FP_MALFORMED else None)
        return items_from_c(self.c.items, self.c.n)


class Buf(Object):
    """struct fp_buf."""

    def __init__(self, bytes_max=2**64 - 1, alloc=None):
        self._make("struct fp_buf *", lib.fp_buf_fini, alloc)
        lib.fp_buf_init(self.c, self.alloc.pointer, bytes_max)

    def __len__(self):
        return lib.fp_buf_len(self.c)

    def put(self, octets):
        check(lib.fp_buf_put(self.c, octets, len(octets)))

    def front(self):
        return span_from_c(lib.fp_buf_front(self.c))

    def drop(self, n):
        lib.fp_buf_drop(self.c, n)

    def cut(self, n):
        lib.fp_buf_cut(self.c, n)
