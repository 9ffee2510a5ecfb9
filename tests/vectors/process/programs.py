"""The programs under test as processes. Must not know recordings.

Programs are taken from the directory that the environment's FORKPOOL_BUILD names, else from build. Time limits bound hangs
only."""

import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / (os.environ.get("FORKPOOL_BUILD") or "build")
WORKER = BUILD / "bin/forkpool-worker"
TEMPLATE = BUILD / "bin/forkpool-template"
LIBRARY = BUILD / "lib/libforkpool.a"
MODULE = BUILD / "tests/modules/W.so"
HANG_S = 20

WARNINGS = "-std=c11 -D_GNU_SOURCE -g -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wvla -Werror"
DRIVERS = ("session_driver", "produce_driver")
ENVIRONMENT = dict(os.environ)  # of before: pytest changes its own from test to test, while others play beside
_made = None  # the directory of what build() makes


def build():
    """The drivers, which are linked with the library. The rest has to be there."""
    global _made
    missing = [str(p) for p in (WORKER, TEMPLATE, LIBRARY, MODULE) if not p.exists()]
    if missing:
        raise FileNotFoundError(f"not built: run `make -C {ROOT} B={BUILD} {' '.join(missing)}` first")
    _made = tempfile.TemporaryDirectory(prefix="forkpool-vectors-")
    here = pathlib.Path(__file__).resolve().parent
    flags = shlex.split(WARNINGS) + shlex.split(os.environ.get("SAN", ""))
    for name in DRIVERS:
        source = here / f"{name}.c"
        libraries = ["-lev", "-ljansson", "-ldl", "-pthread"]
        cc = os.environ.get("CC", "cc")
        subprocess.run([cc, *flags, "-I", ROOT / "lib", source, LIBRARY, *libraries, "-o", driver(name)], check=True)


def driver(name):
    return pathlib.Path(_made.name) / name


def environment():
    return {**ENVIRONMENT, "FORKPOOL_PATH": str(MODULE.parent), "FORKPOOL_TEMPLATE": str(TEMPLATE)}


class Process:
    """A process that we started. What it says on standard error is there when it has ended."""

    def __init__(self, argv, keep=(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        self._said = os.memfd_create("stderr")
        self._popen = subprocess.Popen(
            [str(a) for a in argv], pass_fds=keep, stdin=stdin, stdout=stdout, stderr=self._said, env=environment())
        self.pid = self._popen.pid
        self._pidfd = os.pidfd_open(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._popen.returncode is None:
            self.kill()
            self._popen.wait()
        os.close(self._pidfd)
        os.close(self._said)

    def signal(self, name):
        os.kill(self.pid, getattr(signal, name))

    def kill(self):
        signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def is_running(self):
        return self._popen.poll() is None

    def is_blocked(self):
        """It waits in the kernel: what was sent to it before this call has been dealt with. A sleeper that is woken counts as
        running at once."""
        return re.search(rb"\) (.)", pathlib.Path(f"/proc/{self.pid}/stat").read_bytes())[1] == b"S"

    def wait(self):
        """Exit status, negative: the signal."""
        ready = select.poll()
        ready.register(self._pidfd, select.POLLIN)
        assert ready.poll(HANG_S * 1000), "the process does not end"
        return self._popen.wait()

    def said(self):
        return os.pread(self._said, os.fstat(self._said).st_size, 0)
