"""Every stack vector on both endpoints: what went over the socket behind the start-up commands, and the commands' lists."""

import json

import fpcore
import pytest

from child_session import ChildSession
from commands import REQUIRE, Served
from parent_session import ParentSession
from recordings import by_name, frames, load, octets, put32, request_has_id
from session import play_all
from test_child import assert_as_recorded as assert_child_as_recorded
from test_parent import assert_one_end_each

VECTORS = load("stack.json")


def stream(vector, number, direction):
    return b"".join(octets(p["data"]) for p in vector["streams"][number][direction] if "data" in p)


def start(vector):
    """The process that became the worker, with the arguments that it had from the template."""
    template = Served(stream(vector, 0, "parent_to_child"))
    if len(vector["streams"]) == 1:
        return template
    return Served(stream(vector, 1, "parent_to_child"), args=template.forked_args)


def test_all_are_here():
    assert [v["conform"] for v in VECTORS] == ["must"] * 6


@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_start(vector):
    """The function's name, init's, the serialiser's source and the done function stand behind the application's own
    arguments (INI-1); the module was loaded by the fixed line."""
    s, session = start(vector), vector["session"]
    kind = b"Async" if vector["mode"] == "async" else b"Sync"
    own = [a.encode() for a in session.get("template_args", []) + session.get("args", [])]
    function = b"W::arun" if vector["mode"] == "async" else b"W::run"
    assert s.args[:len(own) + 2] == [*own, function, session.get("init", "").encode()]
    assert (b"JSON" in s.args[len(own) + 2]) == (vector["serialiser"] == "json")
    assert s.args[len(own) + 3:] == [b"AnyEvent::Fork::RPC::" + kind + b"::do_exit"]
    assert s.evaluated[-1] == [REQUIRE, b"AnyEvent/Fork/RPC/" + kind]
    assert s.function == b"AnyEvent::Fork::RPC::" + kind + b"::run"


@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_child(vector):
    requests, replies = start(vector).rest, stream(vector, -1, "child_to_parent")
    steps = [{"op": "send", "data": requests.hex()}, {"op": "recv", "data": replies.hex()}, {"op": "shutdown"},
             {"op": "recv_eof"}, {"op": "exit", "status": 0}]
    session = play_all(ChildSession, {**vector, "steps": steps}, request_has_id(vector))
    assert_child_as_recorded(session)
    session.free()


@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_parent(vector):
    session = play_all(ParentSession, parent_vector(vector), True)
    assert_one_end_each(session)
    assert session.written == start(vector).rest
    assert [untagged(t) for t in session.told] == vector["callbacks"]
    session.free()


def parent_vector(vector):
    """The calls of the session, one after the other's result unless they were pipelined, and the replies as they came."""
    replies, rest = frames(vector, stream(vector, -1, "child_to_parent"), True)
    assert not rest
    sends = [{"op": "send", "data": whole(vector, f).hex()} for f in replies]
    calls = [{"op": "call", "tag": str(i), **arguments(vector, c)} for i, c in enumerate(vector["session"]["calls"])]
    steps = [*calls, *sends] if "pipeline" in vector["session"] else in_turn(calls, sends, replies)
    end = [{"op": "drop"}, {"op": "recv_eof"}, {"op": "child_close"}, {"op": "destroy"}]
    return {**vector, "handlers": ["on_event", "on_error", "on_destroy"], "steps": [{"op": "connect"}, *steps, *end]}


def in_turn(calls, sends, replies):
    """Each call but the first comes behind the reply to the one before; events behind the last reply come last."""
    steps, waiting = [calls[0]], calls[1:]
    for send, frame in zip(sends, replies):
        steps.append(send)
        if frame.id and waiting:
            steps.append(waiting.pop(0))
    return steps


def whole(vector, frame):
    return put32(vector, frame.id) + put32(vector, len(frame.payload)) + frame.payload


def arguments(vector, call):
    return {"args_perl": call} if vector["serialiser"] == "json" else {"args": [a.encode().hex() for a in call]}


def untagged(told):
    """What the application was told in the form of `callbacks`."""
    kind, *rest = told
    items = rest[-1] if rest else []
    return [kind, *(value_of(i) for i in items)]


def value_of(item):
    return json.loads(item.text) if isinstance(item, fpcore.Value) else item.decode()
