"""The planted bugs: each applies, says what it breaks, and changes code."""
import subprocess

import bugs
import build
import pytest

ORACLES = {"cuts", "decoder", "model", "memory", "allocation", "roundtrip", "perl", "crash"}


@pytest.mark.parametrize("bug", bugs.all_bugs(), ids=lambda bug: bug.name)
def test_it_applies_and_says_what_it_breaks(bug):
    assert bug.promise and bug.target in build.TARGETS and set(bug.oracle.split()) <= ORACLES
    done = subprocess.run(["patch", "--dry-run", "-s", "-p1", "-F0", "-i", bug.path], cwd=build.ROOT, capture_output=True,
                          text=True)
    assert done.returncode == 0, f"plant {bug.name} anew: {done.stdout}"


def test_there_are_enough():
    assert len(bugs.all_bugs()) >= 40


def test_what_an_engine_prints_is_read():
    found = "forkpool-fuzz: args: decoder: other items\nstat::number_of_executed_units: 321\n"
    assert bugs.read_find(77, found) == ("decoder", 321)
    assert bugs.read_find(1, "==1==ERROR: AddressSanitizer: x\nstat::number_of_executed_units: 7\n") == ("crash", 7)
    assert bugs.read_find(0, "Done 100000 runs in 3 second(s)\nstat::number_of_executed_units: 100000\n") == (None, None)
    assert bugs.read_find(1, "AddressSanitizer: CHECK failed\nstat::number_of_executed_units: 9\n") == ("crash", 9)
