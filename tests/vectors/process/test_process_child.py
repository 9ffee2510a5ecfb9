"""Every child recording on a forkpool-worker of its own: as recorded, all at once, octet by octet, and over pipes."""


import pytest

import wire
from better_process import BETTER, driven_octets, scripts
from player import Player, as_recorded, at_once, octet_by_octet
from programs import MODULE, WORKER, Process
from recordings import by_name, load

VECTORS = load("child-*.json")
OCTETS_MAX = 2000  # longer sessions are not played octet by octet

beside = pytest.mark.beside


def name(vector):
    return vector["name"].rsplit("/", 1)[1]


def test_all_are_here():
    assert len(VECTORS) == 545
    assert {v["instead"] for v in VECTORS if v["conform"] != "must"} == set(BETTER)


# ---- the process ----


def command(vector, options):
    startup = vector["startup"]
    words = [WORKER, "--profile", vector["profile"], "--serialiser", vector["serialiser"], *options]
    words += ["--async"] * (vector["mode"] == "async")
    for option in ("init", "done"):
        words += [f"--{option}", startup[option]] if startup[option] else []
    return [*words, MODULE, startup["function"], *startup["extra_args"]]


def over_descriptor(vector, script):
    """--fd N: an inherited socket."""
    ours, theirs = wire.of_sockets()
    theirs.setblocking("nonblocking" not in name(vector))
    with theirs:
        return Process(command(vector, ["--fd", theirs.fileno(), *script.options]), keep=[theirs.fileno()]), ours


def over_socket_stdio(vector, script):
    """--stdio: one socket as descriptors 0 and 1."""
    ours, theirs = wire.of_sockets()
    with theirs:
        return Process(command(vector, ["--stdio", *script.options]), stdin=theirs, stdout=theirs), ours


def over_descriptor_0(vector, script):
    """--fd 0: the same."""
    ours, theirs = wire.of_sockets()
    with theirs:
        return Process(command(vector, ["--fd", "0", *script.options]), stdin=theirs, stdout=theirs), ours


def over_pipes(vector, script):
    """--stdio: two pipes."""
    ours, reads, writes = wire.of_pipes()
    with reads, writes:
        return Process(command(vector, ["--stdio", *script.options]), stdin=reads, stdout=writes), ours


def play(vector, cut, start=over_descriptor):
    for script in scripts(vector):
        process, ours = start(vector, script)
        with process, ours:
            Player(process, ours).play(script, cut)


# ---- the sessions ----


def is_standard(vector):
    return name(vector) == "stdin-stdout"


def is_joined(vector):
    """Some sends follow each other without an observation in between, or follow what ends the process."""
    return any(at_once(t) != t.driven for s in scripts(vector) for t in s.turns)


def is_cut(vector):
    return 0 < len(driven_octets(vector)) <= OCTETS_MAX


ON_DESCRIPTOR = [v for v in VECTORS if not is_standard(v)]
ON_STANDARD = [v for v in VECTORS if is_standard(v)]


@beside
@pytest.mark.parametrize("vector", **by_name(ON_DESCRIPTOR))
def test_as_recorded(vector):
    play(vector, as_recorded)


@beside
@pytest.mark.parametrize("vector", **by_name([v for v in ON_DESCRIPTOR if is_joined(v)]))
def test_at_once(vector):
    play(vector, at_once)


@beside
@pytest.mark.parametrize("vector", **by_name([v for v in ON_DESCRIPTOR if is_cut(v)]))
def test_octet_by_octet(vector):
    play(vector, octet_by_octet)


@beside
@pytest.mark.parametrize("cut", [as_recorded, octet_by_octet])
@pytest.mark.parametrize("start", [over_socket_stdio, over_descriptor_0, over_pipes])
@pytest.mark.parametrize("vector", **by_name(ON_STANDARD))
def test_standard_input_and_output(vector, start, cut):
    play(vector, cut, start)


def test_parts_are_not_empty():
    assert len(ON_STANDARD) == 2
    assert sum(map(is_joined, ON_DESCRIPTOR)) > 100
    assert sum(map(is_cut, ON_DESCRIPTOR)) > 450
