"""What is done to a parent in a session, one step after the other. Must not know what is right.

Frames are named by what they are to answer, and become octets when they are sent: which calls are outstanding then is for
the model to say. So steps can be left out when a session is made smaller."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Reply:
    """To the call at this place among the outstanding ones, or nothing where there is none. number: of a synchronous reply."""
    at: int = 0
    items: tuple = ()
    pads: int = 0
    number: int = 1


@dataclasses.dataclass(frozen=True)
class Event:
    items: tuple = ()
    pads: int = 0


@dataclasses.dataclass(frozen=True)
class Stray:
    """A reply that answers nothing: under an id that has no call, or that of the call answered last."""
    number: int = 1
    is_second: bool = False


@dataclasses.dataclass(frozen=True)
class Malformed:
    """A payload that may be no list, in a reply or in an event."""
    payload: bytes
    is_event: bool = False


@dataclasses.dataclass(frozen=True)
class TooLong:
    """A header alone, that announces so much more than the limit."""
    over: int = 1


@dataclasses.dataclass(frozen=True)
class Calls:
    lists: tuple


@dataclasses.dataclass(frozen=True)
class Renumber:
    """It goes on as if this id had been the one used last."""
    last_id: int = 0


@dataclasses.dataclass(frozen=True)
class Frames:
    """Written in pieces, `marks` being where, in thousandths of the whole; `missing` octets at the end are not written."""
    frames: tuple
    marks: tuple = ()
    missing: int = 0


@dataclasses.dataclass(frozen=True)
class AnswerAll:
    """What is outstanding, the other way round where `is_reversed`."""
    is_reversed: bool = False


@dataclasses.dataclass(frozen=True)
class Unread:
    """Calls that do not fit the connection, which is not read while the frames are sent."""
    bytes: int
    frames: tuple = ()


@dataclasses.dataclass(frozen=True)
class Drop:
    """No more calls."""


@dataclasses.dataclass(frozen=True)
class Gone:
    """The child closes its socket, with octets of a call unread in it."""
    bytes: int = 0


@dataclasses.dataclass(frozen=True)
class End:
    """The child ends its stream, and then its process."""


@dataclasses.dataclass(frozen=True)
class Session:
    """Whatever its steps leave is brought to a regular end."""
    steps: tuple
    frame_max: int | None = None  # told to the testee: FORKPOOL_FRAME_MAX
    last_id: int | None = None  # told first

    @property
    def all_steps(self):
        return (*self.steps, AnswerAll(), Drop(), End())
