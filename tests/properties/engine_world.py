"""A host for one engine in virtual time and a naive pool beside it: what was submitted, what each peer received and said, and
what may therefore come out, judged where it does. Must not know how the engine decides."""

import fpcore
from engine_peer import PAYLOAD_MAX, Call, Peer
from fpcore import NEVER, S
from octets import payload_of

TERM, KILL = 15, 9
PAUSE_MAX_NS = 10 * S
OPS_MAX, TRACES_MAX = 5000, fpcore.lib.FP_TRACES_MAX  # in one drain
TRANSITIONS = {"starting": {"up", "retiring", "doomed", "lost"}, "up": {"retiring", "doomed", "lost"},
               "retiring": {"doomed", "lost"}, "doomed": {"lost"}, "lost": set()}


class World:
    def __init__(self, options):
        self.options = options
        self.alloc = fpcore.Alloc()
        self.engine = fpcore.Engine(alloc=self.alloc, **options)
        self.wire = options["wire"]
        self.now_ns = 0
        self.calls = []
        self.peers = {}
        self.told = {}  # outcome -> how many
        self.refused = None  # size of the call that FP_FULL refused last
        self.failures = self.faults = self.requeued = self.rejected = 0
        self.is_closing = self.is_aborted = self.is_destroyed = False
        self.states, self.traces = {}, []  # number of a worker -> state, where traced
        self.running_since_ns = {}  # (peer, call) -> when it was first seen to run
        self.reactions = []  # done one each between operations
        self.mood = "eager"  # starts, signals and requests are met at once; "failing": starts fail; "slow": all is left for later
        self.drain()

    # ---- inputs ----

    def has_memory_failed(self):
        return 0 < self.alloc.c.fail_at <= self.alloc.requests

    def untold(self):
        return [c for c in self.calls if c.told is None]

    def submit(self, size, limits):
        call = Call(len(self.calls) + 1, size, limits or self.options["limits"], self.now_ns)
        items = [b"%d" % call.tag, b"x" * size]
        length = len(payload_of(items))
        try:
            call.job = self.engine.submit(items, call, limits)
        except fpcore.CoreError as e:
            self.rejected += 1
            self.judge_refusal(e.reason, length)
            return
        assert not self.is_closing
        call.size = length
        self.calls.append(call)

    def judge_refusal(self, reason, length):
        waiting, queue_max = self.engine.stats()["waiting"], self.options["queue_max"]
        bytes_max = self.options["queue_bytes_max"]
        if reason == "nomem":
            assert self.has_memory_failed()
        elif reason == "closed":
            assert self.is_closing
        elif reason == "too_long":
            assert length > PAYLOAD_MAX or 0 < bytes_max < length
        else:
            assert reason == "full"
            is_over = sum(c.size for c in self.untold()) + length > bytes_max > 0
            assert (queue_max and waiting >= queue_max) or is_over
            self.refused = length

    def cancel(self, call):
        call.is_cancelled = True
        self.engine.cancel(call.job)

    def close(self):
        self.is_closing = True
        self.engine.close()

    def abort(self):
        self.is_closing = self.is_aborted = True
        self.engine.abort()

    def tick(self, now_ns):
        self.now_ns = max(self.now_ns, now_ns)
        self.engine.tick(now_ns)

    def start(self, peer):
        peer.is_started = True
        self.engine.worker_started(peer.worker)

    def fail_start(self, peer):
        peer.is_failed = True
        self.failures += 1
        self.engine.worker_failed(peer.worker, 11)

    def can_feed(self, peer):
        return peer.is_started and not (peer.is_closed or peer.is_at_end or peer.is_broken or peer.errors)

    def feed(self, peer, n):
        """The engine reads n octets more."""
        before = self.engine.stats()["rx_bytes"]
        octets = peer.outbox[:n]
        try:
            self.engine.feed(peer.worker, octets)
        except fpcore.CoreError as e:
            assert e.reason == "nomem" and self.has_memory_failed()
        fed = self.engine.stats()["rx_bytes"] - before
        peer.fed += fed
        peer.outbox = peer.outbox[fed:]
        if fed < len(octets):
            peer.is_broken = True
            self.lose_memory(peer)
        self.note_running(peer)

    def read(self, peer, n):
        """The peer reads n octets more, or all there are with n None."""
        while peer.is_writable and n != 0:
            octets = self.engine.tx(peer.worker)[:n]
            if not octets:
                peer.is_writable = False
                return
            assert not peer.is_half_closed
            self.engine.tx_ack(peer.worker, len(octets))
            n = n and n - len(octets)
            for id, (tag, _) in peer.receive(octets):
                self.on_request(peer, id, self.calls[int(tag) - 1])

    def note_requeued(self):
        """Some calls have gone back to the front, which need not be in order with those that went out since."""
        requeued = self.engine.stats()["requeued"]
        if requeued > self.requeued:
            self.requeued = requeued
            for call in self.untold():
                call.came_back = True

    def on_request(self, peer, id, call):
        self.note_requeued()
        assert call not in peer.received, "a worker got a call twice"
        assert not any(c.tag > call.tag for c in peer.received) or call.came_back, "not first in, first out"
        self.check_order_of_lost(peer, call)
        call.owners.append(peer)
        peer.received.append(call)
        peer.unanswered.append((id, call))
        assert len(peer.unanswered) <= self.options["load"]
        self.note_running(peer)

    def check_order_of_lost(self, peer, call):
        """Those that went back to the queue with one worker are given to the next in the same order."""
        for other in peer.received:
            before = other.owners[other.owners.index(peer) - 1:other.owners.index(peer)]
            if before and before == call.owners[-1:]:
                assert before[0].received.index(other) < before[0].received.index(call), "gone back in another order"

    def note_running(self, peer):
        for call in [] if peer.is_exited else peer.running():
            call.ran_in.add(peer.number)
            assert call.is_excused or len(call.ran_in) <= 1 + call.limits.retries, "run once too often"

    def end_input(self, peer):
        peer.is_at_end = True
        if not peer.is_closed and not peer.is_broken:
            self.engine.eof(peer.worker)

    def exit(self, peer, status):
        """What is not on its way yet is never said."""
        peer.is_exited = True
        peer.status = status
        self.engine.worker_exited(peer.worker, *status)

    def break_connection(self, peer, how):
        peer.errors.append(how)
        self.engine.rx_error(peer.worker, how, 104) if how == "read" else self.engine.tx_error(peer.worker, 32)

    # ---- operations ----

    def drain(self):
        for _ in range(OPS_MAX):
            op = self.engine.next_op()
            if op is None:
                break
            assert not self.is_destroyed, f"{op.kind} after destroyed"
            if op.kind != "trace":
                self.check_traces()
            getattr(self, "on_" + op.kind)(op)
            if self.reactions:
                self.reactions.pop(0)()
        else:
            raise AssertionError("operations without end")
        assert not self.is_aborted or not self.untold(), "calls go on after abort"
        self.check_traces()
        self.check()

    def peer_of(self, op):
        if op.worker.number not in self.peers:
            self.peers[op.worker.number] = Peer(op.worker, self.wire)
            assert op.kind == "start" or self.is_aborted
        peer = self.peers[op.worker.number]
        assert not peer.is_gone
        return peer

    def on_start(self, op):
        assert op.worker.number == max(self.peers, default=0) + 1
        peer = self.peer_of(op)
        peer.was_asked = True
        if self.mood == "failing":
            self.fail_start(peer)
        elif self.mood == "eager":
            self.start(peer)

    def on_write(self, op):
        peer = self.peer_of(op)
        assert peer.is_started and not peer.is_half_closed and not peer.is_closed
        peer.is_writable = True
        if self.mood == "eager" and not peer.is_exited:
            self.read(peer, None)

    def on_half_close(self, op):
        peer = self.peer_of(op)
        assert peer.is_started and not peer.is_half_closed and not peer.is_closed and not peer.inbox
        peer.is_half_closed = peer.is_writable = True  # to see that nothing is written any more

    def on_kill(self, op):
        peer = self.peer_of(op)
        assert not peer.is_exited and not peer.is_gone
        assert op.signal == KILL or (op.signal == TERM and KILL not in peer.kills)
        assert op.signal == TERM or TERM in peer.kills or not self.options["grace_ns"], "killed before it was asked to end"
        assert self.is_aborted or peer.is_hopeless() or all(c.told or c.is_cancelled for c in peer.in_hand()), "lost what it had"
        peer.kills.append(op.signal)
        if self.mood == "eager" and peer.is_started:
            self.exit(peer, (-1, op.signal))

    def on_close(self, op):
        peer = self.peer_of(op)
        assert not peer.is_closed and not self.engine.tx(peer.worker)
        was_busy = any(c.told is None or (c.told.outcome == "crashed" and c.told.worker == peer.number) for c in peer.received)
        assert peer.is_told or not was_busy or peer.kills, "lost untold"
        peer.is_closed = True
        peer.is_writable = False
        if peer.oldest():  # what it said last was on its way when it ended: it may have begun the next
            peer.oldest().ran_in.add(peer.number)
        if peer.errors or peer.has_lost_memory or peer.fault_here():
            for call in peer.received:
                call.sent_to.add(peer.number)
        self.failures += not peer.has_answered

    def on_gone(self, op):
        peer = self.peer_of(op)
        is_over = peer.is_exited or KILL in peer.kills  # nobody waits longer than grace for who was killed
        assert peer.is_failed or (peer.is_closed and is_over) or not peer.was_asked
        assert peer.is_told or not peer.is_failed, "failed untold"
        peer.is_gone = True

    def on_error(self, op):
        if op.worker is None:
            assert op.reason == "nomem" and self.has_memory_failed()
            self.failures += 2  # there is no pause after the first, and one error for both
            return
        peer = self.peer_of(op)
        peer.is_told = True
        if op.reason == "start":
            assert peer.is_failed and op.system_errno == 11
        else:
            self.judge_reason(peer, op.reason, op.offset)
            assert op.system_errno == {"read": 104, "write": 32}.get(op.reason, op.system_errno)

    def judge_reason(self, peer, reason, offset):
        if reason == "nomem":
            assert self.has_memory_failed() or peer.has_lost_memory
            self.lose_memory(peer)
        else:
            assert (reason, offset) in peer.reasons(), (reason, offset, peer.reasons())

    def lose_memory(self, peer):
        """A reply that arrived and could not be read: the call is lost, and the next one has been begun already."""
        peer.has_lost_memory = True
        for call in peer.received:
            call.is_excused = True

    def on_room(self, op):
        waiting, queue_max = self.engine.stats()["waiting"], self.options["queue_max"]
        assert self.refused is not None and not self.is_closing and (not queue_max or waiting < queue_max)
        self.refused = None

    def on_trace(self, op):
        t = op.trace
        assert t.new in TRANSITIONS[t.old]
        self.traces.append(t)

    def check_traces(self):
        """Those that came in a row; of more than are kept older ones are lost."""
        for t in self.traces:
            assert self.states.get(t.worker, "starting") == t.old or len(self.traces) == TRACES_MAX
            self.states[t.worker] = t.new
        self.traces.clear()

    def on_destroyed(self, op):
        assert self.is_closing and not self.untold() and all(p.is_gone for p in self.peers.values())
        self.is_destroyed = True

    def next_said(self, peer, kind):
        """The next frame that makes an operation: a result that was told otherwise before makes none, nor does retiring."""
        while peer.said:
            said = peer.said.popleft()
            if said.kind != "retire" and not (said.kind == "result" and said.call.told):
                return said
        raise AssertionError(f"{kind} out of nothing")

    def on_event(self, op):
        peer = self.peer_of(op)
        said = self.next_said(peer, "event")
        assert said.kind == "event" and said.items == op.items and peer.arrived(said)

    # ---- outcomes ----

    def on_outcome(self, op):
        call, r = op.job.tag, op.result
        assert call.told is None, "told twice"
        self.told[r.outcome] = self.told.get(r.outcome, 0) + 1
        getattr(self, "judge_" + r.outcome)(call, r)
        call.told = r
        if r.worker:
            assert r.queued_ns + r.run_ns == self.now_ns - call.submitted_ns
        else:
            assert (r.queued_ns, r.run_ns) == (self.now_ns - call.submitted_ns, 0)
        if r.outcome not in ("crashed", "protocol"):
            assert (r.exit_status, r.signal, r.offset) == (-1, 0, 0)

    def judge_ok(self, call, r):
        peer = self.peers[r.worker]
        said = self.next_said(peer, "result")
        assert said.kind == "result" and said.call is call and peer.arrived(said)
        assert r.items == said.items and r.reason == "none"
        peer.has_answered = True

    def judge_cancelled(self, call, r):
        assert call.is_cancelled and r.reason == "none"

    def judge_timeout(self, call, r):
        limits = [ns for ns in call.limits[:2] if ns]
        assert r.reason == "timed_out" and limits and self.now_ns - call.submitted_ns >= min(limits)

    def judge_shutdown(self, call, r):
        failing = sum(not p.has_answered and not p.is_closed for p in self.peers.values())  # and not counted yet
        assert r.reason == "closed" and (self.is_aborted or (self.is_closing and self.failures + failing >= 5))

    def judge_lost(self, call, r):
        """Only what the worker had whole and, if it works in order and all that it said was read, had in its hands."""
        peer = self.peers[r.worker]
        self.judge_reason(peer, r.reason, r.offset)
        assert call in peer.received, "lost, and cannot have run"
        is_read = r.reason in ("eof", "truncated")
        assert self.wire.is_async or not is_read or call is peer.oldest(), "lost, and was not begun"
        return peer

    def judge_crashed(self, call, r):
        peer = self.judge_lost(call, r)
        is_presumed = (KILL in peer.kills or not self.options["grace_ns"]) and (r.exit_status, r.signal) == (-1, 0)
        assert is_presumed or (peer.is_exited and (r.exit_status, r.signal) == peer.status)
        assert r.reason == "nomem" or not peer.fault_here()
        call.ran_in.add(peer.number)
        tries = 1 + call.limits.retries
        assert call.is_excused or len(call.ran_in) <= tries <= len(call.ran_in | call.sent_to), "lost with retries left"

    def judge_protocol(self, call, r):
        peer = self.judge_lost(call, r)
        assert peer.fault_here()
        assert (r.exit_status, r.signal) == peer.status

    # ---- what holds at rest ----

    def check(self):
        s = self.engine.stats()
        for peer in self.peers.values():
            self.check_peer(peer)
        o, live = self.options, [p for p in self.peers.values() if not p.is_gone]
        up = [p for p in live if not p.is_exited and p.worker.state in ("starting", "up")]
        assert len(up) <= o["max"] and s["workers"] <= o["max"] and s["workers_max"] <= o["max"]
        assert s["idle"] + s["busy"] == s["workers"] and s["workers"] + s["ending"] == len(live)
        assert s["calls"] == len(self.calls) and s["outcomes"] == {**dict.fromkeys(s["outcomes"], 0), **self.told,
                                                                  "rejected": self.rejected}
        lost = [p for p in live if p.is_closed and not p.is_exited]
        n = len(self.untold()) - s["waiting"] - s["running"]
        assert n == 0 or (n > 0 and lost), "a call is nowhere"
        deadline_ns = self.engine.deadline_ns
        assert deadline_ns > self.now_ns or not o["grace_ns"]
        if not self.is_closing:
            assert s["workers"] >= o["min"] or deadline_ns != NEVER, "not restored"
            assert live or not s["waiting"] or deadline_ns != NEVER, "nobody is to come"
        assert not (self.is_closing and not self.untold() and not live) or self.is_destroyed

    def check_peer(self, peer):
        if not peer.is_closed and not peer.is_failed and not peer.is_gone:
            for said in list(peer.said):
                if not peer.arrived(said) or said.kind == "fault":
                    break
                assert said.kind == "retire" or (said.kind == "result" and said.call.told), f"{said} was never told"
                peer.said.popleft()
            self.check_run_timeouts(peer)

    def check_run_timeouts(self, peer):
        if not peer.is_started or peer.worker.state not in ("up", "retiring"):
            return
        running = peer.in_hand() if self.wire.is_async else [peer.oldest()]
        for call in running:
            if call and call.limits.run_timeout_ns and not self.is_let_go(peer, call):
                since_ns = self.running_since_ns.setdefault((peer.number, call.tag), self.now_ns)
                assert self.now_ns < since_ns + call.limits.run_timeout_ns, "not timed out"

    def is_let_go(self, peer, call):
        """One that was cancelled is still bound, until its worker gets no more on account of it."""
        if not call.told:
            return False
        return call.told.outcome != "cancelled" or (self.wire.is_async and peer.worker.state == "retiring")

    # ---- the end ----

    def settle(self):
        """Faults stop: memory is there, workers start, answer, and end when they are asked to. Then time passes until nothing
        is to come any more, which takes no longer than the longest pause, each step of grace, and idle_time for each worker."""
        o = self.options
        limit_ns = self.now_ns + PAUSE_MAX_NS + 4 * o["grace_ns"] + (o["max"] + 1) * (o["idle_time_ns"] + o["busy_time_ns"])
        self.mood, self.reactions = "eager", []
        self.drain()
        self.alloc.fail_at(0)
        while True:
            while any([self.behave(p) for p in list(self.peers.values())]):
                self.drain()
            deadline_ns = self.engine.deadline_ns
            if deadline_ns == NEVER or self.is_destroyed:
                return
            assert deadline_ns <= limit_ns, (deadline_ns, limit_ns)
            self.tick(deadline_ns)
            self.drain()

    def behave(self, peer):
        """Does what a good worker does next; answers whether there was anything."""
        if peer.is_gone or peer.is_failed:
            return False
        if not peer.is_started:
            self.start(peer)
        elif self.can_feed(peer) and peer.outbox:
            self.feed(peer, len(peer.outbox))
        elif peer.is_exited and not peer.is_at_end and not peer.holds_end and self.can_feed(peer):
            self.end_input(peer)
        elif peer.is_exited:
            return False
        elif peer.is_closed or peer.kills or peer.is_at_end or peer.errors or peer.is_broken:
            self.exit(peer, (-1, peer.kills[-1]) if peer.kills else (0, 0))
        elif peer.is_writable:
            self.read(peer, None)
        elif peer.unanswered:
            peer.answer(0)
        elif peer.is_half_closed:
            self.end_input(peer)
        else:
            return False
        return True

    def finish(self):
        self.settle()
        assert not self.untold()
        s = self.engine.stats()
        if not self.is_closing:
            assert s["workers"] >= self.options["min"] and not s["waiting"] and not s["running"] and not s["ending"]
        self.close()
        self.settle()
        assert self.is_destroyed and self.engine.deadline_ns == NEVER
        self.tick(self.now_ns + 3600 * S)
        assert self.engine.drain() == []
        self.engine.free()
        assert self.alloc.held == 0
