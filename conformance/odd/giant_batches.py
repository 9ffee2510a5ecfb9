#!/usr/bin/python3
"""odd: writes nothing before all requests that are here are done, and then everything at once
right by: FRM-5, FRM-5b: when a write is made is nobody's business while there is something to do
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import patched

patched.run("child.py", ("*request[1])\n            write()\n", "*request[1])\n"))
