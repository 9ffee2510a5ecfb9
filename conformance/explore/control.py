"""The control channel of a parent under test (TESTEE.md): lines of words, an item in hex. Must not know what they mean."""
import collections
import contextlib
import socket

READ_BYTES_MAX = 1 << 16


class Control:
    """Our end; `theirs` is for the testee, which reads and writes it."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.socket, self.theirs = ours, theirs.detach()
        self.out, self.rest, self.lines, self.is_ended = bytearray(), b"", collections.deque(), False

    def fileno(self):
        return self.socket.fileno()

    def tell(self, *words):
        self.out += " ".join(words).encode() + b"\n"

    def write(self):
        """What goes; the number of octets. A testee that is gone takes nothing, and its end of file tells."""
        try:
            count = self.socket.send(self.out, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return 0
        except OSError:
            count = len(self.out)
        del self.out[:count]
        return count

    def read(self):
        octets = b""
        with contextlib.suppress(ConnectionError):
            octets = self.socket.recv(READ_BYTES_MAX)
        self.is_ended = not octets
        *lines, self.rest = (self.rest + octets).split(b"\n")
        self.lines += [line.decode(errors="replace").split() for line in lines]
        return len(octets)

    def end(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()
