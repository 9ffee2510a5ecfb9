"""Random sessions with a child, as Hypothesis strategies. Must not know what is right: requests that a child refuses are drawn like others.

What shrinks is small: few steps, few requests, short items, no cuts."""
import dataclasses
from functools import partial

from hypothesis import strategies as st

from . import bad_lists
from .lists import FREEZE, ber
from .steps import Await, Close, End, Interrupt, Read, Send, Session, StopReading

STEPS_MAX = 12
REQUESTS_MAX = 6  # in one step
CUTS_MAX = 12
OCTETS_MAX = 64  # written one by one
EDGES = (127, 128, 496, 1008, 2032, 4096, 8192, 16383, 16384, 65536)  # where lengths get longer, and buffers full
FILLED_BYTES = (496, 1008, 2032, 4096, 65536)  # what receivers read at once
BIG_BYTES = (1 << 17, 1 << 18, 1 << 20, (1 << 21) - 1, 1 << 21)
NOTABLE = (b"", b"\0", b"a\0b", b"\xff", b"\x80", b"\n", b"a\r\n", "\u00e9".encode(), bytes(range(256)))
IDS = (1, 2, 127, 128, 255, 256, 65536, 0x01020304, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
HOSTILE_LENGTHS = ((16 << 20) + 1, 200 << 20, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) - 4, (1 << 32) - 1)
FLOOD = 24, 8 << 20  # answers that nobody reads, and their octets
CROWD = 1000  # requests that are held at a time (ORD-4b)
ITEMS = 100000  # of one list (SER-10)

one_more = st.integers(0, 5).map(bool)


def is_last(drawn, of):
    return drawn == of - 1


def one_in(n):
    """True once in n draws, and never in the smallest."""
    return st.integers(0, n - 1).map(partial(is_last, of=n))


def several(draw, low, high, more=one_more):
    """Counts, so that any one of what is drawn for each can be left out when a session is made smaller."""
    count = 0
    while count < high and (count < low or draw(more)):
        count += 1
        yield count


def run_of(edge, difference, octet):
    return octet * max(edge + difference, 0)


def big_run(size, difference):
    return b"y" * (size + difference)


edges = st.builds(run_of, st.sampled_from(EDGES), st.integers(-40, 3), st.sampled_from((b"x", b"\0", b"\xfe")))
octet_items = st.one_of(st.binary(max_size=4), st.sampled_from(NOTABLE), st.binary(max_size=4), edges)
big_items = st.builds(big_run, st.sampled_from(BIG_BYTES), st.integers(-1, 1))


def nest(depth):
    """So many brackets, within each other."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def latin_1(octets):
    return octets.decode("latin-1")


texts = st.one_of(st.text(max_size=4), st.sampled_from(("", "\0", "\x1f\x7f", "/\\\"", "\b\f\n\r\t", "\u00e9\u20ac", "\U0001f600", "\u2028")),
                  edges.map(latin_1))
integers = st.one_of(st.integers(-2, 300), st.sampled_from(((1 << 53) + 1, (1 << 63) - 1, 1 - (1 << 63), (1 << 64) - 1)))
values = st.one_of(texts, integers, st.booleans(), st.none(), st.lists(st.integers(0, 9), max_size=2),
                   st.dictionaries(st.text(max_size=2), st.integers(0, 9), max_size=1), st.sampled_from((1, 2, 20, 510, 511)).map(nest))


def spaced(payload, space):
    """The same array with white space where it may stand."""
    return space + payload[:1] + space + payload[1:-1] + space + payload[-1:] + space


class Draw:
    """For one testee: `session` is the strategy."""

    def __init__(self, form, can, is_stdio=False):
        self.form, self.can, self.is_stdio = form, can, is_stdio
        self.is_json, self.freeze = form.serialiser == "json", FREEZE[form.serialiser]
        self.item = values if self.is_json else octet_items
        self.text = texts if self.is_json else octet_items
        self.lists = st.lists(self.item, max_size=4)
        self.texts = st.lists(self.text, max_size=4)
        self.of_verb = self.arguments()
        self.verbs = st.sampled_from(("echo", None, "echo", *self.of_verb))
        self.session = self.sessions()

    # One request

    def word(self, text):
        return text if self.is_json else text.encode()

    def number(self, number):
        return number if self.is_json else b"%d" % number

    def arguments(self):
        """{verb: strategies of its arguments}, of those that are answered at once; a list at the end is spread out."""
        lists, word, number = self.lists, self.word, self.number
        plain = {
            "void": [lists], "nargs": [lists], "rev": [lists], "size": [self.texts], "event": [lists], "emptyevent": [], "retire": [],
            "events": [st.sampled_from([number(n) for n in (0, 1, 2, 3)]), lists],
            "fill": [st.sampled_from([number(n) for n in (0, 1, 3, 500, 40000)]), st.sampled_from((word(""), word("x"), word("fill")))],
            "list": [st.sampled_from([number(n) for n in (0, 1, 2, 300)]), st.sampled_from((word(""), word("ab")))],
        } | ({"post": [lists], "twice": [lists]} if self.form.is_async else {})
        return {"echo": [lists]} | {verb: a for verb, a in plain.items() if verb in self.can}

    def call(self, draw):
        """A list that a child answers at once; without a verb, the empty one."""
        verb = draw(self.verbs)
        if verb is None:
            return []
        drawn = [draw(a) for a in self.of_verb[verb]]
        *first, last = drawn or [[]]
        return [self.word(verb), *first, *(last if isinstance(last, list) and verb not in ("fill", "list") else [last])]

    def payload_of(self, draw, items):
        """In the usual form, or in another that is as good."""
        if len(items) >= ITEMS or not draw(one_in(6)):
            return self.freeze(items)
        if self.is_json:
            return spaced(FREEZE["json"](items), draw(st.sampled_from((b" ", b"\t", b"\r\n"))))
        return FREEZE["string"](items, pads=draw(st.sampled_from((1, 2, 4, 9, 60))))

    def request(self, draw, ids, items):
        return self.form.request(ids.next(draw), self.payload_of(draw, items))

    def big_call(self, draw):
        how = draw(st.integers(0, 5))
        if how == 5 and "list" in self.can:
            return [self.word("list"), self.number(ITEMS), self.word("x")]
        if how == 4:
            return [self.word("echo"), *[self.word("i")] * ITEMS]
        item = draw(big_items)
        return [self.word("echo"), item.decode() if self.is_json else item]

    # A step

    def requests(self, draw, ids):
        """Octets of some that are answered, or of async ones that are not yet."""
        whole = []
        for _ in several(draw, 1, REQUESTS_MAX):
            items = self.held_or_freed(draw, ids) if self.form.is_async else None
            if items is None:
                items = self.big_call(draw) if draw(one_in(40)) else self.call(draw)
            whole.append(self.request(draw, ids, items))
        return b"".join(whole)

    def held_or_freed(self, draw, ids):
        if not {"hold", "free"} <= self.can or not draw(one_in(3)):
            return None
        if ids.keys and draw(st.booleans()):
            keys = draw(st.lists(st.sampled_from(sorted(ids.keys)), min_size=1, max_size=3, unique=True))
            for key in keys:
                ids.keys.pop(key)
            return [self.word("free"), *map(self.word, keys)]
        key = f"k{len(ids.used)}"
        ids.is_to_be_held = key
        return [self.word("hold"), self.word(key), *draw(self.lists)]

    def sent(self, draw, octets):
        return Send(cut(draw, octets))

    def step(self, draw, ids):
        kind = draw(st.integers(0, 10))
        if kind == 10:
            return [Send((self.filling(draw, ids),)), Await()]
        send = self.sent(draw, self.requests(draw, ids))
        if kind == 9:
            return [StopReading(), send, self.unread(draw, ids), Read(), Await()]
        if kind == 8:
            return self.interrupted(draw, ids, send)
        return [send, Await()] if kind < 5 else [send]

    def filling(self, draw, ids):
        """A request that just fills what a receiver reads at once, or not quite, or by one octet more."""
        size = draw(st.sampled_from(FILLED_BYTES)) + draw(st.integers(-1, 1))
        count = size
        while len(self.form.request(1, self.echo_of(count))) > size:
            count -= 1
        return self.form.request(ids.next(draw), self.echo_of(count))

    def echo_of(self, count):
        return self.freeze([self.word("echo"), self.word("f" * count)])

    def unread(self, draw, ids):
        """Answers that do not fit the connection."""
        items = [self.word("echo"), self.word("z" * draw(st.sampled_from((300000, 1000000))))]
        count = draw(st.integers(1, 3))
        return Send((b"".join(self.request(draw, ids, items) for _ in range(count)),))

    def interrupted(self, draw, ids, send):
        """At rest, and within a request; a first answer shows that it has begun."""
        first = Send((self.request(draw, ids, [self.word("echo")]),))
        half, signal = len(send.octets) // 2, Interrupt(draw(st.booleans()) if "signal" in self.can else True)
        return [first, Await(), signal, Send((send.octets[:half],)), signal, Send((send.octets[half:],)), Await()]

    # The last step

    def last(self, draw, ids, frame_max):
        if frame_max is not None:
            return draw(st.sampled_from((self.half_close, self.close, self.too_long)))(draw, ids)
        ends = [self.half_close, self.half_close, self.ends_unread, self.close, self.truncated, self.malformed, self.malformed, self.malformed, self.hostile]
        ends += [self.dies] if "die" in self.can else []
        ends += [self.exits] if "exit" in self.can else []
        ends += [self.never, self.id_0] if self.form.is_async and "never" in self.can else []
        ends += [self.crowd] if self.form.is_async and {"hold", "free"} <= self.can and draw(one_in(4)) else []
        ends += [self.flood] if self.form.is_async and "fill" in self.can and draw(one_in(4)) else []
        return draw(st.sampled_from(ends))(draw, ids)

    def half_close(self, _draw, _ids):
        return [End()]

    def ends_unread(self, draw, ids):
        """With answers that do not fit the connection, and are read when the child has seen its end."""
        return [StopReading(), self.unread(draw, ids), End(), Read()]

    def close(self, draw, _ids):
        return [Await(), Close()] if draw(st.booleans()) else [Close()]

    def truncated(self, draw, ids):
        """Anywhere, or where what is there is a list by itself."""
        items = self.call(draw)
        if len(items) > 1 and not self.is_json and draw(st.booleans()):
            part = self.freeze(items[:draw(st.integers(0, len(items) - 1))])
            return [Send((self.form.request(ids.next(draw), part, len(self.freeze(items))),)), End()]
        octets = self.request(draw, ids, items)
        return [Send((octets[:draw(st.integers(1, len(octets) - 1))],)), End()]

    def behind(self, draw, ids):
        """What follows a fault."""
        return self.request(draw, ids, [self.word("echo"), self.word("behind")]) if draw(st.booleans()) else b""

    def malformed(self, draw, ids):
        payload = draw(bad_lists.json_lists if self.is_json else bad_lists.string_lists)
        octets = self.form.request(ids.next(draw), payload)
        before = [Await()] if draw(st.booleans()) else []
        return [*before, self.fault(draw, ids, octets), *([End()] if draw(st.booleans()) else [])]

    def fault(self, draw, ids, octets):
        """In one write with what stands before it and behind it."""
        before = self.requests(draw, ids) if draw(st.booleans()) else b""
        return Send((before + octets + self.behind(draw, ids),))

    def hostile(self, draw, ids):
        octets = self.form.request(ids.next(draw), ber(4) + b"echo", draw(st.sampled_from(HOSTILE_LENGTHS)))
        return [Send((octets,)), End()]

    def too_long(self, draw, ids):
        """By one, or by much; its payload does not come."""
        over = draw(st.sampled_from((1, 2, 100, 1 << 30, 1 << 31)))
        return [Send((self.form.request(ids.next(draw), b"", ids.frame_max + over),))]

    def dies(self, draw, ids):
        octets = self.request(draw, ids, [self.word("die"), self.word("as asked")])
        is_to_end = self.form.is_async or draw(st.booleans())
        send = Send((octets,)) if self.form.is_async else self.fault(draw, ids, octets)
        return [send, *([End()] if is_to_end else [])]

    def exits(self, draw, ids):
        status = draw(st.sampled_from((0, 1, 3, 255)))
        return [Send((self.request(draw, ids, [self.word("exit"), self.number(status)]),))]

    def never(self, draw, ids):
        octets = self.request(draw, ids, [self.word("never")])
        return [Send((octets,)), draw(st.sampled_from((End(), Close())))]

    def id_0(self, draw, _ids):
        return [Send((self.form.request(0, self.payload_of(draw, [self.word("echo"), self.word("a")])),)), End()]

    def flood(self, draw, ids):
        count, size = FLOOD
        octets = b"".join(self.request(draw, ids, [self.word("fill"), self.number(size), self.word("f")]) for _ in range(count))
        return [StopReading(), Send((octets,)), Read(), Await(), End()]

    def crowd(self, draw, ids):
        """Many that are unanswered, and then answered the other way round."""
        keys = [b"c%d" % n for n in range(CROWD)]
        held = b"".join(self.form.request(ids.lowest(), self.freeze([self.word("hold"), self.word(key.decode())])) for key in keys)
        free = self.form.request(ids.next(draw), self.freeze([self.word("free"), *(self.word(key.decode()) for key in reversed(keys))]))
        return [Send((held + free,)), Await(), End()]

    # All of it

    def sessions(self):
        @st.composite
        def session(draw):
            frame_max = draw(st.sampled_from((None, None, None, 64, 1000))) if "limit" in self.can else None
            ids, done = Ids(self.form, frame_max), []
            for _ in several(draw, 0, STEPS_MAX):
                done += self.step(draw, ids) if frame_max is None else self.limited(draw, ids, frame_max)
            return Session(tuple(done + self.last(draw, ids, frame_max)), frame_max)
        return session()

    def limited(self, draw, ids, frame_max):
        """Requests up to the limit; for a request that reaches it, an answer that does not."""
        room = frame_max - len(self.freeze([self.word("echo"), self.word("")])) - (frame_max > 127)
        length = draw(st.sampled_from((0, 1, room - 1, room)))
        octets = self.form.request(ids.next(draw), self.freeze([self.word("echo"), self.word("l" * length)]))
        return [self.sent(draw, octets), Await()]


@dataclasses.dataclass
class Ids:
    """Ids of requests, so that none is used while it is in use; and the keys of what is held."""
    form: object
    frame_max: int | None
    keys: dict = dataclasses.field(default_factory=dict)
    used: set = dataclasses.field(default_factory=set)
    is_to_be_held: str | None = None
    from_id: int = 1

    def next(self, draw):
        number = draw(st.one_of(st.just(0), st.sampled_from(IDS))) if self.form.is_async else 0
        if number == 0 or number in self.used:
            return self.lowest()
        return self.take(number)

    def lowest(self):
        """The first from 1 on that was not used."""
        while self.from_id in self.used:
            self.from_id += 1
        return self.take(self.from_id)

    def take(self, number):
        self.used.add(number)
        if self.is_to_be_held:
            self.keys[self.is_to_be_held], self.is_to_be_held = number, None
        return number


def cut(draw, octets):
    """In one piece, octet by octet at its beginning, or anywhere."""
    how = draw(st.integers(0, 5))
    if how == 5:
        places = range(1, min(OCTETS_MAX, len(octets)))
    elif how >= 3:
        places = sorted(draw(st.sets(st.integers(1, max(len(octets) - 1, 1)), max_size=CUTS_MAX)))
    else:
        places = []
    marks = [0, *(p for p in places if p < len(octets)), len(octets)]
    return tuple(octets[a:b] for a, b in zip(marks, marks[1:]))
