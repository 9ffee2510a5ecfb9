#!/usr/bin/python3
"""odd: synchronous replies count down from the highest id
right by: ID-4, ID-5: any id but 0
mode: sync
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit json"""
import patched

patched.run("child.py", ("        self.number = number\n", "        Request.last = self.number = getattr(Request, 'last', 1 << 32) - 1\n"))
