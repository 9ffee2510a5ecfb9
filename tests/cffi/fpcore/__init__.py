"""The pure core for Python tests: the C code as it is, with lists, exceptions and tuples around it.

    sys.path.insert(0, "<root>/tests/cffi")       # or PYTHONPATH=tests/cffi
    import fpcore

The extension module `_fpcore` is taken from the directory that the environment's FORKPOOL_CFFI names, else from
build/tests/cffi below the repository's root; `/usr/bin/python3 tests/cffi/build_core.py [DIRECTORY]` makes it.
`fpcore.ffi` and `fpcore.lib` are there for whatever has no class here.

Conventions
  items      a list of bytes (FP_STRING) and Value(bytes) (FP_VALUE, JSON text)
  reasons    strings: the enum's name in small letters without FP_ ("malformed", "too_long"); the same for outcomes and
             kinds; a function of the core that answers one raises CoreError(reason), `.reason` is the string
  wire       Wire(profile="network"|"native", is_async=False, serialiser="string"|"json", payload_max=...)
  memory     every object takes `alloc=`, an Alloc; `with Alloc() as a:` asserts that nothing is held at its end. Objects
             are context managers too; `free()` may be repeated. Freeing one also forgets what it had given out.
  times      integers of nanoseconds; NEVER is a time that does not come

What an object gives out (results, requests, operations) is a copy and stays good for ever."""
from .binding import FRAME_BYTES_MAX, MS, NEVER, OUTCOMES, PROFILES, READER_STATES, REASON_NUMBERS, REASONS, CoreError, S, check, ffi, lib
from .child import Child, Request
from .engine import OP_KINDS, WORKER_STATES, Engine, Job, Limits, Op, Outcome, Trace, Worker
from .frames import Frame, FrameReader, frame_format, frame_get, frame_put
from .heap import Heap, HeapNode
from .items import Args, Buf, Value, freeze, frozen, items_from_c, items_to_c, serialiser, span_from_c, span_to_c, thaw
from .memory import Alloc
from .parent import Call, Parent, Taken
from .sched import OPTIONS, RELEASE_OPTIONS, Assign, GiveUp, Sched, SchedWorker, StartWorker, Stop
from .wire import Ended, Event, Failed, Result, Wire

__all__ = [
    "Alloc", "Args", "Assign", "Buf", "Call", "Child", "CoreError", "Ended", "Engine", "Event", "FRAME_BYTES_MAX", "Failed", "Frame",
    "FrameReader", "GiveUp", "Heap", "HeapNode", "Job", "Limits", "MS", "NEVER", "OPTIONS", "OP_KINDS", "OUTCOMES", "Op", "Outcome",
    "PROFILES", "Parent", "READER_STATES", "REASONS", "REASON_NUMBERS", "RELEASE_OPTIONS", "Request", "Result", "S", "Sched", "SchedWorker",
    "StartWorker", "Stop", "Taken", "Trace", "Value", "WORKER_STATES", "Wire", "Worker", "check", "ffi", "frame_format", "frame_get",
    "frame_put", "freeze", "frozen", "items_from_c", "items_to_c", "lib", "serialiser", "span_from_c", "span_to_c", "thaw"]
