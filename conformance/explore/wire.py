"""How both ends were told to speak, and frames in that form. Must not know what is in a payload."""
import dataclasses
import sys


@dataclasses.dataclass(frozen=True)
class Form:
    """Profile, mode and serialiser: nothing on the wire tells them."""
    mode: str = "sync"
    profile: str = "network"
    serialiser: str = "string"

    @property
    def order(self):
        return sys.byteorder if self.profile == "native" else "big"

    @property
    def is_async(self):
        return self.mode == "async"

    def u32(self, number):
        return number.to_bytes(4, self.order)

    def request(self, number, payload, length=None):
        """`length` is what is announced, where it is not the payload's."""
        head = self.u32(number) if self.is_async else b""
        return head + self.u32(len(payload) if length is None else length) + payload

    def reply(self, number, payload, length=None):
        return self.u32(number) + self.u32(len(payload) if length is None else length) + payload


class Splitter:
    """Octets in, frames out. `announced` is the length of the frame that is not complete, None before its header is."""

    def __init__(self, form, has_id):
        self.form, self.head_bytes = form, 8 if has_id else 4
        self.rest, self.announced = bytearray(), None

    def add(self, octets):
        self.rest += octets

    def take(self):
        """(id, payload) or None; without ids the id is None."""
        head = self.head_bytes
        self.announced = None
        if len(self.rest) < head:
            return None
        self.announced = int.from_bytes(self.rest[head - 4:head], self.form.order)
        if len(self.rest) < head + self.announced:
            return None
        number = int.from_bytes(self.rest[:4], self.form.order) if head == 8 else None
        payload = bytes(self.rest[head:head + self.announced])
        del self.rest[:head + self.announced]
        self.announced = None
        return number, payload
