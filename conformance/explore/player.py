"""Plays a session with a program under test: what is the same on either side. Must not know what is right.

Everything waits for an event: octets, a line, an end, an exit. HANG_S only bounds what would wait for ever."""
import dataclasses

from .control import Control
from .process import Patience, Process

HANG_S = 5


@dataclasses.dataclass(frozen=True)
class Finding:
    """kind: missing, wrong, extra, ends, stays, exit or memory; a session that is made smaller has to show the same one."""
    kind: str
    clause: str
    text: str
    expected: bytes | None = None
    seen: bytes | None = None


class Found(Exception):
    """args[0] is the Finding."""


@dataclasses.dataclass(frozen=True)
class Testee:
    """How a program under test is started, and how it was told to speak."""
    command: str
    form: object
    can: frozenset
    is_stdio: bool = False
    base_bytes: int = 0  # resident memory of a session of one call
    has_control: bool = False

    def start(self, frame_max):
        env = {"FORKPOOL_MODE": self.form.mode, "FORKPOOL_PROFILE": self.form.profile, "FORKPOOL_SERIALISER": self.form.serialiser}
        env |= {} if frame_max is None else {"FORKPOOL_FRAME_MAX": str(frame_max)}
        return Process(self.command, env, self.is_stdio, Control() if self.has_control else None)


class Player:
    """Has STEPS, a function for each kind of step; begin() and finish(), around them; judge(), which takes what was read and
    raises Found; and is_gone(), where nothing more can come."""

    def __init__(self, testee, session, hang_s=HANG_S):
        self.testee, self.session, self.hang_s = testee, session, hang_s

    def run(self):
        """The Finding, or None."""
        self.process = self.testee.start(self.session.frame_max)
        try:
            self.begin()
            for step in self.session.all_steps:
                self.STEPS[type(step)](self, step)
            self.finish()
        except Found as found:
            return found.args[0]
        finally:
            self.process.finish()
        return None

    @property
    def peak_bytes(self):
        return self.process.peak_bytes

    def begin(self):
        pass

    def pump_until(self, is_done):
        self.judge()
        patience = Patience(self.process, self.hang_s)
        while not is_done() and not self.is_gone() and not patience.is_over():
            self.process.pump(patience.until)
            self.judge()

    def judge_exit(self, clause, is_right, right):
        """Waits for it. right: the status, in words."""
        status = self.process.wait(self.hang_s)
        if status is None:
            raise Found(Finding("stays", clause, f"the process did not exit within {self.hang_s:g} s"))
        if not is_right(status):
            raise Found(Finding("exit", clause, f"the process exits {status}, where {right} is right"))
