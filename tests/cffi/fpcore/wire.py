"""What the two ends of a connection agree on, and what they give out. Must not know either end."""
from typing import Any, NamedTuple

from .binding import FRAME_BYTES_MAX, PROFILES, ffi
from .items import serialiser


class Wire(NamedTuple):
    profile: str = "network"
    is_async: bool = False
    serialiser: str = "string"
    payload_max: int = FRAME_BYTES_MAX

    def to_c(self):
        return ffi.new("struct fp_wire *", {"profile": PROFILES[self.profile], "async": self.is_async,
                                            "payload_max": self.payload_max, "serialiser": serialiser(self.serialiser)})


class Result(NamedTuple):
    call: Any  # the Call
    items: list


class Event(NamedTuple):
    items: list


class Failed(NamedTuple):
    reason: str
    offset: int


class Ended(NamedTuple):
    pass
