#!/usr/bin/python3
"""odd: sends events before the first request, and behind each reply
right by: EVT-2: an asynchronous child may send them whenever it runs
mode: async
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import patched

patched.run("child.py", ("    received, at_eof = bytearray(), False\n", "    received, at_eof = bytearray(), False\n    out.extend(frame(0, ['hello']))\n"),
            ("            out.extend(frame(self.number, items))\n", "            out.extend(frame(self.number, items) + frame(0, ['done']))\n"))
