#!/usr/bin/python3
"""odd: a request with id 0, or with the id of one that is not answered, is a protocol error
right by: ID-6b, ID-6c
mode: async
capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json"""
import patched

patched.run("child.py", ("        self.number = number\n", """        if number == 0 or number in {r.number for r in unanswered}:
            raise Fault("id", "a request has an id that it cannot have")
        self.number = number
"""))
