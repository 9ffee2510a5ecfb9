#!/usr/bin/python3
"""A worker in Python, sync or async. For one of your own, put another function in the place of verbs.call.
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit signal hold free post twice never json
"""
import os
import signal
import sys
from select import POLLERR, POLLHUP, POLLIN, POLLOUT, poll

import verbs
from wire import IS_ASYNC, Fault, frame, take_frame

IN = int(os.environ.get("FORKPOOL_FD") or 0)
OUT = IN or 1
OUT_BYTES_HIGH = 1 << 20  # with more unwritten, no further request is taken
out, unanswered = bytearray(), set()


class Request:
    def __init__(self, number):
        self.number = number
        unanswered.add(self)

    def answer(self, *items):
        """Now or later. A second answer is ignored."""
        if self in unanswered:
            out.extend(frame(self.number, items))
            unanswered.remove(self)

    def event(self, *items):
        out.extend(frame(0, items))


def write():
    """All of it in a sync child, whose output blocks; else what there is room for."""
    try:
        while out:
            del out[:os.write(OUT, out)]
    except BlockingIOError:
        pass


def wait(is_reading):
    """{descriptor: what it is ready for}; it can always be that nobody is left to take the answers."""
    poller, writing = poll(), POLLOUT if out else 0
    poller.register(OUT, writing)
    if is_reading:
        poller.register(IN, POLLIN | (writing if IN == OUT else 0))
    return dict(poller.poll())


def serve():
    received, at_eof = bytearray(), False
    while not at_eof or unanswered or out:
        is_reading = not at_eof and len(out) < OUT_BYTES_HIGH
        ready = wait(is_reading)
        if is_reading and ready.get(IN, 0) & ~POLLOUT:
            received += (octets := os.read(IN, 1 << 16))
            at_eof = not octets
        elif ready.get(OUT, 0) & (POLLERR | POLLHUP):
            sys.exit("child.py: the parent is gone" if unanswered or out or received else 0)
        write()
        while len(out) < OUT_BYTES_HIGH and (request := take_frame(received, with_id=IS_ASYNC)):
            verbs.call(Request(request[0]), *request[1])
            write()
    if received:
        sys.exit("child.py: end of file inside a frame")


signal.signal(signal.SIGUSR1, lambda *_: None)
os.set_blocking(IN, not IS_ASYNC)
os.set_blocking(OUT, not IS_ASYNC)
try:
    serve()
except (Fault, OSError) as e:
    sys.exit(f"child.py: {e}")
finally:
    os.set_blocking(OUT, True)
    write()
