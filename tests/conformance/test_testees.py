"""The programs that are there to be judged: the testees by the recordings of the original, and all of them by the suite: the
right ones and the odd ones conform. This takes minutes: `make testees` runs it."""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import pytest

from judge_rig import BUILD, CONFORM, TREE

VECTORS = TREE / "tests/vectors"
sys.path[:0] = [str(VECTORS), str(VECTORS / "process"), str(TREE / "conformance/mutants")]

import build as mutants  # noqa: E402: found by the line above, as those below are
import wire  # noqa: E402
from better_process import as_recorded as recorded_script, scripts  # noqa: E402
from player import Player, as_recorded, at_once  # noqa: E402
from programs import Process  # noqa: E402
from recordings import load, octets  # noqa: E402
from said import anything  # noqa: E402

HANG_S = 300
STEP = "30s"  # only bounds a hang: some of the odd ones are slow, and so is everything on a machine that is busy
TESTEES = mutants.testees()
CHILDREN = [name for name, t in TESTEES.items() if t["side"] == "child"]


def command(name):
    testee = TESTEES[name]
    return mutants.command_of(testee, mutants.TESTEES, BUILD / testee.get("program", ""), BUILD)


# ---- the recordings

START_UP = re.compile(r"/(init-|event-in-init|function-undefined|serialiser-does-not-compile|done-function)")
STAYS_OR_ENDS = "/eof-with-request-never-answered"  # SHUT-9: either is right
OTHER_VERBS = {b"later", b"latev", b"freeq"}  # of the recordings' worker, not of TESTEE.md
FREE_TO_ANSWER = re.compile(r"/(id-zero-request|duplicate-ids-concurrent)$")  # ID-6b, ID-6c: our testees do as the original
PLAYED = {"sync-network": 86, "async-network": 95, "sync-native": 85, "async-native": 94}  # vectors, of those that are here


def is_for_testees(vector):
    """It says nothing about how a worker is started, and needs no verb that the suite does not have."""
    requests = [r["items"] for r in vector.get("requests", []) if r.get("items")]
    return not START_UP.search(vector["name"]) and not vector["name"].endswith(STAYS_OR_ENDS) and not OTHER_VERBS & {octets(items[0]) for items in requests}


def environment(vector, fd, script):
    told = {"MODE": vector["mode"], "PROFILE": vector["profile"], "SERIALISER": vector["serialiser"], "FD": fd,
            "FRAME_MAX": script.options[1] if script.options else ""}
    return [f"FORKPOOL_{name}={value}" for name, value in told.items()]


def play(name, vector, script, cut):
    ours, theirs = wire.of_sockets()
    is_standard = vector["name"].endswith("stdin-stdout")
    theirs.setblocking("nonblocking" not in vector["name"])
    ends = {"stdin": theirs, "stdout": theirs} if is_standard else {}
    argv = ["env", *environment(vector, "" if is_standard else theirs.fileno(), script), "sh", "-c", command(name)]
    with theirs:
        process = Process(argv, keep=[theirs.fileno()], **ends)
    with process, ours:
        Player(process, ours).play(script._replace(said=anything if name == "worker" else lambda _: None), cut)


def complaint(name, vector, script, cut):
    try:
        return play(name, vector, script, cut)
    except AssertionError as e:
        return f"{vector['name']} {cut.__name__}: {e}"


@pytest.mark.parametrize("recording", PLAYED)
@pytest.mark.parametrize("name", [c for c in CHILDREN if c != "worker"])  # the worker: tests/vectors/process
def test_recordings(name, recording):
    vectors = [v for v in load(f"child-{recording}.json") if is_for_testees(v)]
    plays = [(name, v, s, cut) for v in vectors for cut in (as_recorded, at_once)
             for s in ([recorded_script(v)] if FREE_TO_ANSWER.search(v["name"]) else scripts(v))]
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        complaints = [c for c in threads.map(lambda p: complaint(*p), plays) if c]
    assert not complaints
    assert len(vectors) == PLAYED[recording]


# ---- the suite

def starters():
    return sorted(p for p in (TREE / "conformance/starters").iterdir() if p.stem in ("child", "parent"))


def judge(side, cmd, mode, can, serialiser="string"):
    """What fails of all cases."""
    done = subprocess.run([CONFORM, "run", f"--{side}", cmd, f"--{mode}", "--can", ",".join(can), "--serialiser", serialiser,
                           "--timeout", STEP, "--report", "json"], capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode in (0, 1), done.stderr
    verdicts = json.loads(done.stdout)["cases"]
    assert any(v["verdict"] == "pass" for v in verdicts)
    return [f"{v['id']}: {v['why']}" for v in verdicts if v["verdict"] in ("fail", "error")]


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("name", TESTEES)
def test_testee_conforms(name, mode):
    can = mutants.capabilities(mutants.TESTEES / TESTEES[name]["source"])
    for serialiser in ("string", "json") if "json" in can else ("string",):
        assert not judge(TESTEES[name]["side"], command(name), mode, can, serialiser)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("path", starters(), ids=lambda p: p.name)
def test_starter_conforms(path, mode):
    assert not judge(path.stem, f"exec {path}", mode, mutants.capabilities(path))


def odd_ones():
    found = sorted(p for p in (TREE / "conformance/odd").iterdir() if p.suffix in (".py", ".pl", ".mjs", ".c"))
    return [p for p in found if p.name != "patched.py"]


def odd_command(path):
    if path.suffix != ".c":
        return str(path)
    program = BUILD / "tests/conformance" / path.stem
    program.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", path, "-o", program], check=True)
    return f"exec {program}"


def test_odd_ones_are_many():
    assert len(odd_ones()) >= 12
    for path in odd_ones():
        assert {"odd", "right by", "capabilities"} <= set(re.findall(r"^[\"#/* ]*([a-z ]+): ", path.read_text(), re.M)), path


@pytest.mark.parametrize("path", odd_ones(), ids=lambda p: p.name)
def test_odd_one_conforms(path):
    mode = re.search(r"^(?:# |// )?mode: (\w+)", path.read_text(), re.M)
    side = "parent" if path.name.startswith("parent_") else "child"
    for m in [mode[1]] if mode else ["sync", "async"]:
        assert not judge(side, odd_command(path), m, mutants.capabilities(path))
