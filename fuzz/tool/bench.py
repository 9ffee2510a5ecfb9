"""Measures how fast inputs are run: libFuzzer's executions a second with each measured target, as a ratio to an empty one of the
same build in the same round; and the sessions a second with a child in Python, on one processor."""
import re
import statistics
import subprocess
import tempfile

import build
import runner
import target

# name, target, the corpus it starts from, the least ratio to the empty target that is wanted
MEASURES = (("decoder", "decode", "args", 0.4), ("frames in one piece", "whole", "frame", 0.25),
            ("frames cut three ways", "cut", "frame", 0.05), ("pair", "pair", "pair", 0.02))
SESSIONS_WANTED = 2000  # a second
CHILD = f"exec {build.ROOT}/conformance/testees/child.py"


def executions(name, corpus, seconds, seed):
    """A second, of a target that starts from this corpus."""
    with tempfile.TemporaryDirectory() as fresh:
        done = subprocess.run([build.program("libfuzzer", name), f"-max_total_time={seconds}", f"-seed={seed}",
                               f"-max_len={runner.LEN_MAX}", "-print_final_stats=1", fresh, runner.CORPUS / corpus],
                              capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise build.Trouble(f"{name} found something, and cannot be measured:\n{done.stderr[-2000:]}")
    return int(re.search(r"^stat::average_exec_per_sec: +(\d+)", done.stderr, re.M)[1])


def sessions(seconds, seed):
    """A second, with the child on the same processor."""
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(["taskset", "-c", "0", target.program(), "--time", str(seconds), "--seed", str(seed), "--out", out,
                               "--", CHILD], capture_output=True, text=True)
    if done.returncode:
        raise build.Trouble(f"forkpool-fuzz target ended with {done.returncode}: {done.stderr.strip()}")
    return int(re.findall(r"sessions/s: (\d+)", done.stderr)[-1])


def spread(values, form):
    return f"{format(statistics.median(values), form)} ({format(min(values), form)}..{format(max(values), form)})"


def run(options):
    """The table: executions a second, their ratio to the empty target's (median and spread), and what is wanted."""
    rounds = [(executions("empty", "frame", options.time, seed), [executions(t, c, options.time, seed) for _, t, c, _ in MEASURES])
              for seed in range(1, options.rounds + 1)]
    print(f"{'measure':<24} {'a second':>10}  {'ratio (spread)':<24} wanted")
    print(f"{'empty':<24} {statistics.median(e for e, _ in rounds):>10.0f}  1")
    for i, (name, _, _, wanted) in enumerate(MEASURES):
        ratios = [each[i] / empty for empty, each in rounds]
        verdict = "met" if statistics.median(ratios) >= wanted else "missed"
        print(f"{name:<24} {statistics.median(each[i] for _, each in rounds):>10.0f}  {spread(ratios, '.3f'):<24} >= {wanted} {verdict}")
    rates = [sessions(options.time, seed) for seed in range(1, options.rounds + 1)]
    verdict = "met" if statistics.median(rates) >= SESSIONS_WANTED else "missed"
    print(f"{'sessions with child.py':<24} {spread(rates, '.0f'):<36} >= {SESSIONS_WANTED} {verdict}")
    return 0
