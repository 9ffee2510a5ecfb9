"""Every serve-produce recording: the same calls through the public API, and the octets and descriptors that come to where the
process would be.

    method     through
    eval       fp_template_eval
    require    fp_template_require
    send_arg   fp_template_send_arg
    send_fh    fp_template_send_fd
    fork       fp_template_fork
    run        no function: a template is never told to run one. A pool from that template runs its function, in a process
               that is forked from a fork of the template. So where an `r` was recorded a fork comes, and behind it, at
               the worker, an `r` in the recorded form: the bare name of the function that serves RPC, whose arguments end
               in the start-up (INI-1) with the name that was to be run; the recorded arguments are those of the forks."""

import os
import stat

import pytest

from command_stream import FORK, HEAD, Octets, put, put_require, split
from recordings import by_name, load, octets
from template_tap import Tap

VECTORS = load("serve-produce.json")
RUN = b"AnyEvent::Fork::RPC::Sync::run"

beside = pytest.mark.beside


def test_all_are_here():
    assert [v["conform"] for v in VECTORS] == ["must"] * 16
    assert {c["method"] for v in VECTORS for c in v["calls"]} == {"eval", "require", "send_arg", "send_fh", "fork", "run"}


def recorded(parts):
    out = Octets(b"")
    for part in parts:
        out += Octets(octets(part["data"]), (0,) * part.get("fds", 0))
    return out


def run_name(vector, name):
    """The function that the object was told to run, if it was."""
    return next((c["args"][0].encode() for c in vector["calls"] if c["method"] == "run" and c["object"] == name), None)


def expected_stream(vector, name, parts):
    """What our side is to write to the object of this name."""
    out, function = recorded(parts), run_name(vector, name)
    if function is None:
        return out
    run = put(b"r", function)
    assert out.octets.endswith(run)
    return Octets(out.octets.removesuffix(run), out.carriers) + FORK


@beside
@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_produce(vector):
    with Tap("produce_driver", {"calls": vector["calls"]}) as tap:
        assert tap.owner == str(tap.process.pid).encode()
        streams = play_object(vector, "p", tap.stream, vector["stream"], tap)
        forked = [c["args"][0] for c in vector["calls"] if c["method"] == "fork"]
        for name, parts in zip(forked, vector.get("forked_streams", []), strict=True):
            streams += play_object(vector, name, streams.pop(0), parts, tap)
        tap.end_input()
        assert tap.told() == []
        for stream in [tap.stream, *streams]:
            stream.assert_end()
            stream.close()


def play_object(vector, name, stream, parts, tap):
    """Reads one object's stream. Gives the streams that were passed over it, the object's own last unless it is p."""
    expected = expected_stream(vector, name, parts)
    assert stream.read(len(expected.octets)) == expected
    passed = []
    for call in vector["calls"]:
        if call["object"] == name and call["method"] == "send_fh":
            assert_is_input(stream.next_fd(), tap)
        elif call["object"] == name and call["method"] == "fork":
            passed.append(stream.next_stream())
    if run_name(vector, name) is not None:
        passed += play_pool(stream.next_stream(), run_name(vector, name))
    return passed + [stream] * (name != "p")


def assert_is_input(fd, tap):
    """The descriptor is the one that was given: the driver's standard input."""
    ours, its = os.fstat(fd), os.fstat(tap.its_input)
    os.close(fd)
    assert stat.S_ISFIFO(ours.st_mode) and (ours.st_dev, ours.st_ino) == (its.st_dev, its.st_ino)


def play_pool(template, function):
    """The pool's own template forks the worker, which is told what to run."""
    assert template.read(len(FORK.octets)) == FORK
    worker = template.next_stream()
    start = read_start_up(worker)
    commands = split(start)
    assert [c.letter for c in commands] == [b"e", b"a", b"r"]
    assert start.startswith(put_require("AnyEvent/Fork/RPC/Sync"))
    assert commands[1].items()[:2] == [function, b""] and len(commands[1].items()) == 4
    assert start.endswith(put(b"r", RUN))
    return [template, worker]


def read_start_up(stream):
    """The commands up to `r`."""
    out = b""
    while not out or split(out)[-1].letter != b"r":
        head = stream.read(HEAD).octets
        assert len(head) == HEAD
        out += head + stream.read(int.from_bytes(head[1:], "little")).octets
    return out
