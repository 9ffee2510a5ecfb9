#!/usr/bin/python3
"""A parent in Python, sync or async, that a control channel tells what to do. For one of your own, take calls.py.
capabilities: call event error failure end lastid limit json"""
import os
import socket
import stat
from select import POLLIN, POLLOUT, poll

from calls import Calls
from control import Control

IN = int(os.environ.get("FORKPOOL_FD") or 0)
OUT = IN or 1
COMMANDS = 0 if IN else int(os.environ["FORKPOOL_CONTROL"])


def end_output():
    """Of a socket the writing side alone."""
    if stat.S_ISSOCK(os.fstat(OUT).st_mode):
        with socket.socket(fileno=os.dup(OUT)) as s:
            s.shutdown(socket.SHUT_WR)
    else:
        os.close(OUT)


def write(calls, is_readable):
    try:
        del calls.out[:os.write(OUT, calls.out)]
    except BlockingIOError:
        pass
    except OSError as e:
        if not is_readable:  # else what came before is taken first
            calls.fail("write", str(e))


def read(calls):
    try:
        calls.take(os.read(IN, 1 << 16))
    except ConnectionResetError:  # the child ended and had not read everything
        calls.take(b"")


def wait(calls, control):
    """{descriptor: what it is ready for}. With a ping to be answered, nothing once all is at rest."""
    poller, writing = poll(), POLLOUT if calls.out else 0
    if control.is_open:
        poller.register(control.reading, POLLIN)
    if writing:
        poller.register(OUT, writing)
    if not calls.is_over:
        poller.register(IN, POLLIN | (writing if IN == OUT else 0))
    return dict(poller.poll(0 if control.pings else None))


def serve(calls, control):
    is_half_closed = is_closed = False
    while control.is_open or not calls.is_over:
        ready = wait(calls, control)
        is_readable = ready.get(IN, 0) & ~POLLOUT if not calls.is_over else 0
        if control.reading in ready:
            control.obey(calls)
        if is_readable:
            read(calls)
        if calls.out:
            write(calls, is_readable)
        if not calls.out and (calls.is_dropped or calls.is_over) and not is_half_closed:
            is_half_closed = True
            end_output()
        if calls.is_over and not is_closed:
            is_closed = True
            os.close(IN)
        if not ready:
            control.answer_pings()


os.set_blocking(IN, False)
os.set_blocking(OUT, False)
control_channel = Control(COMMANDS, COMMANDS or 1)
serve(Calls(control_channel.tell), control_channel)
