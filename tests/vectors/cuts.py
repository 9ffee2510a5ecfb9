"""Ways to cut a session's octets. Must not know what is played.

A cutting has chunks(sends, offset): how a run of sends (nothing done or observed in between), which begins at this offset
of all driven octets, is fed: a list of (octets, piece), each fed `piece` octets at a time, None for all at once."""

import os

# up to this long a stream is cut at every place; octets further inside a long payload leave a reader in one and the same
# state, and are sampled (`make cuts` takes more of them)
ALL_CUTS_BYTES = int(os.environ.get("FORKPOOL_CUTS", 3000))
OCTETS_BYTES = 20_000  # up to this long it is fed octet by octet
LONG_PIECE_BYTES = 997  # a longer one in pieces of this
SPREAD = 20  # places in a long one, beside those around frame boundaries
BOUNDARIES = 24  # frames of a long stream at whose boundaries it is cut: spread evenly, the first and the last among them


def runs(driven):
    """Driven steps; each run of sends is one list of steps."""
    out = []
    for step in driven:
        if step["op"] != "send":
            out.append(step)
        elif out and isinstance(out[-1], list):
            out[-1].append(step)
        else:
            out.append([step])
    return out


def places(length, boundaries):
    """Where a stream is cut into two."""
    if length <= ALL_CUTS_BYTES:
        return range(1, length)
    chosen = boundaries[::max(1, len(boundaries) // BOUNDARIES)] + boundaries[-1:]
    around = {b + d for b in chosen for d in (-1, 0, 1, 3, 4, 5, 7, 8, 9)}
    spread = {length * i // (SPREAD + 1) for i in range(1, SPREAD + 1)}
    return sorted(p for p in around | spread if 0 < p < length)


def piece_for(length):
    return 1 if length <= OCTETS_BYTES else LONG_PIECE_BYTES


class AsRecorded:
    """Every send as it was made."""

    def chunks(self, sends, _offset):
        return [(s, None) for s in sends]


class AtOnce:
    """All that is sent between two observations in one piece."""

    def chunks(self, sends, _offset):
        return [(b"".join(sends), None)]


class InPieces:
    """The same, a few octets at a time."""

    def __init__(self, piece):
        self.piece = piece

    def chunks(self, sends, _offset):
        return [(b"".join(sends), self.piece)]


class CutAt:
    """The same, but in two at one place of the whole stream."""

    def __init__(self, place):
        self.place = place

    def chunks(self, sends, offset):
        joined = b"".join(sends)
        at = self.place - offset
        return [(joined[:at], None), (joined[at:], None)] if 0 < at < len(joined) else [(joined, None)]


def cuttings(length, boundaries):
    """All ways to play a session with so many driven octets but the recorded one."""
    yield AtOnce()
    if length:
        yield InPieces(piece_for(length))
    for place in places(length, boundaries):
        yield CutAt(place)
