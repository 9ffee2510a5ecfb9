"""Looks for a session that a testee gets wrong, and makes it small. Must not know the command line.

Sessions come from Hypothesis, seeded and without a database, so a seed gives the same ones each time. Once something is
found, only sessions with a finding of the same kind count as the same, and what was played is not played again. A finding
counts if it comes a second time: time limits are short while a session is made smaller, and a machine may be busy."""
import dataclasses
import random

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.reporting import with_reporter

SHRINK_MAX = 400  # sessions played to make it smaller; a number, so that a seed gives the same one on any machine
CONFIRM_FACTOR = 2  # a time limit is so much longer the second time
SHRINK_HANG_S = 1
LATE = ("missing", "stays")  # kinds of findings that a busy machine can make
RACE_TRIES = 3


class Enough(BaseException):
    """It has been made smaller for long enough; no Exception, so that Hypothesis lets it pass."""


def size(session):
    """What makes a session the easier one to read."""
    return len(repr(session))


@dataclasses.dataclass
class Search:
    """progress is called with the number of sessions played. accepts: whether a finding counts. shrink_max: as SHRINK_MAX."""
    play_of: type
    testee: object
    sessions: object
    count: int
    seed: int
    hang_s: float
    progress: object
    accepts: object
    shrink_max: int = SHRINK_MAX
    played: int = 0
    found_after: int = 0

    def run(self):
        """(session, finding), or None."""
        self.first, self.smaller, self.results = None, [], {}
        options = settings(max_examples=self.count, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
                           suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
        try:
            with with_reporter(lambda _: None):
                find(self.sessions, self.is_wrong, settings=options, random=random.Random(self.seed))
        except (NoSuchExample, Enough):
            pass
        return next(filter(None, map(self.confirmed, reversed(self.smaller))), None)

    def confirmed(self, session):
        """(session, finding), if it comes again. What is not late may be a race, and has more than one chance to."""
        for _ in range(1 if self.first.kind in LATE else RACE_TRIES):
            if finding := self.found(session, self.hang_s * CONFIRM_FACTOR):
                return session, finding
        return None

    def is_wrong(self, session):
        text = repr(session)  # items of JSON may be lists, which are no keys, and True is not 1
        if text not in self.results:
            if self.first and self.played >= self.found_after + self.shrink_max:
                raise Enough
            self.results[text] = self.play(session)
        is_wrong = self.results[text] is not None
        if is_wrong and (not self.smaller or size(session) < size(self.smaller[-1])):
            self.smaller.append(session)
        return is_wrong

    def play(self, session):
        """What counts of what was found."""
        self.played += 1
        self.progress(self.played)
        if self.first:
            return self.found(session, SHRINK_HANG_S)
        finding = self.found(session, self.hang_s) and self.found(session, self.hang_s * CONFIRM_FACTOR)
        if finding:
            self.first, self.found_after = finding, self.played
        return finding

    def found(self, session, hang_s):
        finding = self.play_of(self.testee, session, hang_s).run()
        is_same = finding and self.accepts(finding) and (not self.first or finding.kind == self.first.kind)
        return finding if is_same else None
