"""Fuzzes the library as it is, from corpus and mutator, for so many executions in all: nothing is to be found."""
import re
import subprocess
import tempfile

import build
import runner

RUNS = 10_000_000
SHARES = {"args": 30, "sched": 15, "transcript": 10, "frame": 10, "pair": 10, "parent": 8, "child": 6, "scenario": 6, "json": 3,
          "engine": 2}  # of a hundred: more where an execution takes less


def one(target, runs, seed):
    """The executions that one target had, and what it found."""
    with tempfile.TemporaryDirectory() as fresh:
        finds = build.BUILD / "finds" / target
        finds.mkdir(parents=True, exist_ok=True)
        command = [*runner.engine_arguments(target, 0, runs, seed, finds), fresh, *runner.inputs_of(target)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    had = re.findall(r"^stat::number_of_executed_units: (\d+)", done.stdout, re.M)
    said = re.search(r"^forkpool-fuzz: .*|^.*ERROR: .*", done.stdout, re.M)
    return int(had[-1]) if had else 0, (said[0] if said else f"status {done.returncode}") if done.returncode else None


def run(options):
    """A line for each target, and the sum. Fails where something was found."""
    total = found = 0
    for target, share in SHARES.items():
        had, what = one(target, options.runs * share // 100, options.seed)
        total += had
        found += what is not None
        print(f"{target:<12} {had:>10} executions, {what or 'nothing found'}", flush=True)
    print(f"{total} executions, {found} findings")
    return int(found > 0)
