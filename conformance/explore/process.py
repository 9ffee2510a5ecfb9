"""A testee as a process with a connection: its start, its ends, its exit. Must not know frames, nor what a control channel says.

Writes stand in a row, and each is made once the peer has read the one before. Nothing tells of that, so it is looked
at again after LOOK_S; no verdict comes from it."""
import array
import collections
import contextlib
import errno
import fcntl
import os
import pathlib
import re
import select
import signal
import socket
import tempfile
import termios
import time

LOOK_S = 0.0002
READ_BYTES_MAX = 1 << 16
TESTEE_FD = 3
FILLED_LOOKS = 10  # at a connection that is not read, without anything new in it
FILL_LOOKS_MAX = 5000
LOOKS_MAX = 500  # at a process, until it sleeps or has stopped
BUSY_FACTOR = 5  # what still runs is given so much more time: the machine may be busy


def queued_bytes(fd, request):
    count = array.array("i", [0])
    fcntl.ioctl(fd, request, count)
    return count[0]


def peak_bytes(pid):
    """Resident, since its last exec."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(found[1]) << 10 if found else 0


def state_in(stat):
    """R for running, S for sleeping, X for gone, as in proc(5)."""
    with contextlib.suppress(OSError):
        return stat.read_text().rpartition(")")[2].split()[0]
    return "X"


class Patience:
    """How long to wait for something to move: a limit for what sleeps, more for what has work to do."""

    def __init__(self, process, limit_s):
        self.process, self.limit_s = process, limit_s
        self.renew()

    def renew(self):
        self.moved_bytes, self.last = self.process.moved_bytes, time.monotonic() + BUSY_FACTOR * self.limit_s
        self.until = time.monotonic() + self.limit_s

    def is_over(self):
        now = time.monotonic()
        if self.process.moved_bytes != self.moved_bytes:
            self.renew()
        elif now >= self.until and now < self.last and self.process.is_running():
            self.until = now + self.limit_s / 10
        return now >= self.until


class Process:
    """CMD, started by /bin/sh, with the connection on {fd} or, as pipes, on its standard input and output. A control channel, if
    it has one, is on standard input and output."""

    def __init__(self, command, env, is_stdio=False, control=None):
        self.control = control
        self.pid, self.exit_status, self.peak_bytes, self.read_bytes, self.moved_bytes = None, None, 0, 0, 0
        self.errors = tempfile.TemporaryFile()
        self.got, self.writes, self.now = bytearray(), collections.deque(), None
        self.is_paused = self.is_ended = self.is_broken = False
        self.peer = self.open_pipes() if is_stdio else self.open_socket()
        fd = 0 if is_stdio else TESTEE_FD
        env = {**os.environ, **env} | ({} if is_stdio else {"FORKPOOL_FD": str(fd)})
        self.start(command.replace("{fd}", str(fd)), env, is_stdio)

    def open_socket(self):
        ours, theirs = socket.socketpair()
        self.socket = ours
        ours.setblocking(False)
        self.reading = self.writing = ours.fileno()
        return [theirs.detach()]

    def open_pipes(self):
        self.socket = None
        their_in, self.writing = os.pipe()
        self.reading, their_out = os.pipe()
        os.set_blocking(self.reading, False)
        os.set_blocking(self.writing, False)
        return [their_in, their_out]

    def start(self, command, env, is_stdio):
        with open(os.devnull, "r+b") as nothing:
            in_out = self.peer if is_stdio else [self.control.theirs if self.control else nothing.fileno()] * 2
            handed = [(in_out[0], 0), (in_out[1], 1), (self.errors.fileno(), 2)]
            handed += [] if is_stdio else [(self.peer[0], TESTEE_FD)]
            spare = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd, _ in handed]  # so none is overwritten by another
            actions = [(os.POSIX_SPAWN_DUP2, fd, to) for fd, (_, to) in zip(spare, handed)]
            unblocked = [signal.SIGPIPE]
            self.pid = os.posix_spawn("/bin/sh", ["sh", "-c", command], env, file_actions=actions, setpgroup=0,
                                      setsigdef=unblocked)
        for fd in [*spare, *self.peer, *([self.control.theirs] if self.control else [])]:
            os.close(fd)
        self.pidfd = os.pidfd_open(self.pid)

    # What is written

    def put(self, octets):
        """Octets, or a function that is called in their place."""
        self.writes.append(octets)

    def end(self):
        if self.socket is None:
            self.writing = self.shut(self.writing)
            return
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        self.writing = None

    def close(self):
        """Both ways."""
        if self.socket is not None:
            self.socket.close()
        else:
            self.shut(self.writing)
            self.shut(self.reading)
        self.reading = self.writing = None
        self.is_ended = True

    @staticmethod
    def shut(fd):
        if fd is not None:
            os.close(fd)

    def is_drained(self):
        """The peer has read all that was written."""
        if self.writing is None or self.is_broken:
            return True
        return not queued_bytes(self.writing, termios.TIOCOUTQ if self.socket else termios.FIONREAD)

    def is_writing(self):
        return bool(self.now or self.writes) and not self.is_broken

    def advance(self):
        """Makes what is next the write at hand; True where something is to be written now."""
        while not self.now and self.writes and self.is_drained():
            following = self.writes.popleft()
            if callable(following):
                following()
            else:
                self.now = memoryview(following)
        return bool(self.now) and not self.is_broken

    def write(self):
        try:
            count = os.write(self.writing, self.now)
            self.now = self.now[count:]
            self.moved_bytes += count
        except BlockingIOError:
            pass
        except OSError:  # the peer is gone, and its end of file tells
            self.is_broken = True
            for last in filter(callable, self.writes):
                last()
            self.writes.clear()

    # What is read

    def read(self):
        try:
            octets = os.read(self.reading, READ_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError as e:
            if e.errno != errno.ECONNRESET:
                raise
            octets = b""
        self.got += octets
        self.read_bytes += len(octets)
        self.moved_bytes += len(octets)
        self.is_ended = not octets

    def pump(self, deadline):
        """Waits until something can be read or written and does that; False after the deadline."""
        was_writing, is_to_write = self.is_writing(), self.advance()
        if was_writing and not self.is_writing():
            return True  # the last of it was a call: nothing more need come
        read = [self.reading] if not self.is_paused and not self.is_ended else []
        write = [self.writing] if is_to_write else []
        left = max(deadline - time.monotonic(), 0)
        is_looking = self.writes and not is_to_write
        if self.control:
            read += [] if self.control.is_ended else [self.control]
            write += [self.control] if self.control.out else []
        readable, writable, _ = select.select(read, write, [], min(left, LOOK_S) if is_looking else left)
        self.serve(readable, writable)
        return bool(readable or writable) or time.monotonic() < deadline

    def serve(self, readable, writable):
        if self.writing in writable:
            self.write()
        if self.reading in readable:
            self.read()
        if self.control in writable:
            self.moved_bytes += self.control.write()
        if self.control in readable:
            self.moved_bytes += self.control.read()

    def fill(self):
        """While nothing is read: writes what goes, until nothing more comes into the connection and the testee sleeps."""
        queued, same, looks = -1, 0, 0
        while same < FILLED_LOOKS and looks < FILL_LOOKS_MAX and self.reading is not None:
            before, queued = queued, queued_bytes(self.reading, termios.FIONREAD)
            same = same + 1 if before == queued and not self.is_running() else 0
            looks += 1
            self.pump(time.monotonic() + 0.001)

    # The process

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def tell(self, number):
        """A signal for the testee alone, not for the shell that may wait for it."""
        with contextlib.suppress(OSError):
            for pid in self.children() or [self.pid]:
                os.kill(pid, number)

    def wait_for_sleep(self):
        """So that a signal comes while it waits for more. One that does not sleep in time is signalled all the same."""
        self.look_until(lambda: state_in(pathlib.Path(f"/proc/{self.pid}/stat")) != "R")

    def stop_and_go_on(self):
        self.signal(signal.SIGSTOP)
        self.look_until(lambda: os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG))
        self.signal(signal.SIGCONT)

    @staticmethod
    def look_until(is_so):
        for _ in range(LOOKS_MAX):
            if is_so():
                break
            time.sleep(LOOK_S)

    def is_running(self):
        """A thread of it, or of one that it started, has a processor or waits for one or for a disk."""
        threads = []
        with contextlib.suppress(OSError):
            threads = [stat for pid in [self.pid, *self.children()] for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
        return any(state_in(stat) in "RD" for stat in threads)

    def wait(self, limit_s):
        """Its exit status, negative for a signal; None if it is still there after the limit."""
        patience = Patience(self, limit_s)
        while self.exit_status is None and not patience.is_over():
            if select.select([self.pidfd], [], [], max(patience.until - time.monotonic(), 0))[0]:
                self.reap()
        return self.exit_status

    def reap(self):
        self.exit_status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def look_at_memory(self):
        """Its peak up to now, of the process that /bin/sh became and of those it started; what has ended says nothing."""
        with contextlib.suppress(OSError):
            self.peak_bytes = max(self.peak_bytes, *map(peak_bytes, [self.pid, *self.children()]))

    def children(self):
        return [int(pid) for pid in pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def said(self):
        """On standard error."""
        self.errors.seek(0)
        return self.errors.read(2000).decode(errors="replace")

    def finish(self):
        """Whatever it is at."""
        self.close()
        if self.control:
            self.control.close()
        self.signal(signal.SIGKILL)  # its own children too
        if self.exit_status is None:
            self.reap()
        os.close(self.pidfd)
        self.errors.close()
