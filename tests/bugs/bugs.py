"""Applies each planted bug to a copy of the tree, builds it, lets the tools look for it, and prints who saw what.

    bugs.py [--build DIR] [--only NAME]... [--tools unit,sim] [--jobs N] [--long] [--again]

Results are kept in DIR/bugs/results.json: a run that was interrupted goes on where it stopped, and a bug is looked for
again after its patch or the sources changed. The row `no-bug` is the tree as it is, in which no tool may see anything. The exit
status is 0 only if each bug was seen by every tool that its header names and that was asked.

Examples:
    bugs.py --tools sim --jobs 2
    bugs.py --only retries-without-end --again
"""
import argparse
import concurrent.futures
import hashlib
import pathlib
import subprocess
import sys
import time

from bug import NO_BUG, TOOLS, read_bugs
from table import Results, complaints, print_summary, print_table
from tools import LOOK, NEEDS, SWARM_LONG_S, SWARM_S
from tree import ROOT, Trees, Unbuilt, source_files


def key_of(bug, sources, tool, options):
    """Changes with whatever a result depends on."""
    long = "long" if tool == "sim" and options.long else ""
    return hashlib.sha256(f"{sources} {bug.patch} {long}".encode()).hexdigest()[:16]


def sources_key():
    digest = hashlib.sha256()
    for name in sorted(source_files()):
        if name.startswith(("lib/", "sim/", "tests/", "conformance/")) and not name.startswith("tests/bugs/"):
            digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
    return digest.hexdigest()


def look(bug, options, results, sources, trees):
    """Lets the tools that were asked look for one bug; those whose result is kept do not look again."""
    keys = {tool: key_of(bug, sources, tool, options) for tool in bug.tools if tool in options.tools}
    due = [tool for tool, key in keys.items() if options.again or not results.get(bug, tool, key)]
    if not due:
        return
    with trees.with_bug(bug) as tree:
        for tool in due:
            began = time.monotonic()
            result = LOOK[tool](bug, tree, options)
            results.put(bug, tool, keys[tool], {"seconds": round(time.monotonic() - began, 2), **result})


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="folder for what is made [build]")
    parser.add_argument("--only", action="append", metavar="NAME", help="this bug, or no-bug; may be given several times")
    parser.add_argument("--tools", type=lambda s: s.split(","), default=list(TOOLS), help=f"some of {','.join(TOOLS)} [all]")
    parser.add_argument("--jobs", type=int, choices=range(1, 65), metavar="N", default=1, help="bugs at a time [1]")
    parser.add_argument("--long", action="store_true", help=f"the simulator looks for {SWARM_LONG_S} s instead of {SWARM_S}")
    parser.add_argument("--again", action="store_true", help="look again though a result is kept")
    options = parser.parse_args()
    if unknown := set(options.tools) - set(TOOLS):
        parser.error(f"--tools takes {','.join(TOOLS)}, not {','.join(sorted(unknown))}")
    return parser, options


def chosen(parser, options):
    bugs = [NO_BUG, *read_bugs()]
    if not options.only:
        return bugs
    if unknown := set(options.only) - {bug.name for bug in bugs}:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    return [bug for bug in bugs if bug.name in options.only]


def look_at_all(bugs, options, results, trees):
    """Names of the bugs that could not be looked for, each with why."""
    failed, sources = {}, sources_key()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(look, bug, options, results, sources, trees): bug for bug in bugs}
        for n, future in enumerate(concurrent.futures.as_completed(futures), 1):
            bug = futures[future]
            try:
                future.result()
            except (Unbuilt, subprocess.SubprocessError) as e:
                failed[bug.name] = str(e)
            if sys.stderr.isatty():
                print(f"\r{n} of {len(bugs)} bugs, last {bug.name:<50}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return failed


def main():
    parser, options = parse()
    bugs = chosen(parser, options)
    place = options.build.resolve() / "bugs"
    place.mkdir(parents=True, exist_ok=True)
    try:
        trees = Trees(place, options.jobs, [target for tool in options.tools for target in NEEDS[tool]])
    except Unbuilt as e:
        sys.exit(f"the tree without a bug does not build:\n{e}")
    results = Results(place / "results.json")
    failed = look_at_all(bugs, options, results, trees)
    print_table(bugs, results, options.tools)
    if "sim" in options.tools:
        print_summary(bugs, results)
    wrong = [f"{name}: {why}" for name, why in failed.items()] + list(complaints(bugs, results, options.tools))
    print("\n".join(wrong) or "each bug was seen by each tool that should see it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
