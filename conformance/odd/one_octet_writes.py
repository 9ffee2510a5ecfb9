#!/usr/bin/python3
"""odd: writes one octet at a time; of what is long, the last hundred so
right by: FRM-5
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import os

import patched

write = os.write
os.write = lambda fd, octets: write(fd, octets[:max(1, len(octets) - 100)])
patched.run("child.py")
