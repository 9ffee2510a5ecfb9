"""The naive model that test_sched compares sched with: lists and counters, every decision and every deadline.

It is a coroutine that runs each look from its beginning to its end, as the original's scheduler does, and pauses where a
decision comes out; it knows since when something has been the case and computes each due time anew. sched keeps due times,
and finds out at each call where it was. Only the tie rule is common to both, as clause POOL-3 has it word for word.
"""

from fpcore import MS, NEVER, S

FAILURES_MAX = 5
PAUSE_MIN_NS, PAUSE_MAX_NS = 100 * MS, 10 * S


class ModelWorker:
    def __init__(self, now_ns):
        self.load = 0
        self.calls = 0
        self.idle_since_ns = now_ns
        self.is_frozen = False


class Model:
    """The header of sched and clauses POOL-3 to POOL-9, said slowly."""

    def __init__(self, now_ns, options):
        self.__dict__.update(options)  # min, max, min_idle, max_idle, load, busy_time_ns, idle_time_ns, calls_max
        self.now_ns = now_ns
        self.waiting = 0
        self.workers = []  # in the order of POOL-3
        self.first_starts = min(self.max, self.min_idle)  # that are still due
        self.last_tick_ns = None  # or when the clock of starts was set; None: it does not run
        self.last_stop_ns = 0
        self.excess_since_ns = None
        self.failures = 0
        self.pause_until_ns = 0
        self.closing = False
        self.looks = 0  # that have not come to their end
        self.course = self.run()

    # the heap of POOL-3

    def exchange(self, i, j):
        self.workers[i], self.workers[j] = self.workers[j], self.workers[i]

    def key(self, i):
        """A frozen worker comes after all others."""
        return self.workers[i].is_frozen, self.workers[i].load

    def move_up(self, i):
        while i and self.key((i - 1) // 2) > self.key(i):
            self.exchange(i, (i - 1) // 2)
            i = (i - 1) // 2

    def move_down(self, i):
        while 2 * i + 1 < len(self.workers):
            left, right = 2 * i + 1, 2 * i + 2
            child = left
            if right < len(self.workers) and self.key(left) > self.key(right):
                child = right
            if not self.key(i) > self.key(child):
                return
            self.exchange(i, child)
            i = child

    def moved(self, i):
        if i and not self.key(i) > self.key((i - 1) // 2):
            self.move_up(i)
        else:
            self.move_down(i)

    # inputs; each that is a look counts one

    def wait(self):
        self.waiting += 1
        self.looks += 1

    def leave(self):
        self.waiting -= 1
        self.looks += 1

    def end(self, worker):
        self.looks += 1
        worker.load -= 1
        if worker in self.workers:
            if worker.load == 0:
                worker.idle_since_ns = self.now_ns
            self.moved(self.workers.index(worker))

    def add(self, worker):
        self.looks = max(1, self.looks)
        self.first_starts = max(0, self.first_starts - 1)
        self.workers.append(worker)
        self.move_up(len(self.workers) - 1)

    def take_out(self, worker):
        i = self.workers.index(worker)
        last = self.workers.pop()
        if last is not worker:
            self.workers[i] = last
            self.moved(i)

    def retire(self, worker):
        """No look, but that nothing else is to come of a frozen one."""
        if worker in self.workers:
            self.looks += worker.is_frozen
            self.take_out(worker)

    def lose(self, worker):
        if worker in self.workers:
            self.take_out(worker)
            self.looks += 1
            self.set_clock(self.are_too_few_idle())

    def freeze(self, worker):
        if worker in self.workers and worker.load and not worker.is_frozen:
            worker.is_frozen = True
            self.moved(self.workers.index(worker))

    def fail(self):
        self.failures += 1
        if self.failures > 1:
            self.pause_until_ns = self.now_ns + min(PAUSE_MAX_NS, PAUSE_MIN_NS * 2 ** (self.failures - 2))

    def prove(self):
        self.failures = self.pause_until_ns = 0

    def close(self):
        self.closing = True
        self.looks += 1

    # what is the case

    def idle(self):
        return [w for w in self.workers if w.load == 0 and not w.is_frozen]

    def has_room(self):
        return any(w.load < self.load and not w.is_frozen for w in self.workers)

    def may_start_more(self):
        return len(self.workers) < self.max

    def is_missing(self):
        """A start is due at once."""
        if not self.workers and self.waiting and self.looks:
            return True
        return not self.closing and self.may_start_more() and (self.first_starts > 0 or len(self.workers) < self.min)

    def is_in_pause(self):
        return self.now_ns < self.pause_until_ns

    def are_too_few_idle(self):
        return not self.closing and len(self.idle()) < self.min_idle

    def is_hopeless(self):
        return self.closing and self.waiting and not self.workers and self.failures >= FAILURES_MAX

    def has_excess(self):
        return len(self.idle()) > max(self.max_idle, self.min_idle) and len(self.workers) > self.min

    def set_clock(self, is_wanted):
        if is_wanted and self.last_tick_ns is None and self.may_start_more():
            self.last_tick_ns = self.now_ns

    def note_excess(self):
        if not self.has_excess():
            self.excess_since_ns = None
        elif self.excess_since_ns is None:
            self.excess_since_ns = self.now_ns

    def tick_due_ns(self):
        if self.last_tick_ns is None:
            return NEVER
        return min(NEVER, max(self.last_tick_ns + self.busy_time_ns, self.pause_until_ns))

    def start_due_ns(self):
        return self.pause_until_ns if self.is_missing() else self.tick_due_ns()

    def stop_due_ns(self, oldest_ns):
        if self.excess_since_ns is None:
            return NEVER
        return min(NEVER, max(self.excess_since_ns, self.last_stop_ns, oldest_ns) + self.idle_time_ns)

    def oldest_ns(self):
        return min((w.idle_since_ns for w in self.idle()), default=0)

    # decisions: (kind, candidates); the decision must be of that kind, and about one of these workers if there are any

    def run(self):
        while True:
            if self.looks:
                yield from self.look()
                self.looks -= 1
            elif self.is_missing() and not self.is_in_pause():
                yield "start", []
            elif self.now_ns >= self.tick_due_ns() != NEVER:
                yield from self.tick()
            else:
                yield from self.rest()

    def look(self):
        """POOL-4; once there is nothing to give any more and nothing was given, POOL-7."""
        has_given = False
        while True:
            if self.waiting and self.has_room():
                has_given = True
                yield from self.give(self.workers[0])
            elif self.is_hopeless():
                yield "give up", []
            elif self.is_missing() and self.is_in_pause():
                yield from self.rest()
            elif self.is_missing():
                yield "start", []
            elif self.closing and not self.waiting and not has_given and self.workers:
                yield "stop", list(self.workers)
            else:
                break
        self.set_clock(self.waiting)

    def give(self, worker):
        self.waiting -= 1
        worker.load += 1
        worker.calls += 1
        if worker.load == 1:
            self.set_clock(self.are_too_few_idle())
        self.moved(0)
        if worker.calls == self.calls_max:
            self.freeze(worker)
        yield "assign", [worker]

    def tick(self):
        """POOL-5: it starts one worker, or is the last."""
        self.last_tick_ns = None
        self.set_clock(self.waiting or self.are_too_few_idle())
        if self.last_tick_ns is not None:
            yield "start", []

    def rest(self):
        self.note_excess()
        if self.now_ns >= self.stop_due_ns(self.oldest_ns()) != NEVER:
            yield "stop idle", [w for w in self.idle() if w.idle_since_ns == self.oldest_ns()]
        else:
            yield None, []

    def spent(self):
        """Those that have ended the last of their calls_max jobs."""
        return [w for w in self.workers if w.is_frozen and w.load == 0 and w.calls == self.calls_max]

    def next(self):
        return ("stop", self.spent()) if self.spent() else next(self.course)

    def stopped(self, kind, worker):
        self.take_out(worker)
        if kind == "stop idle":
            self.last_stop_ns = self.now_ns

    def deadline_range_ns(self):
        """The time of the next decision; and, as one idle longest may get a job before, when an excess was old enough."""
        start = self.start_due_ns()
        return min(start, self.stop_due_ns(0)), min(start, self.stop_due_ns(self.oldest_ns()))
