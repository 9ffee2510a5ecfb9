"""A pool's queue and workers, and what a right pool does with them: who gets what, who is started, who is ended. Must not know
what a session does.

It is first in, first out; the next job goes to the worker with the fewest; where all are full another is started, up to max;
of the idle ones, those beyond what is to be kept are ended. What is left open by SPEC.md raises Open.

Workers that a new pool starts together are told from each other by their first jobs. Where one of several idle ones is ended,
nobody knows which: those that are left are `vague`, and nothing is done with them until the end."""
import dataclasses

STAYS_MS = 60000  # an idle_time that no session reaches


class Open(Exception):
    """There is nothing to do the step with, or it is open what is right afterwards."""


@dataclasses.dataclass
class Worker:
    number: int
    jobs: list = dataclasses.field(default_factory=list)
    given: int = 0  # jobs, ever
    is_leaving: bool = False
    is_proved: bool = False  # it has answered something
    is_first: bool = False  # one of those that the new pool started, and it had no job yet
    is_vague: bool = False


class Policy:
    def __init__(self, options):
        self.options = options
        self.lines = []  # (text, clause); of what is done, or may come, the clause is None
        self.waiting, self.workers = [], []
        self.ending = []  # workers that the dropped pool ends: now, or when one has answered next
        self.starts = 0
        self.has_clock_run = False  # from then on it may be running, and the next start come sooner than busy_time after what made it due
        self.is_dropped = False
        for _ in range(min(max(options.min, options.min_idle), options.max)):
            self.start("POOL-2").is_first = True

    def say(self, text, clause=None):
        self.lines.append((text, clause))

    # What there is

    def known(self, worker):
        """It, if it can be told from the others."""
        if worker.is_vague or (worker.is_first and sum(w.is_first for w in self.workers) > 1):
            raise Open
        return worker

    def any(self, place):
        if not self.workers:
            raise Open
        return self.known(self.workers[place % len(self.workers)])

    def busy(self, place):
        workers = [w for w in self.workers if w.jobs]
        if not workers:
            raise Open
        return workers[place % len(workers)]

    def members(self):
        return [w for w in self.workers if not w.is_leaving]

    def idle(self):
        return [w for w in self.members() if not w.jobs]

    def is_spent(self, worker):
        return 0 < self.options.calls_max <= worker.given

    def with_room(self):
        """The members that may be given a job and have the fewest."""
        room = [w for w in self.members() if len(w.jobs) < self.options.load and not self.is_spent(w)]
        return [w for w in room if len(w.jobs) == min(len(w.jobs) for w in room)]

    # What follows

    def settle(self, start_clause=None, job_clause="POOL-4", is_timed=False, idled=None):
        """All that is due. is_timed: the clock of starts is set by the line before; idled: so is the time of this idle one."""
        ticks = 0 if is_timed and not self.has_clock_run else -1  # whole periods since that line
        while self.give(job_clause) or self.restore_min():
            pass
        while self.is_one_wanted():
            is_by_clock = bool(self.members())
            ticks += is_by_clock
            self.has_clock_run |= is_by_clock
            self.start(start_clause or self.start_clause(), ticks * self.options.busy_time if is_by_clock else 0)
            while self.give(job_clause):
                pass
        if self.is_dropped and not self.waiting:
            self.end_all()
        elif not self.is_dropped:
            self.end_idle(idled)

    def give(self, clause):
        """The next job to the only worker that it can go to."""
        candidates = self.with_room()
        if not self.waiting or not candidates:
            return False
        if any(w.is_vague for w in candidates) or (len(candidates) > 1 and not all(w.is_first for w in candidates)):
            raise Open
        worker = candidates[0]
        worker.jobs.append(self.waiting.pop(0))
        worker.given += 1
        worker.is_first = False
        self.say(f"worker {worker.number} gets {worker.jobs[-1]}", clause)
        return True

    def restore_min(self):
        is_missing = not self.is_dropped and len(self.members()) < self.options.min
        if is_missing:
            self.start("POL-1b")
        return is_missing

    def is_one_wanted(self):
        is_short = not self.is_dropped and len(self.idle()) < self.options.min_idle
        return (bool(self.waiting) or is_short) and len(self.members()) < self.options.max

    def start_clause(self):
        return "POL-3" if not self.waiting else "POOL-5" if self.members() else "POOL-4b"

    def start(self, clause, after_ms=0):
        self.starts += 1
        worker = Worker(self.starts)
        self.workers.append(worker)
        self.say(f"pool starts worker {worker.number}" + (f" after {after_ms}ms" if after_ms else ""), clause)
        return worker

    def end_idle(self, idled):
        o = self.options
        while o.idle_time < STAYS_MS and len(self.idle()) > max(o.max_idle, o.min_idle) and len(self.members()) > o.min:
            idle = self.idle()
            is_known = len(idle) == 1 and not idle[0].is_vague
            after = f" after {o.idle_time}ms" if is_known and o.idle_time and idle[0] is idled else ""
            self.say(f"pool ends worker {idle[0].number if is_known else 'any'}{after}", "POOL-6")
            self.leave(idle[0])
            for worker in idle[1:]:
                worker.is_vague = True

    def end_all(self):
        for worker in self.members():
            self.ending.append(worker)
            self.leave(worker)

    def leave(self, worker):
        worker.is_leaving = True
        if not worker.jobs:
            self.workers.remove(worker)
