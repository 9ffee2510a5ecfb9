"""The extension module, found; its enums as names, and a reason as an exception. Must not know what any of it is for."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
DIRECTORY = pathlib.Path(os.environ.get("FORKPOOL_CFFI") or ROOT / "build" / "tests" / "cffi")
sys.path.insert(0, str(DIRECTORY))
try:
    from _fpcore import ffi, lib
except ImportError as e:
    raise ImportError(f"{e}: run /usr/bin/python3 {ROOT}/tests/cffi/build_core.py {DIRECTORY}") from e
finally:
    sys.path.remove(str(DIRECTORY))

NEVER = lib.FP_NEVER
MS = 1_000_000
S = 1_000_000_000
FRAME_BYTES_MAX = lib.FP_FRAME_BYTES_MAX_DEFAULT


def names(enum, prefix):
    return {number: name[len(prefix):].lower() for number, name in ffi.typeof(enum).elements.items()}


REASONS = names("enum fp_reason", "FP_")
OUTCOMES = names("enum fp_outcome", "FP_")
READER_STATES = names("enum fp_reader_state", "FP_READER_")
REASON_NUMBERS = {name: number for number, name in REASONS.items()}
PROFILES = {"network": lib.FP_NETWORK, "native": lib.FP_NATIVE}


class CoreError(Exception):
    """A function of the core said why not. `offset` is set where the core names one."""

    def __init__(self, reason, offset=None):
        super().__init__(reason if offset is None else f"{reason} at octet {offset}")
        self.reason = reason
        self.offset = offset


def check(reason, offset=None):
    if reason:
        raise CoreError(REASONS[reason], offset)
