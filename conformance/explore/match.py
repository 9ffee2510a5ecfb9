"""Frames that were seen against those that are due. Must not know where they came from.

A state says how far each chain has come. Frames that could belong to several chains lead to several states."""
STATES_MAX = 64


def fits(due, number, payload):
    return due.payload == payload and due.number == number


class Match:
    def __init__(self, child):
        self.child = child
        self.states = {(0,) * len(child.chains)}
        self.events = set()  # payloads that were matched

    def grown(self):
        """The states, with the chains that have begun since."""
        count = len(self.child.chains)
        self.states = {s + (0,) * (count - len(s)) for s in self.states}
        return self.states

    def heads(self):
        """What may come next, in the first of the states."""
        state = min(self.grown())
        return [chain[at] for chain, at in zip(self.child.chains, state) if at < len(chain)]

    def after(self, state, number, payload):
        """Chains with the same frames still to come are as good as each other."""
        tails = {}
        for i, (chain, at) in enumerate(zip(self.child.chains, state)):
            if at < len(chain) and fits(chain[at], number, payload):
                tails.setdefault(tuple(chain[at:]) if self.child.form.is_async else (), i)
        return {state[:i] + (state[i] + 1,) + state[i + 1:] for i in tails.values()}

    def take(self, number, payload):
        """Whether the frame was due."""
        states = sorted({after for state in self.grown() for after in self.after(state, number, payload)})[:STATES_MAX]
        if states:
            self.states = set(states)
            if number == 0:
                self.events.add(payload)
        return bool(states)

    def is_complete(self):
        whole = tuple(map(len, self.child.chains))
        return whole in self.grown()
