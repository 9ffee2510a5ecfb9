"""Octets as they go over the wire, from the clauses FRM-1 to FRM-6 and SER-1 to SER-8, slowly. Must not use the core."""

from typing import NamedTuple

END_OF_IDS = 2**32

class Malformed(Exception):
    """args[0]: octets before the item at fault."""


def item(octets):
    out = [len(octets) & 0x7F]
    while (rest := len(octets) >> 7 * len(out)):
        out.insert(0, 0x80 | rest & 0x7F)
    return bytes(out) + octets


def payload_of(items):
    return b"".join(map(item, items))


def items_of(payload):
    items, at = [], 0
    while at < len(payload):
        start, length = at, 0
        while at < len(payload) and payload[at] & 0x80:
            length = length << 7 | payload[at] & 0x7F
            at += 1
        if at == len(payload):
            raise Malformed(start)
        length = length << 7 | payload[at]
        at += 1
        if length > len(payload) - at:
            raise Malformed(start)
        items.append(payload[at:at + length])
        at += length
    return items


def order(profile):
    return "big" if profile == "network" else "little"


def frame(profile, id, payload):
    """id None: a header without one."""
    words = [len(payload)] if id is None else [id, len(payload)]
    return b"".join(w.to_bytes(4, order(profile)) for w in words) + payload


class Found(NamedTuple):
    id: int  # 0 without
    payload: bytes
    offset: int


class Stream:
    """What has arrived: frames, then what stands in the way of the next."""

    def __init__(self, profile, with_id, payload_max):
        self.profile, self.with_id, self.payload_max = profile, with_id, payload_max
        self.head = 8 if with_id else 4
        self.octets = b""
        self.at = 0
        self.is_at_eof = False

    def next(self):
        """Found | (reason, offset) | None; at end of file behind a frame "ended"."""
        rest = self.octets[self.at:]
        if len(rest) >= self.head:
            length = int.from_bytes(rest[self.head - 4:self.head], order(self.profile))
            if length > self.payload_max:
                return "too_long", self.at + self.head - 4
            if len(rest) >= self.head + length:
                id = int.from_bytes(rest[:4], order(self.profile)) if self.with_id else 0
                found = Found(id, rest[self.head:self.head + length], self.at)
                self.at += self.head + length
                return found
        if not self.is_at_eof:
            return None
        return ("truncated", len(self.octets)) if rest else "ended"
