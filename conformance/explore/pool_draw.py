"""Random sessions with a pool, as Hypothesis strategies. Must not know what is right: steps for which there is nothing are drawn
like others.

What shrinks is small: few steps, few workers, short items."""
from hypothesis import strategies as st

from . import pool_steps as steps
from .draw import Draw, several
from .wire import Form

BURSTS_MAX, BURST_MAX = 20, 4
MAX_MAX, LOAD_MAX = 3, 3
RETRIES_MAX = 2
QUEUE_MAX = st.sampled_from([0, 0, 0, 1, 2, 3])
PLACES = st.integers(0, 5)

mostly = st.integers(0, 15).map(bool)


class PoolDraw:
    """For one testee: `session` is the strategy."""

    def __init__(self, form, can, _is_stdio=False):
        self.form, self.can = form, can
        items = st.lists(Draw(Form(), frozenset()).item, max_size=2).map(tuple)
        call, answer = st.builds(steps.Call, items), st.builds(steps.Answer, PLACES, PLACES, items)
        seldom = [st.builds(steps.Event, PLACES, items), st.builds(steps.Die, PLACES), st.builds(steps.Retire, PLACES),
                  st.builds(steps.Cancel, PLACES), st.builds(steps.Drop)]
        self.bursts = st.one_of(self.burst(call), self.burst(answer), st.one_of(*seldom).map(lambda step: (step,)))
        self.session = self.sessions()

    def sessions(self):
        @st.composite
        def session(draw):
            most, load = draw(st.integers(1, MAX_MAX)), draw(st.integers(1, LOAD_MAX))
            retries = draw(st.integers(0, RETRIES_MAX)) if "retries" in self.can else 0
            queue_max = draw(QUEUE_MAX) if "queue_max" in self.can else 0
            drawn = tuple(step for _ in several(draw, 1, BURSTS_MAX, mostly) for step in draw(self.bursts))
            return steps.Session(drawn, most, load, retries, queue_max)
        return session()

    @staticmethod
    def burst(step):
        """Of calls: so that some wait, or a worker has several."""
        @st.composite
        def burst(draw):
            return tuple(draw(step) for _ in several(draw, 1, BURST_MAX))
        return burst()
