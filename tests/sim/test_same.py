"""The same run is the same trace under every compiler, optimisation and sanitizer."""
import pytest

import sim

SEEDS = 60
VARIANTS = {
    "clang-O3": {"CC": "clang", "OPT": "-O3"},
    "gcc-O0": {"CC": "gcc", "OPT": "-O0"},
    "gcc-native": {"CC": "gcc", "OPT": "'-O3 -march=native'"},
    "asan": {"CC": "gcc", "OPT": "-O1", "SAN": "-fsanitize=address,undefined -fno-sanitize-recover=all"},
}


def first_difference(one, other, words):
    """The first event in which two builds differ."""
    logs = [sim.run(p, "replay", *words, "--log")[1].splitlines() for p in (one, other)]
    return next((pair for pair in zip(*logs) if pair[0] != pair[1]), "the logs are equal")


@pytest.mark.parametrize("name", VARIANTS)
def test_every_build_gives_the_same_trace(program, name):
    variables = {k: v.strip("'") for k, v in VARIANTS[name].items()}
    other = sim.build(sim.ROOT, f"sim-{name}", **variables)
    for seed in range(1, SEEDS + 1):
        words = [f"random={seed}"]
        hashes = {sim.hash_of(sim.run(p, "replay", *words)[1]) for p in (program, other)}
        assert len(hashes) == 1, f"seed {seed}: {first_difference(program, other, words)}"


def test_another_seed_is_another_trace(program):
    assert len({sim.hash_of(sim.run(program, "replay", f"random={s}")[1]) for s in range(1, 20)}) == 19


def test_a_replayed_text_is_the_same_trace(program):
    """What a run prints as words is the run: all of the scenario and the seed are in it."""
    for scenario in sim.SCENARIOS.glob("*.json"):
        one = sim.hash_of(sim.run(program, "run", scenario, "--seed", 7)[1])
        assert one == sim.hash_of(sim.run(program, "replay", f"scenario={scenario}", "seed=7")[1])
