"""forkpool-template as a process with one socket, started in both ways. Must not know recordings."""

import os

import wire
from programs import MODULE, TEMPLATE, Process

PERL_WORDS = ["-MAnyEvent::Fork::Serve", "-e", "AnyEvent::Fork::Serve::me"]  # clause TPL-9


def start(*words):
    """(process, our wire)"""
    ours, theirs = wire.of_sockets()
    with theirs:
        return Process([TEMPLATE, *words, theirs.fileno(), os.getpid()], keep=[theirs.fileno()]), ours


def start_with_options():
    """With the tests' module."""
    return start("--require", MODULE)


def start_with_perl_words():
    """As AnyEvent::Fork starts a perl, or what its path was replaced by."""
    return start(*PERL_WORDS)
