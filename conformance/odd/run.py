#!/usr/bin/python3
"""Runs the suite on implementations that are odd and right: none may fail, in any mode that it has.

Prints a line for each; the last is `N passed, N failed`. Exit status 1 where one failed."""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HANG_S = 600  # for one run of the suite


def head(program, key):
    found = re.search(rf"{key}: (.*)", program.read_text())
    return found[1].rstrip('"*/ ') if found else ""


def programs():
    """Those that say what is odd about them."""
    return sorted(p for p in HERE.iterdir() if p.suffix in (".py", ".pl", ".mjs") and p.name != "run.py" and head(p, "odd"))


def judge(program, mode, build):
    side = "parent" if program.name.startswith("parent_") else "child"
    done = subprocess.run([build / "bin/forkpool-conform", "run", f"--{side}", f"exec {program}", f"--{mode}", "--jobs", "1",
                           "--can", ",".join(head(program, "capabilities").split())],
                          capture_output=True, text=True, timeout=HANG_S, check=False)
    return program, mode, done.returncode, done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=HERE.parents[1] / "build", type=pathlib.Path, help="where everything is made [build]")
    options = parser.parse_args()
    plays = [(p, m) for p in programs() for m in (head(p, "mode").split() or ["sync", "async"])]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as workers:
        for program, mode, status, text in workers.map(lambda play: judge(*play, options.build), plays):
            failed += status != 0
            print(f"  {program.name:28} {mode:6} {text.strip().splitlines()[-1]}", flush=True)
            if status:
                print(text)
    print(f"{len(plays) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
