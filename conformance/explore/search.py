"""Looks for a session that a testee gets wrong, and makes it small. Must not know the command line.

Sessions come from Hypothesis, seeded and without a database, so a seed gives the same ones each time. Once something is
found, only sessions with a finding of the same kind count as the same, and what was played is not played again."""
import dataclasses
import random

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from .play import Play

SHRINK_MAX = 400  # sessions played to make it smaller; a number, so that a seed gives the same one on any machine
SHRINK_HANG_S = 1


class Enough(BaseException):
    """It has been made smaller for long enough; no Exception, so that Hypothesis lets it pass."""


def size(session):
    """What makes a session the easier one to read."""
    octets = [step.octets for step in session.steps if hasattr(step, "octets")]
    return len(session.steps) + sum(len(s.pieces) for s in session.steps if hasattr(s, "pieces")), sum(map(len, octets))


@dataclasses.dataclass
class Search:
    """progress is called with the number of sessions played. accepts: whether a finding counts."""
    testee: object
    sessions: object
    count: int
    seed: int
    hang_s: float
    progress: object
    accepts: object
    played: int = 0
    found_after: int = 0

    def run(self):
        """(session, finding), or None."""
        self.first, self.best, self.results = None, None, {}
        options = settings(max_examples=self.count, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
                           suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
        try:
            find(self.sessions, self.is_wrong, settings=options, random=random.Random(self.seed))
        except (NoSuchExample, Enough):
            pass
        return self.best and (self.best, self.results[self.best])

    def is_wrong(self, session):
        if session not in self.results:
            if self.first and self.played >= self.found_after + SHRINK_MAX:
                raise Enough
            self.results[session] = self.play(session)
        is_wrong = self.results[session] is not None
        if is_wrong and (self.best is None or size(session) < size(self.best)):
            self.best = session
        return is_wrong

    def play(self, session):
        """What counts of what was found."""
        self.played += 1
        self.progress(self.played)
        finding = Play(self.testee, session, SHRINK_HANG_S if self.first else self.hang_s).run()
        if finding is None or not self.accepts(finding) or (self.first and finding.kind != self.first.kind):
            return None
        if not self.first:
            self.first, self.found_after = finding, self.played
        return finding
