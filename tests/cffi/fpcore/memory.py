"""Memory that is counted and may fail, and what is made in C and freed once. Must not know what it is."""
import weakref
from typing import Any

from .binding import ffi, lib


class Alloc:
    """tests/alloc.h: counts what is held, fails at the nth request that wants more memory (from 1; 0: none)."""

    def __init__(self, fail_at=0, fail_after=False):
        self.c = ffi.new("struct test_alloc *")
        lib.test_alloc_init(self.c)
        self.c.fail_at = fail_at
        self.c.fail_after = fail_after
        self.pointer = ffi.addressof(self.c, "alloc")

    held = property(lambda self: self.c.held)
    held_max = property(lambda self: self.c.held_max)
    requests = property(lambda self: self.c.requests)

    def fail_at(self, n, after=False):
        """The nth request counted from the beginning fails, and with `after` all behind it."""
        self.c.fail_at = n
        self.c.fail_after = after

    def fail_next(self, n=1, after=False):
        """The nth request from now on fails."""
        self.fail_at(self.c.requests + n, after)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            assert self.held == 0, f"{self.held} octets are still held"


class Object:
    """Something with init and fini in C. `c` is the struct."""

    _fini: Any = None

    def _make(self, struct, fini, alloc):
        self.alloc = alloc or Alloc()
        self.c = ffi.new(struct)
        self._fini = weakref.finalize(self, finish, fini, self.c, self.alloc)

    def free(self):
        self._fini()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.free()


def finish(fini, c, alloc):  # alloc: kept until then
    fini(c)
