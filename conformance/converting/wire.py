"""Frames and payloads of a recorded session, as fields that can be written as pieces. Must not know who sends them."""

from typing import NamedTuple

from . import pieces


def octets(value):
    """A value that the recordings document as octets."""
    if isinstance(value, str):
        return bytes.fromhex(value)
    return b"".join(bytes.fromhex(p["hex"]) if "hex" in p else bytes.fromhex(p["repeat"]) * p["count"] for p in value)


def ber(number):
    out = bytes([number & 0x7f])
    while number := number >> 7:
        out = bytes([number & 0x7f | 0x80]) + out
    return out


def string_list(items):
    return b"".join(ber(len(i)) + i for i in items)


def string_items(payload):
    """[(octets of the length, octets of the item)], or None for a malformed payload"""
    out, at = [], 0
    while at < len(payload):
        end = at
        while end < len(payload) and payload[end] & 0x80:
            end += 1
        if end == len(payload):
            return None
        length = 0
        for octet in payload[at:end + 1]:
            length = length << 7 | octet & 0x7f
        if length > len(payload) - end - 1:
            return None
        out.append((payload[at:end + 1], payload[end + 1:end + 1 + length]))
        at = end + 1 + length
    return out


class Field(NamedTuple):
    """Some octets of a stream that are written as one, unless they are cut."""
    octets: bytes
    pieces: list


class Frame(NamedTuple):
    offset: int
    id: int  # 0 where the frame has none
    payload: bytes
    end: int


class Wire:
    """What one direction of a session looks like."""

    def __init__(self, vector, has_id):
        self.order = "big" if vector["profile"] == "network" else "little"
        self.is_json = vector["serialiser"] == "json"
        self.has_id = has_id

    def number(self, four):
        return int.from_bytes(four, self.order)

    def head_len(self):
        return 8 if self.has_id else 4

    def frames(self, stream):
        """(complete frames, offset of what is behind them)"""
        out, at, head = [], 0, self.head_len()
        while at + head <= len(stream):
            end = at + head + self.number(stream[at + head - 4:at + head])
            if end > len(stream):
                break
            ident = self.number(stream[at:at + 4]) if self.has_id else 0
            out.append(Frame(at, ident, stream[at + head:end], end))
            at = end
        return out, at

    def rest(self, stream):
        return stream[self.frames(stream)[1]:]

    def payload_fields(self, payload):
        items = None if self.is_json else string_items(payload)
        if items is None or len(items) > pieces.ITEMS_MAX:
            return [Field(payload, pieces.of(payload))] if payload else []
        return [f for length, item in items for f in (Field(length, [length.hex()]), Field(item, pieces.value(item))) if f.octets]

    def number_field(self, four, any_nonzero=False):
        return Field(four, ["u32:+" if any_nonzero else f"u32:{self.number(four)}"])

    def head_fields(self, head, any_nonzero):
        fields = [self.number_field(head[:4], any_nonzero and any(head[:4]))] if self.has_id else []
        return fields + [self.number_field(head[-4:])]

    def fields(self, stream, any_nonzero=False):
        """Of a whole stream; `any_nonzero`: an id that is not 0 may be any such."""
        complete, at = self.frames(stream)
        out, head = [], self.head_len()
        for f in complete:
            out += self.head_fields(stream[f.offset:f.offset + head], any_nonzero) + self.payload_fields(f.payload)
        rest = stream[at:]
        if len(rest) >= head:
            out += self.head_fields(rest[:head], any_nonzero)
            rest = rest[head:]
        return out + ([Field(rest, pieces.of(rest))] if rest else [])

    def writes(self, chunks):
        """Each of the chunks of a stream as a list of pieces; a field that is cut is written in hex."""
        out, at, fields = [], 0, []
        for field in self.fields(b"".join(chunks)):
            fields.append((at, field))
            at += len(field.octets)
        begin = 0
        for chunk in chunks:
            out.append(self.chunk_pieces(fields, begin, begin + len(chunk)))
            begin += len(chunk)
        return out

    @staticmethod
    def chunk_pieces(fields, begin, end):
        out = []
        for at, field in fields:
            inside = field.octets[max(0, begin - at):max(0, end - at)]
            if inside:
                out += field.pieces if inside == field.octets else pieces.of(inside)
        return out

    def frame_pieces(self, stream, any_nonzero=False):
        """One list of pieces for each frame of a stream."""
        complete, at = self.frames(stream)
        parts = [stream[f.offset:f.end] for f in complete] + ([stream[at:]] if at < len(stream) else [])
        return [[p for f in self.fields(part, any_nonzero) for p in f.pieces] for part in parts]
