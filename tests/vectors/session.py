"""How any recorded session is played against one end of a connection: turn by turn, its octets cut in some way.

A subclass makes the end in __init__ and has
    send(octets, piece)   octets from the other side arrive
    do(step)              any other driven step
    settle()              lets everything come to rest: what the recorder waited for after each step without `nowait`
    reaction()            what was observed since the last time, comparable"""

from cuts import AsRecorded, cuttings, runs
from recordings import frames, octets, turns


def script_of(vector):
    """Its turns, and the driven steps of each in runs."""
    return [(turn, list(runs(turn.driven))) for turn in turns(vector)]


class Session:
    def __init__(self, vector):
        self.vector = vector
        self.reactions = []  # one for each turn
        self.early = []  # steps with a reaction before their turn was over; only as recorded
        self._offset = 0

    def play(self, cutting, script=None):
        for turn, steps in script or script_of(self.vector):
            for step in steps:
                if isinstance(step, list):
                    self._send(step, cutting, step[-1] is turn.driven[-1])
                else:
                    self.do(step)
                    self._rest(step, step is turn.driven[-1], cutting)
            self.settle()
            self.reactions.append(self.reaction())
        return self

    def _send(self, run, cutting, is_last):
        sends = [octets(s["data"]) for s in run]
        for i, (chunk, piece) in enumerate(cutting.chunks(sends, self._offset)):
            self.send(chunk, piece)
            if isinstance(cutting, AsRecorded):
                self._rest(run[i], is_last and i == len(run) - 1, cutting)
        if not run[-1].get("nowait"):
            self.settle()
        self._offset += sum(map(len, sends))

    def _rest(self, step, is_last, cutting):
        if step.get("nowait"):
            return
        self.settle()
        if isinstance(cutting, AsRecorded) and not is_last and self.has_reaction():
            self.early.append(step)


def driven_octets(vector):
    return b"".join(octets(s["data"]) for s in vector["steps"] if s["op"] == "send")


def play_all(make, vector, with_id):
    """Plays the vector as recorded, then cut in every other way; the trace must be the same. Gives the first session."""
    script = script_of(vector)
    first = make(vector).play(AsRecorded(), script)
    stream = driven_octets(vector)
    complete, _rest = frames(vector, stream, with_id)
    for cutting in cuttings(len(stream), [f.offset for f in complete] or [0]):
        other = make(vector).play(cutting, script)
        assert other.reactions == first.reactions, f"another trace if cut {type(cutting).__name__} {vars(cutting)}"
        other.free()
    return first
