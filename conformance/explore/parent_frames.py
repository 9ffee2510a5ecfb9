"""The octets of what a child is to send to a parent. Must not know what is right, but for the calls that are outstanding."""
from . import parent_steps as steps
from .parent_model import ID_MAX

TEXT = {"string": b"x", "json": "x"}


class Sender:
    """Makes octets of frames in turn; what they answer is outstanding no more."""

    def __init__(self, model):
        self.model, self.form = model, model.form
        self.left = list(model.outstanding)
        self.answered = model.answered

    def octets(self, frames):
        return b"".join(map(self.frame, frames))

    def frame(self, frame):
        return self.MAKE[type(frame)](self, frame)

    def payload(self, items, pads):
        if self.form.serialiser == "json":
            payload = self.model.freeze(list(items))
            return payload if not pads else b" " + payload[:1] + b"\n" + payload[1:] + b"\t"
        return self.model.freeze(items, pads)

    def reply(self, frame):
        if not self.left:
            return b""
        key = self.left.pop(frame.at % len(self.left)) if self.form.is_async else self.left.pop(0)
        self.answered = key if self.form.is_async else frame.number
        return self.form.reply(self.answered, self.payload(frame.items, frame.pads))

    def event(self, frame):
        return self.form.reply(0, self.payload(frame.items, frame.pads))

    def stray(self, frame):
        """Of a synchronous parent it answers whatever is outstanding: so nothing is to be."""
        if not self.form.is_async:
            count = len(self.left) + 1
            self.left.clear()
            return self.form.reply(1, self.payload((), 0)) * count
        number = self.answered if frame.is_second and self.answered else frame.number
        while number in self.left:
            number = number % ID_MAX + 1
        return self.form.reply(number, self.payload((TEXT[self.form.serialiser],), 0))

    def malformed(self, frame):
        number = 0 if frame.is_event or not self.left else self.left.pop(0)
        return self.form.reply(number if self.form.is_async or not number else 1, frame.payload)

    def too_long(self, frame):
        return self.form.reply(0, b"", (self.model.frame_max or 0) + frame.over)

    MAKE = {steps.Reply: reply, steps.Event: event, steps.Stray: stray, steps.Malformed: malformed, steps.TooLong: too_long}


def answer_all(model, is_reversed):
    """Each with an item of its own, which shows whose it is."""
    sender, count = Sender(model), len(model.outstanding)
    word = (lambda n: f"r{n}") if model.form.serialiser == "json" else (lambda n: b"r%d" % n)
    return sender.octets(steps.Reply(-1 if is_reversed else 0, (word(n),)) for n in range(count))


def pieces(octets, marks=(), missing=0):
    """As a step says, but for an octet at least."""
    octets = octets[:max(len(octets) - missing, 1)]
    places = sorted({p * len(octets) // 1000 for p in marks} - {0, len(octets)})
    marks = [0, *places, len(octets)]
    return [octets[a:b] for a, b in zip(marks, marks[1:]) if a < b]
