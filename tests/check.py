"""Runs the parts of `make check` beside each other and adds up what they report.

    check.py [--jobs N] 'NAME: COMMAND' ...

Each part prints what its runner prints (cmocka, pytest, this program, or nothing: then its exit status is one test); here
it gets one line (with the processor time of it and of what it waited for), and its output in full if it failed. A part
that fails without naming a test, or that runs none, is a failure. What failed stands at the end once more, as a log is
often kept by its end, and before it the lines `note: ...` of all parts. The last line is `N passed, N failed` over all parts;
the exit status is 0 only if none failed.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

CMOCKA_PASSED = re.compile(r"^\[  PASSED  \] (\d+) test", re.M)
CMOCKA_FAILED = re.compile(r"^\[  FAILED  \] (\d+) test", re.M)
OURS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
BLAMES = re.compile(r"FAILED|ERROR|rror:|Error:|assert|waited in vain")
NOTES = re.compile(r"^note: .+", re.M)
BLAMES_MAX = 20  # lines said again of one part


def count_pytest(text):
    """The counts in the last line that pytest, or anything that closes like it, prints."""
    for line in reversed(text.splitlines()):
        counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", line)}
        if counts:
            return counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0)
    return None


def count(text, status):
    """Tests passed and failed."""
    if ours := OURS.findall(text):
        passed, failed = map(int, ours[-1])
    elif CMOCKA_PASSED.search(text) or CMOCKA_FAILED.search(text):
        passed = sum(map(int, CMOCKA_PASSED.findall(text)))
        failed = sum(map(int, CMOCKA_FAILED.findall(text)))
    else:
        passed, failed = count_pytest(text) or (int(status == 0), int(status != 0))
    if status != 0 and failed == 0:
        failed = 1
    if passed + failed == 0:
        failed = 1
    return passed, failed


def run(part):
    name, command = part.split(": ", 1)
    began = time.monotonic()
    with subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace") as process:
        text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    passed, failed = count(text, process.returncode)
    return name, passed, failed, time.monotonic() - began, used.ru_utime + used.ru_stime, text, process.returncode


def say_again(name, text):
    """The lines of a failed part that say what failed, or its last ones."""
    lines = text.rstrip().splitlines()
    print(f"---- {name}")
    for line in [line for line in lines if BLAMES.search(line)][:BLAMES_MAX] or lines[-BLAMES_MAX:]:
        print("  " + line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1) + 2,
                        help="parts at a time (%(default)s: two more than cores used, as many parts wait most of their time)")
    parser.add_argument("parts", nargs="+", metavar="'NAME: COMMAND'")
    options = parser.parse_args()
    total_passed = total_failed = 0
    failures, notes = [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run, p) for p in options.parts]):
            name, passed, failed, seconds, busy, text, status = future.result()
            total_passed += passed
            total_failed += failed
            print(f"{'ok    ' if not failed else 'FAILED'} {name:<28} {passed:5} passed {failed:3} failed {seconds:6.1f} s {busy:6.1f} s busy",
                  flush=True)
            notes += [note for note in NOTES.findall(text) if note not in notes]
            if failed:
                print(text.rstrip(), f"\n(exit status {status})", flush=True)
                failures.append((name, text))
    print(*notes, sep="\n", end="\n" if notes else "")
    for name, text in failures:
        say_again(name, text)
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main())
