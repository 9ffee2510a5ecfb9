"""Lists and frames of the protocol, for both ends of a connection. Must not know descriptors, nor who speaks.

An item is bytes, or with json any value. Others are written as their text."""
import json
import os
import sys

IS_ASYNC = os.environ.get("FORKPOOL_MODE") == "async"
IS_JSON = os.environ.get("FORKPOOL_SERIALISER") == "json"
ORDER = sys.byteorder if os.environ.get("FORKPOOL_PROFILE") == "native" else "big"
BYTES_MAX = int(os.environ.get("FORKPOOL_FRAME_MAX") or 256 << 20)
DEPTH_MAX = 512  # of nested JSON
sys.setrecursionlimit(8 * DEPTH_MAX)


class Fault(Exception):
    """The peer broke the protocol: its class (length, payload), and a text."""


def octets(item):
    return item if isinstance(item, bytes) else str(item).encode()


def ber(number):
    return bytes(o | 0x80 for o in ber(number >> 7)) + bytes([number & 0x7f]) if number else b""


def freeze(items):
    if IS_JSON:
        return json.dumps(items, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return b"".join((ber(len(i)) or b"\0") + i for i in map(octets, items))


def thaw_strings(payload):
    at, end = 0, len(payload)
    while at < end:
        length, more = 0, True
        while more and at < end and length <= end:
            length, more, at = length << 7 | payload[at] & 0x7f, payload[at] & 0x80, at + 1
        if more or length > end - at:
            raise ValueError("an item goes on beyond the end")
        yield payload[at:at + length]
        at += length


def depth(value):
    inside = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inside), default=0) if isinstance(value, (dict, list)) else 0


def thaw_json(text):
    items = json.loads(text)
    if not isinstance(items, list) or depth(items) > DEPTH_MAX:
        raise ValueError("not an array")
    freeze(items)  # raises for NaN and for half a surrogate pair
    return items


def frame(number, items, with_id=True):
    payload = freeze(items)
    if len(payload) > BYTES_MAX:
        raise Fault("length", "a list is too long to be sent")
    return (number.to_bytes(4, ORDER) if with_id else b"") + len(payload).to_bytes(4, ORDER) + payload


def take_frame(received, with_id=True):
    """Takes the first frame off: (id or 1, items). None if it is not complete."""
    head = 8 if with_id else 4
    length = int.from_bytes(received[head - 4:head], ORDER)
    if length > BYTES_MAX and len(received) >= head:
        raise Fault("length", f"a frame of {length} octets is longer than {BYTES_MAX}")
    if len(received) < head + length:
        return None
    number, payload = int.from_bytes(received[:4], ORDER) if with_id else 1, bytes(received[head:head + length])
    del received[:head + length]
    try:
        return number, thaw_json(payload.decode()) if IS_JSON else list(thaw_strings(payload))
    except (ValueError, RecursionError) as e:
        raise Fault("payload", f"a payload is not a list: {e}") from e
