"""Frames and lists of the protocol, written from its clauses (FRM-*, SER-*, TPL-1). Must not know processes."""
import json
import struct

ORDERS = {"network": ">", "native": "="}  # of ids and lengths, by profile


def ber(n, more=0):
    return (ber(n >> 7, 128) if n > 127 else b"") + bytes([n & 127 | more])


def freeze(items):
    return b"".join(ber(len(i)) + i for i in items)


def thaw(payload):
    items, at = [], 0
    while at < len(payload):
        size, more = 0, True
        while more:
            size, more, at = size << 7 | payload[at] & 127, payload[at] > 127, at + 1
        if at + size > len(payload):
            raise ValueError("a payload is not a list")
        items.append(payload[at:at + size])
        at += size
    return items


class Wire:
    """What both ends of a connection agree on."""

    def __init__(self, profile="network", serialiser="string", is_async=False):
        self.order = ORDERS[profile]
        self.is_json = serialiser == "json"
        self.is_async = is_async

    def put(self, *numbers):
        return struct.pack(f"{self.order}{len(numbers)}I", *numbers)

    def number(self, octets):
        return struct.unpack(f"{self.order}I", octets)[0]

    def payload(self, items):
        return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode() if self.is_json else freeze(items)

    def items(self, payload):
        return json.loads(payload) if self.is_json else thaw(payload)

    def request(self, items, number=1):
        payload = self.payload(items)
        return (self.put(number) if self.is_async else b"") + self.put(len(payload)) + payload

    def reply(self, items, number=1):
        payload = self.payload(items)
        return self.put(number, len(payload)) + payload

    def replies(self, stream):
        """(id, items) of each frame, and what is left behind them."""
        frames = []
        while len(stream) >= 8 and len(stream) >= 8 + self.number(stream[4:8]):
            size = self.number(stream[4:8])
            frames.append((self.number(stream[:4]), self.items(stream[8:8 + size])))
            stream = stream[8 + size:]
        return frames, stream


def command(letter, payload=b""):
    """Of the stream that a template takes: in the host's order."""
    return letter + struct.pack("=I", len(payload)) + payload


def command_list(letter, *items):
    return command(letter, freeze(items))
