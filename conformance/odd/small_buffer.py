#!/usr/bin/python3
"""odd: its socket takes as little as the system allows, so that every long write is a partial one
right by: BUF-4
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import os
import socket

import patched

fd = int(os.environ.get("FORKPOOL_FD") or 1)
try:
    socket.socket(fileno=os.dup(fd)).setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
except OSError:
    pass  # a pipe has no such thing
patched.run("child.py")
