"""forkpool-explore: finds planted faults, makes them small, writes a case that replays; finds nothing in what is right."""
import subprocess
import sys

import pytest
from judge_rig import BUILD, CONFORM, TREE
from sessions_rig import built

sys.path[:0] = [str(TREE / "conformance"), str(TREE / "conformance/mutants")]

import explore.__main__ as command_line  # noqa: E402: found by the line above, as is the next
from build import capabilities  # noqa: E402

EXPLORE = TREE / "conformance/explore/forkpool-explore"
TESTEES, STARTERS = TREE / "conformance/testees", TREE / "conformance/starters"
CAN = "void,nargs,rev,size,fill,list,event,emptyevent,events,die,exit,retire,limit,signal,hold,free,post,twice,never"
PARENT_CAN = "event,error,failure,end,lastid,limit"
LIMIT_S = 400  # only bounds a hang

# A few of each side; `make explore-mutants` explores every mutant.
PLANTED = {  # side; what is replaced in which file; the clause, how many lines a small session has at most, options
    "leading 80": ("child", "wire.py", "while more and at < end and length <= end:", "if payload[at] == 0x80:\n            raise ValueError(at)\n"
                   "        while more and at < end and length <= end:", "SER-5", 5, ()),
    "id of an event": ("child", "child.py", "frame(0, items)", "frame(2, items)", "EVT-1c", 6, ()),
    "ids by two": ("parent", "calls.py", "number = self.last_id % ID_MAX + 1", "number = self.last_id % ID_MAX + 2", "ID-1", 10, ("--async",)),
    "a call is forgotten at an error": ("parent", "calls.py", "for tag in self.outstanding.values():",
                                        "for tag in list(self.outstanding.values())[1:]:", "ERR-3", 8, ()),
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
        return tmp_path
    return plant


def command(folder, side):
    return f"exec {BUILD}/testees/pool" if side == "pool" else f"exec /usr/bin/python3 -E -s -S {folder}/{side}.py"


def can(side):
    return {"child": CAN, "parent": PARENT_CAN, "pool": "all"}[side]


def statements(path):
    """Lines behind the head, continued ones as one."""
    return path.read_text().replace("\\\n", "").split("\n\n", 2)[2].strip().splitlines()


def replay(case, side, testee):
    return subprocess.run([CONFORM, "replay", case, f"--{side}", testee, "--timeout", "2s"], capture_output=True, text=True, timeout=LIMIT_S,
                          check=False)


@pytest.mark.parametrize("fault", PLANTED)
def test_finds_a_planted_fault(planted, tmp_path, fault):
    side, name, old, new, clause, lines_max, options = PLANTED[fault]
    folder, case = planted(name, old, new), tmp_path / "found.transcript"
    done = explore(f"--{side}", command(folder, side), "--can", can(side), "--hang", "1", "--shrink", "60", "--write", case, *options)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{clause} ")
    assert len(statements(case)) <= lines_max, case.read_text()
    wrong, right = (replay(case, side, command(f, side)) for f in (folder, TESTEES))
    assert wrong.returncode == 1 or "1 warn" in wrong.stdout
    assert right.returncode == 0 and "1 pass" in right.stdout, right.stdout


NEW = "pool = fp_pool_new("
POOLS = {  # what is replaced in pool*.c; the clauses that tell it, options
    "one job more than load": (NEW, f"options.load++;\n\t{NEW}", "POOL-3b POOL-4", ()),
    "another outcome": ("fp_outcome_name(r->outcome)", "fp_outcome_name(FP_TIMEOUT)", "OUT-2", ("--async",)),
}


@pytest.mark.parametrize("fault", POOLS)
def test_finds_a_fault_of_a_pool(tmp_path, fault):
    old, new, clause, options = POOLS[fault]
    wrong, case = built(tmp_path, "pool", ("pool", old, new)), tmp_path / "found.transcript"
    done = explore("--pool", wrong, "--can", "all", "--hang", "1", "--shrink", "60", "--write", case, *options)
    assert done.returncode == 1, done.stderr
    assert done.stdout.split()[0] in clause.split()
    assert len(statements(case)) <= 24, case.read_text()
    for testee, status in (wrong, 1), (command(None, "pool"), 0):
        replayed = replay(case, "pool", testee)
        assert replayed.returncode == status, replayed.stdout


RIGHT = [("pool",), ("pool", "--async", "--profile", "native"),
         ("child",), ("child", "--async", "--profile", "native"), ("child", "--serialiser", "json"), ("child", "--async", "--stdio"),
         ("parent",), ("parent", "--async", "--profile", "native"), ("parent", "--async", "--serialiser", "json")]


@pytest.mark.parametrize("how", RIGHT, ids=" ".join)
def test_finds_nothing_in_what_is_right(how):
    side, *options = how
    done = explore(f"--{side}", command(TESTEES, side), "--can", can(side), "--sessions", "12", *options)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("nothing found in ")


@pytest.mark.parametrize("fault", ["id of an event", "ids by two"])
def test_a_seed_gives_the_same_session(planted, tmp_path, fault):
    side, *text = PLANTED[fault][:4]
    words = [f"--{side}", command(planted(*text), side), "--can", can(side), "--seed", "5", "--shrink", "10",
             "--write", tmp_path / "found.transcript", *PLANTED[fault][6]]
    first, second = explore(*words), explore(*words)
    assert first.returncode == 1
    assert first.stdout == second.stdout


@pytest.mark.parametrize("name", ["child.pl", "parent.py"])
def test_finds_nothing_in_what_one_starts_from(name):
    """They handle no signal, and do not say that they can."""
    program = STARTERS / name
    done = explore(f"--{program.stem}", f"exec {program}", "--can", ",".join(capabilities(program)), "--sessions", "12", "--async")
    assert done.returncode == 0, done.stdout


def test_a_signal_is_for_those_who_can_take_one(tmp_path):
    case, program = tmp_path / "found.transcript", f"exec {STARTERS / 'child.py'}"
    done = explore("--child", program, "--can", "signal", "--write", case, "--shrink", "5")
    assert done.returncode == 1, done.stdout
    assert "needs       signal" in case.read_text() and "child gets USR1" in case.read_text()


@pytest.mark.parametrize("options", [(), ("--child", "x", "--hang", "0"), ("--child", "x", "--write", "/nonexistent/x"),
                                     ("--child", "x", "--can", "flying"), ("--child", "x", "--sessions", "0"), ("--child", "x", "--profile", "?"),
                                     ("--child", "x", "--parent", "y"), ("--parent", "x", "--stdio"), ("--parent", "x", "--can", "fill"),
                                     ("--pool", "x", "--stdio"), ("--pool", "x", "--serialiser", "json")])
def test_wrong_usage(options, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(EXPLORE), *options])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("forkpool-explore: ") and said.endswith("see forkpool-explore --help\n") and said.count("\n") == 1


@pytest.mark.parametrize("side", ["child", "parent", "pool"])
def test_a_testee_that_does_not_start(side):
    for wrong in ("/nonexistent/testee", "true"):
        done = explore(f"--{side}", wrong)
        assert done.returncode == 3
        assert "did not start" in done.stderr
