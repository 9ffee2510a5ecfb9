"""Random sessions with a parent, as Hypothesis strategies. Must not know what is right: frames that a parent refuses are drawn
like others.

What shrinks is small: few steps, few calls and frames, short items, no cuts."""
from hypothesis import strategies as st

from . import bad_lists
from . import parent_steps as steps
from .draw import Draw, one_in, several

STEPS_MAX = 10
CALLS_MAX = FRAMES_MAX = 4
CUTS_MAX = 8
UNREAD_BYTES = (300000, 1000000, 3000000)
LAST_IDS = ((1 << 32) - 2, (1 << 32) - 1, (1 << 32) - 3, 127, 255, 65535)
NUMBERS = (1, 2, 7, 256, 65536, 1 << 31, (1 << 32) - 1)

marks = st.one_of(st.just(()), st.just(()), st.sets(st.integers(1, 999), min_size=1, max_size=CUTS_MAX).map(sorted).map(tuple),
                  st.just(tuple(range(10, 1000, 10))))


class ParentDraw:
    """For one testee: `session` is the strategy."""

    def __init__(self, form, can, _is_stdio=False):
        self.form, self.can = form, can
        self.is_renumbered = form.is_async and "lastid" in can
        child = Draw(form, frozenset())
        self.is_json, self.item = child.is_json, child.item
        self.lists = st.lists(self.item, max_size=3).map(tuple)
        bad = bad_lists.json_lists if self.is_json else bad_lists.string_lists
        pads = st.sampled_from((0, 0, 0, 0, 1, 9))
        self.reply = st.builds(steps.Reply, st.integers(0, 5), self.lists, pads, st.sampled_from(NUMBERS))
        self.event = st.builds(steps.Event, self.lists, pads)
        self.frame = st.one_of(self.reply, self.reply, self.event)
        self.stray = st.builds(steps.Stray, st.sampled_from(NUMBERS), st.booleans())
        self.malformed = st.builds(steps.Malformed, bad, st.booleans())
        self.session = self.sessions()

    def frames(self, draw, low=1):
        return tuple(draw(self.frame) for _ in several(draw, low, FRAMES_MAX))

    def calls(self, draw):
        return steps.Calls(tuple(draw(self.lists) for _ in several(draw, 1, CALLS_MAX)))

    def big(self, draw):
        text = "z" * draw(st.sampled_from(((1 << 20) + 5, 1 << 18, 70000)))
        return steps.Frames((steps.Reply(0, (text if self.is_json else text.encode(),)),))

    def step(self, draw):
        kind = draw(st.integers(0, 12))
        if kind < 5:
            return [self.calls(draw)]
        if kind < 9:
            return [steps.Frames(self.frames(draw), draw(marks))]
        if kind == 9:
            return [steps.AnswerAll(draw(st.booleans()))]
        if kind == 10:
            return [self.calls(draw), self.big(draw)]
        if kind == 11:
            return [self.calls(draw), *([steps.Renumber(draw(st.integers(0, 3)))] if self.is_renumbered else []), self.calls(draw)]
        return [steps.Unread(draw(st.sampled_from(UNREAD_BYTES)), self.frames(draw, 0))]

    def limited(self, draw, frame_max):
        """Up to the limit and beyond, both ways."""
        around = len('[""]') if self.is_json else 1 + (frame_max > 127)
        text = "l" * (frame_max - around + draw(st.sampled_from((-1, 0, 0, 1, 50))))
        item = text if self.is_json else text.encode()
        if draw(st.booleans()):
            return [steps.Calls(((item,),))]
        return [steps.Calls(((),)), steps.Frames((steps.Reply(0, (item,)),))]

    def last(self, draw, frame_max):
        """How the connection ends, and a call after that."""
        ends = [self.regular, self.regular, self.unasked, self.gone, self.truncated, self.faulty, self.faulty, self.faulty]
        ends += [self.too_long] * 3 if frame_max is not None else []
        is_dropped = draw(one_in(3))
        late = [steps.Calls((draw(self.lists),))] if draw(one_in(4)) else []
        return [*([steps.Drop()] if is_dropped else []), *draw(st.sampled_from(ends))(draw), *late]

    def regular(self, draw):
        return [steps.AnswerAll(draw(st.booleans())), steps.Drop(), *([steps.Frames((draw(self.event),))] if draw(st.booleans()) else []),
                steps.End()]

    def unasked(self, draw):
        return [*([steps.AnswerAll()] if draw(st.booleans()) else []), steps.End()]

    def gone(self, draw):
        return [steps.Gone(draw(st.sampled_from((0, *UNREAD_BYTES))))]

    def truncated(self, draw):
        return [self.calls(draw), steps.Frames(self.frames(draw), (), draw(st.integers(1, 12))), steps.End()]

    def faulty(self, draw):
        """In one write with what stands before it and behind it."""
        fault = draw(st.one_of(self.stray, self.malformed, self.malformed))
        before = self.frames(draw, 0)
        behind = self.frames(draw, 0)
        return [self.calls(draw), steps.Frames((*before, fault, *behind), draw(marks) if draw(one_in(3)) else ())]

    def too_long(self, draw):
        return [steps.Frames((steps.TooLong(draw(st.sampled_from((1, 2, 100, 1 << 30)))),))]

    def sessions(self):
        @st.composite
        def session(draw):
            frame_max = draw(st.sampled_from((None, None, None, 64, 1000))) if "limit" in self.can else None
            last_id = draw(st.sampled_from((None, None, *LAST_IDS))) if self.is_renumbered else None
            done = []
            for _ in several(draw, 0, STEPS_MAX):
                done += self.step(draw) if frame_max is None else self.limited(draw, frame_max)
            return steps.Session(tuple(done + self.last(draw, frame_max)), frame_max, last_id)
        return session()
