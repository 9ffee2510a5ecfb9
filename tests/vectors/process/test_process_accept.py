"""Every serve-accept recording on a forkpool-template of its own, started with options and as AnyEvent::Fork starts a perl."""

import pytest

from better_process import never_served
from better_served import BETTER, scripts
from command_stream import put, put_list, put_require
from player import FAILED, Player, Script, Turn, as_recorded, at_once, octet_by_octet
from programs import MODULE
from recordings import by_name, load
from said import matching
from template_process import start_with_options, start_with_perl_words

VECTORS = load("serve-accept.json")
UNKNOWN_SERIALISER = [v for v in load("child-*.json") if v["name"].endswith("serialiser-does-not-compile")]
READS_ONCE = "serve/accept/octets-behind-run-left-in-socket"  # its function reads once: it sees what has come by then

beside = pytest.mark.beside


def test_all_are_here():
    assert len(VECTORS) == 33 and len(UNKNOWN_SERIALISER) == 4
    assert {v["instead"] for v in VECTORS if v["conform"] != "must"} == set(BETTER)


def play(script, start, cut):
    process, ours = start()
    with process, ours:
        Player(process, ours).play(script, cut)


def with_perl_words():
    """There is no option then: the module is required as the original does it, over the stream."""
    process, ours = start_with_perl_words()
    ours.send(put_require(MODULE.stem))
    return process, ours


@beside
@pytest.mark.parametrize("cut", [as_recorded, at_once])
@pytest.mark.parametrize("start", [start_with_options, with_perl_words])
@pytest.mark.parametrize("vector", **by_name(VECTORS))
def test_accept(vector, start, cut):
    for script in scripts(vector):
        play(script, start, cut)


@beside
@pytest.mark.parametrize("vector", **by_name([v for v in VECTORS if v["name"] != READS_ONCE]))
def test_accept_octet_by_octet(vector):
    for script in scripts(vector):
        play(script, start_with_options, octet_by_octet)


@beside
@pytest.mark.parametrize("vector", **by_name(UNKNOWN_SERIALISER))
def test_unknown_serialiser(vector):
    """The start-up of a worker with a serialiser that is not known is refused, as that of a worker process is."""
    assert [s.status for s in never_served(vector)] == [FAILED]
    module = "Async" if vector["mode"] == "async" else "Sync"
    names = [vector["startup"]["function"], vector["startup"]["init"], vector["serialiser"]]
    names += [f"AnyEvent::Fork::RPC::{module}::do_exit"] * (vector["profile"] == "network")
    stream = put_list(b"a", *(n.encode() for n in names)) + put(b"r", f"AnyEvent::Fork::RPC::{module}::run".encode())
    refused = Script([Turn([{"op": "send", "data": stream.hex()}], b"", True)], FAILED,
                     matching(b"forkpool-template: .*serialiser.*\n"))
    play(refused, start_with_options, as_recorded)
