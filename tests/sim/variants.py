"""Whether the oracle keeps quiet of schedulers that do it another way, and right.

    variants.py [--seeds N] [NAME...]

Each variants/NAME.patch changes how the core decides and nothing that is promised: another heap, none at all, other ties.
Each is applied to a copy, built, and has to pass a swarm. Its head says whether its traces are those of the core (`same`),
others (`differ`: then the change had an effect), or either (`any`). Exit status: 0 all pass, 1 one does not.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import same
import sim

HERE = pathlib.Path(__file__).resolve().parent / "variants"
NAMES = sorted(path.stem for path in HERE.glob("*.patch"))
HASHED = 150  # seeds whose traces are compared


def head_of(name):
    return dict(re.findall(r"^(variant|is|traces): (.+)$", (HERE / f"{name}.patch").read_text().split("\n\n")[0], re.M))


def build(name, tree):
    """The simulator with a variant of the core."""
    sim.copy_tree(tree)
    subprocess.run(["patch", "-s", "-p1", "-F0"], cwd=tree, input=(HERE / f"{name}.patch").read_text(), text=True, check=True)
    return sim.build(tree)


def complaint(name, program, ours, seeds):
    """What is wrong with a variant; None: nothing."""
    status, out, _ = sim.run(program, "swarm", "--seeds", seeds, "--jobs", 2)
    if status:
        return f"{name} does not pass:\n{out}"
    are_same = same.hashes(program, HASHED) == same.hashes(ours, HASHED)
    traces = head_of(name)["traces"]
    return None if traces == "any" or are_same == (traces == "same") else f"{name}: its traces are {'' if are_same else 'not '}ours"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20000)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME")
    options = parser.parse_args()
    wrong = 0
    for name in options.names or NAMES:
        with tempfile.TemporaryDirectory() as tree:
            found = complaint(name, build(name, pathlib.Path(tree)), sim.BUILT / "bin" / "forkpool-sim", options.seeds)
        wrong += found is not None
        print(found or f"{name}: {options.seeds} runs, nothing broken; {head_of(name)['is']}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
