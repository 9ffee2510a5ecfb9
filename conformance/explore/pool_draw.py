"""Random sessions with a pool, as Hypothesis strategies. Must not know what is right: steps for which there is nothing are drawn
like others.

What shrinks is small: few steps, few workers, short items, and options at their defaults."""
from hypothesis import strategies as st

from . import pool_steps as steps
from .draw import Draw, several
from .pool_policy import STAYS_MS
from .wire import Form

BURSTS_MAX, BURST_MAX = 20, 4
MAX_MAX, LOAD_MAX = 3, 3
WAIT_MS = 80  # long enough to tell it from none
PLACES = st.integers(0, 5)
TOPICS = {  # what a session is about: further options, from the usual value on
    "queue": {"retries": [0, 1, 2], "queue_max": [0, 0, 0, 1, 2, 3]},
    "growth": {"busy_time": [0, WAIT_MS, WAIT_MS], "min_idle": [0, 0, 0, 1, 2]},
    "idleness": {"idle_time": [STAYS_MS, 0, 0, WAIT_MS], "max_idle": [0, 0, 1], "min": [0, 0, 1], "min_idle": [0, 0, 1]},
    "size": {"min": [0, 1, 2], "calls_max": [0, 1, 2, 3]},
}

mostly = st.integers(0, 15).map(bool)


class PoolDraw:
    """For one testee: `session` is the strategy."""

    def __init__(self, form, can, _is_stdio=False):
        self.form, self.can = form, can
        items = st.lists(Draw(Form(), frozenset()).item, max_size=2).map(tuple)
        call, answer = st.builds(steps.Call, items, st.integers(0, BURST_MAX - 1)), st.builds(steps.Answer, PLACES, PLACES, items)
        seldom = [st.builds(steps.Event, PLACES, items), st.builds(steps.Drop),
                  *(st.builds(step, PLACES) for step in (steps.Die, steps.Fault, steps.Retire, steps.AlmostRetire, steps.Cancel))]
        self.bursts = st.one_of(st.tuples(call), self.burst(answer), st.tuples(st.one_of(*seldom)))
        self.session = self.sessions()

    def sessions(self):
        @st.composite
        def session(draw):
            options = {"max": draw(st.integers(1, MAX_MAX)), "load": draw(st.integers(1, LOAD_MAX))}
            for name, values in TOPICS[draw(st.sampled_from(sorted(TOPICS, key=list(TOPICS).index)))].items():
                if name in self.can:
                    value = draw(st.sampled_from(values))
                    options[name] = min(value, options["max"]) if name in ("min", "min_idle") else value
            drawn = tuple(step for _ in several(draw, 1, BURSTS_MAX, mostly) for step in draw(self.bursts))
            return steps.Session(drawn, steps.Options(**options))
        return session()

    @staticmethod
    def burst(step):
        """Several, so that workers come to rest."""
        @st.composite
        def burst(draw):
            return tuple(draw(step) for _ in several(draw, 1, BURST_MAX))
        return burst()
