"""Whether the simulator gives the same traces however it is built: other compilers, optimisations, processors, sanitizers.

    same.py [--seeds N] [--tree DIR] [--variants NAME,...]
    same.py [--seeds N] PROGRAM PROGRAM...

Builds each variant into build/same/NAME, or takes programs that are there, runs the same random scenarios in all, and compares
the hashes of their traces with those of the first. A difference is named by its seed and the first event in which the two logs
differ. Exit status: 0 all are the same, 1 they differ, 2 wrong usage.
"""
import argparse
import itertools
import pathlib
import sys
import time

import sim

SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"
VARIANTS = {
    "gcc-O2": {"CC": "gcc", "OPT": "-O2"},
    "gcc-O0": {"CC": "gcc", "OPT": "-O0"},
    "gcc-O3": {"CC": "gcc", "OPT": "-O3"},
    "gcc-native": {"CC": "gcc", "OPT": "-O3 -march=native"},
    "gcc-sanitized": {"CC": "gcc", "OPT": "-O1", "SAN": SANITIZERS},
    "clang-O0": {"CC": "clang", "OPT": "-O0"},
    "clang-O3": {"CC": "clang", "OPT": "-O3"},
    "clang-native": {"CC": "clang", "OPT": "-O3 -march=native"},
    "clang-sanitized": {"CC": "clang", "OPT": "-O1", "SAN": SANITIZERS},
}


def hashes(program, seeds):
    """The hash of each seed's trace."""
    status, out, err = sim.run(program, "swarm", "--seeds", seeds, "--jobs", 2, "--hashes")
    found = dict(line.split() for line in out.splitlines() if len(line.split()) == 2)
    assert status == 0 and len(found) == seeds, f"{program}: {len(found)} hashes, exit status {status}\n{out[-2000:]}{err}"
    return {int(seed): value for seed, value in found.items()}


def first_difference(programs, seed):
    """The first lines in which the logs of one seed differ."""
    logs = [sim.run(p, "replay", f"random={seed}", "--log")[1].splitlines() for p in programs]
    return next((pair for pair in itertools.zip_longest(*logs, fillvalue="(nothing)") if pair[0] != pair[1]), None)


def differences(programs, seeds, tell=lambda line: None):
    """A report for each program whose traces are not those of the first."""
    (name, program), *others = programs.items()
    expected = hashes(program, seeds)
    tell(f"{name}: {seeds} traces")
    for other, its_program in others:
        found = hashes(its_program, seeds)
        wrong = [seed for seed in expected if found[seed] != expected[seed]]
        tell(f"{other}: {seeds - len(wrong)} traces of {seeds} are the same")
        if wrong:
            one, two = first_difference((program, its_program), wrong[0]) or ("the logs are equal",) * 2
            yield f"seed {wrong[0]} differs first in this event:\n  {name + ':':<16} {one}\n  {other + ':':<16} {two}"


def build_all(tree, names, tell):
    """The simulator of a source tree in each variant."""
    programs = {}
    for name in names:
        began = time.monotonic()
        programs[name] = sim.build(tree, f"build/same/{name}", **VARIANTS[name])
        tell(f"{name}: built in {time.monotonic() - began:.0f} s")
    return programs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--tree", type=pathlib.Path, default=sim.ROOT, help="the sources; usually these")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="of " + ", ".join(VARIANTS))
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="two or more that were built otherwise")
    options = parser.parse_args()
    names = options.variants.split(",")
    if options.seeds < 1 or len(options.programs) == 1 or len(names) < 2 or set(names) - set(VARIANTS):
        parser.error("--seeds is a number from 1, --variants two or more of " + ", ".join(VARIANTS) + ", PROGRAM two or more")

    def tell(line):
        print(line, flush=True)

    programs = {str(p): p for p in options.programs} or build_all(options.tree, names, tell)
    found = list(differences(programs, options.seeds, tell))
    tell("\n".join(found) or f"the same: {options.seeds} seeds, {len(programs)} builds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
