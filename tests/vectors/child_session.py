"""A recorded session of kind child, played against core/child with the Python twin of the test worker as its function.

Process matters stop at the edge: where the function throws or exits, or the worker could not start, `dead` says so, nothing
more is read, and what the endpoint still holds can be looked at."""

import heapq
import itertools
from typing import NamedTuple

import fpcore
from session import Session
from worker import Died, Exited, Worker

SOCKET_BYTES = 200_000  # a peer that goes away with more unread than this blocked the writer


class Reaction(NamedTuple):
    octets: bytes
    marks: tuple  # ("failed", reason, offset) ("ended",) ("died",) ("exited", status) ("refused", what, reason)


class Answerer:
    """What the function answers one request with."""

    def __init__(self, session, request):
        self.session = session
        self.request = request

    def reply(self, items):
        self.session.attempt("reply", self.session.child.reply, self.request, items)

    def event(self, items):
        self.session.attempt("event", self.session.child.event, items)

    def after(self, ms, function):
        self.session.after(ms, function)


class ChildSession(Session):
    def __init__(self, vector, payload_max=fpcore.FRAME_BYTES_MAX):
        super().__init__(vector)
        is_json = vector["serialiser"] == "json"
        wire = fpcore.Wire(vector["profile"], vector["mode"] == "async", "json" if is_json else "string", payload_max)
        self.alloc = fpcore.Alloc()
        self.child = fpcore.Child(wire, self.alloc)
        self.worker = Worker(wire.is_async, is_json)
        self.requests = []
        self.timers = []
        self.now_ms = 0
        self.dead = None
        self._order = itertools.count()
        self._octets = []
        self._unread = 0
        self._marks = []
        self._start(vector.get("startup", {}))

    def _start(self, startup):
        """What of the start the endpoint can notice: a worker that does not get as far as to serve takes no request."""
        if startup.get("init") in ("W::initdie", "W::initev") or self.vector["serialiser"] not in ("string", "json"):
            self._die(("died",))

    def free(self):
        self.child.free()
        assert self.alloc.held == 0

    # ---- driven steps ----

    def send(self, octets, piece):
        if self.dead:
            return
        for event in self.child.pieces(octets, piece):
            self._take(event)
            if self.dead:
                return

    def do(self, step):
        if step["op"] == "shutdown":
            self.child.eof()
        elif step["op"] == "close":
            self._close()
        else:
            assert step["op"] == "signal"  # an endpoint has none
        self._pump()

    def _close(self):
        """A peer that closes with octets unread is a read error, or a write error for a writer that was blocked."""
        if not self._unread:
            self.child.eof()
        else:
            self.child.rx_error("write" if self._unread > SOCKET_BYTES else "read")

    def settle(self):
        self._pump()
        while self.timers and not self.dead:
            self.now_ms, _, function = heapq.heappop(self.timers)
            function()
            self._pump()

    # ---- what comes out ----

    def _pump(self):
        while not self.dead and (event := self.child.next()) is not None:
            self._take(event)
        self._write()

    def _take(self, event):
        if isinstance(event, fpcore.Request):
            self._serve(event)
        elif isinstance(event, fpcore.Failed):
            self._marks.append(("failed", event.reason, event.offset))
        else:
            self._marks.append(("ended",))
        self._write()

    def _serve(self, request):
        self.requests.append(request)
        try:
            if self.vector.get("startup", {}).get("function") == "W::nosuch":
                raise Died
            self.worker.serve(request.items, Answerer(self, request))
        except Died:
            self._die(("died",))
        except Exited as e:
            self._die(("exited", e.status))

    def _die(self, mark):
        self.dead = mark
        self._marks.append(mark)

    def attempt(self, what, function, *args):
        try:
            function(*args)
        except fpcore.CoreError as e:
            self._marks.append(("refused", what, e.reason))

    def after(self, ms, function):
        heapq.heappush(self.timers, (self.now_ms + ms, next(self._order), function))

    def _write(self):
        octets = self.child.write()
        if octets:
            self._octets.append(octets)
            self._unread += len(octets)

    def has_reaction(self):
        return bool(self._octets or self._marks)

    def reaction(self):
        reaction = Reaction(b"".join(self._octets), tuple(self._marks))
        self._octets, self._marks = [], []
        self._unread = 0  # the recorder read it
        return reaction

    # ---- the whole session ----

    octets = property(lambda self: b"".join(r.octets for r in self.reactions))
    marks = property(lambda self: [m for r in self.reactions for m in r.marks])
    failures = property(lambda self: [m for m in self.marks if m[0] == "failed"])
