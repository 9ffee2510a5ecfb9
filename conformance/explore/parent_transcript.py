"""Writes a session with a parent as a transcript (TRANSCRIPT.md) that `forkpool-conform replay` plays. Must not know processes."""
from . import parent_frames, parent_steps as steps
from .parent_model import TOLD_BY, Parent
from .transcript import document, fold, pieces_of, words


class ParentWriter:
    def __init__(self, form, session, can):
        self.form, self.session, self.can = form, session, can
        self.model = Parent(form, session.frame_max, session.last_id)
        self.lines, self.needs, self.written, self.is_closed = [], set(), 0, False

    def say(self, line):
        self.lines.append(fold(line))

    def words(self, items):
        return words(self.model.freeze([i])[1:-1] if self.form.serialiser == "json" else i for i in items)

    # What is done

    def call(self, *items):
        self.say(f"app calls {self.model.call(list(items))}{self.words(items)}")

    def sends(self, *pieces):
        pieces = [p for p in pieces if p]
        if pieces and not self.model.is_over:
            self.say("child sends " + " / ".join(map(pieces_of, pieces)))
            self.model.take(b"".join(pieces))
            self.due()

    def calls(self, step):
        for items in step.lists:
            self.call(*items)
        self.requests()
        self.due()

    def renumber(self, step):
        self.model.renumber(step.last_id)
        self.needs.add("lastid")
        self.say(f"app sets lastid {step.last_id}")

    def unread(self, step):
        if self.model.is_over or self.model.is_dropped:
            return
        self.say("child stops reading")
        self.call("u" * step.bytes if self.form.serialiser == "json" else b"u" * step.bytes)
        self.due()
        self.sends(parent_frames.Sender(self.model.without_last()).octets(step.frames))
        self.say("child reads")
        self.requests()

    def frames(self, step):
        self.sends(*parent_frames.pieces(parent_frames.Sender(self.model).octets(step.frames), step.marks, step.missing))

    def answer_all(self, step):
        self.sends(parent_frames.answer_all(self.model, step.is_reversed))

    def drop(self, _):
        if not self.model.is_dropped and not self.model.is_over:
            self.model.drop()
            self.lines += ["app drops", "parent ends"]

    def gone(self, step):
        if self.model.is_over:
            return
        if step.bytes and not self.model.is_dropped:
            self.say("child stops reading")
            self.call("g" * step.bytes if self.form.serialiser == "json" else b"g" * step.bytes)
        self.model.gone()
        self.is_closed = True
        self.say("child closes")
        self.due()

    def end(self, _):
        if not self.model.is_over:
            if self.model.is_dropped and not self.model.outstanding:
                self.say("nothing more")  # the end is not told sooner
            self.model.end_of_file()
            self.say("child ends")
            self.due()

    STEPS = {steps.Calls: calls, steps.Renumber: renumber, steps.Unread: unread, steps.Frames: frames, steps.AnswerAll: answer_all,
             steps.Drop: drop, steps.Gone: gone, steps.End: end}

    def go_on(self):
        """A parent that has ended its stream cannot make one more call."""
        if not self.model.is_dropped:
            self.calls(steps.Calls((("more" if self.form.serialiser == "json" else b"more",),)))
            self.answer_all(steps.AnswerAll())

    # What is due

    def requests(self):
        octets, self.written = bytes(self.model.wire[self.written:]), len(self.model.wire)
        if octets and not self.model.is_over:
            self.say(f"parent sends {pieces_of(octets)}")

    def due(self):
        for told in (t for group in self.model.told for t in group):
            is_sure = told.kind not in TOLD_BY or told.kind in self.can
            self.needs |= {told.kind} & set(TOLD_BY) if is_sure else set()
            kind = f" {'|'.join(sorted(told.kinds))}" if told.kinds else ""
            gets = "gets" if is_sure else "may get"
            self.say(f"app {gets} {told.kind}{' ' + told.tag if told.tag else ''}{kind}{self.words(told.items)}")
        self.model.told.clear()

    def write(self, finding):
        for step in self.session.all_steps:
            if isinstance(step, steps.Drop) and finding.kind == "ends":
                self.go_on()
            self.STEPS[type(step)](self, step)
        if not self.is_closed and not self.model.is_dropped:
            self.say("parent ends")
        self.say("nothing more")
        options = {"frame_bytes_max": self.session.frame_max, "lastid": self.session.last_id}
        given = [f"{name}={value}" for name, value in options.items() if value is not None]
        self.needs |= {"limit"} if self.session.frame_max is not None else set()
        self.needs |= {"lastid"} if self.session.last_id is not None else set()
        head = ["side        parent", *([f"options     {' '.join(given)}"] if given else [])]
        return document(finding, self.form, [*head, *([f"needs       {' '.join(sorted(self.needs))}"] if self.needs else [])], self.lines)
