"""A recorded session of kind parent, played against core/parent by a small host: what an application and its event loop do.

The peer is the vector; between them lies a socket that holds SOCKET_BYTES. What the application is told is a list of
    ("result", tag, items) ("event", items) ("error", class) ("failure", tag) ("refused", tag) ("destroy",) ("closed",)
"failure" is the end of a call that gets no result, "refused" one that was not accepted, "closed" the end of the connection
after an error. The classes of errors are those of the recordings' README."""

import json
from typing import NamedTuple

import fpcore
from recordings import octets
from session import Session

SOCKET_BYTES = 100_000
CLASSES = {"eof": "unexpected-eof", "unexpected": "unexpected-data", "write": "write-error"}


class Reaction(NamedTuple):
    octets: bytes
    has_eof: bool
    told: tuple


def item_from_perl(value, is_json):
    """A value of `args_perl` as an item. Characters up to 255 are octets for the string serialiser."""
    if not isinstance(value, str):
        return fpcore.Value(json.dumps(value, separators=(",", ":")).encode())
    if is_json:
        return value.encode()
    return value.encode("latin-1") if max(value, default="") <= "\xff" else value.encode()


class ParentSession(Session):
    def __init__(self, vector, payload_max=fpcore.FRAME_BYTES_MAX):
        super().__init__(vector)
        self.is_json = vector["serialiser"] == "json"
        serialiser = "json" if self.is_json else "string"
        self.alloc = fpcore.Alloc()
        wire = fpcore.Wire(vector["profile"], vector["mode"] == "async", serialiser, payload_max)
        self.parent = fpcore.Parent(wire, self.alloc)
        if "first_id_after" in vector:
            self.parent.set_last_id(vector["first_id_after"])
        self.handlers = vector["handlers"]
        self.failure = None  # the Failed that ended it
        self.on_result = {}
        self.is_connected = self.is_over = self.has_half_closed = False
        self.is_stalled = self.is_deaf = self.is_peer_gone = self.is_peer_done = False
        self._in_socket = []  # octets that a stalled peer has not read
        self._octets, self._told, self._has_eof = [], [], False

    def free(self):
        self.parent.free()
        assert self.alloc.held == 0

    # ---- driven steps: the application ----

    def do(self, step):
        getattr(self, "do_" + step["op"])(step)

    def do_connect(self, _):
        self.is_connected = True

    def do_call(self, step):
        tag = step["tag"]
        items = [octets(a) for a in step.get("args", [])]
        items += [item_from_perl(v, self.is_json) for v in step.get("args_perl", [])]
        self.on_result[tag] = step.get("on_result", [])
        try:
            self.parent.call(items, tag)
        except fpcore.CoreError as e:
            assert e.reason == "closed"
            self._told.append(("refused", tag))

    def do_drop(self, _):
        self.parent.close()

    def do_setid(self, step):
        self.parent.set_last_id(step["value"])

    def do_die(self, _):
        """What a callback throws is its own: a C callback cannot."""

    # ---- driven steps: the peer ----

    def send(self, chunk, piece):
        for event in self.parent.pieces(chunk, piece):
            self._take(event)

    def do_child_shutdown(self, _):
        self.is_peer_done = True

    def do_child_close(self, _):
        """Octets that the peer has not read make a reset of it; to an application both are one class (ERR-8, ODD-28)."""
        self.is_peer_done = self.is_peer_gone = True

    def do_child_shutdown_read(self, _):
        self.is_deaf = True

    def do_child_stall(self, _):
        self.is_stalled = True

    def do_child_resume(self, _):
        self.is_stalled = False
        self._octets += self._in_socket
        self._in_socket = []

    # ---- the event loop ----

    def settle(self):
        """Reads before it writes: end of file wins over a broken pipe."""
        if not self.is_connected or self.is_over:
            return
        if self.is_peer_done:
            self.parent.eof()
        self._pump()
        while self._write():
            self._pump()
        self._half_close()

    def _pump(self):
        for event in iter(self.parent.next, None):
            self._take(event)

    def _write(self):
        """True: it found out something that is to be told."""
        while out := self.parent.tx():
            if self.is_deaf or self.is_peer_gone:
                self.parent.tx_error()
                return True
            if self.is_stalled:
                out = out[:SOCKET_BYTES - sum(map(len, self._in_socket))]
                if not out:
                    return False
            (self._in_socket if self.is_stalled else self._octets).append(out)
            self.parent.tx_ack(len(out))
        return False

    def _half_close(self):
        if self.parent.is_half_close_due() and not self.has_half_closed and not self._in_socket:
            self.has_half_closed = self._has_eof = True

    # ---- what the application is told ----

    def _take(self, event):
        assert not self.is_over, "something came after the end"
        if isinstance(event, fpcore.Result):
            self._told.append(("result", event.call.tag, event.items))
            self._act(self.on_result[event.call.tag])
        elif isinstance(event, fpcore.Event):
            self._tell_event(event.items)
        elif isinstance(event, fpcore.Failed):
            self._fail(event)
        else:
            self._end("destroy")

    def _tell_event(self, items):
        if "on_event" in self.handlers:
            self._told.append(("event", items))
            self._act_handler("event")
        elif "on_error" in self.handlers:
            self._told.append(("error", "event-without-handler"))

    def _fail(self, event):
        self.failure = event
        self._told.append(("error", CLASSES.get(event.reason, event.reason)))
        self._act_handler("error")
        for taken in self.parent.take_all():
            self._told.append(("failure", taken.call.tag))
        self._end("closed")

    def _end(self, mark):
        self.is_over = True
        assert self.parent.outstanding == 0 and self.parent.next() is None and not self.parent.tx()
        if mark == "closed":
            self._has_eof = not self.has_half_closed and not self.is_peer_gone and not self.is_deaf
            self._told.append((mark,))
        elif "on_destroy" in self.handlers:
            self._told.append((mark,))

    def _act_handler(self, name):
        self._act(self.vector.get("handler_actions", {}).get(name, []))

    def _act(self, steps):
        for step in steps:
            getattr(self, "do_" + step["op"])(step)

    # ---- the trace ----

    def has_reaction(self):
        return bool(self._octets or self._told or self._has_eof)

    def reaction(self):
        reaction = Reaction(b"".join(self._octets), self._has_eof, tuple(self._told))
        self._octets, self._told, self._has_eof = [], [], False
        return reaction

    written = property(lambda self: b"".join(r.octets for r in self.reactions))
    told = property(lambda self: [t for r in self.reactions for t in r.told])

    def told_kinds(self, *kinds):
        return [t for t in self.told if t[0] in kinds]
