"""Octets as the pieces of a transcript. Must not know sessions."""

import functools
import re

HEX_OCTETS = 40  # in one piece
ITEMS_MAX = 40  # of a list that is written item by item
TEXT_OCTETS_MIN = 3  # fewer are written in hex, where nothing tells that they are text
REPEATED_OCTETS_MIN = 16
REPEATED = re.compile(rb"(.{1,256}?)\1{3,}+", re.DOTALL)
TEXT = re.compile(rb"[ -~]{%d,}" % TEXT_OCTETS_MIN)


def text(octets):
    return '"' + octets.decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_text(octets):
    return re.fullmatch(rb"[ -~]+", octets) is not None


def hexes(octets):
    return [octets[i:i + HEX_OCTETS].hex() for i in range(0, len(octets), HEX_OCTETS)]


def plain(octets):
    """Pieces without repetitions."""
    out, at = [], 0
    for found in TEXT.finditer(octets):
        out += hexes(octets[at:found.start()]) + [text(found[0])]
        at = found.end()
    return out + hexes(octets[at:])


def unit(octets):
    pieces = [text(octets)] if is_text(octets) else plain(octets)
    return pieces[0] if len(pieces) == 1 else "(" + " ".join(pieces) + ")"


@functools.cache  # to search costs most of a conversion, and sessions have much in common
def repetitions(octets):
    """(where it starts, where it ends, what is repeated) for each."""
    return [(*found.span(), found[1]) for found in REPEATED.finditer(octets) if len(found[0]) >= REPEATED_OCTETS_MIN]


def of(octets):
    """A list of pieces for any octets: text where it is text, repetitions as such."""
    out, at = [], 0
    for start, end, repeated in repetitions(octets):
        out += plain(octets[at:start]) + [f"{unit(repeated)}*{(end - start) // len(repeated)}"]
        at = end
    return out + plain(octets[at:])


def item(octets):
    """One word: an element of a list of items."""
    return "+".join(value(octets)) or "-"


def value(octets):
    """Pieces for octets of which it is known that they belong together."""
    return [text(octets)] if is_text(octets) and not repetitions(octets) else of(octets)
