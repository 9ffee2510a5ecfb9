"""Replays are the same each time, and what the README tells to look at is there."""
import re
import subprocess

import build
import cover
import pytest
import runner


@pytest.mark.parametrize("target", build.TARGETS)
def test_two_replays_of_all_inputs_find_nothing_and_give_equal_traces(target):
    command = [build.program("replay", target), "--explain", *runner.inputs_of(target)]
    one, two = (subprocess.run(command, capture_output=True, timeout=120) for _ in range(2))
    assert one.returncode == 0 and one.stdout == two.stdout
    assert one.stdout.count(b": " + target.encode() + b", ") >= 40


def test_the_tool_replays_all_of_a_target():
    done = subprocess.run([build.FUZZ / "forkpool-fuzz", "replay", "--all", "--target", "args"], capture_output=True, text=True, timeout=120)
    counts = re.findall(r"^args: (\d+) inputs replayed, nothing found$", done.stdout, re.M)
    assert done.returncode == 0 and [int(n) for n in counts] == [len(list(d.iterdir())) for d in runner.inputs_of("args")]


def test_another_compiler_tells_the_same():
    told = [subprocess.run([build.program(driver, "sched"), "--explain", *runner.inputs_of("sched")], capture_output=True, timeout=120,
                           env={"LLVM_PROFILE_FILE": "/dev/null"}).stdout for driver in ("replay", "cover")]
    assert told[0] == told[1] and told[0]


def test_inputs_that_the_readme_names_are_there():
    named = re.findall(r"fuzz/(?:corpus|regressions)/[\w./-]*\w", (build.FUZZ / "README.md").read_text())
    assert named and all((build.ROOT / name).exists() for name in named)


def test_each_reason_is_about_a_line_of_the_source():
    for name in cover.reasons():
        source, _, text = name.split(": ", 2)
        assert text.split(", condition ")[0] in (build.ROOT / source).read_text(), name
