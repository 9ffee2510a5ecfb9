#!/usr/bin/python3
"""odd: ends its stream at once, and its process a while later
right by: SHUT-2, SHUT-3b: the status counts, whenever it comes
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import os
import socket
import stat
import time

import patched


def end_stream(fd):
    if stat.S_ISSOCK(os.fstat(fd).st_mode):
        socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_WR)
    else:
        os.close(fd)
    time.sleep(0.2)


os.end_stream = end_stream
patched.run("child.py", ("    serve()\nexcept", "    serve()\n    os.end_stream(OUT)\nexcept"), ("    os.set_blocking(OUT, True)\n    write()", "    if out:\n        os.set_blocking(OUT, True)\n    write()"))
