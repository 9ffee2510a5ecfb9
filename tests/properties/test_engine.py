"""The engine against the naive pool of engine_world.py: random calls, workers, faults and times in random order, each input
drained at once or with the next; at the end faults stop, and everything ends.

    PYTHONPATH=tests/cffi /usr/bin/python3 -m pytest tests/properties/test_engine.py
    FORKPOOL_HYPOTHESIS=hunt ...                  (random and long instead of the same short run each time)
"""

import pathlib
import sys

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cffi"))
import fpcore  # noqa: E402
from engine_peer import PAYLOAD_MAX  # noqa: E402
from engine_world import World  # noqa: E402
from fpcore import MS, NEVER, S, Limits  # noqa: E402
from profiles import profile  # noqa: E402

PROFILE = profile(check=(220, 50), hunt=(1000000, 100))

LIMITS = st.builds(Limits, queue_timeout_ns=st.sampled_from([0, 0, 0, 20 * MS]),
                   run_timeout_ns=st.sampled_from([0, 0, 0, 30 * MS]), retries=st.sampled_from([0, 0, 1, 2]))
WIRES = st.builds(fpcore.Wire, profile=st.sampled_from(["network", "native"]), is_async=st.booleans(),
                  serialiser=st.just("string"), payload_max=st.just(PAYLOAD_MAX))
CHOICE = st.integers(0, 20)
DRAINED = st.sampled_from([True, True, True, False])


class EngineMachine(RuleBasedStateMachine):
    world = None

    @initialize(min=st.integers(0, 2), more=st.integers(0, 2), min_idle=st.integers(0, 2), max_idle=st.integers(0, 3),
                load=st.integers(1, 3), busy_time_ns=st.sampled_from([0, 0, 10 * MS, 100 * MS]),
                idle_time_ns=st.sampled_from([0, 50 * MS, S]), calls_max=st.sampled_from([0, 0, 1, 3]), wire=WIRES, limits=LIMITS,
                queue_max=st.sampled_from([0, 0, 1, 3]), queue_bytes_max=st.sampled_from([0, 0, 20, 30000]),
                grace_ns=st.sampled_from([0, 10 * MS, S]), trace=st.booleans())
    def make(self, min, more, **options):
        self.world = World(dict(options, min=min, max=max(1, min + more)))

    def done(self, drained=True):
        if drained:
            self.world.drain()

    def pick(self, choice, wanted):
        """One of the peers that are left and wanted; most of the time one that has something to do."""
        peers = [p for p in self.world.peers.values() if not p.is_gone and not p.is_failed and wanted(p)]
        if choice % 4:
            peers = [p for p in peers if p.unanswered] or peers
        return peers[choice % len(peers)] if peers else None

    # calls

    @rule(n=st.integers(1, 5), size=st.sampled_from([0, 5, 5, 200, 20000, 2 * PAYLOAD_MAX]), limits=st.none() | LIMITS,
          drained=DRAINED)
    def submit(self, n, size, limits, drained):
        for _ in range(n):
            self.world.submit(size, limits)
        self.done(drained)

    def cancel_one(self, choice):
        untold = self.world.untold()
        if untold:
            self.world.cancel(untold[choice % len(untold)])

    @rule(choice=CHOICE, drained=DRAINED)
    def cancel(self, choice, drained):
        self.cancel_one(choice)
        self.done(drained)

    @rule(what=st.lists(st.sampled_from(["wait", "submit", "cancel", "close", "abort"]), max_size=4), rarely=st.integers(0, 3))
    def act_while_operations_are_drained(self, what, rarely):
        """Not to disturb what an operation points to: these are done right behind one."""
        acts = {"wait": lambda: None, "submit": lambda: self.world.submit(5, None), "cancel": lambda: self.cancel_one(1),
                "close": self.world.close, "abort": self.world.abort}
        self.world.reactions = [acts[w] for w in what if rarely == 3 or w not in ("close", "abort")]

    # workers

    @rule(mood=st.sampled_from(["eager", "eager", "slow", "failing"]))
    def mood_changes(self, mood):
        self.world.mood = mood

    @rule(choice=CHOICE, fails=st.sampled_from([False, False, True]), drained=DRAINED)
    def start(self, choice, fails, drained):
        peer = self.pick(choice, lambda p: not p.is_started)
        if peer:
            (self.world.fail_start if fails else self.world.start)(peer)
        self.done(drained)

    @rule(choice=CHOICE, n=st.none() | st.integers(1, 30), drained=DRAINED)
    def read(self, choice, n, drained):
        peer = self.pick(choice, lambda p: p.is_writable and not p.is_exited)
        if peer:
            self.world.read(peer, n)
        self.done(drained)

    @rule(choice=CHOICE, i=st.integers(0, 2), n=st.none() | st.integers(1, 30), drained=DRAINED)
    def answer(self, choice, i, n, drained):
        """The whole answer, or some octets of it."""
        peer = self.pick(choice, lambda p: p.unanswered and not p.is_exited and not p.is_faulty())
        if peer and (self.world.wire.is_async or not peer.outbox):
            peer.answer(i % len(peer.unanswered) if self.world.wire.is_async else 0)
        self.feed(choice, n, drained)

    @rule(choice=CHOICE, n=st.none() | st.integers(1, 30), drained=DRAINED)
    def feed(self, choice, n, drained):
        peer = self.pick(choice, lambda p: p.outbox and self.world.can_feed(p))
        if peer:
            self.world.feed(peer, n or len(peer.outbox))
        self.done(drained)

    @rule(drained=DRAINED)
    def all_work(self, drained):
        for peer in list(self.world.peers.values()):
            if peer.is_started and not peer.is_exited and not peer.is_gone and not peer.is_faulty():
                self.world.read(peer, None)
                while peer.unanswered and self.world.can_feed(peer):
                    peer.answer(0)
                    self.world.feed(peer, len(peer.outbox))
        self.done(drained)

    @rule(choice=CHOICE, what=st.sampled_from(["event", "retire", "too_long", "malformed", "unexpected"]), drained=DRAINED)
    def say(self, choice, what, drained):
        world, peer = self.world, self.pick(choice, lambda p: self.world.can_feed(p) and not p.is_exited and not p.is_faulty())
        if peer and what == "event":
            peer.event([b"event", b"%d" % choice])
        elif peer and what == "retire":
            peer.retire()
        elif peer:
            peer.fault(what)
            world.feed(peer, len(peer.outbox))
        self.done(drained)

    # ends

    @rule(choice=CHOICE, n=st.integers(0, 40), status=st.sampled_from([(0, 0), (3, 0), (-1, 9), (-1, 0)]),
          holds_end=st.booleans(), drained=DRAINED)
    def exit(self, choice, n, status, holds_end, drained):
        """Of what it said n octets are on their way. Somebody else may hold the other end."""
        peer = self.pick(choice, lambda p: p.is_started and not p.is_exited)
        if peer:
            peer.outbox = peer.outbox[:n]
            peer.holds_end = holds_end
            self.world.exit(peer, status)
        self.done(drained)

    @rule(choice=CHOICE, n=st.integers(0, 40), drained=DRAINED)
    def end_of_file(self, choice, n, drained):
        peer = self.pick(choice, lambda p: self.world.can_feed(p))
        if peer:
            self.world.feed(peer, min(n, len(peer.outbox)))
            self.world.end_input(peer)
        self.done(drained)

    @rule(choice=CHOICE, n=st.integers(0, 40), is_exit_first=st.booleans())
    def crash(self, choice, n, is_exit_first):
        acts = [lambda: self.end_of_file(choice, n, False), lambda: self.exit(choice, n, (-1, 11), False, False)]
        for act in reversed(acts) if is_exit_first else acts:
            act()
        self.done()

    @rule(choice=CHOICE, how=st.sampled_from(["read", "write"]), drained=DRAINED)
    def break_connection(self, choice, how, drained):
        peer = self.pick(choice, lambda p: self.world.can_feed(p))
        if peer:
            self.world.break_connection(peer, how)
        self.done(drained)

    # memory, time, the pool

    @rule(n=st.integers(0, 4), after=st.booleans())
    def memory_fails(self, n, after):
        self.world.drain()
        if n:
            self.world.alloc.fail_next(n, after)
        else:
            self.world.alloc.fail_at(0)

    @rule(ns=st.sampled_from([0, 1, MS, 15 * MS, 200 * MS, 3 * S]), drained=DRAINED)
    def time_passes(self, ns, drained):
        self.world.drain()
        self.world.tick(self.world.now_ns + ns)
        self.done(drained)

    @rule(times=st.integers(1, 4), drained=DRAINED)
    def deadlines_pass(self, times, drained):
        """Nothing happens just before."""
        world = self.world
        world.drain()
        for _ in range(times):
            deadline_ns = world.engine.deadline_ns
            if deadline_ns == NEVER:
                return
            if deadline_ns - 1 > world.now_ns:
                world.tick(deadline_ns - 1)
                assert world.engine.next_op() is None and world.engine.deadline_ns == deadline_ns
            world.tick(deadline_ns)
            self.done(drained or times > 1)

    @rule(really=st.integers(0, 7), drained=DRAINED)
    def end(self, really, drained):
        if really == 7:
            self.world.abort()
        elif really == 6:
            self.world.close()
        self.done(drained)

    def teardown(self):
        if self.world:
            self.world.finish()


TestEngine = EngineMachine.TestCase
TestEngine.settings = PROFILE
