#!/usr/bin/python3
"""odd: a parent that reads one octet at a time while no more than a thousand are there
right by: FRM-5
capabilities: call event error failure end lastid limit json"""
import fcntl
import os
import struct
import termios

import patched

read = os.read
commands = 0 if os.environ.get("FORKPOOL_FD") else int(os.environ["FORKPOOL_CONTROL"])


def unread(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


os.read = lambda fd, length: read(fd, length if fd == commands or unread(fd) > 1000 else 1)
patched.run("parent.py")
