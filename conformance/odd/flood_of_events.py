#!/usr/bin/python3
"""odd: sends a hundred events of its own while it works on a request
right by: EVT-2: in any number, also where nobody waits for them
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import patched
import verbs

call = verbs.call


def call_loudly(r, *items):
    for i in range(100):
        r.event("noise", i)
    call(r, *items)


verbs.call = call_loudly
patched.run("child.py")
