"""What has to be on standard error at the end of a process: functions that assert it of the octets that are there."""

import re

LINE = rb"forkpool worker \d+: "  # a worker's complaint begins so


def exactly(text):
    def said(got):
        assert got == text

    return said


def matching(pattern):
    def said(got):
        assert re.fullmatch(pattern, got), f"{got} is not {pattern}"

    return said


def fault(words, first, last=None):
    """One line with these words, and an offset from first to last."""
    def said(got):
        match = re.fullmatch(LINE + b".*" + words + rb".*: after (\d+) octets\n", got)
        assert match, f"{got} does not speak of {words}"
        assert first <= int(match[1]) <= (first if last is None else last), f"{got}, expected {first} to {last}"

    return said


anything = matching(b"(.*\n)?")
nothing = exactly(b"")
