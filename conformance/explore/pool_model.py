"""What a right pool does, given calls and what its workers do: lines of a transcript, each with the clause that is in doubt if it
does not come. Must not know processes, nor how lines are played.

A pool is a queue, and workers with their jobs. It is first in, first out; the next job goes to the worker with the fewest; where
all are full another is started, up to max. A step after which several things would be right raises Open."""
import copy
import dataclasses

from . import pool_steps as steps
from .lists import FREEZE
from .transcript import pieces_of, words

FAILURES_MAX = 2  # in a row: after more, the pauses between starts get long (OUT-12)


class Open(Exception):
    """There is nothing to do the step with, or it is open what is right afterwards."""


@dataclasses.dataclass
class Worker:
    number: int
    jobs: list = dataclasses.field(default_factory=list)
    is_leaving: bool = False
    is_proved: bool = False  # it has answered something


def only(candidates):
    if len(candidates) != 1:
        raise Open
    return candidates[0]


class Pool:
    def __init__(self, form, can, session):
        self.form, self.can, self.max, self.load = form, can, session.max, session.load
        self.retries, self.queue_max = session.retries, session.queue_max
        self.lines = []  # (text, clause); of what is done, or may come, the clause is None
        self.waiting, self.workers = [], []
        self.ending = []  # numbers of workers that the dropped pool ends: now, or when one has answered next
        self.crashes = {}  # of workers that may have begun the job
        self.cancelled = set()  # jobs that workers have; they keep their places
        self.calls = self.starts = self.failures = 0
        self.is_dropped = False

    def all(self, session):
        """The lines of a session."""
        for step in session.steps:
            trial = copy.deepcopy(self)
            try:
                self.STEPS[type(step)](trial, step)
            except Open:
                continue
            self.__dict__ = trial.__dict__
        self.finish()
        return self.lines

    def say(self, text, clause=None):
        self.lines.append((text, clause))

    # What is done

    def call(self, step):
        if self.is_dropped and not self.workers:  # the pool is over, or about to be
            raise Open
        self.calls += 1
        tag = f"t{self.calls}"
        self.say(f"app calls {tag}{words((tag.encode(), *step.items))}")
        if self.is_dropped:
            self.say(f"app gets failure {tag}", "OUT-8")
            return
        if self.queue_max and len(self.waiting) >= self.queue_max:
            self.say(f"app gets failure {tag} rejected", "OUT-8")
            return
        self.waiting.append(tag)
        self.settle("POOL-4b" if not self.members() else "POOL-5")

    def answer(self, step):
        worker = self.busy(step.worker)
        tag = worker.jobs.pop(step.job % len(worker.jobs) if self.form.is_async else 0)
        worker.is_proved, self.failures = True, 0
        self.say(f"worker {worker.number} answers {tag}{words(step.items)}")
        if tag not in self.cancelled:
            self.say(f"app gets result {tag}{words(step.items)}", "OUT-1b")
        if worker.is_leaving and not worker.jobs:
            self.workers.remove(worker)
        self.settle("POOL-5")

    def event(self, step):
        worker = self.any(step.worker) if self.form.is_async else self.busy(step.worker)
        payload = FREEZE["string"](step.items)
        self.say(f"worker {worker.number} sends u32:0 u32:{len(payload)} {pieces_of(payload)}".strip())
        self.say(f"app gets event{words(step.items)}", "POOL-8")

    def die(self, step):
        worker = self.any(step.worker)
        if worker.number in self.ending:  # whether it was ended before is open
            raise Open
        if not worker.is_proved:
            self.fail()
        self.workers.remove(worker)
        begun = worker.jobs if self.form.is_async else worker.jobs[:1]
        for tag in begun:
            self.crashes[tag] = self.crashes.get(tag, 0) + 1
        jobs = [tag for tag in worker.jobs if tag not in self.cancelled]
        back = [tag for tag in jobs if tag not in begun or self.crashes[tag] <= self.retries]
        self.say(f"worker {worker.number} dies")
        self.say("app may get error")
        for tag in jobs:
            if tag not in back:
                self.say(f"app gets failure {tag} crashed", "OUT-2")
        self.say("app may get error")
        if back or self.waiting:
            self.needs("restore")
        self.waiting[:0] = back
        self.settle("OUT-11", ("OUT-4b" if back[0] in begun else "OUT-3b") if back else None)

    def retire(self, step):
        self.needs("retire")
        worker = self.any(step.worker)
        if worker.is_leaving or self.waiting:  # whether another is started at once is open
            raise Open
        if not worker.is_proved:
            self.fail()
        self.say(f"worker {worker.number} retires")
        self.say(f"pool ends worker {worker.number}", "POOL-9")
        self.leave(worker)

    def cancel(self, step):
        self.needs("cancel")
        tags = self.waiting + [tag for w in self.workers for tag in w.jobs if tag not in self.cancelled]
        if not tags:
            raise Open
        tag = tags[step.call % len(tags)]
        if tag in self.waiting:
            self.waiting.remove(tag)
        else:
            self.cancelled.add(tag)
        self.say(f"app cancels {tag}")
        self.say(f"app gets failure {tag} cancelled", "OUT-7")
        self.settle("POOL-5")

    def drop(self, _):
        if self.is_dropped:
            raise Open
        self.is_dropped = True
        self.say("app drops")
        self.settle("POOL-7")

    STEPS = {steps.Call: call, steps.Answer: answer, steps.Event: event, steps.Die: die, steps.Retire: retire, steps.Cancel: cancel,
             steps.Drop: drop}

    # What there is

    def needs(self, capability):
        if capability not in self.can:
            raise Open

    def any(self, place):
        if not self.workers:
            raise Open
        return self.workers[place % len(self.workers)]

    def busy(self, place):
        workers = [w for w in self.workers if w.jobs]
        if not workers:
            raise Open
        return workers[place % len(workers)]

    def members(self):
        return [w for w in self.workers if not w.is_leaving]

    def fail(self):
        self.failures += 1
        if self.failures > FAILURES_MAX:
            raise Open

    # What follows

    def settle(self, start_clause, job_clause=None):
        """Gives what waits as far as there is room, and starts workers for the rest; a dropped pool with nothing waiting ends them."""
        while self.waiting:
            if room := [w for w in self.members() if len(w.jobs) < self.load]:
                least = min(len(w.jobs) for w in room)
                worker = only([w for w in room if len(w.jobs) == least])
            elif len(self.members()) < self.max:
                self.starts += 1
                worker = Worker(self.starts)
                self.workers.append(worker)
                self.say(f"pool starts worker {worker.number}", start_clause)
            else:
                break
            tag = self.waiting.pop(0)
            worker.jobs.append(tag)
            self.say(f"worker {worker.number} gets {tag}", job_clause or "POOL-4")
        if self.is_dropped and not self.waiting:
            for worker in self.members():
                self.ending.append(worker.number)
                self.leave(worker)

    def leave(self, worker):
        worker.is_leaving = True
        if not worker.jobs:
            self.workers.remove(worker)

    def finish(self):
        """Each answer frees one place, so what is given next is never open."""
        if not self.is_dropped:
            self.drop(None)
        while any(w.jobs for w in self.workers):
            self.answer(steps.Answer(items=(b"last",)))
        for number in self.ending:
            self.say(f"pool ends worker {number}", "POOL-7b")
        self.say("app gets end", "OUT-10")
        self.say("nothing more")
