"""What is done to a child in a session, one step after the other. Must not know what is right."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Send:
    """Octets, each piece written once the one before was read."""
    pieces: tuple

    @property
    def octets(self):
        return b"".join(self.pieces)


@dataclasses.dataclass(frozen=True)
class Await:
    """Wait for all that is due."""


@dataclasses.dataclass(frozen=True)
class StopReading:
    """Until Read, what the testee writes fills the connection."""


@dataclasses.dataclass(frozen=True)
class Read:
    """Read again."""


@dataclasses.dataclass(frozen=True)
class Interrupt:
    """Stop the process and continue it, or send it USR1, which it has to handle once it has answered something."""
    is_stop: bool = True


@dataclasses.dataclass(frozen=True)
class End:
    """Half-close."""


@dataclasses.dataclass(frozen=True)
class Close:
    """Close both ways."""


@dataclasses.dataclass(frozen=True)
class Session:
    steps: tuple
    frame_max: int | None = None  # told to the testee: FORKPOOL_FRAME_MAX

    @property
    def all_steps(self):
        return self.steps
