"""Random sessions with a pool, as Hypothesis strategies. Must not know what is right: steps for which there is nothing are drawn
like others.

What shrinks is small: few steps, few workers, short items."""
from hypothesis import strategies as st

from . import pool_steps as steps
from .draw import Draw, several
from .wire import Form

STEPS_MAX = 24
MAX_MAX, LOAD_MAX = 3, 3
PLACES = st.integers(0, 5)


class PoolDraw:
    """For one testee: `session` is the strategy."""

    def __init__(self, form, can, _is_stdio=False):
        self.form, self.can = form, can
        items = st.lists(Draw(Form(), frozenset()).item, max_size=2).map(tuple)
        call, answer = st.builds(steps.Call, items), st.builds(steps.Answer, PLACES, PLACES, items)
        seldom = [st.builds(steps.Event, PLACES, items), st.builds(steps.Die, PLACES), st.builds(steps.Retire, PLACES),
                  st.builds(steps.Cancel, PLACES), st.builds(steps.Drop)]
        self.step = st.one_of(call, call, call, answer, answer, answer, *seldom)
        self.session = self.sessions()

    def sessions(self):
        @st.composite
        def session(draw):
            most, load = draw(st.integers(1, MAX_MAX)), draw(st.integers(1, LOAD_MAX))
            return steps.Session(tuple(draw(self.step) for _ in several(draw, 1, STEPS_MAX)), most, load)
        return session()
