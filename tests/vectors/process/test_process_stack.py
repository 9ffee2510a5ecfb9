"""Every stack recording: whole sessions, with the parent's octets on forkpool-template processes, and with the child's octets
on our own parent side."""

import pytest

from command_stream import FORK, Octets, split
from player import assert_same
from recordings import by_name, frames, load, octets, request_has_id
from template_process import start_with_options, start_with_perl_words
from template_tap import Tap
from wire import of_sockets

VECTORS = load("stack.json")

beside = pytest.mark.beside


def test_all_are_here():
    assert [v["conform"] for v in VECTORS] == ["must"] * 6


def recorded(vector, number, direction):
    """A stream as Octets."""
    out = Octets(b"")
    for part in vector["streams"][number][direction]:
        if "data" in part:
            out += Octets(octets(part["data"]), (0,) if "fds" in part else ())
    return out


# ---- the child side: processes ----


def send_as_recorded(wire, data):
    wire.send(data)


def send_octet_by_octet(wire, data):
    for i in range(len(data)):
        wire.send(data[i:i + 1])
        wire.wait_taken()


@beside
@pytest.mark.parametrize("send", [send_as_recorded, send_octet_by_octet])
@pytest.mark.parametrize("start", [start_with_options, start_with_perl_words])
@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_child_side(vector, start, send):
    process, first = start()
    wires = {"stream-0": first}
    with process:
        for number, _ in enumerate(vector["streams"]):
            play_stream(vector, number, wires, send)
        assert process.wait() == vector["first_process_exit"]
        assert process.said() == vector["stderr"].encode()


def play_stream(vector, number, wires, send):
    with wires[f"stream-{number}"] as wire:
        for part in vector["streams"][number]["parent_to_child"]:
            if "eof" in part:
                wire.shutdown()
            elif "fds" in part:
                [label] = part["fds"]
                wires[label], theirs = of_sockets()
                with theirs:
                    wire.send_descriptor(octets(part["data"]), theirs.fileno())
            else:
                send(wire, octets(part["data"]))
        wire.read_to_end()
        assert_same(wire.got, recorded(vector, number, "child_to_parent").octets)
        assert not wire.broken


# ---- the parent side: a pool ----
#
# What the API cannot express: a pool's worker is always forked from its template. So where the recorded process ran the worker
# itself (*-direct, sync-json, sync-pipelined), ours forks between the recorded commands and the recorded start-up. Arguments for
# the template alone need a template of the application's; the pool's own is then a fork of it, and forks the worker.


def expected_streams(vector):
    """The recorded octets as our parent side is to write them, the last stream being the worker's."""
    streams = [recorded(vector, n, "parent_to_child") for n, _ in enumerate(vector["streams"])]
    if len(streams) == 1:
        setup = split(streams[0].octets)[0].end
        return [Octets(streams[0].octets[:setup]) + FORK, Octets(streams[0].octets[setup:])]
    if "template_args" in vector["session"]:
        return [streams[0], FORK, streams[1]]
    return streams


def words(vector):
    session = vector["session"]
    return {"require": ["W"], "function": "W::arun" if vector["mode"] == "async" else "W::run", "async": vector["mode"] == "async",
            "serialiser": vector["serialiser"], "pipeline": "pipeline" in session, "calls": session["calls"],
            **{k: session[k] for k in ("init", "args", "template_args") if k in session}}


@beside
@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_parent_side(vector):
    *templates, worker = expected_streams(vector)
    with Tap("session_driver", words(vector)) as tap:
        assert tap.owner == str(tap.process.pid).encode()
        streams = [tap.stream]
        for expected in templates:
            assert streams[-1].read(len(expected.octets)) == expected
            streams.append(streams[-1].next_stream())
        play_child(vector, streams[-1], worker)
        assert tap.told() == vector["callbacks"]
        for stream in streams[:-1]:
            stream.assert_end()
            stream.close()


def play_child(vector, stream, expected):
    """Reads what the parent writes to the worker, each request before it is answered."""
    start = split(expected.octets)[-1].end
    assert stream.read(start) == Octets(expected.octets[:start])
    requests, rest = frames(vector, expected.octets[start:], request_has_id(vector))
    answers = answers_to(vector, len(requests))
    assert not rest
    for i, request in enumerate(requests):
        octets_of_request = expected.octets[start + request.offset:start + request.end]
        assert stream.read(len(octets_of_request)) == Octets(octets_of_request)
        if "pipeline" not in vector["session"]:
            stream.write(answers[i])
    if "pipeline" in vector["session"]:
        stream.write(b"".join(answers))
    stream.assert_end()
    stream.close()


def answers_to(vector, n):
    """The worker's octets in one piece for each request: up to its reply, the last with all that is left."""
    stream = recorded(vector, -1, "child_to_parent").octets
    ends = [f.end for f in frames(vector, stream, True)[0] if f.id]
    assert len(ends) == n
    return [stream[a:b] for a, b in zip([0, *ends], [*ends[:-1], len(stream)])]
