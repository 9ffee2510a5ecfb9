#!/usr/bin/python3
"""Proves that `forkpool-fuzz target` finds faults in other people's children, and none in right ones.

Each mutant is a right child with one fault, of conformance/mutants. It is fuzzed until something is found; the transcript of
that has to fail the mutant and to pass the child it was made of. Then the right children are fuzzed in every mode and profile,
and nothing may be found. Exit status: 0 all was so, 1 not, 2 wrong usage or something is not built.

  make fuzz-target-proof                                           all of it, some 15 minutes on two cores
  fuzz/tool/target_proof.py --only child-chomps --clean-time 0     one mutant, and no right ones
"""
import argparse
import collections
import concurrent.futures
import itertools
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import build  # noqa: E402
import target  # noqa: E402

PROGRAM = build.BUILD / "target"
CONFORM = build.ROOT / "build/bin/forkpool-conform"
MUTANTS = build.ROOT / "conformance/mutants"
TESTEES = build.ROOT / "conformance/testees"
WORKER = {"FORKPOOL_WORKER": str(build.ROOT / "build/bin/forkpool-worker"), "FORKPOOL_PATH": str(build.ROOT / "build/lib/forkpool")}
HANG_S = 300  # beyond what it was told, for one run of the fuzzer or of the suite
RIGHT = ("child.py", "child.pl", "child.mjs", "worker.sh")
# What an echo can show; of each the options that it shows with.
FAULTS = {
    "child-acts-on-part-of-a-frame": [], "child-answers-on-stdout": [], "child-async-expects-no-id": ["--async"],
    "child-async-skips-malformed": ["--async", "--strict"], "child-ber-leading-80": [], "child-ber-little-end-first": [],
    "child-ber-padded": [], "child-chomps": [], "child-drops-empty-items": [], "child-drops-trailing-empty-item": [],
    "child-forgets-part-of-a-frame": [], "child-greets": [], "child-header-read-blindly": [], "child-id-31-bits": ["--async"],
    "child-items-with-terminator": [], "child-last-request-first": [], "child-loses-answers-before-a-fault": [],
    "child-one-frame-a-read": [], "child-own-ids": ["--async"], "child-short-item": ["--strict"], "child-skips-empty-frames": [],
    "child-stdio-answers-on-stdin": ["--stdio"], "child-sync-answers-malformed": [], "child-sync-ends-with-1": [],
    "child-sync-expects-id": [], "child-sync-id-0": [], "child-sync-skips-malformed": [], "child-sync-stays": [],
    "child-takes-announced-memory": [], "child-truncated-is-nothing": ["--strict"], "child-unterminated-length-ends-list": [],
    "child-utf8-items": [], "child-json-garbage-behind": ["--serialiser", "json"], "child-json-nan": ["--serialiser", "json"],
    "child-json-ascii": ["--serialiser", "json"], "child-json-repairs-utf8": ["--serialiser", "json"],
    "child-json-one-item": ["--serialiser", "json"], "child-json-object": ["--serialiser", "json"],
    "child-json-relaxed": ["--serialiser", "json"], "child-json-spaces": ["--serialiser", "json"],
}
Run = collections.namedtuple("Run", "status said sessions seconds")
Proof = collections.namedtuple("Proof", "row is_so")


def fuzz(command, options, seconds, seed, out):
    """One run of the fuzzer; how often it asked, and when it found something."""
    done = subprocess.run([PROGRAM, "--time", str(seconds), "--seed", str(seed), "--out", out, *options, "--", command],
                          capture_output=True, text=True, timeout=seconds + HANG_S, env={**os.environ, **WORKER}, check=False)
    found = re.search(r"after (\d+) sessions, ([\d.]+) s", done.stdout)
    last = re.search(r"#(\d+)\t(?:DONE|STOPPED).* ([\d.]+) s$", done.stderr, re.M)
    sessions, took = (found or last).groups() if found or last else (0, 0)
    return Run(done.returncode, done.stdout + done.stderr, int(sessions), float(took))


def replay(transcript, command, options):
    """The status of the suite's own player."""
    stdio = [o for o in options if o == "--stdio"]
    return subprocess.run([CONFORM, "replay", transcript, "--child", command, *stdio], capture_output=True,
                          timeout=HANG_S, env={**os.environ, **WORKER}, check=False).returncode


def plant(name):
    """Makes the mutant: the command that starts it, and the one that starts the right child it was made of."""
    done = subprocess.run([sys.executable, MUTANTS / "build.py", "--place", build.BUILD / "mutants", name],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise build.Trouble(done.stderr.strip())
    of = re.search(r"^of: (.*)$", (MUTANTS / f"{name}.patch").read_text(), re.M)[1]
    return done.stdout.strip(), f"exec {shlex.quote(str(TESTEES / of))}"


def prove_mutant(name, seconds, seed):
    """A row of the table, and whether all in it is as it should be."""
    command, right = plant(name)
    with tempfile.TemporaryDirectory() as out:
        run = fuzz(command, FAULTS[name], seconds, seed, out)
        written = sorted(pathlib.Path(out).iterdir())
        if run.status != 1 or not written:
            return Proof(f"{name:38} {run.seconds:7.1f} {run.sessions:9}  NOT FOUND (status {run.status})", False)
        fails = replay(written[0], command, FAULTS[name]) == 1
        passes = replay(written[0], right, FAULTS[name]) == 0
        row = (f"{name:38} {run.seconds:7.1f} {run.sessions:9}  {written[0].name.split('-')[0]:7} {written[0].stat().st_size:6}  "
               f"{'yes' if fails else 'NO':6} {'yes' if passes else 'NO'}")
        return Proof(row, fails and passes)


def prove_right(child, options, seconds, seed):
    """Likewise, of a right child."""
    with tempfile.TemporaryDirectory() as out:
        run = fuzz(f"exec {shlex.quote(str(TESTEES / child))}", options, seconds, seed, out)
    row = f"{' '.join([child, *options]):48} {run.seconds:7.1f} {run.sessions:9}  "
    return Proof(row + ("nothing" if run.status == 0 else run.said.strip()), run.status == 0)


def prove_all(jobs, head, prove, cases):
    """Prints a row for each case as it comes; how many were not as they should be."""
    wrong = 0
    print(head, flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as workers:
        for proof in workers.map(lambda case: prove(*case), cases):
            print(proof.row, flush=True)
            wrong += not proof.is_so
    return wrong


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=sorted(FAULTS), help="these mutants", metavar="MUTANT")
    parser.add_argument("--time", type=int, default=120, metavar="S", help="seconds for a mutant at most (120)")
    parser.add_argument("--clean-time", type=int, default=600, metavar="S", help="seconds for all right children together (600)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="runs at a time (2)")
    return parser.parse_args()


def main():
    options = parse()
    if not CONFORM.exists():
        raise build.Trouble(f"{CONFORM} is not built: make")
    target.program()
    cases = [(name, options.time, options.seed) for name in options.only or FAULTS]
    head = f"{'mutant':38} {'seconds':>7} {'sessions':>9}  finding octets  fails  right one passes"
    wrong = prove_all(options.jobs, head, prove_mutant, cases)
    ways = [[*mode, "--profile", profile] for mode in ([], ["--async"]) for profile in ("network", "native")]
    each = options.clean_time * options.jobs // (len(RIGHT) * len(ways))
    cases = [(child, way, each, options.seed) for child, way in itertools.product(RIGHT, ways) if each]
    wrong += prove_all(options.jobs, f"\n{'right child':48} {'seconds':>7} {'sessions':>9}  found", prove_right, cases)
    print(f"\n{wrong} not as they should be" if wrong else "\nall as it should be")
    return int(wrong > 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except build.Trouble as trouble:
        print(f"target_proof.py: {trouble}", file=sys.stderr)
        sys.exit(2)
