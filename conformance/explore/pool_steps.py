"""What is done to a pool and by its workers in a session, one step after the other. Must not know what is right.

Workers and jobs are named by their place among those that there are then, so steps can be left out when a session is made
smaller. A step for which there is nothing, or after which several things would be right, is passed over."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Call:
    """One call, and `more` like it in a row."""
    items: tuple = ()
    more: int = 0


@dataclasses.dataclass(frozen=True)
class Answer:
    """A worker answers: its oldest job, or of an asynchronous one the job at a place."""
    worker: int = 0
    job: int = 0
    items: tuple = ()


@dataclasses.dataclass(frozen=True)
class Event:
    """Of a synchronous worker only while it has a job."""
    worker: int = 0
    items: tuple = ()


@dataclasses.dataclass(frozen=True)
class Die:
    worker: int = 0


@dataclasses.dataclass(frozen=True)
class Fault:
    """A worker that has a job answers with what is no list, or to nothing."""
    worker: int = 0


@dataclasses.dataclass(frozen=True)
class Retire:
    """Once, or once more."""
    worker: int = 0


@dataclasses.dataclass(frozen=True)
class AlmostRetire:
    """A worker sends the event of EVT-4 with another word in it."""
    worker: int = 0


@dataclasses.dataclass(frozen=True)
class Cancel:
    """A call that waits or runs."""
    call: int = 0


@dataclasses.dataclass(frozen=True)
class Drop:
    """No more calls."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What the pool is opened with; times in milliseconds."""
    max: int = 1
    load: int = 1
    min: int = 0
    min_idle: int = 0
    max_idle: int = 0
    busy_time: int = 0
    idle_time: int = 60000  # none is ended for being idle
    calls_max: int = 0  # none
    retries: int = 0
    queue_max: int = 0  # none


@dataclasses.dataclass(frozen=True)
class Session:
    """Whatever its steps leave is brought to a regular end."""
    steps: tuple
    options: Options = Options()
