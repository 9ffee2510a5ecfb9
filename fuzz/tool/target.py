"""Fuzzes a child implementation as a process: builds forkpool-fuzz-target (fuzz/target) and becomes it."""
import os

import build


def program():
    """The path of forkpool-fuzz-target, made where it is not."""
    return build.make("target")


def run(arguments):
    """Does not return."""
    path = program()
    os.execv(path, [str(path), *arguments])
