#!/usr/bin/python3
"""odd: reads one octet at a time while no more than a thousand are there
right by: FRM-5
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import fcntl
import os
import struct
import termios

import patched

read = os.read


def unread(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


os.read = lambda fd, length: read(fd, length if unread(fd) > 1000 else 1)
patched.run("child.py")
