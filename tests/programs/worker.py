"""A worker in another language, for --command: serves the protocol on descriptors 0 and 1. Must not know the programs.

    worker.py [--profile native] [--serialiser json] [--async]

A call's first argument is a verb; results are lists as the arguments are.

    pid            -> process number
    once PATH A... crashes if PATH is not there, and makes it; the next one -> A...
    values         -> values of each kind that JSON has
    swap           async: -> second, once there is another call, which is answered first
    note A...      event A..., then -> A...
    anything else  -> the arguments
"""
import argparse
import os
import sys

import frames

VALUES = ["text", "", 1, -2.5, True, None, [1, "a"], {"k": "v"}]
SWAPPED = "swap"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", default="network")
    parser.add_argument("--serialiser", default="string")
    parser.add_argument("--async", action="store_true", dest="is_async")
    return parser.parse_args()


def answer(wire, verb, items):
    """The frames that answer a call."""
    text = str if wire.is_json else lambda v: str(v).encode()
    event = b""
    if verb == "pid":
        items = [text(os.getpid())]
    elif verb == "once":
        path, items = items[1], items[2:]
        if not os.path.exists(path):
            open(path, "w").close()
            os._exit(3)
    elif verb == "values":
        items = VALUES
    elif verb == "note":
        items = items[1:]
        event = wire.reply(items, 0)
    return event, items


def serve(wire, read, write):
    held = b""
    while head := read(4 + 4 * wire.is_async):
        number = wire.number(head[:4]) if wire.is_async else 1
        items = wire.items(read(wire.number(head[-4:])))
        verb = os.fsdecode(items[0]) if items else ""
        if verb == SWAPPED:
            held += wire.reply(items[1:], number)
            continue
        event, items = answer(wire, verb, items)
        write(event + wire.reply(items, number) + held)
        held = b""


def main():
    o = options()
    with os.fdopen(1, "wb", buffering=0) as out:
        serve(frames.Wire(o.profile, o.serialiser, o.is_async), sys.stdin.buffer.read, out.write)


main()
