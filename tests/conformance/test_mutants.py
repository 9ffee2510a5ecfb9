"""The mutants apply, are small, and still work where their fault is elsewhere. Whether the suite sees them: `make mutants`."""
import re
import socket
import subprocess
import sys

import pytest

from judge_rig import BUILD, TREE

sys.path.insert(0, str(TREE / "conformance/mutants"))

import build as mutants  # noqa: E402: found by the line above

TESTEES = mutants.testees()
ECHO_SHOWS = {"FRM-1", "FRM-2", "FRM-3", "FRM-4", "FRM-4b", "FRM-5", "FRM-5c", "SER-1", "SER-2", "INI-4", "INI-4b",
              "ID-4", "ID-6"}
CHANGED_LINES_MAX = 30
PATCHES = sorted((TREE / "conformance/mutants").glob("*.patch"))


@pytest.fixture(scope="module")
def made():
    return {m["mutant"]: m for m in mutants.make_all(PATCHES, BUILD, BUILD / "mutants")}


def clauses():
    return set(re.findall(r"^### (\S+) ", (TREE / "conformance/SPEC.md").read_text(), re.M))


def test_mutants_are_many(made):
    sides = [m["side"] for m in made.values()]
    assert sides.count("child") >= 44 and len(sides) - sides.count("child") >= 22
    assert {TESTEES[m["of"]]["source"].rsplit(".", 1)[1] for m in made.values()} >= {"py", "pl", "c", "sh"}
    for m in made.values():
        assert set(m["breaks"]) <= clauses() and m.get("sees", "crash") in ("crash", "timeout"), m["mutant"]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda p: p.stem)
def test_mutant_is_small(patch):
    changed = re.findall(r"^[+-](?![+-]{2} )", patch.read_text(), re.M)
    assert 0 < len(changed) <= CHANGED_LINES_MAX


def start(mutant, mode, keep=(), fd=""):
    profile, serialiser = mutant.get("profile", "network"), mutant.get("serialiser", "string")
    told = [f"FORKPOOL_MODE={mode}", f"FORKPOOL_PROFILE={profile}", f"FORKPOOL_SERIALISER={serialiser}", f"FORKPOOL_FD={fd}"]
    return subprocess.Popen(["env", *told, "sh", "-c", mutant["command"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, pass_fds=keep)


def echo(mutant):
    """(the request, whose answer is 'abc'; the answer)"""
    is_async, order = mutant.get("mode") == "async", sys.byteorder if mutant.get("profile") == "native" else "big"
    payload, answer = (b'["echo","abc"]', b'["abc"]') if mutant.get("serialiser") == "json" else (b"\4echo\3abc", b"\3abc")

    def u32(n):
        return n.to_bytes(4, order)

    return u32(1) * is_async + u32(len(payload)) + payload, u32(1) + u32(len(answer)) + answer


def is_echo_right(mutant):
    ours, theirs = socket.socketpair()
    over_pipes = mutant.get("over") == "pipes"
    with theirs:
        process = start(mutant, mutant.get("mode", "sync"), [theirs.fileno()], "" if over_pipes else theirs.fileno())
    with process, ours:
        request, answer = echo(mutant)
        ours.settimeout(5)
        try:
            if over_pipes:
                process.stdin.write(request)
                process.stdin.close()
                return process.stdout.read(len(answer)) == answer
            ours.sendall(request)
            return ours.recv(len(answer), socket.MSG_WAITALL) == answer
        except (TimeoutError, ConnectionError):
            return False
        finally:
            process.kill()


def is_pong_right(mutant):
    ours, theirs = socket.socketpair()
    with theirs:
        process = start(mutant, mutant.get("mode", "sync"), [theirs.fileno()], theirs.fileno())
    with process, ours:
        process.stdin.write(b"ping 1\n")
        process.stdin.flush()
        said = process.stdout.readline()
        process.kill()
    return said == b"pong 1\n"


@pytest.mark.parametrize("name", [p.stem for p in PATCHES])
def test_mutant_works_but_for_its_fault(made, name):
    mutant = made[name]
    if mutant["side"] != "child":
        assert is_pong_right(mutant)
    elif not is_echo_right(mutant):
        assert set(mutant["breaks"]) & ECHO_SHOWS, "it does not echo, though that is not its fault"
