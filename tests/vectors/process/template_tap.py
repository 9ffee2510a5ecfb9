"""Our own parent side looked at from the template's end: a driver makes calls of the public API, and the test holds the
sockets of the processes that it asks for. Must not know recordings."""

import json
import os
import pathlib
import socket
import sys
import tempfile

from command_stream import Octets
from programs import HANG_S, Process, driver

STAND_IN = pathlib.Path(__file__).resolve().parent / "stand_in.py"


class Stream:
    """The process's end of a command socket. It is read octet by octet, so that each descriptor is seen with its octet."""

    def __init__(self, sock):
        self._socket = sock
        sock.settimeout(HANG_S)
        self._fds = []

    def read(self, length):
        """So many octets, fewer at end of file. The descriptors among them are for next_fd."""
        octets, carriers = b"", []
        while len(octets) < length:
            octet, fds, flags, _ = socket.recv_fds(self._socket, 1, 4)
            assert not flags & socket.MSG_CTRUNC
            self._fds += fds
            carriers += [len(octets)] * len(fds)
            if not octet:
                break
            octets += octet
        return Octets(octets, tuple(carriers))

    def next_fd(self):
        return self._fds.pop(0)

    def next_stream(self):
        """The descriptor is a socket, the end of another stream."""
        return Stream(socket.socket(fileno=self.next_fd()))

    def write(self, octets):
        self._socket.sendall(octets)

    def assert_end(self):
        assert self.read(1) == Octets(b""), "more came than was recorded"

    def close(self):
        for fd in self._fds:
            os.close(fd)
        self._socket.close()


class Tap:
    """A driver and what it tells; the sockets it made the template with."""

    def __init__(self, name, words):
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
            path = f"{directory}/tap"
            listener.bind(path)
            listener.listen()
            listener.settimeout(HANG_S)
            command = [sys.executable, "-I", "-S", str(STAND_IN), path]
            told, tells = os.pipe()
            self.its_input, self._input = os.pipe()
            words = json.dumps({**words, "command": command})
            self.process = Process([driver(name), words], stdin=self.its_input, stdout=tells)
            os.close(tells)
            self._told = os.fdopen(told)
            self._control, _ = listener.accept()
        self.owner, [fd], _, _ = socket.recv_fds(self._control, 16, 1)
        self.stream = Stream(socket.socket(fileno=fd))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._control.close()
        self.stream.close()
        self.end_input()
        self._told.close()
        os.close(self.its_input)
        self.process.__exit__()

    def end_input(self):
        """End of file on the driver's standard input."""
        if self._input is not None:
            os.close(self._input)
        self._input = None

    def told(self):
        """What the driver wrote, lines of JSON, when it has ended well."""
        status = self.process.wait()
        assert status == 0, f"status {status}, {self.process.said()}"
        return [json.loads(line) for line in self._told]
