"""A session with a child, judged by the model. Must not know how sessions are made."""
import signal

from . import steps
from .child_model import Child
from .lists import Malformed
from .match import Match
from .player import Finding, Found, Player
from .wire import Splitter

MEMORY_BYTES_MAX = 64 << 20  # FRM-7b, BUF-2b: beyond eight times of what arrived
MEMORY_FACTOR = 8


class Play(Player):
    def __init__(self, testee, session, *hang_s):
        super().__init__(testee, session, *hang_s)
        self.child = Child(testee.form, session.frame_max)
        self.match = Match(self.child)
        self.splitter = Splitter(testee.form, has_id=True)
        self.is_over = self.is_closed = self.is_answered = self.is_idle = False
        self.doubts = set()  # what was done that a missing answer could be due to

    # The steps

    def send(self, step):
        self.child.take(step.octets)
        if len(step.pieces) > 1:
            self.doubts.add("FRM-5")
        for piece in step.pieces:
            self.process.put(piece)
        self.process.pump(0)

    def await_all(self, _=None):
        if self.child.fault or self.child.is_hostile:
            return
        self.pump_until(lambda: self.match.is_complete())
        if not self.match.is_complete():
            raise Found(self.missing())

    def stop_reading(self, _):
        self.process.is_paused = True
        self.doubts.add("BUF-4")

    def read(self, _):
        self.process.fill()
        self.judge_memory()
        self.process.is_paused = False

    def interrupt(self, step):
        self.process.put(lambda: None)  # done once all before it was read
        self.pump_until(lambda: not self.process.is_writing())
        self.process.wait_for_sleep()
        if step.is_stop:
            self.process.stop_and_go_on()
        else:
            self.process.tell(signal.SIGUSR1)
        self.doubts.add("ERR-9")

    def end(self, _):
        self.judge()
        if self.process.is_ended and not self.child.fault and not self.child.is_hostile:
            raise Found(Finding("exit", self.child.ending().clause, "the child ended its stream before it was asked to"))
        self.is_over = True
        self.process.put(self.judge_memory)
        self.process.put(self.process.end)

    def close(self, _=None):
        self.judge()
        self.is_idle = self.match.is_complete() and not self.process.is_writing()
        self.is_closed = True
        self.process.close()

    STEPS = {steps.Send: send, steps.Await: await_all, steps.StopReading: stop_reading, steps.Read: read, steps.Interrupt: interrupt,
             steps.End: end, steps.Close: close}

    # What is seen

    def is_gone(self):
        return self.process.is_ended

    def judge(self):
        self.splitter.add(self.process.got)
        self.process.got.clear()
        while frame := self.splitter.take():
            self.judge_frame(*frame)

    def judge_frame(self, number, payload):
        if number == self.child.may_answer:
            self.is_answered = True
        if self.is_answered or self.match.take(number, payload):
            return
        if number == 0 and payload not in self.match.events:  # an event of its own (EVT-2)
            return
        raise Found(self.unexpected(number, payload))

    def unexpected(self, number, payload):
        seen, heads = self.testee.form.reply(number, payload), self.match.heads()
        if not heads:
            return Finding("extra", self.clause_of_extra(number), "a frame came that nothing asked for", b"", seen)
        of_id = [due for due in heads if due.number == number]
        due = (of_id or [due for due in heads if due.payload == payload] or heads)[0]
        expected = self.testee.form.reply(due.number, due.payload)
        return Finding("wrong", self.clause_of_wrong(due, number, payload), "a frame is not the one that is due", expected, seen)

    def clause_of_extra(self, number):
        if number == 0:
            return "EVT-1c"
        if self.child.fault:
            return self.child.fault
        if self.child.is_truncated:
            return "SHUT-6b"
        return "SHUT-7" if self.child.is_twice else "FRM-3"

    def clause_of_wrong(self, due, number, payload):
        is_async = self.testee.form.is_async
        if due.number != number:
            if 0 in (due.number, number):
                return "EVT-1c" if due.number == 0 else "ID-6" if is_async else "ID-4"
            return "ID-6" if is_async else "ID-4b"
        if due.clause in ("FRM-6", "SER-5", "JSN-4"):
            return due.clause
        is_json = self.testee.form.serialiser == "json"
        try:
            is_same = self.child.thaw(payload) == self.child.thaw(due.payload)
        except Malformed:
            is_same = False
        if is_json:
            return "JSN-5" if is_same else "JSN-1"
        return "SER-4" if is_same else "SER-1"

    def missing(self):
        due = self.match.heads()[0]
        expected = self.testee.form.reply(due.number, due.payload)
        how = "the child ended, and this did not come" if self.process.is_ended else f"nothing came for {self.hang_s:g} s, though this is due"
        return Finding("missing", self.clause_of_missing(due), how, expected, bytes(self.splitter.rest))

    def clause_of_missing(self, due):
        if self.child.fault:
            return "ERR-4d"
        for clause in ("BUF-4", "ERR-9", "FRM-5"):
            if clause in self.doubts:
                return clause
        return "SHUT-2b" if self.is_over else due.clause

    # The end

    def finish(self):
        if not self.is_closed:
            self.finish_stream()
        ending = self.child.ending(self.is_closed, self.is_idle)
        self.judge_exit(ending.clause, lambda status: self.is_exit(ending.exit, status), ending.exit)

    def finish_stream(self):
        """All that is due, then the end; a child that may stay loses its parent."""
        self.process.is_paused = False
        is_last_closed = self.is_to_be_closed()
        self.pump_until(lambda: is_last_closed and (self.child.is_loose or self.match.is_complete()))
        if not self.match.is_complete() and not self.child.is_loose and not self.is_answered:
            raise Found(self.missing())
        if is_last_closed:
            self.close()
            self.is_idle = False
        elif not self.process.is_ended:
            clause = self.child.ending().clause
            raise Found(Finding("stays", clause, f"the child did not end its stream within {self.hang_s:g} s"))

    def is_to_be_closed(self):
        return self.child.is_staying or (not self.is_over and not self.child.fault)

    def is_exit(self, right, status):
        if right == "any" or self.is_answered:
            return True
        return {"zero": status == 0, "nonzero": status != 0}.get(right, status == right)

    def judge_memory(self):
        """What was read counts as well: those answers had been made, and were taken."""
        self.process.look_at_memory()
        grown = self.process.peak_bytes - self.testee.base_bytes
        seen = self.child.sent_bytes + self.child.frame_bytes_max + self.process.read_bytes
        bound = MEMORY_BYTES_MAX + MEMORY_FACTOR * seen
        if grown > bound:
            clause = "BUF-2b" if "BUF-4" in self.doubts else "FRM-7b"
            raise Found(Finding("memory", clause, f"its resident memory grew by {grown >> 20} MiB, where {bound >> 20} MiB are enough"))
