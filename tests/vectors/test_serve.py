"""Every serve vector, as far as it is the core's: the lists inside commands, and the RPC octets behind the start-up.

What a process does with a command is no matter of the core: the same vectors are played on a template process, too."""

import fpcore
import pytest

from child_session import ChildSession
from commands import REQUIRE, Served, put, report
from recordings import by_name, load, octets, received, request_has_id
from session import driven_octets, play_all
from test_child import assert_as_recorded as assert_child_as_recorded

PRODUCE = load("serve-produce.json")
ACCEPT = load("serve-accept.json")

# Vectors without a list or a request in them: nothing here is the core's.
NO_LIST = {"eof-idle", "run-undefined-function", "unknown-command", "eof-in-header", "eof-in-payload", "length-4294967295",
           "big-endian-length", "h-without-descriptor"}
MALFORMED = {"args-bad-ber", "args-short-body"}
PERL_CHANGES_ARGS = {"eval-sees-arg-list": [b"2"]}  # the evaluated Perl appends this to the list


def name(vector):
    return vector["name"].rsplit("/", 1)[1]


def test_all_are_here():
    assert (len(PRODUCE), len(ACCEPT)) == (16, 33)
    assert NO_LIST | MALFORMED < {name(v) for v in ACCEPT}


# ---- produce ----


@pytest.mark.parametrize("vector", **by_name(PRODUCE))
def test_produce(vector):
    """The streams, put together again from the calls with the core's serialiser."""
    streams = {"p": b""}
    forked = []
    for call in vector["calls"]:
        streams[call["object"]] += command(call)
        if call["method"] == "fork":
            forked.append(call["args"][0])
            streams[forked[-1]] = b""
    assert streams["p"] == joined(vector["stream"])
    assert [streams[f] for f in forked] == [joined(s) for s in vector.get("forked_streams", [])]


def joined(stream):
    return b"".join(octets(p["data"]) for p in stream)


def command(call):
    args = call["args"]
    return {
        "send_arg": lambda: put(b"a", fpcore.freeze(unhex(args))),
        "eval": lambda: put(b"e", fpcore.freeze(unhex(args))),
        "require": lambda: put(b"e", fpcore.freeze([REQUIRE, *(n.replace(b"::", b"/") for n in unhex(args))])),
        "send_fh": lambda: put(b"h") + b"\0",
        "fork": lambda: put(b"h") + b"\0" + put(b"f"),
        "run": lambda: put(b"r", args[0].encode()),
    }[call["method"]]()


def unhex(args):
    return [bytes.fromhex(a) for a in args]


# ---- accept ----


@pytest.mark.parametrize("vector", **by_name(ACCEPT))
def test_accept(vector):
    if name(vector) in MALFORMED:
        return assert_malformed(vector)
    served = Served(driven_octets(vector))
    parts = [served] + [Served(bytes.fromhex(s["send"]), served.forked_args) for s in forked_steps(vector)]
    assert (sum(p.lists for p in parts) == 0) == (name(vector) in NO_LIST)
    for part, wrote in zip(parts, [received(vector["steps"])] + [bytes.fromhex(s["recv"]) for s in forked_steps(vector)]):
        assert_reported(vector, part, wrote)
    if name(vector).startswith("rpc-"):
        assert_rpc(vector, served)


def forked_steps(vector):
    return [s for s in vector["steps"] if s["op"] == "forked"]


def assert_reported(vector, served, wrote):
    """Where the recorded function reported its arguments, they are those that the core read out of the lists."""
    if served.function in (b"report", b"main::report"):
        assert wrote == report(served.args + PERL_CHANGES_ARGS.get(name(vector), []))


def assert_malformed(vector):
    """A malformed or short list ends the process: so does the core's verdict on it."""
    with pytest.raises(fpcore.CoreError) as e:
        Served(driven_octets(vector))
    assert e.value.reason == "malformed" and e.value.offset == 0


def assert_rpc(vector, served):
    """The start-up's arguments in order (INI-1), and the session behind it on the same octets."""
    kind = b"Async" if b"-async-" in vector["name"].encode() else b"Sync"
    with_init = vector["name"].endswith("with-init")
    own = [b"extra1", b"extra2"] if with_init else []
    assert served.args[:len(own)] == own
    assert served.args[len(own) + 1] == (b"W::initlog" if with_init else b"")
    assert served.args[-1] == b"AnyEvent::Fork::RPC::" + kind + b"::do_exit"
    assert served.function == b"AnyEvent::Fork::RPC::" + kind + b"::run"
    steps = [{"op": "send", "data": served.rest.hex()}] + [s for s in vector["steps"] if s["op"] != "send"]
    mode = "async" if kind == b"Async" else "sync"
    rpc = {**vector, "steps": steps, "profile": "network", "mode": mode, "serialiser": "string"}
    session = play_all(ChildSession, rpc, request_has_id(rpc))
    assert_child_as_recorded(session)
    session.free()
