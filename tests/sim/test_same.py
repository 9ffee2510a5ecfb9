"""The same run is the same trace under every compiler, optimisation and sanitizer.

That the builds of `make` and of `make asan` give the same is a part of the latter, and `make same` compares all there are."""
import subprocess
import sys

import pytest
import same
import sim


def judge(*words):
    """Exit status and output of same.py."""
    done = subprocess.run([sys.executable, sim.ROOT / "tests/sim/same.py", *map(str, words)], text=True, capture_output=True,
                          timeout=sim.LIMIT_S)
    return done.returncode, done.stdout + done.stderr


def test_a_build_that_differs_is_caught_and_its_first_event_named(tmp_path, program):
    """A logarithm that is another one under clang."""
    path = sim.copy_tree(tmp_path) / "sim" / "numbers.c"
    text = path.read_text()
    planted = text.replace("for (int i = 21;", "#ifdef __clang__\n\tsum = 1;\n#endif\n\tfor (int i = 5;")
    assert planted != text, "numbers.c has changed: write this fault anew"
    path.write_text(planted)
    other = sim.build(tmp_path, "build/other", **same.VARIANTS["clang-O0"])
    status, text = judge("--seeds", 40, program, other)
    assert status == 1 and f"{other}: " in text, text
    one, two = text.split("differs first in this event:\n")[1].splitlines()
    assert one.split(": ", 1)[1] != two.split(": ", 1)[1] and " is called takes " in one + two, text


@pytest.mark.parametrize("words", [["--variants", "gcc-O0"], ["--seeds", 0], ["one"]])
def test_wrong_words_are_refused(words):
    status, text = judge(*words)
    assert status == 2 and "--variants two or more of" in text


def test_another_seed_is_another_trace(program):
    steady = sim.SCENARIOS / "steady.json"
    assert len({sim.hash_of(sim.run(program, "run", steady, "--seed", seed)[1]) for seed in range(1, 11)}) == 10


def test_a_replayed_text_is_the_same_trace(program):
    """What a run prints as words is the run: all of the scenario and the seed are in it."""
    for scenario in sim.SCENARIOS.glob("*.json"):
        one = sim.hash_of(sim.run(program, "run", scenario, "--seed", 7)[1])
        assert one == sim.hash_of(sim.run(program, "replay", f"scenario={scenario}", "seed=7")[1])
