"""A session with a parent, judged by the model. Must not know how sessions are made.

A pong is the fence: what was to come has come before it."""
import json

from . import parent_frames, parent_steps as steps
from .lists import Malformed
from .parent_model import TOLD_BY, Parent
from .player import Finding, Found, Player
from .wire import Splitter


class ParentPlay(Player):
    def __init__(self, testee, session, *hang_s):
        super().__init__(testee, session, *hang_s)
        self.can = testee.can
        self.is_json = testee.form.serialiser == "json"
        self.model = Parent(testee.form, session.frame_max, session.last_id)
        self.wire, self.pings, self.pongs, self.due = bytearray(), 0, 0, []
        self.is_event_unheard = self.is_closed = False
        self.sent = "FRM-5c"  # the clause in doubt if nothing comes of the frames sent last

    def begin(self):
        self.control = self.process.control
        if self.session.last_id is not None:
            self.control.tell("lastid", str(self.session.last_id))

    # The steps

    def call(self, *items):
        tag = self.model.call(list(items))
        self.control.tell("call", tag, *map(self.to_hex, items))

    def to_hex(self, item):
        return (self.model.freeze([item])[1:-1] if self.is_json else item).hex() or "-"

    def calls(self, step):
        for items in step.lists:
            self.call(*items)
        self.await_all()

    def renumber(self, step):
        self.model.renumber(step.last_id)
        self.control.tell("lastid", str(step.last_id))

    def unread(self, step):
        """Nothing is read until the calls have returned and the frames were delivered."""
        if self.model.is_over or self.model.is_dropped:
            return
        self.process.is_paused = True
        self.call("u" * step.bytes if self.is_json else b"u" * step.bytes)
        self.fence("BUF-2")
        self.send([parent_frames.Sender(self.model.without_last()).octets(step.frames)], "BUF-3")
        self.process.is_paused = False
        self.await_all()

    def frames(self, step):
        pieces = parent_frames.pieces(parent_frames.Sender(self.model).octets(step.frames), step.marks, step.missing)
        self.send(pieces, "FRM-5" if len(pieces) > 1 else "FRM-5b" if len(step.frames) > 1 else "FRM-5c")

    def answer_all(self, step):
        self.send([parent_frames.answer_all(self.model, step.is_reversed)], "ORD-2" if step.is_reversed else "FRM-5b")

    def send(self, pieces, clause):
        """clause: what is in doubt if nothing comes of it."""
        pieces = [p for p in pieces if p]
        if not pieces or self.model.is_over:
            return
        self.sent = clause
        self.model.take(b"".join(pieces))
        for piece in pieces:
            self.process.put(piece)
        self.await_all()

    def drop(self, _):
        if self.model.is_dropped or self.model.is_over:
            return
        self.model.drop()
        self.control.tell("drop")
        self.pump_until(lambda: self.process.is_ended)
        if not self.process.is_ended:
            raise Found(Finding("stays", "SHUT-1", "the parent was dropped, and did not end its stream"))
        self.await_all()

    def gone(self, step):
        if self.model.is_over:
            return
        if step.bytes and not self.model.is_dropped:
            self.process.is_paused = True
            self.call("g" * step.bytes if self.is_json else b"g" * step.bytes)
            self.fence("BUF-2")
        self.model.gone()
        self.close()
        self.await_all()

    def end(self, _):
        if self.model.is_over:
            return
        self.process.put(self.process.end)
        self.model.end_of_file()
        self.await_all()

    STEPS = {steps.Calls: calls, steps.Renumber: renumber, steps.Unread: unread, steps.Frames: frames, steps.AnswerAll: answer_all,
             steps.Drop: drop, steps.Gone: gone, steps.End: end}

    def close(self):
        self.process.close()
        self.is_closed = True

    # What is seen

    def is_gone(self):
        return self.control.is_ended

    def await_all(self):
        """What is due, then that nothing else comes."""
        self.pump_until(self.is_complete)
        if not self.is_complete():
            raise Found(self.missing())
        self.fence(self.sent)
        if self.has_ended_early():
            raise Found(self.EARLY)

    EARLY = Finding("ends", "SHUT-1", "the parent ended its stream too early")

    def is_complete(self):
        is_written = self.process.is_paused or self.model.is_over or len(self.wire) == len(self.model.wire)
        return is_written and not any(self.due) and not self.process.is_writing()

    def fence(self, clause):
        self.pings += 1
        self.control.tell("ping", str(self.pings))
        self.pump_until(lambda: self.pongs == self.pings)
        if self.pongs != self.pings:
            how = "the process ended" if self.control.is_ended else f"nothing came for {self.hang_s:g} s"
            raise Found(Finding("missing", clause, f"a ping is not answered: {how}"))

    def judge(self):
        self.due += [[t for t in group if t.kind == "result" or t.kind in self.can] for group in self.model.told]
        self.is_event_unheard |= "event" not in self.can and any(t.kind == "event" for group in self.model.told for t in group)
        self.model.told.clear()
        self.judge_wire()
        while self.control.lines:
            self.judge_line(*self.control.lines.popleft())

    # The connection

    def judge_wire(self):
        at = len(self.wire)
        self.wire += self.process.got
        seen, expected = bytes(self.process.got), bytes(self.model.wire[at:at + len(self.process.got)])
        self.process.got.clear()
        if seen != expected:
            same = next((i for i, (a, b) in enumerate(zip(seen, expected)) if a != b), min(len(seen), len(expected)))
            raise Found(self.wrong_octet(at + same))

    def has_ended_early(self):
        is_to_go_on = not self.is_closed and not self.model.is_over and not self.control.is_ended
        return self.process.is_ended and is_to_go_on and (not self.model.is_dropped or len(self.wire) < len(self.model.wire))

    def wrong_octet(self, at):
        splitter = Splitter(self.testee.form, self.testee.form.is_async)
        splitter.add(self.model.wire)
        begin, frame = 0, splitter.take()
        while frame and begin + splitter.head_bytes + len(frame[1]) <= at:
            begin += splitter.head_bytes + len(frame[1])
            frame = splitter.take()
        expected = bytes(self.model.wire[begin:begin + splitter.head_bytes + len(frame[1])]) if frame else b""
        seen = bytes(self.wire[begin:])
        if not frame:
            return Finding("extra", "EVT-1b" if self.is_event_last() else self.request_clause(), "octets came that no call asked for", b"", seen)
        return Finding("wrong", self.clause_of_request(frame, seen, at - begin), "a request is not the one that is due", expected, seen)

    def is_event_last(self):
        return self.model.answered is None or not self.model.outstanding

    def request_clause(self):
        return "FRM-2" if self.testee.form.is_async else "FRM-1"

    def clause_of_request(self, frame, seen, at):
        form, (number, payload) = self.testee.form, frame
        head = 8 if form.is_async else 4
        got = Splitter(form, form.is_async)
        got.add(seen)
        length = int.from_bytes(seen[head - 4:head], form.order)
        if form.is_async and at < 4:
            if seen[:8] == form.u32(len(payload)) + form.u32(number):
                return "FRM-2"
            return "ID-2" if number < 3 and self.session.last_id else "ID-3" if number - 1 in self.model.outstanding else "ID-1"
        if seen[head - 4:head][::-1] == form.u32(len(payload)):
            return "FRM-4b" if form.profile == "native" else "FRM-4"
        whole = got.take()
        try:
            is_same = whole is not None and self.model.thaw(whole[1]) == self.model.thaw(payload)
        except Malformed:
            return "JSN-1" if self.is_json else "SER-2"
        if whole is None and length != len(payload) and seen[head:head + len(payload)] == payload:
            return self.request_clause()
        if self.is_json:
            return "JSN-5" if is_same else "JSN-1"
        return "SER-4" if is_same else "SER-1"

    # What it tells

    def judge_line(self, kind="", *words):
        if kind == "pong":
            self.pongs = int(words[0])
            return
        if kind in TOLD_BY and kind not in self.can:
            return
        while self.due and not self.due[0]:
            self.due.pop(0)
        for told in self.due[0] if self.due else []:
            if self.fits(told, kind, words):
                self.due[0].remove(told)
                return
        if kind == "error" and self.is_event_unheard and not self.model.is_over:  # EVT-3
            return
        raise Found(self.unexpected(kind, words))

    def fits(self, told, kind, words):
        if kind != told.kind or (told.tag and words[:1] != (told.tag,)):
            return False
        if kind == "error":
            return words[0] in told.kinds
        return kind in ("failure", "end") or self.items(words[1 if told.tag else 0:]) == list(told.items)

    def items(self, words):
        try:
            octets = [bytes.fromhex(word.replace("-", "")) for word in words]
            return [json.loads(o) for o in octets] if self.is_json else octets
        except ValueError:
            return None

    def unexpected(self, kind, words):
        line = " ".join((kind, *words))[:200]
        first = self.due[0][0] if self.due and self.due[0] else None
        expected = f"{first.kind} {first.tag or ''}".strip() if first else "nothing"
        return Finding("wrong" if first else "extra", self.clause_of_line(kind, words, first), f"the parent tells `{line}`, where {expected} is due")

    def clause_of_line(self, kind, words, first):
        if first and first.kind == "failure" and kind == "end":  # the call has vanished
            return first.clause
        if first is None or first.kind in ("failure", "end"):
            return self.clause_of_extra(kind)
        if kind == "error":
            return "ERR-1b" if first.kind == "error" else first.clause
        if kind == "end":
            return first.clause if first.kind == "error" else "SHUT-4b"
        if first.kind == "error":
            return "SHUT-6b" if first.clause == "SHUT-6" else first.clause
        if any(self.fits(told, kind, words) for group in self.due for told in group):
            return "ORD-3"
        if kind != first.kind:
            return "EVT-1"
        if kind == "result" and words[:1] != (first.tag,):
            return "ORD-2" if self.testee.form.is_async else "ORD-1b"
        if first.clause in ("FRM-6", "SER-5", "JSN-4"):
            return first.clause
        return "JSN-1" if self.is_json else "SER-1"

    def clause_of_extra(self, kind):
        if kind == "end":
            return "SHUT-4" if self.model.is_over else "SHUT-4b"
        if self.model.fault and kind in ("result", "event"):
            return "SHUT-6b" if self.model.fault == "SHUT-6" else "ERR-2"
        if self.model.fault:
            return "ERR-2" if kind == "error" else "ERR-3"
        if kind == "error":
            return "EVT-2"
        return "SHUT-6b" if self.model.splitter.rest else "FRM-3"

    def missing(self):
        how = "the process ended" if self.control.is_ended else f"nothing came for {self.hang_s:g} s"
        told = next((t for group in self.due for t in group), None)
        if self.has_ended_early():
            return self.EARLY
        if told is None:
            is_big = len(self.model.wire) - len(self.wire) > 1 << 16 or "BUF" in self.sent
            clause = "BUF-2" if is_big else self.request_clause()
            return Finding("missing", clause, f"not all of the requests came: {how}", bytes(self.model.wire[len(self.wire):]), b"")
        clause = told.clause
        if told.clause in ("FRM-3", "EVT-1", "EVT-2") and self.sent in ("FRM-5", "FRM-5b", "BUF-3"):
            clause = self.sent
        elif told.clause == "FRM-3":
            clause = self.sent
        return Finding("missing", clause, f"`{told.kind} {told.tag or ''}`".replace(" `", "`") + f" is due: {how}")

    # The end

    def finish(self):
        """It is over: the connection closes, and with the control channel the process ends."""
        if not self.is_closed:
            self.pump_until(lambda: self.process.is_ended)
            if not self.process.is_ended:
                raise Found(Finding("stays", "ERR-2b", "the connection is over, and the parent does not close it"))
        self.control.end()
        self.judge_exit("ERR-7b" if self.is_closed else "SHUT-4", lambda status: status == 0, "0")
