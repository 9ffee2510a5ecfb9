#!/usr/bin/python3
"""Explores every child with a planted fault, and every right one, and tells what was found.

A mutant is found where a session goes wrong by the model alone; nothing of the suite's cases is asked. A right child, a testee
or an odd one, has to give no finding in as many sessions: a finding there is a false alarm. Results are kept in
BUILD/mutants/explore.json as they come, and --resume goes on from there. Exit status: 0 enough mutants were found and no
false alarm was raised, 1 not, 2 wrong usage or something is not built."""
import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "conformance/mutants"))

import build as planted  # noqa: E402: found by the line above

EXPLORE = ROOT / "conformance/explore/forkpool-explore"
LIMIT_S = 900  # for one testee; only bounds a hang
FOUND_SHARE = 50 / 60  # of the mutants, at least
NEITHER = {"signal", "json", "echo"}  # words of TESTEE.md that explore has no use for, or takes for granted
EXAMPLES = """examples:
  make explore-mutants                                       all of them (more than half an hour)
  conformance/explore/mutants.py --only 'child-ber-*'        some
  conformance/explore/mutants.py --resume                    those that are missing"""


def plays(name, command, modes, serialisers, profile, can, is_stdio=False):
    """The runs of one testee, as the words of forkpool-explore."""
    words = ["--child", command, "--profile", profile, "--can", ",".join(c for c in can if c not in NEITHER)]
    words += ["--stdio"] * is_stdio
    return [(name, [*words, *(["--async"] if mode == "async" else []), "--serialiser", s]) for mode in modes for s in serialisers]


def mutants(options):
    index = options.build / "mutants/index.json"
    if not index.exists():
        raise SystemExit(f"mutants.py: {index} is not there: make the mutants first, by conformance/mutants/build.py")
    for m in json.loads(index.read_text()):
        if m["side"] == "child":
            modes = [m["mode"]] if m.get("mode") else ["sync", "async"]
            yield m["mutant"], plays(m["mutant"], m["command"], modes, [m.get("serialiser", "string")], m.get("profile", "network"),
                                     m["can"], m.get("over") == "pipes")


def right_ones(options):
    """The testees in every way, the odd ones in their modes."""
    for name, testee in planted.testees().items():
        if testee["side"] == "child":
            command = planted.command_of(testee, planted.TESTEES, options.build / testee.get("program", ""), options.build)
            can = planted.capabilities(planted.TESTEES / testee["source"])
            for profile in ("network", "native"):
                yield f"{name} {profile}", plays(name, command, ("sync", "async"), ("string", "json"), profile, can)
    for path in sorted((ROOT / "conformance/odd").glob("*.*")):
        if path.suffix in (".py", ".pl", ".mjs") and path.name != "patched.py" and not path.name.startswith("parent_"):
            mode = re.search(r"^(?:# |// )?mode: (\w+)", path.read_text(), re.M)
            yield path.name, plays(path.name, str(path), [mode[1]] if mode else ["sync", "async"], ["string"], "network",
                                   planted.capabilities(path))


def explore(name, runs, options):
    """What was found first in the runs of one testee."""
    result = {"name": name, "found": None, "sessions": 0, "seconds": 0}
    for _, words in runs:
        began = time.monotonic()
        done = subprocess.run([EXPLORE, *words, "--sessions", str(options.sessions), "--seed", str(options.seed), "--hang", str(options.hang)],
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        result["seconds"] += time.monotonic() - began
        played = re.search(r"found in (?:session )?(\d+)", done.stdout)
        result["sessions"] += int(played[1]) if played else 0
        if done.returncode == 1:
            return result | {"found": done.stdout.splitlines()[0], "with": " ".join(words)}
        if done.returncode:
            return result | {"found": None, "trouble": (done.stderr.strip().splitlines() or ["without a word"])[-1]}
    return result


def line_of(result):
    told = result.get("trouble") or result["found"] or "nothing"
    return f"{'found' if result['found'] else '-':6}{result['name']:42} {result['sessions']:6} sessions {result['seconds']:7.1f} s  {told[:110]}"


def run_all(testees, options, kept):
    """A result for each testee, as it comes; those that are known are not asked again."""
    for name, _ in testees:
        if name in kept:
            yield kept[name]
    left = [(name, runs) for name, runs in testees if name not in kept]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as workers:
        for done in concurrent.futures.as_completed([workers.submit(explore, name, runs, options) for name, runs in left]):
            yield done.result()


def keep(options, results):
    file = options.build / "mutants/explore.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent="\t") + "\n")


def table(head, testees, options, kept):
    print(head, flush=True)
    results = []
    for result in run_all(testees, options, kept):
        print(line_of(result), flush=True)
        kept[result["name"]] = result
        results.append(result)
        keep(options, kept)
    return results


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="GLOB", help="these mutants, and no right child")
    parser.add_argument("--sessions", type=int, default=300, metavar="N", help="for each mode and serialiser [300]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other sessions [1]")
    parser.add_argument("--hang", type=float, default=3, metavar="SECONDS", help="what takes longer hangs [3]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="testees at a time [2]")
    parser.add_argument("--resume", action="store_true", help="take what is known from earlier")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path, help="where everything is made [build]")
    return parser.parse_args()


def main():
    options = parse()
    options.build = options.build.resolve()
    file = options.build / "mutants/explore.json"
    kept = json.loads(file.read_text()) if options.resume and file.exists() else {}
    chosen = [(name, runs) for name, runs in mutants(options)
              if not options.only or any(pathlib.PurePath(name).match(g) for g in options.only)]
    if not chosen:
        raise SystemExit("mutants.py: no such mutant")
    found = table("children with a fault", chosen, options, kept)
    alarms = [] if options.only else [r for r in table("right children", list(right_ones(options)), options, kept)
                                      if r["found"] or r.get("trouble")]
    n = sum(bool(r["found"]) for r in found)
    print(f"{n} of {len(found)} mutants found, {len(alarms)} false alarms")
    return int(n < FOUND_SHARE * len(found) or bool(alarms))


if __name__ == "__main__":
    sys.exit(main())
