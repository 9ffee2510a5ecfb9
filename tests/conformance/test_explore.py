"""forkpool-explore: finds planted faults, makes them small, writes a case that replays; finds nothing in what is right."""
import subprocess

import pytest
from judge_rig import CONFORM, TREE

EXPLORE = TREE / "conformance/explore/forkpool-explore"
TESTEES = TREE / "conformance/testees"
CAN = "void,nargs,rev,size,fill,list,event,emptyevent,events,die,exit,retire,limit,hold,free,post,twice,never"
LIMIT_S = 120

PLANTED = {  # what is replaced in which file, the clause, how many lines a small session has at most, options
    "leading 80": ("wire.py", "while more and at < end and length <= end:", "if payload[at] == 0x80:\n            raise ValueError(at)\n"
                   "        while more and at < end and length <= end:", "SER-5", 5, ()),
    "id of an event": ("child.py", "frame(0, items)", "frame(2, items)", "EVT-1c", 6, ()),
    "second answer": ("child.py", "unanswered.remove(self)", "pass", "SHUT-3b", 6, ("--async",)),
}


def explore(*options):
    return subprocess.run([EXPLORE, *options], capture_output=True, text=True, timeout=LIMIT_S, check=False)


@pytest.fixture
def planted(tmp_path):
    """The Python child with one text replaced, which has to be there once."""
    def plant(name, old, new):
        for source in TESTEES.glob("*.py"):
            (tmp_path / source.name).write_text(source.read_text())
        text = (TESTEES / name).read_text()
        assert text.count(old) == 1
        (tmp_path / name).write_text(text.replace(old, new))
        return f"exec /usr/bin/python3 {tmp_path}/child.py"
    return plant


def statements(path):
    """Lines behind the head, continued ones as one."""
    return path.read_text().replace("\\\n", "").split("\n\n", 2)[2].strip().splitlines()


@pytest.mark.parametrize("fault", PLANTED)
def test_finds_a_planted_fault(planted, tmp_path, fault):
    name, old, new, clause, lines_max, options = PLANTED[fault]
    command, case = planted(name, old, new), tmp_path / "found.transcript"
    done = explore("--child", command, "--can", CAN, "--hang", "2", "--write", case, *options)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{clause} ")
    assert len(statements(case)) <= lines_max, case.read_text()
    replayed = subprocess.run([CONFORM, "replay", case, "--child", command, "--can", "all", "--timeout", "2s"], capture_output=True, text=True,
                              timeout=LIMIT_S, check=False)
    right = subprocess.run([CONFORM, "replay", case, "--child", f"exec {TESTEES}/child.py", "--can", "all"], capture_output=True, text=True,
                           timeout=LIMIT_S, check=False)
    assert replayed.returncode == 1, replayed.stdout
    assert right.returncode == 0, right.stdout


@pytest.mark.parametrize("options", [(), ("--async", "--profile", "native"), ("--serialiser", "json"), ("--async", "--stdio")], ids=" ".join)
def test_finds_nothing_in_a_right_child(options):
    done = explore("--child", f"exec {TESTEES}/child.py", "--can", CAN, "--sessions", "40", *options)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("nothing found in ")


def test_a_seed_gives_the_same_session(planted, tmp_path):
    command = planted(*PLANTED["leading 80"][:3])
    first, second = (explore("--child", command, "--can", CAN, "--seed", "5", "--write", tmp_path / "found.transcript") for _ in range(2))
    assert first.returncode == 1
    assert first.stdout == second.stdout


@pytest.mark.parametrize("options", [(), ("--child", "x", "--can", "flying"), ("--child", "x", "--sessions", "0"), ("--child", "x", "--profile", "?")])
def test_wrong_usage(options):
    done = explore(*options)
    assert done.returncode == 2
    assert "usage: forkpool-explore" in done.stderr


def test_a_testee_that_does_not_start():
    done = explore("--child", "/nonexistent/child")
    assert done.returncode == 3
    assert "did not start" in done.stderr
