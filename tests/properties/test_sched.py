"""sched against a small naive model, sched_model: every decision and every deadline.

    PYTHONPATH=tests/cffi /usr/bin/python3 -m pytest tests/properties/test_sched.py
    FORKPOOL_HYPOTHESIS=hunt ...                  (random and long instead of the same short run each time)
"""

import pathlib
import sys

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cffi"))
import fpcore  # noqa: E402
from fpcore import MS, NEVER, S  # noqa: E402
from profiles import profile  # noqa: E402
from sched_model import Model, ModelWorker  # noqa: E402

PROFILE = profile(check=(220, 40), hunt=(50000, 80))

FROZEN = 2**32  # in the key of a worker that is


few = st.sampled_from([0, 0, 0, 1, 1, 2, 4])
ANY_POOL = st.fixed_dictionaries({
    "min": few, "max": st.integers(1, 6), "min_idle": few, "max_idle": few, "load": st.integers(1, 3),
    "busy_time_ns": st.sampled_from([0, 0, 0, 1, 20 * MS, 100 * MS, 150 * MS, NEVER]),
    "idle_time_ns": st.sampled_from([0, 1, 20 * MS, 100 * MS, S, S, NEVER]),
    "calls_max": st.sampled_from([0, 0, 0, 1, 2, 3])})
SHRINKING_POOL = st.fixed_dictionaries({  # in which stops are what matters
    "min": st.just(0), "max": st.just(4), "min_idle": st.just(0), "max_idle": st.integers(0, 1), "load": st.just(1),
    "busy_time_ns": st.just(0), "idle_time_ns": st.just(S), "calls_max": st.just(0)})
KINDS = {fpcore.Assign: "assign", fpcore.StartWorker: "start", fpcore.Stop: "stop", fpcore.GiveUp: "give up",
         type(None): None}


class SchedMachine(RuleBasedStateMachine):
    """Both at once; a worker is its place in `pairs`, the model's beside the C code's."""

    def __init__(self):
        super().__init__()
        self.alloc = fpcore.Alloc()
        self.sched = None
        self.pairs = []
        self.answers = []  # of the next starts: "fail" or "no memory"; then all succeed

    @initialize(now_ns=st.sampled_from([0, 7, 2**40]), options=ANY_POOL | SHRINKING_POOL, crew=st.integers(0, 4),
                answers=st.lists(st.sampled_from(["fail", "no memory"]), max_size=4))
    def open(self, now_ns, options, crew, answers):
        """And a first few jobs, so that there are idle workers to begin with."""
        self.sched = fpcore.Sched(now_ns, self.alloc, **options)
        self.model = Model(now_ns, options)
        self.answers = answers
        self.drain()
        self.jobs_wait(crew)
        self.jobs_trickle_out(0)

    def teardown(self):
        if self.sched:
            self.sched.free()
            assert self.alloc.held == 0

    # one decision, on both sides

    def step(self):
        kind, candidates = self.model.next()
        decision = self.sched.next()
        assert KINDS[type(decision)] == (kind and kind.replace(" idle", "")), (decision, kind)
        worker = None
        if kind in ("assign", "stop", "stop idle"):
            worker = self.pairs[decision.worker.name][0]
            assert worker in candidates, (decision, kind)
        if kind in ("stop", "stop idle"):
            self.model.stopped(kind, worker)
        elif kind == "start":
            self.answer_start()
        elif kind == "give up":
            while self.model.waiting:
                self.leave_one()
        return decision

    def answer_start(self):
        answer = self.answers.pop(0) if self.answers else "add"
        if answer == "fail":
            self.fail_one()
        else:
            self.add(without_memory=answer == "no memory")

    def add(self, without_memory):
        """Most of the time no memory is needed, and then its lack does not matter."""
        worker, c = ModelWorker(self.model.now_ns), fpcore.SchedWorker(len(self.pairs))
        if without_memory:
            self.alloc.fail_next()
        try:
            self.sched.worker_add(c)
        except fpcore.CoreError as e:
            assert without_memory and e.reason == "nomem" and not c.is_member()
            self.fail_one()
        else:
            self.pairs.append((worker, c))
            self.model.add(worker)
        self.alloc.fail_at(0)

    def drain(self):
        for _ in range(200):
            if self.step() is None:
                return
        raise AssertionError("decisions without end")

    def leave_one(self):
        self.model.leave()
        self.sched.job_leave()

    def fail_one(self):
        self.model.fail()
        self.sched.start_failed()

    def wait_one(self):
        self.model.wait()
        self.sched.job_wait()

    def end_one(self, pair):
        self.model.end(pair[0])
        self.sched.job_end(pair[1])

    def retire_pair(self, pair):
        self.model.retire(pair[0])
        self.sched.worker_remove(pair[1])

    def lose_pair(self, pair):
        """It dies with its jobs."""
        self.model.lose(pair[0])
        self.sched.worker_lose(pair[1])
        while pair[0].load:
            self.end_one(pair)

    def close_both(self):
        self.model.close()
        self.sched.close()

    def advance(self, now_ns):
        self.model.now_ns = max(self.model.now_ns, now_ns)
        self.sched.tick(now_ns)
        self.drain()

    def pick(self, choice, wanted=lambda w: True):
        """One of the workers ever added that are wanted."""
        pairs = [p for p in self.pairs if wanted(p[0])]
        return pairs[choice % len(pairs)] if pairs else None

    # rules

    @rule(n=st.integers(1, 6))
    def jobs_wait(self, n):
        for _ in range(n):
            self.wait_one()
            self.drain()

    @precondition(lambda self: self.sched and self.model.waiting)
    @rule()
    def job_leaves(self):
        self.leave_one()
        self.drain()

    @rule(choice=st.integers(0, 20), n=st.integers(1, 3))
    def jobs_end(self, choice, n):
        """The jobs may be of workers that were removed."""
        for _ in range(n):
            pair = self.pick(choice, lambda w: w.load > 0)
            if pair:
                self.end_one(pair)
                self.drain()

    @rule(ns=st.sampled_from([1, MS, 30 * MS]))
    def jobs_trickle_out(self, ns):
        """All end, one after the other, so that the workers become idle at different times."""
        while pair := self.pick(0, lambda w: w.load > 0):
            self.end_one(pair)
            self.drain()
            self.advance(self.model.now_ns + ns)

    @rule(n=st.integers(1, 5), ns=st.sampled_from([MS, 30 * MS, 400 * MS]))
    def jobs_come_and_go(self, n, ns):
        """One at a time, so that idle workers take turns and none is idle for long."""
        for _ in range(n):
            self.jobs_wait(1)
            self.jobs_end(0, 1)
            self.advance(self.model.now_ns + ns)

    @rule(choice=st.integers(0, 20))
    def worker_retires(self, choice):
        """It may have been removed before."""
        pair = self.pick(choice)
        if pair:
            self.retire_pair(pair)
            self.drain()

    @rule(choice=st.integers(0, 20))
    def busy_worker_retires(self, choice):
        pair = self.pick(choice, lambda w: w in self.model.workers and w.load > 0)
        if pair:
            self.retire_pair(pair)
            self.drain()

    @rule(choice=st.integers(0, 20), again=st.integers(0, 3), unproved=st.sampled_from(["", "before", "after"]))
    def worker_dies(self, choice, again, unproved):
        """It may have been removed before. Some of its jobs wait again; one drain for all of it."""
        pair = self.pick(choice)
        if pair:
            load = pair[0].load
            if unproved == "before":
                self.fail_one()
            self.lose_pair(pair)
            if unproved == "after":
                self.fail_one()
            for _ in range(min(again, load)):
                self.wait_one()
            self.drain()

    @rule(choice=st.integers(0, 20))
    def worker_freezes(self, choice):
        """It may be idle or gone."""
        pair = self.pick(choice)
        if pair:
            self.model.freeze(pair[0])
            self.sched.worker_freeze(pair[1])
            self.drain()

    @rule(choice=st.integers(0, 20), retires=st.booleans())
    def frozen_worker_is_read_to_its_end(self, choice, retires):
        pair = self.pick(choice, lambda w: w.is_frozen)
        if pair:
            self.jobs_end_of(pair)
            if retires:
                self.retire_pair(pair)
                self.drain()
            self.lose_pair(pair)
            self.drain()

    def jobs_end_of(self, pair):
        while pair[0].load:
            self.end_one(pair)
            self.drain()

    @rule(removal=st.sampled_from(["retire", "lose", "freeze"]))
    def worker_is_removed_with_its_job(self, removal):
        """Between the decision that gives it the job and the next, which might be to stop it."""
        self.wait_one()
        decision = self.step()
        if isinstance(decision, fpcore.Assign):
            pair = self.pairs[decision.worker.name]
            if removal == "retire":
                self.retire_pair(pair)
            elif removal == "lose":
                self.lose_pair(pair)
            else:
                self.model.freeze(pair[0])
                self.sched.worker_freeze(pair[1])
        self.drain()

    @rule(choice=st.integers(0, 20), calls=st.integers(0, 2), closes=st.integers(0, 4))
    def callback_calls_or_drops(self, choice, calls, closes):
        """What the callback of a result does comes before sched is asked; each is a look of its own."""
        pair = self.pick(choice, lambda w: w.load > 0)
        if pair:
            self.end_one(pair)
            for _ in range(0 if self.model.closing else calls):
                self.wait_one()
            if closes == 4:
                self.close_both()
            self.drain()

    @rule()
    def worker_answers(self):
        self.model.prove()
        self.sched.start_proved()
        self.drain()

    @rule(answers=st.lists(st.sampled_from(["fail", "no memory"]), max_size=7))
    def next_starts_fail(self, answers):
        self.answers = answers

    @rule(ns=st.sampled_from([0, 1, 10 * MS, 50 * MS, 100 * MS, 3 * S]))
    def time_passes(self, ns):
        self.advance(self.model.now_ns + ns)

    @rule(ns=st.sampled_from([1, MS, 50 * MS]))
    def time_goes_back(self, ns):
        self.advance(max(0, self.model.now_ns - ns))

    @precondition(lambda self: self.sched and self.sched.deadline_ns != NEVER)
    @rule(times=st.integers(1, 5))
    def deadlines_pass(self, times):
        """Nothing happens just before; then there is a decision, or the deadline moves on."""
        for _ in range(times):
            deadline_ns = self.sched.deadline_ns
            if deadline_ns == NEVER:
                return
            self.advance(deadline_ns - 1)
            assert self.sched.deadline_ns == deadline_ns
            self.sched.tick(deadline_ns)
            self.model.now_ns = deadline_ns
            if self.step() is None:
                assert self.sched.deadline_ns > deadline_ns
            self.drain()

    @rule(really=st.integers(0, 5))
    def close(self, really):
        if really == 5:
            self.close_both()
            self.drain()

    # what holds at rest

    @invariant()
    def both_say_the_same(self):
        if not self.sched:
            return
        low, high = self.model.deadline_range_ns()
        assert self.model.now_ns < self.sched.deadline_ns
        assert low <= self.sched.deadline_ns <= high, (low, self.sched.deadline_ns, high)
        assert self.sched.waiting == self.model.waiting
        assert self.sched.workers == len(self.model.workers) <= self.model.max
        assert self.sched.n_idle == len(self.model.idle())
        for worker, c in self.pairs:
            assert c.is_member() == (worker in self.model.workers)
            assert not c.is_member() or (c.load, c.calls) == (worker.load + FROZEN * worker.is_frozen, worker.calls)

    @invariant()
    def it_is_not_stuck(self):
        """Where nothing is left that could end, jobs that wait have a time, and a closed pool is empty."""
        if not self.sched or any(w.load or w.is_frozen and w in self.model.workers for w, _ in self.pairs):
            return
        assert not self.sched.waiting or self.sched.deadline_ns != NEVER
        assert not self.model.closing or self.sched.waiting or not self.sched.workers


TestSched = SchedMachine.TestCase
TestSched.settings = PROFILE
