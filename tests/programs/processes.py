"""The programs under test as processes, and what they leave behind. Must not know what is tested.

Programs are taken from the directory that the environment's FORKPOOL_BUILD names, else from build. Nothing here waits for a
time to pass: time limits bound hangs only."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import select
import shlex
import signal
import subprocess
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
BUILD = TREE / (os.environ.get("FORKPOOL_BUILD") or "build")
RUN, WORKER, TEMPLATE = (BUILD / "bin" / f"forkpool-{name}" for name in ("run", "worker", "template"))
PYTHON = "/usr/bin/python3"
PYTHON_WORKER = f"{PYTHON} {HERE / 'worker.py'}"

HANG_S = 30  # no step takes longer
LEFT_S = 10  # what is still there so long after a test is there for good

PR_SET_CHILD_SUBREAPER = 36


def environment(**more):
    """Ours without what would lead the programs elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FORKPOOL_")}
    return {**kept, "LC_ALL": "C.UTF-8", **more}


def compile_c(source, to, *flags):
    cc = shlex.split(os.environ.get("CC") or "cc")
    subprocess.run([*cc, "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", str(source), "-o", str(to), *flags],
                   check=True)
    return to


def take_default_signals():
    """What we start inherits no ignored signal, even if we were started by `nohup` or in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


# ---- nobody is left ----


def adopt_orphans():
    """From now on, each process that loses its parent and descends from this one is a child of this one."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def children():
    return [int(p) for task in pathlib.Path("/proc/self/task").iterdir() for p in (task / "children").read_text().split()]


def command_line(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


class Late(Exception):
    pass


@contextlib.contextmanager
def at_most(seconds):
    def ring(*_):
        raise Late(f"nothing came in {seconds} s")
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def reap_all():
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def left_behind():
    """Waits until no descendant is there any more. Those that stay are ended and named."""
    try:
        with at_most(LEFT_S):
            reap_all()
        return []
    except Late:
        names = [f"{pid} {command_line(pid)}" for pid in children()]
    while children():
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
    return names


def await_end_of(pids):
    """Of processes that need not be our children; they may have ended long ago."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            fd = os.pidfd_open(pid)
            try:
                assert select.select([fd], [], [], HANG_S)[0], f"process {pid} does not end"
            finally:
                os.close(fd)


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


# ---- processes that are run to their end ----


class Done:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def lines(self):
        return self.out.decode("latin-1").splitlines()

    @property
    def said(self):
        return self.err.decode("latin-1").splitlines()

    def is_one_line(self, pattern):
        """On standard error, and nothing else there."""
        assert re.fullmatch(pattern + r"\n", self.err.decode()), self.err


def run(*argv, input=b"", env=None, **more):
    """Runs a program with this input; it and all that hold its standard error have ended then."""
    argv = [os.fspath(a) if isinstance(a, os.PathLike) else a for a in argv]
    if "stdin" not in more:
        more["input"] = input
    if "stdout" not in more:
        more["stdout"] = subprocess.PIPE
    done = subprocess.run(argv, stderr=subprocess.PIPE, env=env or environment(), timeout=HANG_S, **more)
    return Done(done.returncode, done.stdout or b"", done.stderr)


# ---- processes that are talked to ----


class Stream:
    """The reading end of a pipe, a socket or a terminal."""

    def __init__(self, fd):
        self.fd = fd
        self.seen = b""  # and not taken yet
        self.is_at_end = False

    def read(self, timeout=HANG_S):
        """Takes in what is there; False if nothing came."""
        if self.is_at_end or not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            octets = os.read(self.fd, 65536)
        except (ConnectionResetError, OSError):  # a terminal's end of file is EIO
            octets = b""
        self.is_at_end = not octets
        self.seen += octets
        return bool(octets)

    def until(self, pattern):
        """Takes all up to the end of the first match."""
        while not (found := re.search(pattern, self.seen)):
            assert self.read(), f"{pattern!r} does not come: {self.seen!r}"
        self.seen = self.seen[found.end():]
        return found

    def line(self):
        return self.until(rb"([^\n]*)\n").group(1).decode("latin-1")

    def lines(self, n):
        return [self.line() for _ in range(n)]

    def size(self, n):
        while len(self.seen) < n:
            assert self.read(), f"{n} octets do not come: {self.seen!r}"
        taken, self.seen = self.seen[:n], self.seen[n:]
        return taken

    def rest(self):
        while self.read():
            pass
        assert self.is_at_end, "the end does not come"
        taken, self.seen = self.seen, b""
        return taken


class Process:
    """A program that we feed and listen to. `with` ends it if the test did not."""

    def __init__(self, *argv, env=None, **more):
        argv = [os.fspath(a) if isinstance(a, os.PathLike) else a for a in argv]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        self.popen = subprocess.Popen(argv, bufsize=0, env=env or environment(), **streams)
        self.pid = self.popen.pid
        self.out = self.popen.stdout and Stream(self.popen.stdout.fileno())
        self.err = self.popen.stderr and Stream(self.popen.stderr.fileno())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()

    def send(self, *lines):
        octets = b"".join(line if isinstance(line, bytes) else f"{line}\n".encode() for line in lines)
        while octets:
            octets = octets[os.write(self.popen.stdin.fileno(), octets):]

    def close_input(self):
        self.popen.stdin.close()

    def signal(self, number):
        self.popen.send_signal(number)

    def status(self):
        return self.popen.wait(HANG_S)

    def end(self):
        """Closes its input; what it still said, and its status."""
        self.close_input()
        out, err = self.out.rest(), self.err.rest()
        return Done(self.status(), out, err)


class Gate:
    """A fifo at which a worker waits."""

    def __init__(self, path):
        self.path = str(path)
        os.mkfifo(self.path)

    def open(self, content=b""):
        """Once a worker is there, lets it go on."""
        with open(self.path, "wb") as f:
            f.write(content)


def flags(fd):
    return fcntl.fcntl(fd, fcntl.F_GETFL)


def seconds_since(start):
    return time.monotonic() - start
