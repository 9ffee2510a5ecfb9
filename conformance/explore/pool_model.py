"""What a right pool does, given calls and what its workers do: lines of a transcript, each with the clause that is in doubt if it
does not come. Must not know processes, nor how lines are played.

A step after which several things would be right is passed over."""
import copy

from . import pool_steps as steps
from .lists import freeze_strings
from .pool_policy import STAYS_MS, Open, Policy
from .transcript import pieces_of, words
from .verbs import RETIRE

FAILURES_MAX = 2  # in a row: after more, the pauses between starts get long (OUT-12)
NOBODYS_ID = 0xffffffff  # of a reply to nothing


class Pool(Policy):
    def __init__(self, form, can, session):
        super().__init__(session.options)
        self.form, self.can = form, can
        self.crashes = {}  # of workers that may have begun the job
        self.cancelled = set()  # jobs that workers have; they keep their places
        self.calls = self.failures = 0

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

    # The application

    def call(self, step):
        if self.is_dropped and not self.workers:  # the pool is over, or about to be
            raise Open
        is_one_by_one = self.options.queue_max or self.options.min_idle  # what becomes of one decides on the next
        was_waiting = bool(self.waiting)
        for _ in range(1 + step.more):
            self.call_one(step.items)
            if is_one_by_one:
                self.settle(is_timed=not was_waiting)
        self.settle(is_timed=not was_waiting)

    def call_one(self, items):
        self.calls += 1
        tag = f"t{self.calls}"
        self.say(f"app calls {tag}{words((tag.encode(), *items))}")
        if self.is_dropped:
            self.say(f"app gets failure {tag}", "OUT-8")
        elif self.options.queue_max and len(self.waiting) >= self.options.queue_max:
            self.say(f"app gets failure {tag} rejected", "OUT-8")
        else:
            self.waiting.append(tag)

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
        self.settle()

    def drop(self, _):
        if self.is_dropped:
            raise Open
        self.is_dropped = True
        self.say("app drops")
        self.settle("POOL-7")

    # Workers

    def answer(self, step):
        worker = self.busy(step.worker)
        self.answer_one(worker, step.job % len(worker.jobs) if self.form.is_async else 0, step.items)

    def answer_one(self, worker, job, items):
        tag = worker.jobs.pop(job)
        worker.is_proved, self.failures = True, 0
        self.say(f"worker {worker.number} answers {tag}{words(items)}")
        if tag not in self.cancelled:
            self.say(f"app gets result {tag}{words(items)}", "OUT-1b")
        if worker.is_leaving and not worker.jobs:
            self.workers.remove(worker)
        elif self.is_spent(worker) and not worker.jobs:
            self.say(f"pool ends worker {worker.number}", "POL-7")
            self.leave(worker)
        self.settle(idled=worker)

    def event(self, step):
        self.send(self.any(step.worker) if self.form.is_async else self.busy(step.worker), step.items)
        self.say(f"app gets event{words(step.items)}", "POOL-8")

    def send(self, worker, items):
        payload = freeze_strings(items)
        self.say(f"worker {worker.number} sends u32:0 u32:{len(payload)} {pieces_of(payload)}".strip())

    def die(self, step):
        worker = self.any(step.worker)
        if worker in self.ending:  # whether it was ended before is open
            raise Open
        if not worker.jobs:
            self.say("nothing more")  # so that its error is not taken for one that might have come before
        self.say(f"worker {worker.number} dies")
        self.lose(worker, " crashed", "OUT-2")

    def fault(self, step):
        worker = self.busy(step.worker)
        is_open_which = not self.form.is_async and len(worker.jobs) > 1  # it may have gone on until it was ended
        if worker in self.ending or self.options.retries or is_open_which:  # whether such a call is tried again is open
            raise Open
        if self.options.idle_time < STAYS_MS:  # how the pool ends it is open, so an end of `any` could not be told from that
            raise Open
        self.say(f"worker {worker.number} sends u32:{NOBODYS_ID if self.form.is_async else 1} u32:1 81")
        self.lose(worker, "", "OUT-5")

    def lose(self, worker, outcome, clause):
        self.unproved(worker)
        self.workers.remove(worker)
        begun = worker.jobs if self.form.is_async else worker.jobs[:1]
        for tag in begun:
            self.crashes[tag] = self.crashes.get(tag, 0) + 1
        jobs = [tag for tag in worker.jobs if tag not in self.cancelled]
        back = [tag for tag in jobs if tag not in begun or self.crashes[tag] <= self.options.retries]
        self.say_lost(worker, [tag for tag in jobs if tag not in back], outcome, clause)
        if back or self.waiting or self.options.min or self.options.min_idle:
            self.needs("restore")
        self.waiting[:0] = back
        self.settle("OUT-11", ("OUT-4b" if back[0] in begun else "OUT-3b") if back else "POOL-4")

    def say_lost(self, worker, failed, outcome, clause):
        if not worker.jobs and not worker.is_leaving:
            self.say("app gets error", "POOL-10b")
            return
        self.say("app may get error")
        for tag in failed:
            self.say(f"app gets failure {tag}{outcome}", clause)
        self.say("app may get error")

    def retire(self, step):
        self.needs("retire")
        worker = self.any(step.worker)
        if worker in self.ending:
            raise Open
        self.say(f"worker {worker.number} retires")
        if worker.is_leaving:
            return  # the second time, and nothing comes of it
        self.unproved(worker)
        self.say(f"pool ends worker {worker.number}", "POOL-9")
        self.leave(worker)
        if self.options.min_idle:  # whether another is started for it now or later is open
            raise Open
        if self.waiting:  # or now or when the next answer comes
            self.has_clock_run = True
            self.answer_one(worker, 0, (b"retired",))
        else:
            self.settle()

    def almost_retire(self, step):
        self.needs("retire")
        first, word, last = RETIRE
        self.send(self.any(step.worker), (first, b"not " + word, last))

    STEPS = {steps.Call: call, steps.Answer: answer, steps.Event: event, steps.Die: die, steps.Fault: fault, steps.Retire: retire,
             steps.AlmostRetire: almost_retire, steps.Cancel: cancel, steps.Drop: drop}

    def needs(self, capability):
        if capability not in self.can:
            raise Open

    def unproved(self, worker):
        """One that ends before it answered anything is a start that failed."""
        self.failures += not worker.is_proved
        if self.failures > FAILURES_MAX:
            raise Open

    def finish(self):
        """Each answer frees one place, so what is given next is never open."""
        if not self.is_dropped:
            self.drop(None)
        while any(w.jobs for w in self.workers):
            self.answer(steps.Answer(items=(b"last",)))
        for worker in sorted(self.ending, key=lambda w: w.is_vague):
            self.say(f"pool ends worker {'any' if worker.is_vague else worker.number}", "POOL-7b")
        self.say("app gets end", "OUT-10")
        self.say("nothing more")
