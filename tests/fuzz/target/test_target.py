"""forkpool-fuzz target as somebody uses it: it finds two planted faults and writes what the suite replays, finds nothing in a
right child, makes the same sessions of the same seed, and leaves no process behind."""
import os
import pathlib
import re
import signal
import subprocess

import build
import pytest
import target_proof

TESTEES = build.ROOT / "conformance/testees"
RIGHT = f"exec {TESTEES}/child.py"
SESSIONS = 4000


@pytest.fixture(scope="module", autouse=True)
def _built():
    """The fuzzer, and the suite's player: neither is a reason to skip."""
    assert target_proof.CONFORM.exists(), "make builds it"
    target_proof.target.program()


def fuzz(*arguments):
    return subprocess.run([build.FUZZ / "forkpool-fuzz", "target", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def processes(text):
    """Numbers of the processes whose command line holds a text."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path.parent.name] * (text.encode() in path.read_bytes())
        except OSError:
            pass
    return found


@pytest.mark.parametrize("name", ["child-chomps", "child-loses-answers-before-a-fault"])
def test_a_planted_fault_is_found_and_replayed(name):
    proof = target_proof.prove_mutant(name, 60, seed=1)
    assert proof.is_so, proof.row


def test_a_right_child_is_not_blamed(tmp_path):
    said = fuzz("--sessions", SESSIONS, "--seed", 1, "--out", tmp_path, "--", RIGHT)
    assert said.returncode == 0, said.stdout + said.stderr
    assert re.search(rf"^#{SESSIONS}\tDONE", said.stderr, re.M) and not list(tmp_path.iterdir())


def test_the_same_seed_finds_the_same(tmp_path):
    command, _ = target_proof.plant("child-drops-empty-items")
    told = [fuzz("--seed", 5, "--out", tmp_path / str(i), "--", command) for i in range(2)]
    assert [t.returncode for t in told] == [1, 1], told[0].stderr
    (one,), (two,) = [list((tmp_path / str(i)).iterdir()) for i in range(2)]
    assert one.name == two.name and one.read_text() == two.read_text()
    after = [re.search(r"after (\d+) sessions", t.stdout)[1] for t in told]
    assert after[0] == after[1]


def test_what_is_found_is_minimal(tmp_path):
    """A newline at the end of an item: the verb, the newline, and nothing else."""
    command, _ = target_proof.plant("child-chomps")
    fuzz("--seed", 1, "--out", tmp_path, "--", command)
    (written,) = tmp_path.iterdir()
    sent = [line.split() for line in written.read_text().splitlines() if line.split()[:2] == ["parent", "sends"]]
    assert sent == [["parent", "sends", "u32:7", "04", '"echo"', "010a"]]


def test_a_crash_is_one(tmp_path):
    said = fuzz("--seed", 1, "--out", tmp_path, "--stdio", "--", "head -c 1 >/dev/null; kill -SEGV $$")
    assert said.returncode == 1 and "found:      crash" in said.stdout and "Segmentation fault" in said.stdout


def test_a_hang_is_one_and_nothing_is_left_behind(tmp_path):
    said = fuzz("--seed", 1, "--out", tmp_path, "--stdio", "--", "sleep 1234567")
    assert said.returncode == 1 and "found:      hang" in said.stdout
    assert not processes("1234567")


def test_an_interrupt_ends_it_with_a_summary(tmp_path):
    command = f"{RIGHT} 7654321"
    fuzzer = subprocess.Popen([build.FUZZ / "forkpool-fuzz", "target", "--out", tmp_path, "--time", "100", "--", command],
                              stderr=subprocess.PIPE, text=True)
    assert fuzzer.stderr.readline().startswith("seed: ")
    fuzzer.send_signal(signal.SIGINT)
    _, told = fuzzer.communicate(timeout=60)
    assert fuzzer.returncode == 0 and "\tSTOPPED" in told
    assert not processes("7654321")


@pytest.mark.parametrize("arguments, status", [(["--"], 2), (["--fd", "--stdio", "--", RIGHT], 2), (["--time", "x", "--", RIGHT], 2),
                                               (["--", "false"], 3), (["--", "/does/not/exist"], 3),
                                               (["--out", os.devnull + "/x", "--", RIGHT], 4)])
def test_statuses(arguments, status, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = fuzz(*arguments)
    assert said.returncode == status and len(said.stderr.strip().splitlines()) <= 2


def test_help_has_examples():
    said = fuzz("--help")
    assert said.returncode == 0 and "Examples:" in said.stdout and "Exit status:" in said.stdout
