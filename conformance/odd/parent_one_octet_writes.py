#!/usr/bin/python3
"""odd: a parent that writes one octet at a time; of what is long, the last hundred so
right by: FRM-5
capabilities: call event error failure end lastid limit json"""
import os

import patched

write = os.write
told = 0 if os.environ.get("FORKPOOL_FD") else int(os.environ["FORKPOOL_CONTROL"])
os.write = lambda fd, octets: write(fd, octets if fd == (told or 1) else octets[:max(1, len(octets) - 100)])
patched.run("parent.py")
