#!/usr/bin/python3
"""Shows that a verdict does not depend on how busy the machine is, nor on how slow the judge.

Runs the suite on forkpool's own child, parent and pool again and again, while one loop for each processor keeps it busy, and then
once with the judge under a command that finds its faults, and must find none. Each run has to conform, and its JSON report,
`times` left out, has to be the same as the first one of that side and mode, octet for octet. The last line is `N passed, N
failed`; exit status 0 only if none failed.
"""
import argparse
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SEED = "7"
RUN_S_MAX = 900
RUNS_MAX = 1000
SIDES = {"child": f"exec {HERE}/testees/worker.sh", "parent": "exec {build}/testees/parent", "pool": "exec {build}/testees/pool"}
MODES = ("sync", "async")


def busy_loops():
    """One a processor, which it is bound to."""
    program = "import os, sys\nos.sched_setaffinity(0, [int(sys.argv[1])])\nwhile os.getppid() == int(sys.argv[2]): pass"
    return [subprocess.Popen([sys.executable, "-I", "-S", "-c", program, str(cpu), str(os.getpid())])
            for cpu in sorted(os.sched_getaffinity(0))]


def report(build, side, mode, file, under=()):
    """The report of one run but for its times, which stand last, and what was said where it does not conform.

    under: the command that the judge is run under."""
    done = subprocess.run([*under, build / "bin/forkpool-conform", "run", f"--{side}", SIDES[side].format(build=build), f"--{mode}", "--can",
                           "all", "--seed", SEED, "--report", f"json={file}", "--report", "text"],
                          capture_output=True, text=True, timeout=RUN_S_MAX)
    head, times, _ = file.read_bytes().rpartition(b'"times"')
    if not times:
        sys.exit(f"{file}: there are no times in the report")
    return head, "" if done.returncode == 0 else done.stdout + done.stderr


def judge(build, side, mode, runs, under, file):
    """How many runs failed."""
    failed, first, start = 0, None, time.monotonic()
    for run in range(1, runs + 2):
        head, said = report(build, side, mode, file, under if run > runs else ())
        first = first or head
        if said or head != first:
            failed += 1
            print(f"run {run} {side} {mode}: {said or 'conforms, but its report is not that of the first run'}")
    print(f"  {side:6} {mode:6} {runs} runs and one under {under[0]}, {runs + 1 - failed} the same, "
          f"{(time.monotonic() - start) / (runs + 1):.1f} s a run", flush=True)
    return failed


def runs_of(text):
    runs = int(text)
    if not 2 <= runs <= RUNS_MAX:
        raise argparse.ArgumentTypeError(f"expected 2 to {RUNS_MAX}")
    return runs


def command_of(text):
    words = shlex.split(text)
    if not words:
        raise argparse.ArgumentTypeError("expected a command")
    return words


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="the directory that make has built")
    parser.add_argument("runs", type=runs_of, help=f"runs of each side in each mode, 2 to {RUNS_MAX}")
    parser.add_argument("--under", required=True, type=command_of, metavar="COMMAND",
                        help="what the judge is run under once, as valgrind")
    parser.add_argument("--side", action="append", choices=SIDES, help="only this one; may be given again [all]")
    told = parser.parse_args(arguments)
    build, runs = told.build.resolve(), told.runs
    plays = [(side, mode) for side in told.side or SIDES for mode in MODES]
    os.environ.update(FORKPOOL_WORKER=f"{build}/bin/forkpool-worker", FORKPOOL_PATH=f"{build}/lib/forkpool",
                      FORKPOOL_TEMPLATE=f"{build}/bin/forkpool-template")
    loops = busy_loops()
    try:
        with tempfile.TemporaryDirectory() as folder:
            failed = sum(judge(build, side, mode, runs, told.under, pathlib.Path(folder) / "report.json") for side, mode in plays)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    print(f"{len(plays) * (runs + 1) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
