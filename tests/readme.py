#!/usr/bin/python3
"""Runs every example of README.md, so that what it shows stays true.

    readme.py BUILD_DIR

The tree that was built is installed into a scratch directory, by `make install`; there the blocks are worked off in
order. An HTML comment before each block says what it is:

    <!-- file: NAME -->      written to NAME
    <!-- run -->             lines after "$ " are commands, the others their output, which must be just that
    <!-- run: any order -->  the lines of the output in any order
    <!-- not run: WHY -->    of the reader's machine as a whole

A block without one is a failure. `ssh host CMD` runs CMD on this machine, as no other is at hand. Beside the examples,
links must lead somewhere, and the table of options must name each field of struct fp_options with its default.
The last line is `N passed, N failed`; the exit status is 0 only if none failed.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent
README = TREE / "README.md"
BLOCK = re.compile(r"^(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
COMMAND_S = 60  # no example takes longer

SSH = """#!/bin/sh
shift
exec sh -c "$*"
"""


class Tests:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, faults):
        """faults: text to show; empty if there is none."""
        if faults:
            self.failed += 1
            print(f"FAILED {what}\n{faults.rstrip()}", flush=True)
        else:
            self.passed += 1


def install(build, scratch):
    """The environment in which a reader has forkpool installed."""
    staged, stand_ins = scratch / "staged", scratch / "bin"
    # B as make knows it: relative to the tree
    subprocess.run(["make", "-s", "-C", str(TREE), "install", f"B={os.path.relpath(build, TREE)}", f"DESTDIR={staged}"],
                   check=True, stdout=subprocess.DEVNULL)
    prefix = next(staged.rglob("forkpool.pc")).parents[2]
    stand_ins.mkdir()
    (stand_ins / "ssh").write_text(SSH)
    (stand_ins / "ssh").chmod(0o755)
    return {k: v for k, v in os.environ.items() if not k.startswith("FORKPOOL_")} | {
        "PATH": f"{stand_ins}:{prefix}/bin:{os.environ['PATH']}",
        "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig",
        "PKG_CONFIG_SYSROOT_DIR": str(staged),
        "LD_LIBRARY_PATH": f"{prefix}/lib",
        "LC_ALL": "C.UTF-8",
    }


def examples(text):
    """Commands and their output, as shown: [(command, output)]."""
    shown = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            shown.append([line[2:].rstrip("\n"), ""])
        else:
            shown[-1][1] += line
    return shown


class Shell:
    """One shell for a block, as the reader has: `$?` is the status of the command before."""

    def __init__(self, directory, environment):
        self.directory, self.environment, self.status = directory, environment, 0

    def run(self, command):
        done = subprocess.run(["bash", "-c", f"(exit {self.status}); eval {shlex.quote(command)}"], cwd=self.directory,
                              env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=COMMAND_S, text=True)
        self.status = done.returncode
        return done.stdout


def run_block(tests, text, shell, in_any_order):
    arranged = (lambda s: sorted(s.splitlines())) if in_any_order else (lambda s: s)
    for command, shown in examples(text):
        try:
            output = shell.run(command)
        except subprocess.TimeoutExpired:
            output = f"(still running after {COMMAND_S} s)\n"
        same = arranged(output) == arranged(shown)
        tests.check(f"$ {command}", "" if same else f"shown:\n{shown}now:\n{output}")


def check_blocks(tests, readme, directory, environment):
    for block in BLOCK.finditer(readme):
        mark, _, rest = (block["mark"] or "").partition(": ")
        if mark == "file":
            (directory / rest).write_text(block["text"])
        elif mark == "run" and rest in ("", "any order"):
            run_block(tests, block["text"], Shell(directory, environment), rest == "any order")
        elif not (mark == "not run" and rest):
            line = readme.count("\n", 0, block.start()) + 1
            tests.check(f"README.md:{line}", "no comment before this block says what it is; see tests/readme.py")


def check_links(tests, readme):
    for target in sorted(set(re.findall(r"\]\(([^)#]+)\)", readme))):
        if not target.startswith("http"):
            tests.check(f"the link to {target}", "" if (TREE / target).exists() else "there is no such file")


def header_options():
    """The fields of struct fp_options and their defaults, where the comment has one: {name: default or None}."""
    header = (TREE / "lib/forkpool.h").read_text()
    body = re.search(r"^struct fp_options \{\n(.*?)^\};", header, re.M | re.S)[1]
    fields = re.findall(r"^\t[\w *]*?\**(\w+);[ ]*(?:/\* (?:\[([^\]]*)\])?)?", body, re.M)
    return {name: default or None for name, default in fields}


def check_options(tests, readme):
    table = re.search(r"^## Options\n(.*?)^## ", readme, re.M | re.S)[1]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", table, re.M))
    for name, default in header_options().items():
        if default is not None:
            tests.check(f"the default of {name}", "" if rows.get(name) == default else
                        f"lib/forkpool.h: {default}\nREADME.md: {rows.get(name, 'not in the table')}")


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: readme.py BUILD_DIR, the directory that make has built")
    tests, readme = Tests(), README.read_text()
    with tempfile.TemporaryDirectory(prefix="forkpool-readme-") as name:
        scratch = pathlib.Path(name)
        environment = install(sys.argv[1], scratch)
        directory = scratch / "examples"
        directory.mkdir()
        check_blocks(tests, readme, directory, environment)
    check_links(tests, readme)
    check_options(tests, readme)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
