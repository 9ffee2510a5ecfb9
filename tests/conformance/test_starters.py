"""The programs to start from: small, in need of nothing but their folder, and right. Here some cases judge them, played as
they are written; all of the suite does so in test_testees.py."""
import shutil
import sys

import pytest
from judge_rig import PATIENT, TREE, conform

sys.path[:0] = [str(TREE / "conformance/mutants")]
from build import capabilities  # noqa: E402: found by the line above

STARTERS = TREE / "conformance/starters"
MODES = {"child.mjs": "async", "child.pl": "sync", "child.py": "async", "parent.mjs": "sync", "parent.py": "async"}


@pytest.fixture(name="copy")
def fixture_copy(tmp_path):
    return shutil.copytree(STARTERS, tmp_path / "mine")


def judge(program, cases):
    return conform("run", f"--{program.stem}", f"exec {program}", f"--{MODES[program.name]}", "--can", ",".join(capabilities(program)),
                   "--case", f"{program.stem}-{cases}/*", "--variant", "as-written", *PATIENT)


@pytest.mark.parametrize("name", MODES)
def test_a_copy_is_right(copy, name):
    done = judge(copy / name, "lists")
    assert (done.status, done.verdicts["pass"] > 3) == (0, True), done.out


@pytest.mark.parametrize("name", MODES)
def test_a_wrong_one_is_not(copy, name):
    program = copy / name
    text = program.read_text()
    program.write_text(text.replace("7f", "3f"))
    assert text != program.read_text()
    assert judge(program, "lists").status == 1


@pytest.mark.parametrize("folder", [STARTERS, STARTERS.parent / "testees"], ids=lambda f: f.name)
def test_each_file_is_small(folder):
    sizes = {p.name: len(p.read_text().splitlines()) for p in folder.iterdir() if p.is_file()}
    assert set(MODES) < set(sizes)
    assert not [name for name, lines in sizes.items() if lines >= 80]
