"""The recordings in conformance/recordings, in Python's terms. Must not know the code under test.

A session's steps are made into turns: driven steps, then what was observed as their reaction. The small codec here is
written from protocol.md for the expectations; it shares nothing with the core."""

import functools
import json
import pathlib
from typing import NamedTuple

DIRECTORY = pathlib.Path(__file__).resolve().parents[2] / "conformance" / "recordings"
TOTAL = 1380  # all vectors of all files


def load(pattern):
    """All vectors of the files that match, in order."""
    return [v for path in sorted(DIRECTORY.glob(pattern)) for v in json.loads(path.read_text())["vectors"]]


unhex = functools.cache(bytes.fromhex)  # a session is played at every cut


def octets(value):
    """A value that is documented as octets."""
    if isinstance(value, str):
        return unhex(value)
    return b"".join(bytes.fromhex(p["hex"]) if "hex" in p else bytes.fromhex(p["repeat"]) * p["count"] for p in value)


def by_name(vectors):
    """Arguments of pytest.mark.parametrize."""
    return {"argvalues": vectors, "ids": [v["name"] for v in vectors]}


# ---- turns ----

OBSERVED = {"recv", "recv_eof", "recv_error", "exit", "still_running", "result", "event", "error", "destroy", "exception",
            "call_died", "spin", "spawn", "job", "worker_eof", "worker_reset", "worker_exit", "timer_start", "timer_stop",
            "timer_fire", "hang"}


def is_driven(step):
    """The test does it: what was done inside a callback is not done again."""
    return step["op"] not in OBSERVED and "by" not in step


class Turn(NamedTuple):
    driven: list
    observed: list


def turns(vector):
    """Driven steps up to the next observation, and their reaction. The first turn may have nothing driven. What was seen
    behind a step without waiting belongs to the steps that follow."""
    out = [Turn([], [])]
    for step in vector["steps"]:
        if "by" in step:
            continue
        if is_driven(step):
            if out[-1].observed and not (out[-1].driven and out[-1].driven[-1].get("nowait")):
                out.append(Turn([], []))
            out[-1].driven.append(step)
        else:
            out[-1].observed.append(step)
    return out


def received(observed):
    """The octets of all recv of a reaction."""
    return b"".join(octets(s["data"]) for s in observed if s["op"] == "recv")


# ---- a codec of our own ----


def order(vector):
    return "big" if vector["profile"] == "network" else "little"


def put32(vector, number):
    return number.to_bytes(4, order(vector))


class Frame(NamedTuple):
    offset: int
    head_len: int
    id: int
    payload: bytes

    end = property(lambda f: f.offset + f.head_len + len(f.payload))


def frames(vector, stream, with_id):
    """(complete frames, octets behind them)"""
    out, at, head_len = [], 0, 8 if with_id else 4
    while at + head_len <= len(stream):
        head = stream[at:at + head_len]
        length = int.from_bytes(head[-4:], order(vector))
        if at + head_len + length > len(stream):
            break
        payload = stream[at + head_len:at + head_len + length]
        out.append(Frame(at, head_len, int.from_bytes(head[:-4], order(vector)), payload))
        at = out[-1].end
    return out, stream[at:]


def request_has_id(vector):
    return vector["mode"] == "async"


def ber(number):
    out = bytes([number & 0x7f])
    while number := number >> 7:
        out = bytes([number & 0x7f | 0x80]) + out
    return out


def string_payload(items):
    return b"".join(ber(len(i)) + i for i in items)


def string_fault(payload):
    """(items, None), or (None, octets before the item that is not one)"""
    items, at = [], 0
    while at < len(payload):
        start, length = at, 0
        while at < len(payload) and payload[at] & 0x80:
            length = length << 7 | payload[at] & 0x7f
            at += 1
        if at == len(payload):
            return None, start
        length = length << 7 | payload[at]
        at += 1
        if length > len(payload) - at:
            return None, start
        items.append(payload[at:at + length])
        at += length
    return items, None
