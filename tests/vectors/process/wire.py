"""Our end of a connection to a process: sockets and pipes, never blocked in one direction alone. Must not know recordings."""

import array
import fcntl
import os
import select
import socket
import termios
import time

from programs import HANG_S

READ_BYTES = 1 << 16


class Wire:
    """Reads everything that comes into `got`; `ended` after end of file. Owns its descriptors."""

    def __init__(self, reading, writing=None):
        self.reading = reading
        self._writing = writing if writing is not None else reading
        self.got = bytearray()
        self.ended = False
        self.broken = False  # it ended with octets of ours unread, or did not take them
        for end in {self.reading, self._writing}:
            os.set_blocking(end.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.reading.close()
        self._writing.close()

    def shutdown(self):
        if isinstance(self._writing, socket.socket):
            self._writing.shutdown(socket.SHUT_WR)
        else:
            self._writing.close()

    # ---- one direction, the other going on ----

    def send(self, octets):
        rest = memoryview(octets)
        while rest and not self.broken:
            if self._turn(True):
                rest = rest[self._write(rest):]

    def send_descriptor(self, octets, fd):
        socket.send_fds(self._writing, [octets], [fd])

    def read_until(self, length):
        """So many octets in all, or end of file."""
        while len(self.got) < length and not self.ended:
            self._turn(False)

    def read_to_end(self):
        while not self.ended:
            self._turn(False)

    def wait_readable(self):
        """Something has come; it is not read."""
        assert self._ready(True, False)[0], "nothing comes"

    def wait_taken(self):
        """The process has read all that was sent, or is gone."""
        deadline = time.monotonic() + HANG_S
        while self._unread() and not self.ended:
            assert time.monotonic() < deadline, "octets are not taken"
            if self._ready(True, False, timeout_s=0)[0]:
                self._read()
            time.sleep(0)  # others may run: nothing in the kernel waits for this

    # ---- below ----

    def _unread(self):
        count = array.array("i", [0])
        is_socket = isinstance(self._writing, socket.socket)
        fcntl.ioctl(self._writing.fileno(), termios.TIOCOUTQ if is_socket else termios.FIONREAD, count)
        return count[0]

    def _ready(self, to_read, to_write, timeout_s=HANG_S):
        """(can be read, can be written), of what was asked for. An error counts as both."""
        ready = select.poll()
        if to_read:
            ready.register(self.reading, select.POLLIN)
        if to_write:
            both = select.POLLIN * to_read if self._writing is self.reading else 0
            ready.register(self._writing, select.POLLOUT | both)
        events = dict(ready.poll(timeout_s * 1000))
        can_read = to_read and bool(events.get(self.reading.fileno(), 0) & ~select.POLLOUT)
        can_write = to_write and bool(events.get(self._writing.fileno(), 0) & ~select.POLLIN)
        return can_read, can_write

    def _turn(self, to_write):
        """Reads what there is. Answers whether can be written."""
        can_read, can_write = self._ready(not self.ended, to_write)
        assert can_read or can_write, f"nothing moves; {len(self.got)} octets have come: ...{self.got[-40:].hex()}"
        if can_read:
            self._read()
        return can_write

    def _read(self):
        try:
            octets = os.read(self.reading.fileno(), READ_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            octets, self.broken = b"", True
        self.got += octets
        self.ended = not octets

    def _write(self, octets):
        try:
            return os.write(self._writing.fileno(), octets)
        except BlockingIOError:
            return 0
        except (BrokenPipeError, ConnectionResetError):
            self.broken = True
            return 0


def of_sockets():
    """(our Wire, the other end as a socket)"""
    ours, theirs = socket.socketpair()
    return Wire(ours), theirs


def of_pipe():
    """(our Wire, which only reads; the end to write to)"""
    ours, theirs = os.pipe()
    return Wire(os.fdopen(ours, "rb", 0)), os.fdopen(theirs, "wb", 0)


def of_pipes():
    """(our Wire, the end where the process reads, the end where it writes)"""
    theirs, ours = os.pipe()
    reader, their_writer = of_pipe()
    return Wire(reader.reading, os.fdopen(ours, "wb", 0)), os.fdopen(theirs, "rb", 0), their_writer
