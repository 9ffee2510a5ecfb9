#!/usr/bin/python3
"""odd: what is to be echoed is answered when all requests that are here are begun, the last one first
right by: ORD-2, ORD-4: beginning has an order, answering has none
mode: async
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import patched
import verbs

later = verbs.later = []
verbs.VERBS[b"echo"] = lambda r, *a: later.append(lambda: r.answer(*a))
patched.run("child.py", ("            write()\n    if received:",
                         "            write()\n        while verbs.later:\n            verbs.later.pop()()\n        write()\n    if received:"))
