"""What a child's function makes of a request: the verbs of TESTEE.md. Must not know octets, ids nor order."""
import dataclasses

RETIRE = (bytes.fromhex("3a74365a40484b314e254478405f373f3d7e2d374e5167574464417336612c6a464e3d774c4f302a6a442a312550"), b"quit",
          bytes.fromhex("3c7e35337265787a2e5560215d585b413233355e226679456f6954465c547e6f48316c2f4e362b446a657039627e624939605c31782542"
                        "7e76574f31712a"))


@dataclasses.dataclass(frozen=True)
class Event:
    items: tuple


@dataclasses.dataclass(frozen=True)
class Answer:
    """To the request itself, or to the one that was held under a key."""
    items: tuple
    key: object = None


@dataclasses.dataclass(frozen=True)
class Hold:
    key: object
    items: tuple


@dataclasses.dataclass(frozen=True)
class Die:
    """The function fails."""


@dataclasses.dataclass(frozen=True)
class Exit:
    status: int


class Verbs:
    """One for each serialiser: words and numbers differ."""

    def __init__(self, serialiser):
        self.is_json = serialiser == "json"

    def word(self, octets):
        return octets.decode() if self.is_json else octets

    def number(self, number):
        return number if self.is_json else b"%d" % number

    def size(self, item):
        return self.number(len(item.encode() if self.is_json else item))

    def events(self, count, *a):
        return [*(Event((self.number(i), *a)) for i in range(1, int(count) + 1)), Answer(a)]

    def free(self, *keys):
        return [*(Answer((), key) for key in keys), Answer((self.word(b"freed"), self.number(len(keys))))]

    def call(self, items):
        """What the function does, in order; nothing where it never answers."""
        if not items:
            return [Answer((self.word(b"noargs"),))]
        verb, *a = items
        return {
            "echo": lambda *a: [Answer(a)],
            "void": lambda *a: [Answer(())],
            "nargs": lambda *a: [Answer((self.number(len(a)),))],
            "rev": lambda *a: [Answer(a[::-1])],
            "size": lambda *a: [Answer(tuple(map(self.size, a)))],
            "fill": lambda n, s: [Answer((s * int(n),))],
            "list": lambda n, s: [Answer((s,) * int(n))],
            "event": lambda *a: [Event(a), Answer((self.word(b"evented"),))],
            "emptyevent": lambda: [Event(()), Answer(())],
            "events": self.events,
            "die": lambda _: [Die()],
            "exit": lambda n: [Exit(int(n))],
            "retire": lambda: [Event(tuple(map(self.word, RETIRE))), Answer((self.word(b"retiring"),))],
            "hold": lambda key, *a: [Hold(key, a)],
            "free": self.free,
            "post": lambda *a: [Answer(a), Event(a)],
            "twice": lambda *a: [Answer(a)],
            "never": lambda *a: [],
        }[verb if self.is_json else verb.decode()](*a)
