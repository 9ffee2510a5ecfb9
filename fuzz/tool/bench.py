"""Measures how fast inputs are run: executions in a second of processor time with each measured target, as a ratio to an empty one
of the same build that changes the same inputs in the same round; and the sessions a second with a child in Python, on one
processor."""
import re
import resource
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


def spent():
    """Seconds that the processes before have taken of the processors: others that run do not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def executions(name, corpus, seconds, seed):
    """In a second, of a target that starts from this corpus, all of which is kept, whether it shows anything or not."""
    before = spent()
    with tempfile.TemporaryDirectory() as fresh:
        done = subprocess.run([build.program("libfuzzer", name), f"-max_total_time={seconds}", f"-seed={seed}", "-keep_seed=1",
                               f"-max_len={runner.LEN_MAX}", "-print_final_stats=1", fresh, runner.CORPUS / corpus],
                              capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise build.Trouble(f"{name} found something, and cannot be measured:\n{done.stderr[-2000:]}")
    return int(re.search(r"^stat::number_of_executed_units: +(\d+)", done.stderr, re.M)[1]) / (spent() - before)


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


def measure_round(seconds, seed):
    """Each measure's executions a second, and the empty target's with the same corpus."""
    empty = {corpus: executions("empty", corpus, seconds, seed) for corpus in {c for _, _, c, _ in MEASURES}}
    return [(executions(target, corpus, seconds, seed), empty[corpus]) for _, target, corpus, _ in MEASURES]


def run(options):
    """The table: executions a second, the empty target's, their ratio (median and spread), and what is wanted."""
    for name in ("empty", *(target for _, target, _, _ in MEASURES)):
        build.program("libfuzzer", name)
    rounds = [measure_round(options.time, seed) for seed in range(1, options.rounds + 1)]
    print(f"{'measure':<24} {'a second':>10} {'empty':>10}  {'ratio (spread)':<24} wanted")
    for i, (name, _, _, wanted) in enumerate(MEASURES):
        rates, empty = zip(*(each[i] for each in rounds))
        ratios = [rate / of for rate, of in zip(rates, empty)]
        verdict = "met" if statistics.median(ratios) >= wanted else "missed"
        print(f"{name:<24} {statistics.median(rates):>10.0f} {statistics.median(empty):>10.0f}  {spread(ratios, '.3f'):<24} >= {wanted} {verdict}")
    rates = [sessions(options.time, seed) for seed in range(1, options.rounds + 1)]
    verdict = "met" if statistics.median(rates) >= SESSIONS_WANTED else "missed"
    print(f"{'sessions with child.py':<24} {spread(rates, '.0f'):<46} >= {SESSIONS_WANTED} {verdict}")
    return 0
