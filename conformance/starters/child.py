#!/usr/bin/python3
"""A child in one file to start from: copy it, and put your own function in the place of `call`.

capabilities: void rev event die
"""
import os
import struct
import sys

FD = int(os.environ.get("FORKPOOL_FD") or 0)
IS_ASYNC = os.environ.get("FORKPOOL_MODE") == "async"
U32 = "=I" if os.environ.get("FORKPOOL_PROFILE") == "native" else ">I"
PAYLOAD_MAX = 256 << 20
for descriptor in (FD, FD or 1):
    os.set_blocking(descriptor, True)
requests, replies = open(FD, "rb", closefd=False), open(FD or 1, "wb", closefd=False)


def call(verb=None, *items):
    """The function of this worker. What it returns is the answer; where it fails, the worker ends."""
    if verb is None:
        return [b"noargs"]
    if verb == b"event":
        send(0, items)
        return [b"evented"]
    if verb == b"die":
        sys.exit(items[0])
    return {b"echo": items, b"void": [], b"rev": items[::-1]}.get(verb, [b"?", verb])


def pack_length(length):
    """7 bits an octet, the highest first; all but the last have bit 7 set."""
    octets = [length & 0x7f]
    while length := length >> 7:
        octets.insert(0, length & 0x7f | 0x80)
    return bytes(octets)


def unpack(payload):
    """The items of a list."""
    at = 0
    while at < len(payload):
        length, more = 0, True
        while more:
            if at == len(payload) or length >= 1 << 56:
                sys.exit("the length of an item is cut off or too large")
            length, more, at = length << 7 | payload[at] & 0x7f, payload[at] & 0x80, at + 1
        if length > len(payload) - at:
            sys.exit("an item goes on beyond the end of its payload")
        yield payload[at:at + length]
        at += length


def send(number, items):
    payload = b"".join(pack_length(len(item)) + item for item in items)
    replies.write(struct.pack(U32, number) + struct.pack(U32, len(payload)) + payload)
    replies.flush()


def receive(n_octets):
    octets = requests.read(n_octets)
    if len(octets) < n_octets:
        sys.exit("end of file inside a request")
    return octets


def receive_u32(*, first=b""):
    return struct.unpack(U32, first + receive(4 - len(first)))[0]


while first := requests.read(1):
    number = receive_u32(first=first) if IS_ASYNC else 1
    length = receive_u32() if IS_ASYNC else receive_u32(first=first)
    if length > PAYLOAD_MAX:
        sys.exit(f"a payload of {length} octets is too long")
    send(number, call(*unpack(receive(length))))
