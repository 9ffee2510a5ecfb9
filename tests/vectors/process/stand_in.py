"""Stands where a template process is started: hands its command socket to the test that listens at PATH, and stays.

    stand_in.py PATH FD OWNER"""

import os
import socket
import sys

os.close(1)  # whoever reads the driver's output waits for its end
path, fd, owner = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as test:
    test.connect(path)
    socket.send_fds(test, [owner.encode()], [int(fd)])
    os.close(int(fd))
    test.recv(1)  # until the test is through
